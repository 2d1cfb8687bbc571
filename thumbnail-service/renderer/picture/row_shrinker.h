#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_ROW_SHRINKER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_ROW_SHRINKER_H_

#include <cstdint>
#include <vector>

#include "thumbnail-service/renderer/picture/picture.h"

namespace hestia {

// Takes an image row by row, as a decoder makes it, and keeps only what a thumbnail needs:
// every block of whole pixels is averaged so that at least twice the wanted size is left
// for the resizer. So a full-size picture never exists.
//
// Thread-safety: none. Memory: two rows of sums, and less than 16 x the wanted size.
class RowShrinker {
 public:
  // Whether the rows' colours are multiplied by their alpha already. kNone: there is no
  // alpha, four channels are inks.
  enum class Alpha { kStraight, kPremultiplied, kNone };

  // `channels`: 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha or inks; 8 bits each. `wanted`
  // is the largest size that will be asked of the resizer.
  RowShrinker(Size image, int channels, Size wanted, Alpha alpha = Alpha::kStraight);

  // The whole pixels that become one; at most 128 a side.
  static Size BlockFor(Size image, Size wanted);

  // The next row from the top: width x channels bytes.
  void Add(const std::uint8_t* row);

  // The picture, after all rows: kGrey for 1 channel, kInk for 4 without alpha, else kRgb,
  // premultiplied.
  Picture Finish();

 private:
  void AddWithAlpha(const std::uint8_t* row);
  template <int kChannels>
  void FoldColumns();
  void EmitRow();

  const Size image_;
  const int channels_;
  const Alpha alpha_;
  const bool has_alpha_;
  const int block_width_;
  const int block_height_;
  const Size shrunk_;
  int rows_in_block_ = 0;
  int next_row_ = 0;
  // Sums of the block's opaque rows, a column each; folded into sums_ when the block ends.
  std::vector<std::uint16_t> columns_;
  bool columns_used_ = false;
  // One sum for each shrunk column and output plane, in columns order.
  std::vector<std::uint32_t> sums_;
  std::vector<Plane> planes_;  // alpha last, when there is one
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_ROW_SHRINKER_H_
