#include "thumbnail-service/renderer/picture/row_shrinker.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace hestia {
namespace {
// 128² pixels of 255 x 255 are just below 2³², so sums cannot overflow, nor can a column's 128
// samples in 16 bits.
constexpr int kMaxBlock = 128;

int BlockSide(int image, int wanted) { return std::clamp(image / (2 * wanted), 1, kMaxBlock); }

int PlaneCount(int channels) { return channels == 1 ? 1 : channels == 3 ? 3 : 4; }

using Bytes [[gnu::vector_size(16)]] = std::uint8_t;
using Words [[gnu::vector_size(32)]] = std::uint16_t;

bool IsOpaque(const std::uint8_t* row, std::size_t samples, std::size_t channels) {
  Bytes all = ~Bytes{};
  std::size_t i = 0;
  for (; i + sizeof(all) <= samples; i += sizeof(all)) {
    Bytes some;
    std::memcpy(&some, row + i, sizeof(some));
    all &= some;
  }
  for (std::size_t lane = channels - 1; lane < sizeof(all); lane += channels) {
    if (all[lane] != 255) return false;
  }
  for (i += channels - 1; i < samples; i += channels) {
    if (row[i] != 255) return false;
  }
  return true;
}

void AddSamples(const std::uint8_t* row, std::size_t samples, std::uint16_t* sums) {
  std::size_t i = 0;
  for (; i + sizeof(Bytes) <= samples; i += sizeof(Bytes)) {
    Bytes some;
    Words sum;
    std::memcpy(&some, row + i, sizeof(some));
    std::memcpy(&sum, sums + i, sizeof(sum));
    sum += __builtin_convertvector(some, Words);
    std::memcpy(sums + i, &sum, sizeof(sum));
  }
  for (; i < samples; ++i) sums[i] = static_cast<std::uint16_t>(sums[i] + row[i]);
}
}  // namespace

RowShrinker::RowShrinker(Size image, int channels, Size wanted, Alpha alpha)
    : image_(image),
      channels_(channels),
      alpha_(alpha),
      has_alpha_((channels == 2 || channels == 4) && alpha != Alpha::kNone),
      block_width_(BlockFor(image, wanted).width),
      block_height_(BlockFor(image, wanted).height),
      shrunk_{(image.width + block_width_ - 1) / block_width_,
              (image.height + block_height_ - 1) / block_height_},
      columns_(static_cast<std::size_t>(image.width) * static_cast<std::size_t>(channels)) {
  const int planes = PlaneCount(channels);
  sums_.resize(static_cast<std::size_t>(shrunk_.width) * static_cast<std::size_t>(planes));
  for (int i = 0; i < planes; ++i) {
    Plane& plane = planes_.emplace_back(shrunk_.width, shrunk_.height);
    plane.covered_width = static_cast<double>(image.width) / block_width_;
    plane.covered_height = static_cast<double>(image.height) / block_height_;
  }
}

Size RowShrinker::BlockFor(Size image, Size wanted) {
  return {BlockSide(image.width, wanted.width), BlockSide(image.height, wanted.height)};
}

// Colour counts by its alpha, so that what is invisible does not bleed into what is not.
void RowShrinker::AddWithAlpha(const std::uint8_t* row) {
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
  if (has_alpha_ && !IsOpaque(row, columns_.size(), static_cast<std::size_t>(channels_))) {
    AddWithAlpha(row);
  } else {
    // First by columns, where a machine adds many at once; pixels side by side once a block.
    AddSamples(row, columns_.size(), columns_.data());
    columns_used_ = true;
  }
  ++rows_in_block_;
  const bool last = next_row_ * block_height_ + rows_in_block_ == image_.height;
  if (rows_in_block_ == block_height_ || last) EmitRow();
}

template <int kChannels>
void RowShrinker::FoldColumns() {
  const std::uint32_t weight = has_alpha_ ? 255 : 1;
  const std::uint16_t* column = columns_.data();
  const auto planes = planes_.size();
  std::uint32_t* sum = sums_.data();
  for (int x = 0; x < image_.width; x += block_width_, sum += planes) {
    std::uint32_t block[kChannels] = {};
    const int pixels = std::min(block_width_, image_.width - x);
    for (int i = 0; i < pixels; ++i, column += kChannels) {
      for (int c = 0; c < kChannels; ++c) block[c] += column[c];
    }
    if constexpr (kChannels == 2) {
      for (int c = 0; c < 3; ++c) sum[c] += block[0] * weight;
      sum[3] += block[1];
    } else {
      for (int c = 0; c < kChannels; ++c) sum[c] += c < 3 ? block[c] * weight : block[c];
    }
  }
  std::fill(columns_.begin(), columns_.end(), std::uint16_t{0});
  columns_used_ = false;
}

void RowShrinker::EmitRow() {
  if (columns_used_) {
    if (channels_ == 4) {
      FoldColumns<4>();
    } else if (channels_ == 3) {
      FoldColumns<3>();
    } else if (channels_ == 2) {
      FoldColumns<2>();
    } else {
      FoldColumns<1>();
    }
  }
  const std::size_t planes = planes_.size();
  const int last_column = shrunk_.width - 1;
  const int last_columns = image_.width - last_column * block_width_;
  for (std::size_t p = 0; p < planes; ++p) {
    const int weight = has_alpha_ && p < 3 ? 255 : 1;
    const float share = 1.0F / static_cast<float>(block_width_ * rows_in_block_ * weight);
    const float last_share = 1.0F / static_cast<float>(last_columns * rows_in_block_ * weight);
    const std::uint32_t* sum = sums_.data() + p;
    std::uint8_t* target = planes_[p].Row(next_row_);
    for (int x = 0; x <= last_column; ++x, sum += planes) {
      const float mean = static_cast<float>(*sum) * (x < last_column ? share : last_share);
      target[x] = static_cast<std::uint8_t>(mean + 0.5F);
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
