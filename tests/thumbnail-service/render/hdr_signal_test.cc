#include "thumbnail-service/renderer/read/hdr_signal.h"

#include <array>
#include <cstdint>

#include <gtest/gtest.h>

namespace hestia {
namespace {
// Words above a half times the largest are above 2³¹.
TEST(HdrSignalTest, MultipliedWordsAreDividedByTheirAlpha) {
  const HdrSignal signal(HdrCurve::kPq, kBt2020Chromaticities, 65535);
  constexpr LightRow kWithAlpha{3, true};
  constexpr std::array<std::uint16_t, 4> kWords = {32769, 40000, 50000, 65535};
  for (const std::uint16_t value : kWords) {
    SCOPED_TRACE(value);
    const std::array<std::uint16_t, 4> opaque{value, value, value, 65535};
    const std::array<std::uint16_t, 4> half{static_cast<std::uint16_t>(value / 2),
                                            static_cast<std::uint16_t>(value / 2),
                                            static_cast<std::uint16_t>(value / 2), 32768};
    std::array<float, 4> straight{};
    std::array<float, 4> multiplied{};
    signal.ToLight(opaque.data(), 1, kWithAlpha, RowShrinker::Alpha::kStraight, straight.data());
    signal.ToLight(opaque.data(), 1, kWithAlpha, RowShrinker::Alpha::kPremultiplied,
                   multiplied.data());
    EXPECT_EQ(multiplied, straight);
    signal.ToLight(half.data(), 1, kWithAlpha, RowShrinker::Alpha::kPremultiplied,
                   multiplied.data());
    EXPECT_NEAR(multiplied[1] * 2 / straight[1], 1, 0.01);
  }
}
}  // namespace
}  // namespace hestia
