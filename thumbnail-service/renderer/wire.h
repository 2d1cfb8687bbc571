#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_WIRE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_WIRE_H_

#include <cstdint>
#include <type_traits>

#include "thumbnail-service/renderer/jail/posture.h"

// What the service and its renderer programs say to each other. Both are built together;
// the version is there to notice a program left over from another release.
//
// The control socket is a SOCK_SEQPACKET pair, descriptor 3 in the program. One message is
// one packet of fixed size, in this machine's own byte order:
//
//   program → service   Ready        once, when it can take requests: what it gave up
//   service → program   Request      with two descriptors: source (read-only use), result
//   launcher → service  Started      with one: the pidfd of the process made for the image
//   launcher → service  Ended        its wait status, after it is gone
//   worker → service    Ended        status 0, when the result is written
//
// Between images the program may be asked what it is:
//
//   service → program   Request      of the kind kDescribe, with no descriptors
//   program → service   Description  which formats it reads and writes, and by what
//
// A launcher of workers knows two messages more:
//
//   service → launcher  StartWorker  make another worker
//   launcher → service  Started      with three: its pidfd, its control socket, and a socket on
//                                    which an Ended tells its wait status after it is gone
//
// One request is in work at a time; the Ended of one that was killed may come late, or never.
// EOF on the socket means: kill what runs, and exit.
//
// The result goes into shared memory that the service made and sealed in size: a
// ResultHeader at 0, encoded images wherever the header says. The service believes none of
// it before it has checked a copy of its own, and neither does the launcher, which reads the
// scalings.
namespace hestia::wire {

constexpr std::uint32_t kMagic = 0x52545348;  // "HSTR"
constexpr std::uint32_t kVersion = 6;
constexpr int kControlFd = 3;
constexpr std::uint32_t kMaxImages = 16;

enum class Kind : std::uint32_t {
  kReady = 1,
  kRequest = 2,
  kStarted = 3,
  kEnded = 4,
  kStartWorker = 5,
  kDescribe = 6,
  kDescription = 7,
};

struct Preamble {
  std::uint32_t magic = kMagic;
  std::uint32_t version = kVersion;
  Kind kind = Kind::kReady;
  std::uint32_t unused = 0;
  std::uint64_t request_id = 0;  // 0 in Ready
};

// A launcher speaks for itself and, of what a process made for an image enters, for one that
// it has made to find out. A worker speaks of what it entered itself.
struct Ready {
  Preamble preamble;
  Posture posture;
};

enum class Encoding : std::uint32_t { kWebp = 1, kJpeg = 2, kPng = 3, kAvif = 4 };

// How an image comes into its square of box_px; see Frame in picture/frame.h.
enum class Fit : std::uint32_t { kInside = 1, kCover = 2, kContain = 3 };

// One image to make, never enlarged.
struct ImageSpec {
  std::uint32_t box_px = 0;
  Encoding encoding = Encoding::kWebp;
  std::uint32_t quality = 0;  // 1..100
  std::uint32_t effort = 0;   // 0..6
  Fit fit = Fit::kInside;
  std::uint32_t has_background = 0;  // 1: what is transparent shows `background`
  std::uint32_t background = 0;      // 0xRRGGBB
};

constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

struct Limits {
  std::uint64_t max_scaled_pixels = 0;
  std::uint64_t max_pixels = 0;
  std::uint64_t max_side_px = 0;
  std::uint64_t max_channels = kNoLimit;
  std::uint64_t max_frames = kNoLimit;  // or pages
  // What the pixels take, four bytes each, for each byte of the source.
  std::uint64_t max_ratio = kNoLimit;
  std::uint64_t max_scans = kNoLimit;        // JPEG
  std::uint64_t max_chunk_bytes = kNoLimit;  // PNG, but for its pixels
  // A larger profile, or EXIF block, counts as none.
  std::uint64_t max_icc_bytes = kNoLimit;
  std::uint64_t max_exif_bytes = kNoLimit;
  std::uint64_t max_memory_bytes = 0;
  std::uint64_t timeout_seconds = 0;  // rounded up; the program's own last resort
  std::uint64_t render_damaged = 0;   // 1: what is there of a damaged image, where a reader can
};

struct Request {
  Preamble preamble;
  std::uint32_t format = 0;  // ImageFormat
  std::uint32_t image_count = 0;
  std::uint64_t source_bytes = 0;
  std::uint64_t result_bytes = 0;
  std::uint32_t required_layers = 0;  // JailLayer bits; without them the source is not read
  std::uint32_t unused = 0;
  Limits limits;
  ImageSpec images[kMaxImages];
};

struct StartWorker {
  Preamble preamble;
};

// One format that a program knows. Texts are NUL-terminated.
struct FormatAbility {
  char name[24] = {};     // "JPEG"; the same one in another program's answer means the same
  char reader[48] = {};   // library that reads it, with its version after a space; empty: not read
  char writer[48] = {};   // the same for writing
  std::uint32_t scaled = 0;  // 1: reduced while it is decoded, so max_scaled_pixels holds for it
};

constexpr std::uint32_t kMaxFormats = 32;

struct Description {
  Preamble preamble;
  std::uint32_t count = 0;
  std::uint32_t unused = 0;
  FormatAbility formats[kMaxFormats];
};

// Started and Ended.
struct Report {
  Preamble preamble;
  std::int32_t pid = 0;          // Started
  std::int32_t wait_status = 0;  // Ended, as all that follows; as wait4(2) gives it
  std::uint32_t layers = 0;      // from a launcher: what the image's process entered
  std::uint32_t unused = 0;
  std::uint64_t peak_rss_kib = 0;
  std::uint64_t cpu_us = 0;
};

enum class Outcome : std::uint32_t {
  kNone = 0,  // nothing was written: the process died
  kRendered = 1,
  kDecodeFailed = 2,
  kTooLarge = 3,
  kUnsupported = 4,
  kNeedsMemory = 5,  // more than limits.max_memory_bytes
};

struct ResultImage {
  std::uint32_t width_px = 0;
  std::uint32_t height_px = 0;
  std::uint64_t offset = 0;  // from the start of the shared memory; images may be the same bytes
  std::uint64_t size_bytes = 0;
};

// How a plane was scaled: which region of it, in its pixels, to what size. The region may reach
// beyond it.
struct Scaling {
  std::uint32_t from_width_px = 0;
  std::uint32_t from_height_px = 0;
  std::uint32_t to_width_px = 0;
  std::uint32_t to_height_px = 0;
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;

