#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_DEEP_SHRINKER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_DEEP_SHRINKER_H_

#include <cstdint>
#include <vector>

#include "thumbnail-service/renderer/picture/picture.h"
#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/picture/srgb_conversion.h"

namespace hestia {

// A RowShrinker for samples of 16 bits whose colours are not sRGB's. Cut to 8 bits first, a wide
// gamut would have too few levels left for its dark colours; so what is left of the rows is
// converted with all of its bits, and rounded to 8 once, in sRGB.
//
// Thread-safety: none. Memory: a few rows, and less than 16 x the wanted size; no full-size copy.
class DeepShrinker {
 public:
  using Alpha = RowShrinker::Alpha;

  // `channels` as for RowShrinker; `conversion` is one for words (srgb_conversion.h), of this
  // kind of picture.
  DeepShrinker(Size image, int channels, Size wanted, Alpha alpha, SrgbConversion conversion);

  // The next row from the top: width x channels samples, 0 to 65535.
  void Add(const std::uint16_t* row);

  // The picture in sRGB, after all rows: kGrey where it was grey without alpha and has a grey
  // profile, else kRgb, premultiplied.
  Picture Finish();

 private:
  void EmitRow();

  const Size image_;
  const int channels_;
  const Alpha alpha_;
  const int colours_;  // of the channels; the rest is alpha
  const Size block_;
  const Size shrunk_;
  const SrgbConversion conversion_;
  int rows_in_block_ = 0;
  int next_row_ = 0;
  std::vector<std::uint64_t> sums_;  // for each shrunk column its channels
  std::vector<std::uint16_t> words_;
  std::vector<std::uint8_t> bytes_;
  Picture picture_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_DEEP_SHRINKER_H_
