#include "thumbnail-service/renderer/picture/deep_shrinker.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace hestia {
namespace {
constexpr std::uint64_t kTop = 65535;

std::uint64_t Rounded(std::uint64_t sum, std::uint64_t count) { return (sum + count / 2) / count; }

std::uint8_t ToByte(std::uint64_t word) { return static_cast<std::uint8_t>((word + 128) / 257); }

std::uint8_t Times(std::uint8_t value, std::uint8_t alpha) {
  return static_cast<std::uint8_t>((value * alpha + 127) / 255);
}
}  // namespace

DeepShrinker::DeepShrinker(Size image, int channels, Size wanted, Alpha alpha,
                           SrgbConversion conversion)
    : image_(image),
      channels_(channels),
      alpha_(alpha),
      colours_((channels == 2 || channels == 4) && alpha != Alpha::kNone ? channels - 1 : channels),
      block_(RowShrinker::BlockFor(image, wanted)),
      shrunk_{(image.width + block_.width - 1) / block_.width,
              (image.height + block_.height - 1) / block_.height},
      conversion_(std::move(conversion)) {
  const auto columns = static_cast<std::size_t>(shrunk_.width);
  sums_.resize(columns * static_cast<std::size_t>(channels));
  words_.resize(columns * static_cast<std::size_t>(conversion_.channels()));
  bytes_.resize(columns * 3);
  const bool grey = channels == 1 && conversion_.channels() == 1;
  picture_.colour = grey ? Colour::kGrey : Colour::kRgb;
  const auto add_plane = [&] {
    Plane plane(shrunk_.width, shrunk_.height);
    plane.covered_width = static_cast<double>(image.width) / block_.width;
    plane.covered_height = static_cast<double>(image.height) / block_.height;
    return plane;
  };
  for (int i = 0; i < (grey ? 1 : 3); ++i) picture_.planes.push_back(add_plane());
  if (colours_ < channels_) picture_.alpha = add_plane();
}

// Colour counts by its alpha, so that what is invisible does not bleed into what is not. 128² words
// times words are below 2⁴⁶.
void DeepShrinker::Add(const std::uint16_t* row) {
  const bool weighted = colours_ < channels_ && alpha_ == Alpha::kStraight;
  std::uint64_t* sum = sums_.data();
  for (int x = 0; x < image_.width; sum += channels_) {
    for (const int end = std::min(x + block_.width, image_.width); x < end; ++x) {
      const std::uint64_t weight = weighted ? row[colours_] : 1;
      for (int c = 0; c < colours_; ++c) sum[c] += row[c] * weight;
      if (colours_ < channels_) sum[colours_] += row[colours_];
      row += channels_;
    }
  }
  ++rows_in_block_;
  const bool last = next_row_ * block_.height + rows_in_block_ == image_.height;
  if (rows_in_block_ == block_.height || last) EmitRow();
}

void DeepShrinker::EmitRow() {
  const int wanted = conversion_.channels();
  const std::uint64_t* sum = sums_.data();
  std::uint16_t* word = words_.data();
  for (int x = 0; x < shrunk_.width; ++x, sum += channels_) {
    const int columns = std::min(block_.width, image_.width - x * block_.width);
    const auto pixels =
        static_cast<std::uint64_t>(columns) * static_cast<std::uint64_t>(rows_in_block_);
    std::uint64_t scale = 1;
    std::uint64_t count = pixels;
    if (picture_.alpha.has_value()) {
      picture_.alpha->Row(next_row_)[x] = ToByte(Rounded(sum[colours_], pixels));
      count = std::max<std::uint64_t>(sum[colours_], 1);
      if (alpha_ == Alpha::kPremultiplied) scale = kTop;
    }
    for (int c = 0; c < wanted; ++c) {
      const int from = std::min(c, colours_ - 1);  // grey to RGB
      *word++ = static_cast<std::uint16_t>(std::min(Rounded(sum[from] * scale, count), kTop));
    }
  }
  conversion_.ConvertWords(words_.data(), static_cast<std::size_t>(shrunk_.width), bytes_.data());
  const std::uint8_t* alphas =
      picture_.alpha.has_value() ? picture_.alpha->Row(next_row_) : nullptr;
  for (std::size_t c = 0; c < picture_.planes.size(); ++c) {
    std::uint8_t* to = picture_.planes[c].Row(next_row_);
    const std::uint8_t* byte = bytes_.data() + c;
    for (int x = 0; x < shrunk_.width; ++x, byte += 3) {
      to[x] = alphas == nullptr ? *byte : Times(*byte, alphas[x]);
    }
  }
  std::fill(sums_.begin(), sums_.end(), std::uint64_t{0});
  rows_in_block_ = 0;
  ++next_row_;
}

Picture DeepShrinker::Finish() { return std::move(picture_); }

}  // namespace hestia
