#include "thumbnail-service/renderer/picture/placeholder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include "thumbnail-service/renderer/first_use.h"
#include "thumbnail-service/renderer/picture/dominant_colour.h"
#include "thumbnail-service/renderer/picture/frame.h"
#include "thumbnail-service/renderer/picture/resize.h"

namespace hestia {
namespace {
// Seven waves a side are the finest that the format has.
constexpr int kSidePx = 64;

// Of fewer pixels a side the finest waves would see the gaps between them.
constexpr int kLeastSidePx = 16;

Plane Repeat(const Plane& plane, Size size) {
  Plane repeated(size.width, size.height);
  for (int y = 0; y < size.height; ++y) {
    const std::uint8_t* from = plane.Row(y * plane.height() / size.height);
    for (int x = 0; x < size.width; ++x) {
      repeated.Row(y)[x] = from[x * plane.width() / size.width];
    }
  }
  return repeated;
}

// Pixels repeated until there are enough of them.
Picture AtLeast(Picture rgb, int side_px) {
  if (rgb.width() >= side_px && rgb.height() >= side_px) return rgb;
  const Size size{std::max(rgb.width(), side_px), std::max(rgb.height(), side_px)};
  for (Plane& plane : rgb.planes) plane = Repeat(plane, size);
  if (rgb.alpha.has_value()) rgb.alpha = Repeat(*rgb.alpha, size);
  return rgb;
}

// One of the format's four signals, row by row.
using Signal = std::vector<float>;

struct Signals {
  Size size;
  Signal luminance;
  Signal yellow_blue;
  Signal red_green;
  Signal alpha;
  bool transparent = false;
};

// Straight colours laid on the mean visible colour, as the format wants it.
Signals SignalsOf(const Picture& rgb) {
  std::array<float, 3> mean{};
  float visible = 0;
  const auto alpha_at = [&](int x, int y) {
    return rgb.alpha.has_value() ? static_cast<float>(rgb.alpha->Row(y)[x]) / 255 : 1.0F;
  };
  for (int y = 0; y < rgb.height(); ++y) {
    for (int x = 0; x < rgb.width(); ++x) {
      for (std::size_t c = 0; c < 3; ++c) mean[c] += static_cast<float>(rgb.planes[c].Row(y)[x]) / 255;
      visible += alpha_at(x, y);
    }
  }
  for (float& colour : mean) colour = visible > 0 ? colour / visible : 0;
  Signals signals;
  signals.size = {rgb.width(), rgb.height()};
  for (int y = 0; y < rgb.height(); ++y) {
    for (int x = 0; x < rgb.width(); ++x) {
      const float alpha = alpha_at(x, y);
      std::array<float, 3> colour{};
      for (std::size_t c = 0; c < 3; ++c) {
        colour[c] = static_cast<float>(rgb.planes[c].Row(y)[x]) / 255 + mean[c] * (1 - alpha);
      }
      signals.luminance.push_back((colour[0] + colour[1] + colour[2]) / 3);
      signals.yellow_blue.push_back((colour[0] + colour[1]) / 2 - colour[2]);
      signals.red_green.push_back(colour[0] - colour[1]);
      signals.alpha.push_back(alpha);
      signals.transparent = signals.transparent || alpha < 1;
    }
  }
  return signals;
}

struct Spectrum {
  float mean = 0;
  std::vector<float> waves;  // 0..1, 0.5 for none; all 0 where there is none
  float scale = 0;           // what the strongest of them was
};

// cosines[k * length + i]: wave number k at place i.
std::vector<float> Cosines(int waves, int length) {
  const auto n = static_cast<std::size_t>(length);
  std::vector<float> cosines(static_cast<std::size_t>(waves) * n);
  // One cosine a place; the others follow by Chebyshev's recurrence.
  for (std::size_t i = 0; i < n; ++i) {
    const double first = std::cos(std::numbers::pi / length * (static_cast<double>(i) + 0.5));
    double before = first;
    double now = 1;
    for (std::size_t k = 0; k < static_cast<std::size_t>(waves); ++k) {
      cosines[k * n + i] = static_cast<float>(now);
      before = std::exchange(now, 2 * first * now - before);
    }
  }
  return cosines;
}

// The triangle of the lowest frequencies, row by row; `across` and `down` are how many there are
// along each side.
Spectrum Transform(const Signal& signal, Size size, int across, int down) {
  const auto width = static_cast<std::size_t>(size.width);
  const auto height = static_cast<std::size_t>(size.height);
  const std::vector<float> along_x = Cosines(across, size.width);
  const std::vector<float> along_y = Cosines(down, size.height);
  Spectrum spectrum;
  std::vector<float> column(height);
  // One wave number across at a time; what the format has in rows is put there.
  std::vector<std::vector<float>> waves(static_cast<std::size_t>(down));
  for (int kx = 0; kx < across; ++kx) {
    for (std::size_t y = 0; y < height; ++y) {
      float sum = 0;
      for (std::size_t x = 0; x < width; ++x) {
        sum += signal[y * width + x] * along_x[static_cast<std::size_t>(kx) * width + x];
      }
      column[y] = sum;
    }
    for (int ky = 0; kx * down < across * (down - ky); ++ky) {
      float sum = 0;
      for (std::size_t y = 0; y < height; ++y) {
        sum += column[y] * along_y[static_cast<std::size_t>(ky) * height + y];
      }
      waves[static_cast<std::size_t>(ky)].push_back(sum / static_cast<float>(width * height));
    }
  }
  spectrum.mean = waves[0][0];
  for (std::size_t ky = 0; ky < waves.size(); ++ky) {
    const std::size_t first = ky == 0 ? 1 : 0;
    spectrum.waves.insert(spectrum.waves.end(),
                          waves[ky].begin() + static_cast<std::ptrdiff_t>(first), waves[ky].end());
  }
  for (const float wave : spectrum.waves) spectrum.scale = std::max(spectrum.scale, std::abs(wave));
  if (spectrum.scale > 0) {
    for (float& wave : spectrum.waves) wave = 0.5F + 0.5F * wave / spectrum.scale;
  }
  return spectrum;
}

// `value` out of 0..1 in so many bits.
std::uint32_t Pack(float value, int bits) {
  const auto most = static_cast<float>((1 << bits) - 1);
  return static_cast<std::uint32_t>(std::lround(std::clamp(value, 0.0F, 1.0F) * most));
}

class HashWriter {
 public:
  void PutBytes(std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) hash_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  // Two waves a byte, the first one low.
  void PutWaves(const Spectrum& spectrum) {
    for (const float wave : spectrum.waves) {
      const std::uint32_t packed = Pack(wave, 4);
      if (half_full_) {
        hash_.back() = static_cast<std::uint8_t>(hash_.back() | packed << 4);
      } else {
        hash_.push_back(static_cast<std::uint8_t>(packed));
      }
      half_full_ = !half_full_;
    }
  }
  std::vector<std::uint8_t> Take() { return std::move(hash_); }

