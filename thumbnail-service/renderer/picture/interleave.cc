#include "thumbnail-service/renderer/picture/interleave.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

namespace hestia {
namespace {
constexpr int kNeutralChroma = 128;

using Table = std::array<std::uint8_t, 256>;

// value → (value - from_zero) * scale + to_zero, rounded and clamped.
Table LinearTable(double from_zero, double scale, double to_zero) {
  Table table{};
  for (int value = 0; value < 256; ++value) {
    const double mapped = std::round((value - from_zero) * scale + to_zero);
    table[static_cast<std::size_t>(value)] =
        static_cast<std::uint8_t>(std::clamp(mapped, 0.0, 255.0));
  }
  return table;
}

// Without a table, a copy.
Plane Map(const Plane& from, const std::optional<Table>& table) {
  Plane to(from.width(), from.height());
  for (int y = 0; y < from.height(); ++y) {
    const std::uint8_t* in = from.Row(y);
    if (table.has_value()) {
      const Table& mapped = *table;
      std::transform(in, in + from.width(), to.Row(y), [&](std::uint8_t v) { return mapped[v]; });
    } else {
      std::copy_n(in, from.width(), to.Row(y));
    }
  }
  return to;
}

std::optional<Table> TableFor(bool from_limited, bool to_limited, bool luma) {
  if (from_limited == to_limited) return std::nullopt;
  const double span = luma ? 219.0 / 255.0 : 224.0 / 255.0;
  if (luma) return to_limited ? LinearTable(0, span, 16) : LinearTable(16, 1 / span, 0);
  return LinearTable(kNeutralChroma, to_limited ? span : 1 / span, kNeutralChroma);
}
}  // namespace

std::vector<std::uint8_t> ToStraightRgba(const Picture& picture) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(static_cast<std::size_t>(picture.width()) *
                static_cast<std::size_t>(picture.height()) * 4);
  for (int y = 0; y < picture.height(); ++y) {
    const std::uint8_t* alphas = picture.alpha->Row(y);
    for (int x = 0; x < picture.width(); ++x) {
      const int alpha = alphas[x];
      for (const Plane& plane : picture.planes) {
        const int straight = alpha == 0 ? 0 : (plane.Row(y)[x] * 255 + alpha / 2) / alpha;
        bytes.push_back(static_cast<std::uint8_t>(std::min(straight, 255)));
      }
      bytes.push_back(alphas[x]);
    }
  }
  return bytes;
}

std::vector<std::uint8_t> ToRgbOnWhite(const Picture& picture) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(static_cast<std::size_t>(picture.width()) *
                static_cast<std::size_t>(picture.height()) * 3);
  for (int y = 0; y < picture.height(); ++y) {
    for (int x = 0; x < picture.width(); ++x) {
      const int white = picture.alpha.has_value() ? 255 - picture.alpha->Row(y)[x] : 0;
      for (const Plane& plane : picture.planes) {
        bytes.push_back(static_cast<std::uint8_t>(std::min(plane.Row(y)[x] + white, 255)));
      }
    }
  }
  return bytes;
}

Picture ToYuv(const Picture& picture, Colour range) {
  const bool from_limited = picture.colour == Colour::kYuvLimited;
  const bool to_limited = range == Colour::kYuvLimited;
  Picture yuv;
  yuv.colour = range;
  yuv.planes.push_back(Map(picture.planes[0], TableFor(from_limited, to_limited, true)));
  for (std::size_t i = 1; i < 3; ++i) {
    if (picture.colour == Colour::kGrey) {
      Plane& chroma =
          yuv.planes.emplace_back((picture.width() + 1) / 2, (picture.height() + 1) / 2);
      chroma.Fill(kNeutralChroma);
    } else {
      yuv.planes.push_back(Map(picture.planes[i], TableFor(from_limited, to_limited, false)));
    }
  }
  return yuv;
}

}  // namespace hestia
