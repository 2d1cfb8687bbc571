#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_JPEG_SCANS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_JPEG_SCANS_H_

#include <cstdint>
#include <span>

#include "thumbnail-service/renderer/jpeg_refusal.h"

namespace hestia {

// Refuses (refuse.h) files of more than `most` scans, each of which costs a walk through the whole
// picture, without decoding any. A walk through the file's markers (ITU-T T.81, annex B).
void RefuseManyScans(std::span<const std::uint8_t> file, std::uint64_t most);

// Starts the decompression of a progressive file, and reads its scans until what is still to
// come could hardly be seen at the scale that is set: the coefficients that the scale can show
// have come, but for bits that are worth less than 0.75 squared levels in the mean. What has
// come is then ready to be read from `codec` as usual.
//
// To be called instead of jpeg_start_decompress, with the output's form set. Refuses more than
// `most` scans.
void StartWithEnoughScans(jpeg_decompress_struct& codec, std::uint64_t most);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_JPEG_SCANS_H_