 private:
  std::vector<std::uint8_t> hash_;
  bool half_full_ = false;
};

// `image` is the size whose aspect is told.
std::vector<std::uint8_t> ThumbHash(const Signals& signals, Size image) {
  const Size size = signals.size;
  const bool wide = image.width > image.height;
  const int most = signals.transparent ? 5 : 7;
  const float longer = static_cast<float>(std::max(image.width, image.height));
  const auto waves = [&](int side) {
    return std::max(1, static_cast<int>(std::lround(static_cast<float>(most * side) / longer)));
  };
  const int across = waves(image.width);
  const int down = waves(image.height);
  const Spectrum luminance =
      Transform(signals.luminance, size, std::max(3, across), std::max(3, down));
  const Spectrum yellow_blue = Transform(signals.yellow_blue, size, 3, 3);
  const Spectrum red_green = Transform(signals.red_green, size, 3, 3);
  HashWriter writer;
  // The differences reach from -1 to 1.
  writer.PutBytes(Pack(luminance.mean, 6) | Pack(0.5F + 0.5F * yellow_blue.mean, 6) << 6 |
                      Pack(0.5F + 0.5F * red_green.mean, 6) << 12 | Pack(luminance.scale, 5) << 18 |
                      (signals.transparent ? 1U << 23 : 0U),
                  3);
  writer.PutBytes(static_cast<std::uint32_t>(wide ? down : across) |
                      Pack(yellow_blue.scale, 6) << 3 | Pack(red_green.scale, 6) << 9 |
                      (wide ? 1U << 15 : 0U),
                  2);
  if (signals.transparent) {
    const Spectrum alpha = Transform(signals.alpha, size, 5, 5);
    writer.PutBytes(Pack(alpha.mean, 4) | Pack(alpha.scale, 4) << 4, 1);
    for (const Spectrum* spectrum : {&luminance, &yellow_blue, &red_green, &alpha}) {
      writer.PutWaves(*spectrum);
    }
  } else {
    for (const Spectrum* spectrum : {&luminance, &yellow_blue, &red_green}) {
      writer.PutWaves(*spectrum);
    }
  }
  return writer.Take();
}
}  // namespace

Placeholder MakePlaceholder(const Picture& picture) {
  NoteUse(Library::kPlaceholder);
  const Size size = FitInside({picture.width(), picture.height()}, kSidePx);
  const Picture rgb = AtLeast(ToRgb(Resize(picture, size)), kLeastSidePx);
  return {ThumbHash(SignalsOf(rgb), size), DominantColour(rgb)};
}

}  // namespace hestia
