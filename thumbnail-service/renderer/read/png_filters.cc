#include "thumbnail-service/renderer/read/png_filters.h"

#include <cstdlib>
#include <cstring>

namespace hestia {
namespace {
// One pixel's bytes side by side: the bytes of a pixel do not depend on each other, but each
// pixel does on the one before. So this is the only width at which a machine can help.
using Bytes [[gnu::vector_size(8)]] = std::uint8_t;
using Words [[gnu::vector_size(16)]] = std::int16_t;
using LongBytes [[gnu::vector_size(16)]] = std::uint8_t;

// What is loaded and stored at once: of three or six bytes, a part of the next pixel, too, but
// never more than that one.
template <int kBytes>
constexpr std::size_t kSpan = kBytes == 3 ? 4 : kBytes == 6 ? 8 : kBytes;

template <int kBytes>
Words Load(const std::uint8_t* from) {
  Bytes bytes{};
  std::memcpy(&bytes, from, kSpan<kBytes>);
  return __builtin_convertvector(bytes, Words);
}

void Store(Words pixel, std::uint8_t* to, std::size_t size) {
  const Bytes bytes = __builtin_convertvector(pixel, Bytes);
  std::memcpy(to, &bytes, size);
}

Words Magnitude(Words v) { return v < 0 ? -v : v; }
Words Least(Words a, Words b) { return a < b ? a : b; }

struct Left {
  Words operator()(Words left, Words, Words) const { return left; }
};
struct Mean {
  Words operator()(Words left, Words up, Words) const { return (left + up) >> 1; }
};
// Whichever neighbour is nearest to left + up - corner, in this order.
struct Paeth {
  Words operator()(Words left, Words up, Words corner) const {
    const Words to_left = Magnitude(up - corner);
    const Words to_up = Magnitude(left - corner);
    const Words to_corner = Magnitude((up - corner) + (left - corner));
    const Words least = Least(to_corner, Least(to_left, to_up));
    const Words not_left = least == to_up ? up : corner;
    return least == to_left ? left : not_left;
  }
};

template <int kBytes, typename Predict>
void UndoByPixels(std::uint8_t* row, const std::uint8_t* above, std::size_t row_bytes) {
  Words left{};
  Words corner{};
  Words difference = Load<kBytes>(row);
  const auto next = [&](std::size_t i) {
    const Words up = Load<kBytes>(above + i);
    left = (difference + Predict()(left, up, corner)) & 0xff;
    corner = up;
  };
  std::size_t i = 0;
  for (; i + kBytes < row_bytes; i += kBytes) {
    next(i);
    // Before the store, which may write over its first bytes.
    difference = Load<kBytes>(row + i + kBytes);
    Store(left, row + i, kSpan<kBytes>);
  }
  next(i);
  Store(left, row + i, kBytes);
}

template <typename Predict>
void UndoPredicted(std::uint8_t* row, const std::uint8_t* above, std::size_t row_bytes,
                   int bytes_per_pixel) {
  switch (bytes_per_pixel) {
    case 1:
      return UndoByPixels<1, Predict>(row, above, row_bytes);
    case 2:
      return UndoByPixels<2, Predict>(row, above, row_bytes);
    case 3:
      return UndoByPixels<3, Predict>(row, above, row_bytes);
    case 4:
      return UndoByPixels<4, Predict>(row, above, row_bytes);
    case 6:
      return UndoByPixels<6, Predict>(row, above, row_bytes);
    default:
      return UndoByPixels<8, Predict>(row, above, row_bytes);
  }
}

void UndoUp(std::uint8_t* row, const std::uint8_t* above, std::size_t row_bytes) {
  std::size_t i = 0;
  for (; i + sizeof(LongBytes) <= row_bytes; i += sizeof(LongBytes)) {
    LongBytes sum;
    LongBytes up;
    std::memcpy(&sum, row + i, sizeof(sum));
    std::memcpy(&up, above + i, sizeof(up));
    sum += up;
    std::memcpy(row + i, &sum, sizeof(sum));
  }
  for (; i < row_bytes; ++i) row[i] = static_cast<std::uint8_t>(row[i] + above[i]);
}
}  // namespace

bool UndoFilter(int kind, std::uint8_t* row, const std::uint8_t* above, std::size_t row_bytes,
                int bytes_per_pixel) {
  switch (kind) {
    case 0:
      return true;
    case 1:
      UndoPredicted<Left>(row, above, row_bytes, bytes_per_pixel);
      return true;
    case 2:
      UndoUp(row, above, row_bytes);
      return true;
    case 3:
      UndoPredicted<Mean>(row, above, row_bytes, bytes_per_pixel);
      return true;
    case 4:
      UndoPredicted<Paeth>(row, above, row_bytes, bytes_per_pixel);
      return true;
    default:
      return false;
  }
}

}  // namespace hestia
