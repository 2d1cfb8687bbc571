#include "thumbnail-service/renderer/picture/row_shrinker.h"

#include <algorithm>
#include <array>
#include <utility>

namespace hestia {
namespace {
// 128² pixels of 255 x 255 are just below 2³², so sums cannot overflow.
constexpr int kMaxBlock = 128;

int BlockSide(int image, int wanted) { return std::clamp(image / (2 * wanted), 1, kMaxBlock); }

int PlaneCount(int channels) { return channels == 1 ? 1 : channels == 3 ? 3 : 4; }
}  // namespace

RowShrinker::RowShrinker(Size image, int channels, Size wanted, Alpha alpha)
    : image_(image),
      channels_(channels),
      alpha_(alpha),
      has_alpha_((channels == 2 || channels == 4) && alpha != Alpha::kNone),
      block_width_(BlockSide(image.width, wanted.width)),
      block_height_(BlockSide(image.height, wanted.height)),
      shrunk_{(image.width + block_width_ - 1) / block_width_,
              (image.height + block_height_ - 1) / block_height_} {
  const int planes = PlaneCount(channels);
  sums_.resize(static_cast<std::size_t>(shrunk_.width) * static_cast<std::size_t>(planes));
  for (int i = 0; i < planes; ++i) {
    Plane& plane = planes_.emplace_back(shrunk_.width, shrunk_.height);
    plane.covered_width = static_cast<double>(image.width) / block_width_;
    plane.covered_height = static_cast<double>(image.height) / block_height_;
  }
}

template <int kChannels>
void RowShrinker::AccumulateOpaque(const std::uint8_t* row) {
  std::uint32_t* sum = sums_.data();
  for (int x = 0; x < image_.width; x += block_width_, sum += kChannels) {
    const int pixels = std::min(block_width_, image_.width - x);
    std::array<std::uint32_t, kChannels> block{};
    for (int i = 0; i < pixels; ++i, row += kChannels) {
      for (std::size_t c = 0; c < kChannels; ++c) block[c] += row[c];
    }
    for (std::size_t c = 0; c < kChannels; ++c) sum[c] += block[c];
  }
}

// Colour counts by its alpha, so that what is invisible does not bleed into what is not.
void RowShrinker::AccumulateAlpha(const std::uint8_t* row) {
  const bool grey = channels_ == 2;
  std::uint32_t* sum = sums_.data();
  for (int x = 0; x < image_.width; sum += 4) {
    for (const int end = std::min(x + block_width_, image_.width); x < end; ++x) {
      const std::uint32_t alpha = row[channels_ - 1];
      const std::uint32_t weight = alpha_ == Alpha::kPremultiplied ? 255 : alpha;
      for (int c = 0; c < 3; ++c) sum[c] += row[grey ? 0 : c] * weight;
      sum[3] += alpha;
      row += channels_;
    }
  }
}

void RowShrinker::Add(const std::uint8_t* row) {
  if (has_alpha_) {
    AccumulateAlpha(row);
  } else if (channels_ == 4) {
    AccumulateOpaque<4>(row);
  } else if (channels_ == 3) {
    AccumulateOpaque<3>(row);
  } else {
    AccumulateOpaque<1>(row);
  }
  ++rows_in_block_;
  const bool last = next_row_ * block_height_ + rows_in_block_ == image_.height;
  if (rows_in_block_ == block_height_ || last) EmitRow();
}

void RowShrinker::EmitRow() {
  const std::size_t planes = planes_.size();
  for (int x = 0; x < shrunk_.width; ++x) {
    const int columns = std::min(block_width_, image_.width - x * block_width_);
    const auto pixels = static_cast<std::uint32_t>(columns * rows_in_block_);
    const std::uint32_t* sum = sums_.data() + static_cast<std::size_t>(x) * planes;
    for (std::size_t p = 0; p < planes; ++p) {
      const bool premultiplied = has_alpha_ && p < 3;
      const std::uint64_t weight = premultiplied ? std::uint64_t{pixels} * 255 : pixels;
      planes_[p].Row(next_row_)[x] = static_cast<std::uint8_t>((sum[p] + weight / 2) / weight);
    }
  }
  std::fill(sums_.begin(), sums_.end(), 0);
  rows_in_block_ = 0;
  ++next_row_;
}

Picture RowShrinker::Finish() {
  Picture picture;
  picture.colour = channels_ == 1 ? Colour::kGrey : Colour::kRgb;
  if (channels_ == 4 && !has_alpha_) picture.colour = Colour::kInk;
  if (has_alpha_) {
    picture.alpha = std::move(planes_.back());
    planes_.pop_back();
  }
  picture.planes = std::move(planes_);
  return picture;
}

}  // namespace hestia
