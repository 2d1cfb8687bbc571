#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_FILE_BYTES_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_FILE_BYTES_H_

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "common/unique_fd.h"

namespace hestia {

// The numbers of a file, read from here and there. What lies beyond its end is 0, and told by
// ended(). Not mapped: a large file would leave less address space for its pixels.
//
// Thread-safety: none. Blocking: reads a page of the file at a time. Memory: that page.
class FileBytes {
 public:
  FileBytes(const std::string& path, bool little)
      : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), little_(little) {}

  bool ended() const { return ended_; }
  std::uint64_t at() const { return at_; }
  void Go(std::uint64_t at) { at_ = at; }
  void Pass(std::uint64_t bytes) { at_ += bytes; }
  std::uint64_t Number(std::size_t bytes) {
    if (!Holds(bytes) && !Fetch(bytes)) return 0;
    const std::uint8_t* const number = window_.data() + (at_ - window_at_);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      value = value << 8 | number[little_ ? bytes - 1 - i : i];
    }
    at_ += bytes;
    return value;
  }
  void SetLittle(bool little) { little_ = little; }

 private:
  // By differences: a file may name any position up to 2^64.
  bool Holds(std::size_t bytes) const {
    return at_ >= window_at_ && at_ - window_at_ <= window_bytes_ &&
           window_bytes_ - (at_ - window_at_) >= bytes;
  }
  bool Fetch(std::size_t bytes) {
    ended_ = ended_ || at_ > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
    if (ended_) return false;
    const ssize_t got =
        ::pread(file_.get(), window_.data(), window_.size(), static_cast<off_t>(at_));
    window_at_ = at_;
    window_bytes_ = got > 0 ? static_cast<std::size_t>(got) : 0;
    ended_ = ended_ || window_bytes_ < bytes;
    return !ended_;
  }

  const UniqueFd file_;
  bool little_;
  std::uint64_t at_ = 0;
  std::array<std::uint8_t, 4096> window_;
  std::uint64_t window_at_ = 0;
  std::size_t window_bytes_ = 0;
  bool ended_ = false;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_FILE_BYTES_H_
