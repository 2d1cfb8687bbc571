#include "thumbnail-service/renderer/read/psd_file.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
// What Photoshop makes. Some other sizes of samples OpenImageIO would read, as something else.
struct Known {
  PsdMode mode;
  std::size_t channels;  // at least
  std::array<std::size_t, 3> bits;
};
constexpr std::array kKnown = {
    Known{PsdMode::kBitmap, 1, {1}},      Known{PsdMode::kGrey, 1, {8, 16, 32}},
    Known{PsdMode::kIndexed, 1, {8}},     Known{PsdMode::kRgb, 3, {8, 16, 32}},
    Known{PsdMode::kCmyk, 4, {8, 16}},    Known{PsdMode::kMultichannel, 1, {8, 16}},
    Known{PsdMode::kDuotone, 1, {8, 16}}, Known{PsdMode::kLab, 3, {8, 16}},
};

void RefuseUnlessKnown(const PsdHeader& header) {
  const auto known = std::find_if(kKnown.begin(), kKnown.end(),
                                  [&](const Known& one) { return one.mode == header.mode; });
  const bool has_bits =
      known != kKnown.end() && header.bits != 0 &&
      std::find(known->bits.begin(), known->bits.end(), header.bits) != known->bits.end();
  if (!has_bits) {
    Refuse(wire::Outcome::kUnsupported,
           "Photoshop: a picture of colour mode %u with samples of %zu bits is not known here",
           static_cast<unsigned>(header.mode), header.bits);
  }
  if (header.channels < known->channels) {
    Refuse(wire::Outcome::kDecodeFailed, "Photoshop: %zu channels are too few for colour mode %u",
           header.channels, static_cast<unsigned>(header.mode));
  }
}

// Photoshop's own, and those of programs that came to it.
bool IsResource(std::span<const std::uint8_t> signature) {
  constexpr std::array<const char*, 5> kSignatures{"8BIM", "MeSa", "PHUT", "AgHg", "DCSR"};
  return std::any_of(kSignatures.begin(), kSignatures.end(), [&](const char* known) {
    return std::memcmp(signature.data(), known, signature.size()) == 0;
  });
}
}  // namespace

std::span<const std::uint8_t> PsdAhead::Take(std::uint64_t size) {
  if (size > rest_.size()) Refuse(wire::Outcome::kDecodeFailed, "%s", kPsdCutShort);
  const auto taken = rest_.first(static_cast<std::size_t>(size));
  rest_ = rest_.subspan(taken.size());
  return taken;
}

std::uint64_t PsdAhead::Number(std::size_t size) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : Take(size)) value = value << 8 | byte;
  return value;
}

std::optional<PsdHeader> ReadPsdHeader(PsdAhead& file) {
  constexpr std::size_t kHeaderBytes = 26;
  if (file.rest().size() < kHeaderBytes || std::memcmp(file.Take(4).data(), "8BPS", 4) != 0) {
    return std::nullopt;
  }
  PsdHeader header;
  const std::uint64_t version = file.Number(2);
  if (version != 1 && version != 2) {
    Refuse(wire::Outcome::kUnsupported, "Photoshop: version %u of the format is not known here",
           static_cast<unsigned>(version));
  }
  header.big = version == 2;
  file.Take(6);
  header.channels = static_cast<std::size_t>(file.Number(2));
  constexpr std::uint64_t kMostSide = 1'000'000'000;  // beyond any limit, but an integer
  header.size.height = static_cast<int>(std::min(file.Number(4), kMostSide));
  header.size.width = static_cast<int>(std::min(file.Number(4), kMostSide));
  header.bits = static_cast<std::size_t>(file.Number(2));
  header.mode = static_cast<PsdMode>(file.Number(2));
  RefuseUnlessKnown(header);
  return header;
}

std::span<const std::uint8_t> FindPsdResource(std::span<const std::uint8_t> resources,
                                              std::uint64_t wanted) {
  PsdAhead ahead(resources);
  constexpr std::size_t kHead = 4 + 2 + 1;
  constexpr std::size_t kSizeBytes = 4;
  while (ahead.rest().size() >= kHead) {
    if (!IsResource(ahead.Take(4))) return {};
    const std::uint64_t number = ahead.Number(2);
    const std::uint64_t name = ahead.Number(1) | 1U;  // with its length, even
    if (name + kSizeBytes > ahead.rest().size()) return {};
    ahead.Take(name);
    const std::uint64_t size = ahead.Number(kSizeBytes);
    if (size > ahead.rest().size()) return {};
    const auto data = ahead.Take(size);
    if (number == wanted) return data;
    if (size % 2 != 0 && !ahead.rest().empty()) ahead.Take(1);
  }
  return {};
}

}  // namespace hestia
