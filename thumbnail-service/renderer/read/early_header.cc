#include "thumbnail-service/renderer/read/early_header.h"

#include <algorithm>
#include <cstddef>

#include "thumbnail-service/renderer/read/file_bytes.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
void RefuseIfEnded(const FileBytes& header) {
  if (header.ended()) Refuse(wire::Outcome::kDecodeFailed, "the file is cut short");
}

// The colours of a table whose size the low bits of `flags` tell, if it is there.
std::uint64_t TableBytes(std::uint64_t flags) {
  return (flags & 0x80) != 0 ? std::uint64_t{3} << ((flags & 7) + 1) : 0;
}

void PassBlocks(FileBytes& gif) {
  for (std::uint64_t size = gif.Number(1); size != 0; size = gif.Number(1)) gif.Pass(size);
}

// From the flags behind the canvas's size on.
std::uint64_t CountGifFrames(FileBytes& gif, std::uint64_t most) {
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
  FileBytes gif(path, /*little=*/true);
  gif.Go(6);
  EarlyHeader header;
  header.width_px = gif.Number(2);
  header.height_px = gif.Number(2);
  RefuseIfEnded(gif);
  header.frames = CountGifFrames(gif, most_frames);
  return header;
}

// To where the codestream begins. One that has no box around it begins with its own marker.
void GoToCodestream(FileBytes& jp2) {
  constexpr std::uint64_t kCodestream = 0x6a703263;  // "jp2c"
  constexpr std::uint64_t kStart = 0xff4f;
  constexpr int kMostBoxes = 10'000;
  if (jp2.Number(2) == kStart) return jp2.Go(0);
  std::uint64_t box = 0;
  for (int i = 0; i < kMostBoxes; ++i) {
    jp2.Go(box);
    std::uint64_t size = jp2.Number(4);
    const std::uint64_t kind = jp2.Number(4);
    if (size == 1) size = jp2.Number(8);
    RefuseIfEnded(jp2);
    if (kind == kCodestream) return;
    // A box that reaches to the end of the file, or less far than its own head, has none behind it.
    if (size < jp2.at() - box || size > ~box) break;
    box += size;
  }
  Refuse(wire::Outcome::kDecodeFailed, "JPEG 2000: there is no codestream");
}

EarlyHeader OfJpeg2000(const std::string& path) {
  constexpr std::uint64_t kStartAndSize = 0xff4fff51;
  FileBytes jp2(path, /*little=*/false);
  GoToCodestream(jp2);
  if (jp2.Number(4) != kStartAndSize) {
    RefuseIfEnded(jp2);
    Refuse(wire::Outcome::kDecodeFailed, "JPEG 2000: the codestream does not begin with its size");
  }
  jp2.Pass(4);
  const std::uint64_t right = jp2.Number(4);
  const std::uint64_t bottom = jp2.Number(4);
  const std::uint64_t left = jp2.Number(4);
  const std::uint64_t top = jp2.Number(4);
  jp2.Pass(16);
  EarlyHeader header;
  header.channels = jp2.Number(2);
  RefuseIfEnded(jp2);
  if (left >= right || top >= bottom) {
    Refuse(wire::Outcome::kDecodeFailed, "JPEG 2000: the header gives an empty picture");
  }
  header.width_px = right - left;
  header.height_px = bottom - top;
  return header;
}
}  // namespace

std::optional<EarlyHeader> ReadEarlyHeader(const std::string& path, const std::string& reader,
                                           std::uint64_t most_frames) {
  if (reader == "gif") return OfGif(path, most_frames);
  if (reader == "jpeg2000") return OfJpeg2000(path);
  return std::nullopt;
}

std::uint64_t CountTiffPages(const std::string& path, std::uint64_t most) {
  constexpr std::uint64_t kBigTiff = 43;
  FileBytes tiff(path, /*little=*/true);
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

std::uint64_t ReadTiffInkSet(const std::string& path) {
  constexpr std::uint64_t kBigTiff = 43;
  constexpr std::uint64_t kInkSet = 332;
  constexpr std::uint64_t kLong = 4;  // by rights it is a SHORT
  constexpr std::uint64_t kOfPrinting = 1;
  FileBytes tiff(path, /*little=*/true);
  tiff.SetLittle(tiff.Number(1) == 'I');
  tiff.Go(2);
  const bool big = tiff.Number(2) == kBigTiff;
  if (big) tiff.Pass(4);
  tiff.Go(tiff.Number(big ? 8 : 4));
  const std::uint64_t entries = tiff.Number(big ? 8 : 2);
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(entries, 0xffff) && !tiff.ended(); ++i) {
    const std::uint64_t tag = tiff.Number(2);
    const std::size_t value_bytes = tiff.Number(2) == kLong ? 4 : 2;
    tiff.Pass(big ? 8 : 4);
    const std::uint64_t value = tiff.Number(value_bytes);
    tiff.Pass((big ? 8 : 4) - value_bytes);
    if (tag == kInkSet && !tiff.ended()) return value;
  }
  return kOfPrinting;
}

}  // namespace hestia