  bool operator==(const Scaling&) const = default;
};

constexpr std::uint32_t kMaxScalings = 12;

struct ResultHeader {
  std::uint32_t magic = 0;
  std::uint32_t version = 0;
  Outcome outcome = Outcome::kNone;
  std::uint32_t image_count = 0;
  // Written as soon as they are known, before anything is decoded; as stored then, and as shown in
  // the end.
  std::uint32_t source_width_px = 0;
  std::uint32_t source_height_px = 0;
  // A sentence for people, NUL-terminated: what failed or, with kRendered, what is missing.
  char detail[512] = {};
  ResultImage images[kMaxImages];
  // Of the whole image; see picture/placeholder.h.
  std::uint32_t thumbhash_bytes = 0;  // 5 to 25
  std::uint32_t has_dominant = 0;
  std::uint32_t dominant = 0;  // 0xRRGGBB
  std::uint8_t thumbhash[28] = {};
  // How the work was done: how often an encoder ran, and which libraries (bits of first_use.h)
  // were new to the process.
  std::uint32_t encodes = 0;
  std::uint32_t first_uses = 0;
  // For the launcher: what the process had to prepare for scaling.
  std::uint32_t scaling_count = 0;
  std::uint32_t unused = 0;
  Scaling scalings[kMaxScalings];
};

static_assert(std::is_trivially_copyable_v<Request> && std::is_trivially_copyable_v<Report> &&
              std::is_trivially_copyable_v<ResultHeader> &&
              std::is_trivially_copyable_v<Description>);

}  // namespace hestia::wire

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_WIRE_H_
