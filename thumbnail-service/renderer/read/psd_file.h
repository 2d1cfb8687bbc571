#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PSD_FILE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PSD_FILE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "thumbnail-service/renderer/picture/picture.h"

namespace hestia {

// The parts of a Photoshop file that lie around its pixels.
//
// Thread-safety: values and pure functions. Ownership: spans into the file's bytes.

constexpr char kPsdCutShort[] = "Photoshop: the file is cut short";

// What lies ahead in a file, big-endian. What is not there is refused (refuse.h).
class PsdAhead {
 public:
  explicit PsdAhead(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  std::span<const std::uint8_t> rest() const { return rest_; }
  std::span<const std::uint8_t> Take(std::uint64_t size);
  std::uint64_t Number(std::size_t size);

 private:
  std::span<const std::uint8_t> rest_;
};

enum class PsdMode : std::uint32_t {
  kBitmap = 0,
  kGrey = 1,
  kIndexed = 2,
  kRgb = 3,
  kCmyk = 4,
  kMultichannel = 7,
  kDuotone = 8,
  kLab = 9,
};

struct PsdHeader {
  bool big = false;  // PSB: some sizes have twice the bytes
  std::size_t channels = 0;
  Size size;
  std::size_t bits = 8;
  PsdMode mode = PsdMode::kRgb;
};

// The file's first part. None when this is not a Photoshop file's; refuses those of kinds that are
// not known here.
std::optional<PsdHeader> ReadPsdHeader(PsdAhead& file);

// One of the numbered things that Photoshop keeps beside the picture; empty when it is not there,
// or what is there is broken: the picture does without.
std::span<const std::uint8_t> FindPsdResource(std::span<const std::uint8_t> resources,
                                              std::uint64_t wanted);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PSD_FILE_H_
