#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_BLOCK_ORDER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_BLOCK_ORDER_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace hestia {

// A JPEG block has 8 x 8 coefficients, and files have them by diagonals, the lowest frequencies
// first.
inline constexpr std::size_t kBlockSide = 8;

// Where the coefficient of each row and column comes in a file, from 0.
inline constexpr std::array<std::array<int, kBlockSide>, kBlockSide> kFileOrder = [] {
  std::array<std::array<int, kBlockSide>, kBlockSide> order{};
  int next = 0;
  for (std::size_t diagonal = 0; diagonal < 2 * kBlockSide - 1; ++diagonal) {
    for (std::size_t i = 0; i <= diagonal; ++i) {
      const std::size_t row = diagonal % 2 == 0 ? diagonal - i : i;
      const std::size_t column = diagonal - row;
      if (row >= kBlockSide || column >= kBlockSide) continue;
      order[row][column] = next++;
    }
  }
  return order;
}();

// The other way: row * 8 + column of each coefficient of a file.
inline constexpr std::array<std::uint8_t, kBlockSide * kBlockSide> kBlockPlace = [] {
  std::array<std::uint8_t, kBlockSide * kBlockSide> places{};
  for (std::size_t place = 0; place < places.size(); ++place) {
    places[static_cast<std::size_t>(kFileOrder[place / kBlockSide][place % kBlockSide])] =
        static_cast<std::uint8_t>(place);
  }
  return places;
}();

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_BLOCK_ORDER_H_
