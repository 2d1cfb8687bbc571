#include "thumbnail-service/renderer/read/psd_reader.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "thumbnail-service/renderer/picture/deep_shrinker.h"
#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/picture/srgb_conversion.h"
#include "thumbnail-service/renderer/read/psd_file.h"
#include "thumbnail-service/renderer/read/psd_rows.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
// The kinds of picture: how many planes of the file make one, how many samples the shrinker takes
// for each pixel, how these are made of those, and what is shown of pixels that are not there.

// Photoshop keeps the light that inks leave. What is missing is half of the black.
template <typename Sample>
struct Inks {
  using From = Sample;
  using To = Sample;
  static constexpr std::size_t kPlanes = 4;
  static constexpr std::size_t kSamples = 4;
  static constexpr auto kTop = static_cast<Sample>(~Sample{0});

  void Set(const From* in, To* out) const {
    for (std::size_t i = 0; i < kSamples; ++i) out[i] = static_cast<Sample>(kTop - in[i]);
  }
  void SetMissing(To* out) const {
    std::fill_n(out, kSamples - 1, To{0});
    out[kSamples - 1] = kTop / 2;
  }
};

// The grey that its inks are printed by. Its bytes are enough, as it is no more than that.
template <typename Sample>
struct Duotone {
  using From = Sample;
  using To = std::uint8_t;
  static constexpr std::size_t kPlanes = 1;
  static constexpr std::size_t kSamples = 1;

  void Set(const From* in, To* out) const {
    if constexpr (sizeof(Sample) == 2) {
      *out = static_cast<To>((*in + 128U) / 257);
    } else {
      *out = *in;
    }
  }
  void SetMissing(To* out) const { *out = kMissingGrey; }
};

// Words of a* and b* are 256ths there, and (a* + 128) x 257 to the conversion.
template <typename Sample>
struct Lab {
  using From = Sample;
  using To = Sample;
  static constexpr std::size_t kPlanes = 3;
  static constexpr std::size_t kSamples = 3;
  static constexpr bool kWords = sizeof(Sample) == 2;

  void Set(const From* in, To* out) const {
    out[0] = in[0];
    for (std::size_t i = 1; i < kSamples; ++i) {
      out[i] = kWords ? static_cast<To>(std::min(in[i] * 257U / 256, 65535U)) : in[i];
    }
  }
  void SetMissing(To* out) const {
    std::fill_n(out, kSamples, static_cast<To>(kWords ? kMissingGrey * 257 : kMissingGrey));
  }
};

// All reds, then all greens, all blues.
template <bool kTransparent>
struct Palette {
  using From = std::uint8_t;
  using To = std::uint8_t;
  static constexpr std::size_t kPlanes = 1;
  static constexpr std::size_t kSamples = kTransparent ? 4 : 3;
  static constexpr std::size_t kColours = 256;

  std::span<const std::uint8_t> colours;
  std::uint64_t transparent = 0;  // its index

  void Set(const From* in, To* out) const {
    for (std::size_t i = 0; i < 3; ++i) out[i] = colours[i * kColours + *in];
    if constexpr (kTransparent) out[3] = *in == transparent ? 0 : 255;
  }
  void SetMissing(To* out) const { std::fill_n(out, kSamples, kTransparent ? 0 : kMissingGrey); }
};

// A picture's place in its file.
struct Stored {
  PsdAhead& file;  // at its rows
  const PsdHeader& header;
  std::uint64_t packing;
};

template <typename Kind, typename Shrinker>
Picture Shrink(const Stored& stored, const Kind& kind, Shrinker&& shrinker, const Demand& demand,
               std::string& damage) {
  const Size size = stored.header.size;
  const auto width = static_cast<std::size_t>(size.width);
  PsdRows rows(stored.file, stored.header, stored.packing, Kind::kPlanes);
  std::vector<typename Kind::From> read(width * Kind::kPlanes);
  std::vector<typename Kind::To> row(width * Kind::kSamples);
  int lost = 0;
  for (int y = 0; y < size.height; ++y) {
    const bool there = rows.Read(y, read.data());
    if (!there && demand.limits.render_damaged == 0) {
      Refuse(wire::Outcome::kDecodeFailed, "%s", kPsdCutShort);
    }
    for (std::size_t x = 0; x < width; ++x) {
      auto* const out = row.data() + x * Kind::kSamples;
      if (there) {
        kind.Set(read.data() + x * Kind::kPlanes, out);
      } else {
        kind.SetMissing(out);
      }
    }
    if (!there) ++lost;
    shrinker.Add(row.data());
  }
  if (lost == size.height) Refuse(wire::Outcome::kDecodeFailed, "%s", kPsdCutShort);
  if (lost > 0) {
    damage = std::to_string(lost) + " of " + std::to_string(size.height) + " rows cannot be read";
  }
  return shrinker.Finish();
}

// The profile is left to be followed.
template <typename Kind>
void ReadBytes(const Stored& stored, const Kind& kind, RowShrinker::Alpha alpha,
               const Demand& demand, Decoded& decoded) {
  const Size size = stored.header.size;
  RowShrinker shrinker(size, static_cast<int>(Kind::kSamples), demand.For(size), alpha);
  decoded.picture = Shrink(stored, kind, std::move(shrinker), demand, decoded.damage);
}

