#include "thumbnail-service/renderer/picture/usual_inks.h"

#include <array>
#include <cmath>

namespace hestia {
namespace {
using Triple = std::array<float, 3>;

// sRGB of the solid inks and their overprints; bit 0 cyan, 1 magenta, 2 yellow.
constexpr std::array<Triple, 8> kOverprints{{{255, 255, 255},
                                             {0, 158, 227},
                                             {230, 0, 126},
                                             {49, 39, 131},
                                             {255, 237, 0},
                                             {0, 150, 64},
                                             {227, 6, 19},
                                             {47, 46, 46}}};
constexpr Triple kBlack{29, 29, 27};

// The share of the paper that a tone covers, as seen: fitted to the greys of black alone.
std::array<float, 256> CoverTable() {
  std::array<float, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const float tone = static_cast<float>(i) / 255;
    table[i] = 0.735F * tone + 0.265F * tone * tone;
  }
  return table;
}
}  // namespace

void UsualInksToSrgb(const std::uint8_t* inks, std::size_t pixels, std::uint8_t* rgb) {
  static const std::array<float, 256> cover = CoverTable();
  for (std::size_t i = 0; i < pixels; ++i, inks += 4) {
    std::array<float, 8> weights{1};
    for (std::size_t ink = 0; ink < 3; ++ink) {
      const std::size_t bit = std::size_t{1} << ink;
      const float share = cover[inks[ink]];
      for (std::size_t w = 0; w < bit; ++w) {
        weights[w + bit] = weights[w] * share;
        weights[w] *= 1 - share;
      }
    }
    const float black = cover[inks[3]];
    for (std::size_t c = 0; c < 3; ++c) {
      float value = 0;
      for (std::size_t w = 0; w < weights.size(); ++w) value += weights[w] * kOverprints[w][c];
      value *= 1 - black + black * kBlack[c] / 255;
      *rgb++ = static_cast<std::uint8_t>(std::lround(value));
    }
  }
}

}  // namespace hestia
