#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_BMP_ROWS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_BMP_ROWS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thumbnail-service/renderer/read/bmp_header.h"

namespace hestia {

// Where a bitmap's packed rows begin, and what is in them. A program may end a row anywhere, and
// skip pixels and rows; what it skips has the palette's first colour.
//
// Thread-safety: const methods from any thread. Ownership: borrows the header's bytes. Memory: 24
// bytes a row.
class RleRows {
 public:
  // Walks through all of the pixels' bytes.
  explicit RleRows(const BmpHeader& header);

  // Row `row` in the file's order, into `indices`, one for each pixel. False: it is cut off.
  bool Read(std::size_t row, std::span<std::uint8_t> indices) const;

 private:
  struct Start {
    std::size_t at = 0;
    std::size_t x = 0;
    bool any = false;  // else the row is skipped
  };
  void Begin(std::size_t row, std::size_t at, std::size_t x);
  std::size_t LiteralBytes(std::size_t count) const;

  const std::span<const std::uint8_t> bytes_;
  const bool nibbles_;
  std::vector<Start> starts_;
  std::size_t whole_rows_ = 0;
};

// A bitmap's rows as they are shown.
//
// Thread-safety: none. Ownership: borrows the header. Memory: a row, beside RleRows.
class BmpRows {
 public:
  // `header` is of a size within limits.
  explicit BmpRows(const BmpHeader& header);

  // 3, or 4 with alpha.
  int channels() const { return alpha_ ? 4 : 3; }

  // Row y from the top, channels() bytes for each pixel, alpha straight. False: it is cut off.
  bool Read(int y, std::uint8_t* row);

 private:
  bool AnyAlpha() const;
  // What the file has of a row; empty: it is cut off.
  std::span<const std::uint8_t> Stored(std::size_t row) const;
  std::uint32_t PixelAt(std::span<const std::uint8_t> stored, std::size_t x) const;
  std::uint8_t Sample(std::uint32_t pixel, std::size_t channel) const;
  bool ReadIndices(std::size_t row);

  const BmpHeader& header_;
  const std::size_t width_;
  const std::size_t height_;
  const bool alpha_;
  std::vector<RleRows> rle_;                                // one where rows are packed
  std::vector<std::uint8_t> indices_;                       // of a row, where there is a palette
  std::array<std::array<std::uint8_t, 256>, 4> samples_{};  // of channels of at most 8 bits
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_BMP_ROWS_H_
