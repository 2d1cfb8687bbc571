#include "thumbnail-service/renderer/read/early_header.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "common/unique_fd.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
// A file read from here and there. What lies beyond its end is 0, and told by ended(). Not mapped:
// a large file would leave less address space for its pixels.
class Bytes {
 public:
  Bytes(const std::string& path, bool little)
      : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), little_(little) {}

  bool ended() const { return ended_; }
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

void RefuseIfEnded(const Bytes& header) {
  if (header.ended()) Refuse(wire::Outcome::kDecodeFailed, "the file is cut short");
}

// The colours of a table whose size the low bits of `flags` tell, if it is there.
std::uint64_t TableBytes(std::uint64_t flags) {
  return (flags & 0x80) != 0 ? std::uint64_t{3} << ((flags & 7) + 1) : 0;
}

void PassBlocks(Bytes& gif) {
  for (std::uint64_t size = gif.Number(1); size != 0; size = gif.Number(1)) gif.Pass(size);
}

// From the flags behind the canvas's size on.
std::uint64_t CountGifFrames(Bytes& gif, std::uint64_t most) {
  constexpr std::uint64_t kImage = 0x2c;
  constexpr std::uint64_t kExtension = 0x21;
  gif.Pass(2 + TableBytes(gif.Number(1)));
  std::uint64_t frames = 0;
  while (!gif.ended() && frames <= most) {
    const std::uint64_t kind = gif.Number(1);
    if (kind == kExtension) {
      gif.Pass(1);
    } else if (kind == kImage) {
      ++frames;
      gif.Pass(8);
      gif.Pass(TableBytes(gif.Number(1)) + 1);
    } else {
      break;
    }
    PassBlocks(gif);
  }
  return std::max<std::uint64_t>(frames, 1);
}

EarlyHeader OfGif(const std::string& path, std::uint64_t most_frames) {
  Bytes gif(path, /*little=*/true);
  gif.Go(6);
  EarlyHeader header;
  header.width_px = gif.Number(2);
  header.height_px = gif.Number(2);
  RefuseIfEnded(gif);
  header.frames = CountGifFrames(gif, most_frames);
  return header;
}

EarlyHeader OfPsd(const std::string& path) {
  Bytes psd(path, /*little=*/false);
  psd.Go(14);
  EarlyHeader header;
  header.height_px = psd.Number(4);
  header.width_px = psd.Number(4);
  RefuseIfEnded(psd);
  return header;
}
}  // namespace

std::optional<EarlyHeader> ReadEarlyHeader(const std::string& path, const std::string& reader,
                                           std::uint64_t most_frames) {
  if (reader == "gif") return OfGif(path, most_frames);
  if (reader == "psd") return OfPsd(path);
  return std::nullopt;
}

std::uint64_t CountTiffPages(const std::string& path, std::uint64_t most) {
  constexpr std::uint64_t kBigTiff = 43;
  Bytes tiff(path, /*little=*/true);
  tiff.SetLittle(tiff.Number(1) == 'I');
  tiff.Go(2);
  const bool big = tiff.Number(2) == kBigTiff;
  if (big) tiff.Pass(4);
  const std::size_t offset_bytes = big ? 8 : 4;
  std::uint64_t pages = 0;
  std::uint64_t first = 0;
  while (pages <= most) {
    const std::uint64_t at = tiff.Number(offset_bytes);
    // Some writers let the last one name the first.
    if (at == 0 || at == first) break;
    if (pages == 0) first = at;
    tiff.Go(at);
    const std::uint64_t entries = tiff.Number(big ? 8 : 2);
    if (tiff.ended() || entries > 0xffff) break;
    tiff.Pass(entries * (big ? 20 : 12));
    ++pages;
  }
  return std::max<std::uint64_t>(pages, 1);
}

}  // namespace hestia
