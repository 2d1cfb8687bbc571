#include "thumbnail-service/renderer/read/psd_inks.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "thumbnail-service/renderer/picture/deep_shrinker.h"
#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/picture/srgb_conversion.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
constexpr std::size_t kInks = 4;
constexpr char kCutShort[] = "Photoshop: the file is cut short";

// What lies ahead in a file, big-endian. What is not there is refused.
class Ahead {
 public:
  explicit Ahead(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  std::span<const std::uint8_t> rest() const { return rest_; }
  std::span<const std::uint8_t> Take(std::uint64_t size) {
    if (size > rest_.size()) Refuse(wire::Outcome::kDecodeFailed, "%s", kCutShort);
    const auto taken = rest_.first(static_cast<std::size_t>(size));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  std::uint64_t Number(std::size_t size) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : Take(size)) value = value << 8 | byte;
    return value;
  }

 private:
  std::span<const std::uint8_t> rest_;
};

// Photoshop's own, and those of programs that came to it.
bool IsResource(std::span<const std::uint8_t> signature) {
  constexpr std::array<const char*, 5> kSignatures{"8BIM", "MeSa", "PHUT", "AgHg", "DCSR"};
  return std::any_of(kSignatures.begin(), kSignatures.end(), [&](const char* known) {
    return std::memcmp(signature.data(), known, signature.size()) == 0;
  });
}

// One of the numbered things that Photoshop keeps beside the picture; empty when it is not there,
// or what is there is broken: the picture does without.
std::span<const std::uint8_t> FindResource(std::span<const std::uint8_t> resources,
                                           std::uint64_t wanted) {
  Ahead ahead(resources);
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

struct Header {
  bool big = false;  // PSB: some sizes have twice the bytes
  std::size_t channels = 0;
  Size size;
  std::size_t sample_bytes = 1;
};

// The merged picture's rows, in which one ink follows the other.
class Rows {
 public:
  Rows(Ahead& file, const Header& header)
      : header_(header),
        row_bytes_(static_cast<std::size_t>(header.size.width) * header.sample_bytes),
        packed_(file.Number(2)) {
    if (packed_ > 1) {
      Refuse(wire::Outcome::kUnsupported, "Photoshop: packed in a way that is not known here");
    }
    for (auto& plane : planes_) plane.resize(row_bytes_);
    if (packed_ == 1) ReadOffsets(file);
    data_ = file.rest();
  }

  // The inks of row y side by side, as Photoshop has them: the light that they leave. False when
  // they are not all there.
  template <typename Sample>
  bool Read(int y, Sample* row) {
    for (std::size_t ink = 0; ink < kInks; ++ink) {
      if (!ReadPlane(ink, static_cast<std::size_t>(y))) return false;
    }
    for (std::size_t x = 0; x < row_bytes_; x += sizeof(Sample)) {
      for (const auto& plane : planes_) {
        Sample value = plane[x];
        if constexpr (sizeof(Sample) == 2) value = static_cast<Sample>(value << 8 | plane[x + 1]);
        *row++ = value;
      }
    }
    return true;
  }

 private:
  std::size_t height() const { return static_cast<std::size_t>(header_.size.height); }

  // Of the packed rows of the inks, which other channels follow.
  void ReadOffsets(Ahead& file) {
    const std::size_t size_bytes = header_.big ? 4 : 2;
    const std::size_t rows = height() * header_.channels;
    Ahead sizes(file.Take(rows * size_bytes));
    packed_rows_.reserve(height() * kInks);
    std::uint64_t at = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      const std::uint64_t size = sizes.Number(size_bytes);
      if (row < height() * kInks) packed_rows_.push_back({at, size});
      at += size;
    }
  }

  bool ReadPlane(std::size_t ink, std::size_t y) {
    const std::size_t row = ink * height() + y;
    const Packed there =
        packed_ == 1 ? packed_rows_[row] : Packed{std::uint64_t{row} * row_bytes_, row_bytes_};
    if (there.at > data_.size() || there.size > data_.size() - there.at) return false;
    const auto bytes =
        data_.subspan(static_cast<std::size_t>(there.at), static_cast<std::size_t>(there.size));
    if (packed_ == 1) return Unpack(bytes, planes_[ink]);
    std::copy(bytes.begin(), bytes.end(), planes_[ink].begin());
    return true;
  }

  struct Packed {
    std::uint64_t at = 0;
    std::uint64_t size = 0;
  };
  const Header header_;
  const std::size_t row_bytes_;  // of one ink
  const std::uint64_t packed_;
  std::vector<Packed> packed_rows_;
  std::array<std::vector<std::uint8_t>, kInks> planes_;
  std::span<const std::uint8_t> data_;
};