// The profile is followed.
template <typename Kind>
void ReadWords(const Stored& stored, const Kind& kind, Colour colour, const Demand& demand,
               Decoded& decoded) {
  const Size size = stored.header.size;
  std::optional<SrgbConversion> conversion = SrgbConversion::ForWords(colour, decoded.profile);
  // Inks always have one, and L*a*b* unless there is no memory.
  if (!conversion.has_value()) RefuseForMemory();
  DeepShrinker shrinker(size, static_cast<int>(Kind::kSamples), demand.For(size),
                        DeepShrinker::Alpha::kNone, *std::move(conversion));
  decoded.picture = Shrink(stored, kind, std::move(shrinker), demand, decoded.damage);
  decoded.profile.clear();
}

void ReadIndexed(const Stored& stored, std::span<const std::uint8_t> palette,
                 std::span<const std::uint8_t> resources, const Demand& demand, Decoded& decoded) {
  constexpr std::size_t kPaletteBytes = 3 * Palette<false>::kColours;
  if (palette.size() < kPaletteBytes) {
    Refuse(wire::Outcome::kDecodeFailed, "Photoshop: the palette has %zu bytes, not %zu",
           palette.size(), kPaletteBytes);
  }
  constexpr std::uint64_t kTransparentIndex = 1047;
  const auto transparent = FindPsdResource(resources, kTransparentIndex);
  if (transparent.size() == 2) {
    const Palette<true> kind{palette, PsdAhead(transparent).Number(2)};
    ReadBytes(stored, kind, RowShrinker::Alpha::kStraight, demand, decoded);
  } else {
    ReadBytes(stored, Palette<false>{palette}, RowShrinker::Alpha::kNone, demand, decoded);
  }
}

void ReadInks(const Stored& stored, const Demand& demand, Decoded& decoded) {
  if (stored.header.bits == 16) {
    ReadWords(stored, Inks<std::uint16_t>{}, Colour::kInk, demand, decoded);
  } else {
    ReadBytes(stored, Inks<std::uint8_t>{}, RowShrinker::Alpha::kNone, demand, decoded);
  }
}

void ReadDuotone(const Stored& stored, const Demand& demand, Decoded& decoded) {
  if (stored.header.bits == 16) {
    ReadBytes(stored, Duotone<std::uint16_t>{}, RowShrinker::Alpha::kNone, demand, decoded);
  } else {
    ReadBytes(stored, Duotone<std::uint8_t>{}, RowShrinker::Alpha::kNone, demand, decoded);
  }
}

void ReadLab(const Stored& stored, const Demand& demand, Decoded& decoded) {
  if (stored.header.bits == 16) {
    ReadWords(stored, Lab<std::uint16_t>{}, Colour::kLab, demand, decoded);
    return;
  }
  ReadBytes(stored, Lab<std::uint8_t>{}, RowShrinker::Alpha::kNone, demand, decoded);
  decoded.picture.colour = Colour::kLab;
}

// Of several channels that Photoshop mixes no more, the first four were cyan, magenta, yellow and
// black as a rule.
bool IsOfInks(const PsdHeader& header) {
  return header.mode == PsdMode::kCmyk ||
         (header.mode == PsdMode::kMultichannel && header.channels >= 4);
}

bool IsReadHere(const PsdHeader& header) {
  return IsOfInks(header) || header.mode == PsdMode::kIndexed || header.mode == PsdMode::kDuotone ||
         header.mode == PsdMode::kLab;
}
}  // namespace

std::optional<Decoded> ReadPsd(std::span<const std::uint8_t> bytes, const Demand& demand) {
  PsdAhead file(bytes);
  const std::optional<PsdHeader> header = ReadPsdHeader(file);
  if (!header.has_value()) return std::nullopt;
  demand.Admit({.width_px = static_cast<std::uint64_t>(header->size.width),
                .height_px = static_cast<std::uint64_t>(header->size.height),
                .channels = header->channels});
  const auto palette = file.Take(file.Number(4));
  const auto resources = file.Take(file.Number(4));
  file.Take(file.Number(header->big ? 8 : 4));  // layers
  const std::uint64_t packing = file.Number(2);
  if (packing > 1) {
    Refuse(wire::Outcome::kUnsupported, "Photoshop: packed in a way that is not known here");
  }
  if (!IsReadHere(*header)) return std::nullopt;
  constexpr std::uint64_t kProfile = 1039;
  const auto profile = FindPsdResource(resources, kProfile);
  Decoded decoded;
  decoded.stored = header->size;
  decoded.profile = demand.Allowed({profile.begin(), profile.end()});
  const Stored stored{file, *header, packing};
  if (header->mode == PsdMode::kIndexed) {
    ReadIndexed(stored, palette, resources, demand, decoded);
  } else if (header->mode == PsdMode::kDuotone) {
    ReadDuotone(stored, demand, decoded);
  } else if (header->mode == PsdMode::kLab) {
    ReadLab(stored, demand, decoded);
  } else {
    ReadInks(stored, demand, decoded);
  }
  return decoded;
}

}  // namespace hestia
