#include "thumbnail-service/renderer/read/png_rows.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <cstring>

#include "thumbnail-service/renderer/read/png_filters.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
// In the second cache, and enough that what a call of the unpacker costs does not count.
constexpr std::size_t kBatchBytes = std::size_t{256} << 10;
constexpr std::size_t kChunkHead = 8;  // length, name
constexpr std::size_t kChecksumBytes = 4;

std::uint32_t BigEndian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | std::uint32_t{bytes[3]};
}

std::size_t BatchRows(std::size_t row_bytes, int rows) {
  return std::clamp<std::size_t>(kBatchBytes / (row_bytes + 1), 1, static_cast<std::size_t>(rows));
}

constexpr char kCutShort[] = "PNG: the file is cut short";
}  // namespace

PngRows::PngRows(std::span<const std::uint8_t> chunks, std::size_t row_bytes, int bytes_per_pixel,
                 int rows, OnDamage on_damage)
    : chunks_(chunks),
      row_bytes_(row_bytes),
      bytes_per_pixel_(bytes_per_pixel),
      on_damage_(on_damage),
      rows_left_(rows),
      state_(std::make_unique_for_overwrite<inflate_state>()),
      batch_(row_bytes + BatchRows(row_bytes, rows) * (row_bytes + 1) + kFilterSlack),
      above_(batch_.data()),
      next_(batch_.data() + row_bytes),
      end_(next_) {
  isal_inflate_init(state_.get());
  state_->crc_flag = ISAL_ZLIB;
}

PngRows::~PngRows() = default;

void PngRows::Damaged(const std::string& what) {
  if (on_damage_ == OnDamage::kRefuse) {
    Refuse(wire::Outcome::kDecodeFailed, "%s", what.c_str());
  }
  // What comes later may only follow from it.
  if (damage_.empty()) damage_ = what;
}

void PngRows::EndBecause(const std::string& what) {
  Damaged(what);
  ended_ = true;
}

// Gives the unpacker the next chunk's bytes.
void PngRows::TakeChunk() {
  if (chunks_.size() < kChunkHead) return EndBecause(kCutShort);
  const std::uint8_t* name = chunks_.data() + 4;
  if (std::memcmp(name, "IDAT", 4) != 0) return EndBecause("PNG: not enough image data");
  std::size_t size = BigEndian(chunks_.data());
  const std::size_t there = chunks_.size() - kChunkHead;
  std::size_t whole = size + kChecksumBytes;
  if (there < whole) {
    Damaged(kCutShort);
    size = std::min(size, there);
    whole = there;
  } else if (crc32_gzip_refl(0, name, 4 + size) != BigEndian(name + 4 + size)) {
    Damaged("PNG: IDAT: CRC error");
  }
  // It reads them only, whatever its declaration says.
  state_->next_in = const_cast<std::uint8_t*>(name + 4);
  state_->avail_in = static_cast<std::uint32_t>(size);
  chunks_ = chunks_.subspan(kChunkHead + whole);
}

void PngRows::Unpack() {
  std::uint8_t* const begin = batch_.data() + row_bytes_;
  std::memmove(batch_.data(), above_, row_bytes_);
  above_ = batch_.data();
  const std::size_t rows =
      std::min(BatchRows(row_bytes_, rows_left_), static_cast<std::size_t>(rows_left_));
  state_->next_out = begin;
  state_->avail_out = static_cast<std::uint32_t>(rows * (row_bytes_ + 1));
  while (state_->avail_out > 0 && !ended_) {
    const std::uint32_t wanted = state_->avail_out;
    const int error = isal_inflate(state_.get());
    // Nobody needs the stream's own checksum once the pixels are there.
    if (error == ISAL_INCORRECT_CHECKSUM && state_->avail_out == 0) break;
    if (error < 0 || error == ISAL_NEED_DICT) {
      EndBecause("PNG: the compressed data is damaged (error " + std::to_string(error) + ")");
      break;
    }
    // It may hold back bytes after it has taken the whole chunk.
    if (state_->avail_out < wanted) continue;
    if (state_->avail_in > 0 || state_->block_state == ISAL_BLOCK_FINISH) {
      EndBecause("PNG: not enough image data");
      break;
    }
    TakeChunk();
  }
  next_ = begin;
  // Of a row that is there in part nothing can be shown.
  const auto unpacked = static_cast<std::size_t>(state_->next_out - begin);
  end_ = begin + unpacked / (row_bytes_ + 1) * (row_bytes_ + 1);
}

const std::uint8_t* PngRows::Next() {
  if (next_ == end_ && !ended_) Unpack();
  if (next_ == end_) return nullptr;
  std::uint8_t* const row = next_ + 1;
  if (!UndoFilter(*next_, row, above_, row_bytes_, bytes_per_pixel_)) {
    EndBecause("PNG: bad adaptive filter value");
    next_ = end_;
    return nullptr;
  }
  above_ = row;
  next_ = row + row_bytes_;
  --rows_left_;
  return row;
}

}  // namespace hestia