// Into `shrinker`, as inks. What is missing is half of the black.
template <typename Sample, typename Shrinker>
Picture Shrink(Rows& rows, Size size, Shrinker shrinker, const Demand& demand,
               std::string& damage) {
  constexpr auto kTop = static_cast<Sample>(~Sample{0});
  const std::size_t samples = static_cast<std::size_t>(size.width) * kInks;
  std::vector<Sample> row(samples);
  int lost = 0;
  for (int y = 0; y < size.height; ++y) {
    if (rows.Read(y, row.data())) {
      for (Sample& sample : row) sample = static_cast<Sample>(kTop - sample);
    } else {
      if (demand.limits.render_damaged == 0) Refuse(wire::Outcome::kDecodeFailed, "%s", kCutShort);
      for (std::size_t i = 0; i < samples; ++i)
        row[i] = static_cast<Sample>(i % kInks == kInks - 1 ? kTop / 2 : 0);
      ++lost;
    }
    shrinker.Add(row.data());
  }
  if (lost == size.height) Refuse(wire::Outcome::kDecodeFailed, "%s", kCutShort);
  if (lost > 0) {
    damage = std::to_string(lost) + " of " + std::to_string(size.height) + " rows cannot be read";
  }
  return shrinker.Finish();
}

// None when the file is not one of inks.
std::optional<Header> ReadHeader(Ahead& file) {
  constexpr std::size_t kHeaderBytes = 26;
  constexpr std::uint64_t kCmyk = 4;
  if (file.rest().size() < kHeaderBytes || std::memcmp(file.Take(4).data(), "8BPS", 4) != 0) {
    return std::nullopt;
  }
  Header header;
  header.big = file.Number(2) == 2;
  file.Take(6);
  header.channels = static_cast<std::size_t>(file.Number(2));
  constexpr std::uint64_t kMostSide = 1'000'000'000;  // beyond any limit, but an integer
  header.size.height = static_cast<int>(std::min(file.Number(4), kMostSide));
  header.size.width = static_cast<int>(std::min(file.Number(4), kMostSide));
  const std::uint64_t bits = file.Number(2);
  header.sample_bytes = static_cast<std::size_t>(bits / 8);
  if (file.Number(2) != kCmyk || header.channels < kInks || (bits != 8 && bits != 16)) {
    return std::nullopt;
  }
  return header;
}
}  // namespace

std::optional<Decoded> ReadPsdInks(std::span<const std::uint8_t> bytes, const Demand& demand) {
  Ahead file(bytes);
  const std::optional<Header> header = ReadHeader(file);
  if (!header.has_value()) return std::nullopt;
  const Size size = header->size;
  demand.Admit({.width_px = static_cast<std::uint64_t>(size.width),
                .height_px = static_cast<std::uint64_t>(size.height),
                .channels = header->channels});
  file.Take(file.Number(4));  // a palette, elsewhere
  constexpr std::uint64_t kProfile = 1039;
  const auto found = FindResource(file.Take(file.Number(4)), kProfile);
  file.Take(file.Number(header->big ? 8 : 4));  // layers
  Decoded decoded;
  decoded.stored = size;
  const auto profile = demand.Allowed({found.begin(), found.end()});
  const Size wanted = demand.For(size);
  Rows rows(file, *header);
  if (header->sample_bytes == 1) {
    RowShrinker shrinker(size, kInks, wanted, RowShrinker::Alpha::kNone);
    decoded.picture = Shrink<std::uint8_t>(rows, size, std::move(shrinker), demand, decoded.damage);
    decoded.profile = profile;
    return decoded;
  }
  decoded.picture =
      Shrink<std::uint16_t>(rows, size,
                            DeepShrinker(size, kInks, wanted, DeepShrinker::Alpha::kNone,
                                         *SrgbConversion::ForWords(Colour::kInk, profile)),
                            demand, decoded.damage);
  return decoded;
}

}  // namespace hestia
