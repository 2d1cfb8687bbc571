#include "thumbnail-service/renderer/read/scan_bytes.h"

#include <algorithm>
#include <cstring>

namespace hestia {
namespace {
constexpr std::uint8_t kMarker = 0xff;
constexpr std::uint8_t kFirstRestart = 0xd0;
}  // namespace

ScanBytes::ScanBytes(const std::uint8_t* begin, const std::uint8_t* end)
    : unread_(begin), file_end_(end) {
  Read(kReadAhead);
}

void ScanBytes::Read(std::size_t kept) {
  size_ = kept;
  bool ended = false;
  while (!ended && size_ < kPiece) {
    const auto most = std::min(kPiece - size_, static_cast<std::size_t>(file_end_ - unread_));
    const void* found = most == 0 ? nullptr : std::memchr(unread_, kMarker, most);
    const std::size_t plain =
        found == nullptr
            ? most
            : static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - unread_);
    std::memcpy(bytes_.data() + size_, unread_, plain);
    size_ += plain;
    unread_ += plain;
    ended = unread_ == file_end_;
    if (ended || found == nullptr) continue;
    ended = file_end_ - unread_ < 2 || unread_[1] != 0;
    if (ended) continue;
    bytes_[size_++] = kMarker;
    unread_ += 2;
  }
  std::memset(bytes_.data() + size_, 0, kMargin);
  last_start_ = ended ? end() + kMargin : end() - kMargin;
}

const std::uint8_t* ScanBytes::Next(const std::uint8_t* next) {
  const auto kept = static_cast<std::size_t>(end() - next) + kReadAhead;
  std::memmove(bytes_.data(), next - kReadAhead, kept);
  Read(kept);
  return first();
}

bool ScanBytes::Restart(int number) {
  const std::uint8_t* marker = unread_;
  if (marker == file_end_ || *marker != kMarker) return false;
  while (marker != file_end_ && *marker == kMarker) ++marker;
  if (marker == file_end_ || *marker != kFirstRestart + number) return false;
  unread_ = marker + 1;
  Read(kReadAhead);
  return true;
}

}  // namespace hestia
