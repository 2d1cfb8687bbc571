#include "thumbnail-service/renderer/read/bmp_rows.h"

#include <algorithm>

namespace hestia {
namespace {
// Behind a 0: what other counts than these mean is a row of literal pixels.
enum Escape : std::uint8_t { kEndOfRow = 0, kEndOfPicture = 1, kSkip = 2 };

// Of `most`, rounded.
std::uint8_t ToByte(std::uint32_t value, std::uint32_t most) {
  return static_cast<std::uint8_t>((std::uint64_t{value} * 255 + most / 2) / most);
}
}  // namespace

RleRows::RleRows(const BmpHeader& header)
    : bytes_(header.pixels),
      nibbles_(header.packing == BmpHeader::Packing::kRle4),
      starts_(static_cast<std::size_t>(header.height)) {
  const auto width = static_cast<std::size_t>(header.width);
  std::size_t row = 0;
  std::size_t x = 0;
  std::size_t at = 0;
  Begin(0, 0, 0);
  while (row < starts_.size() && bytes_.size() - at >= 2) {
    const std::uint8_t count = bytes_[at];
    const std::uint8_t value = bytes_[at + 1];
    at += 2;
    if (count > 0) {
      x += count;
    } else if (value == kEndOfPicture) {
      row = starts_.size();
    } else if (value == kEndOfRow) {
      Begin(++row, at, x = 0);
    } else if (value == kSkip) {
      if (bytes_.size() - at < 2) break;
      x += bytes_[at];
      const std::size_t rows = bytes_[at + 1];
      at += 2;
      row += rows;
      if (rows > 0) Begin(row, at, x);
    } else {
      if (bytes_.size() - at < LiteralBytes(value)) break;
      x += value;
      at += LiteralBytes(value);
    }
  }
  // The last row may lack its end.
  whole_rows_ = row < starts_.size() && x >= width ? row + 1 : row;
}

void RleRows::Begin(std::size_t row, std::size_t at, std::size_t x) {
  if (row < starts_.size()) starts_[row] = {at, x, true};
}

// They are followed by as many as make them words.
std::size_t RleRows::LiteralBytes(std::size_t count) const {
  const std::size_t bytes = nibbles_ ? (count + 1) / 2 : count;
  return bytes + bytes % 2;
}

bool RleRows::Read(std::size_t row, std::span<std::uint8_t> indices) const {
  if (row >= whole_rows_) return false;
  std::fill(indices.begin(), indices.end(), std::uint8_t{0});
  if (!starts_[row].any) return true;
  std::size_t at = starts_[row].at;
  std::size_t x = starts_[row].x;
  const auto put = [&](std::size_t i, std::uint8_t value) {
    const int index = !nibbles_ ? value : i % 2 == 0 ? value >> 4 : value & 0xf;
    if (x < indices.size()) indices[x] = static_cast<std::uint8_t>(index);
    ++x;
  };
  while (x < indices.size() && bytes_.size() - at >= 2) {
    const std::uint8_t count = bytes_[at];
    const std::uint8_t value = bytes_[at + 1];
    at += 2;
    if (count > 0) {
      for (std::size_t i = 0; i < count; ++i) put(i, value);
    } else if (value == kSkip) {
      if (bytes_.size() - at < 2 || bytes_[at + 1] > 0) break;
      x += bytes_[at];
      at += 2;
    } else if (value > kSkip) {
      if (bytes_.size() - at < LiteralBytes(value)) break;
      for (std::size_t i = 0; i < value; ++i) put(i, bytes_[at + (nibbles_ ? i / 2 : i)]);
      at += LiteralBytes(value);
    } else {
      break;
    }
  }
  return true;
}

BmpRows::BmpRows(const BmpHeader& header)
    : header_(header),
      width_(static_cast<std::size_t>(header.width)),
      height_(static_cast<std::size_t>(header.height)),
      alpha_(header.alpha() && (!header.alpha_may_be_unused || AnyAlpha())) {
  if (header.packing != BmpHeader::Packing::kNone) rle_.emplace_back(header);
  if (header.bits <= 8) indices_.resize(width_);
  for (std::size_t channel = 0; channel < samples_.size(); ++channel) {
    const std::uint32_t most = header.masks[channel].most;
    for (std::uint32_t value = 0; value <= std::min(most, 255U) && most > 0; ++value) {
      samples_[channel][value] = ToByte(value, most);
    }
  }
}

// Many programs leave the fourth byte at 0 and mean nothing by it.
bool BmpRows::AnyAlpha() const {
  const BmpMask& mask = header_.masks[3];
  for (std::size_t row = 0; row < height_; ++row) {
    const auto stored = Stored(row);
    for (std::size_t x = 0; x < width_ && !stored.empty(); ++x) {
      if ((PixelAt(stored, x) >> mask.shift & mask.most) != 0) return true;
    }
  }
  return false;
}

// What fills the last row up to 32 bits need not be there.
std::span<const std::uint8_t> BmpRows::Stored(std::size_t row) const {
  const std::size_t row_bits = width_ * static_cast<std::size_t>(header_.bits);
  const std::size_t at = row * ((row_bits + 31) / 32 * 4);
  const std::size_t needed = (row_bits + 7) / 8;
  if (at > header_.pixels.size() || needed > header_.pixels.size() - at) return {};
  return header_.pixels.subspan(at, needed);
}

std::uint32_t BmpRows::PixelAt(std::span<const std::uint8_t> stored, std::size_t x) const {
  const auto bytes = static_cast<std::size_t>(header_.bits) / 8;
  std::uint32_t pixel = 0;
  for (std::size_t i = bytes; i-- > 0;) pixel = pixel << 8 | stored[x * bytes + i];
  return pixel;
}

std::uint8_t BmpRows::Sample(std::uint32_t pixel, std::size_t channel) const {
  const BmpMask& mask = header_.masks[channel];
  const std::uint32_t value = pixel >> mask.shift & mask.most;
  return mask.most <= 255 ? samples_[channel][value] : ToByte(value, mask.most);
}

bool BmpRows::ReadIndices(std::size_t row) {
  if (!rle_.empty()) return rle_.front().Read(row, indices_);
  const auto stored = Stored(row);
  if (stored.empty()) return false;
  const auto bits = static_cast<unsigned>(header_.bits);
  const unsigned in_byte = 8 / bits;
  const unsigned all = (1U << bits) - 1;
  for (std::size_t x = 0; x < width_; ++x) {
    const auto behind = static_cast<unsigned>(in_byte - 1 - x % in_byte) * bits;
    indices_[x] = static_cast<std::uint8_t>(unsigned{stored[x / in_byte]} >> behind & all);
  }
  return true;
}

bool BmpRows::Read(int y, std::uint8_t* row) {
  const auto shown = static_cast<std::size_t>(y);
  const std::size_t place = header_.from_top ? shown : height_ - 1 - shown;
  if (header_.bits <= 8) {
    if (!ReadIndices(place)) return false;
    for (const std::uint8_t index : indices_) {
      row = std::copy_n(header_.palette[index].begin(), 3, row);
    }
    return true;
  }
  const auto stored = Stored(place);
  if (stored.empty()) return false;
  for (std::size_t x = 0; x < width_; ++x) {
    if (header_.bits == 24) {
      for (std::size_t i = 3; i-- > 0;) *row++ = stored[x * 3 + i];
      continue;
    }
    const std::uint32_t pixel = PixelAt(stored, x);
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels()); ++c)
      *row++ = Sample(pixel, c);
  }
  return true;
}

}  // namespace hestia
