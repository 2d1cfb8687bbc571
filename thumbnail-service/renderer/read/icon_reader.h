#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_ICON_READER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_ICON_READER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "thumbnail-service/renderer/read/readers.h"

namespace hestia {

// The best picture of the icon at `path`, whose bytes these are, where that is a PNG; nullopt where
// it is a bitmap, which OpenImageIO reads. OpenImageIO would end the process at a PNG that is
// broken in its header, and show black for one that is broken behind it.
//
// Refuses (refuse.h) as ReadPng does. Thread-safety: a pure function.
std::optional<Decoded> ReadIconPng(const std::string& path, std::span<const std::uint8_t> bytes,
                                   const Demand& demand);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_ICON_READER_H_
