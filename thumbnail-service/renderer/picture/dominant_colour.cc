#include "thumbnail-service/renderer/picture/dominant_colour.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace hestia {
namespace {
// Colours fall into cells of 16 levels a side. The mean of the fullest neighbourhood of cells is
// taken, for a colour may lie on the border of its cell.
class ColourCells {
 public:
  void Add(const std::array<std::uint32_t, 3>& colour, std::uint32_t weight) {
    Cell& cell = cells_[Index(colour[0] / kWidth, colour[1] / kWidth, colour[2] / kWidth)];
    cell.weight += weight;
    for (std::size_t c = 0; c < 3; ++c) cell.sums[c] += std::uint64_t{colour[c]} * weight;
  }

  std::optional<std::uint32_t> Fullest() const {
    Cell best;
    for (std::uint32_t r = 0; r < kCells; ++r) {
      for (std::uint32_t g = 0; g < kCells; ++g) {
        for (std::uint32_t b = 0; b < kCells; ++b) {
          if (cells_[Index(r, g, b)].weight == 0) continue;
          const Cell around = Neighbourhood(r, g, b);
          if (around.weight > best.weight) best = around;
        }
      }
    }
    if (best.weight == 0) return std::nullopt;
    std::uint32_t colour = 0;
    for (const std::uint64_t sum : best.sums) {
      colour = colour << 8 | static_cast<std::uint32_t>((sum + best.weight / 2) / best.weight);
    }
    return colour;
  }

 private:
  static constexpr std::uint32_t kCells = 16;
  static constexpr std::uint32_t kWidth = 256 / kCells;

  struct Cell {
    std::uint64_t weight = 0;
    std::array<std::uint64_t, 3> sums{};
  };

  static std::size_t Index(std::uint32_t r, std::uint32_t g, std::uint32_t b) {
    return (r * kCells + g) * kCells + b;
  }

  Cell Neighbourhood(std::uint32_t r, std::uint32_t g, std::uint32_t b) const {
    const auto low = [](std::uint32_t i) { return i == 0 ? 0 : i - 1; };
    const auto high = [](std::uint32_t i) { return std::min(i + 1, kCells - 1); };
    Cell sum;
    for (std::uint32_t i = low(r); i <= high(r); ++i) {
      for (std::uint32_t j = low(g); j <= high(g); ++j) {
        for (std::uint32_t k = low(b); k <= high(b); ++k) {
          const Cell& cell = cells_[Index(i, j, k)];
          sum.weight += cell.weight;
          for (std::size_t c = 0; c < 3; ++c) sum.sums[c] += cell.sums[c];
        }
      }
    }
    return sum;
  }

  std::vector<Cell> cells_ = std::vector<Cell>(kCells * kCells * kCells);
};
}  // namespace

std::optional<std::uint32_t> DominantColour(const Picture& rgb) {
  ColourCells cells;
  for (int y = 0; y < rgb.height(); ++y) {
    for (int x = 0; x < rgb.width(); ++x) {
      const std::uint32_t alpha = rgb.alpha.has_value() ? rgb.alpha->Row(y)[x] : 255;
      if (alpha == 0) continue;
      std::array<std::uint32_t, 3> colour{};
      for (std::size_t c = 0; c < 3; ++c) {
        const std::uint32_t value = rgb.planes[c].Row(y)[x];
        colour[c] = std::min((value * 255 + alpha / 2) / alpha, 255U);
      }
      cells.Add(colour, alpha);
    }
  }
  return cells.Fullest();
}

}  // namespace hestia
