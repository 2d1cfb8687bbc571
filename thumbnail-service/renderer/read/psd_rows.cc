#include "thumbnail-service/renderer/read/psd_rows.h"

#include <algorithm>
#include <cstring>

namespace hestia {
namespace {
// PackBits: a count of bytes that follow, or of one that is repeated. False when they do not fill
// the row.
bool Unpack(std::span<const std::uint8_t> packed, std::span<std::uint8_t> row) {
  std::size_t at = 0;
  while (at < row.size() && packed.size() >= 2) {
    const std::uint8_t head = packed[0];
    packed = packed.subspan(1);
    if (head == 128) continue;
    const bool repeated = head > 128;
    const std::size_t count = repeated ? 257U - head : head + 1U;
    const std::size_t taken = repeated ? 1 : count;
    if (count > row.size() - at || taken > packed.size()) return false;
    if (repeated) {
      std::memset(row.data() + at, packed[0], count);
    } else {
      std::memcpy(row.data() + at, packed.data(), count);
    }
    packed = packed.subspan(taken);
    at += count;
  }
  return at == row.size();
}
}  // namespace

PsdRows::PsdRows(PsdAhead& file, const PsdHeader& header, std::uint64_t packing, std::size_t planes)
    : height_(static_cast<std::size_t>(header.size.height)),
      row_bytes_(static_cast<std::size_t>(header.size.width) * (header.bits / 8)),
      packed_(packing == 1),
      planes_(planes, std::vector<std::uint8_t>(row_bytes_)) {
  if (packed_) ReadOffsets(file, header);
  data_ = file.rest();
}

void PsdRows::ReadOffsets(PsdAhead& file, const PsdHeader& header) {
  const std::size_t size_bytes = header.big ? 4 : 2;
  const std::size_t rows = height_ * header.channels;
  PsdAhead sizes(file.Take(rows * size_bytes));
  packed_rows_.reserve(height_ * planes_.size());
  std::uint64_t at = 0;
  for (std::size_t row = 0; row < height_ * planes_.size(); ++row) {
    packed_rows_.push_back({at, sizes.Number(size_bytes)});
    at += packed_rows_.back().size;
  }
}

bool PsdRows::ReadPlane(std::size_t plane, std::size_t y) {
  const std::size_t row = plane * height_ + y;
  const Packed there =
      packed_ ? packed_rows_[row] : Packed{std::uint64_t{row} * row_bytes_, row_bytes_};
  if (there.at > data_.size() || there.size > data_.size() - there.at) return false;
  const auto bytes =
      data_.subspan(static_cast<std::size_t>(there.at), static_cast<std::size_t>(there.size));
  if (packed_) return Unpack(bytes, planes_[plane]);
  std::copy(bytes.begin(), bytes.end(), planes_[plane].begin());
  return true;
}

}  // namespace hestia
