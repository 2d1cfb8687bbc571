#include "thumbnail-service/renderer/read/oiio_channels.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

namespace hestia {
namespace {
constexpr int kMinIsWhite = 0;
constexpr int kSeparated = 5;

int Photometric(const OIIO::ImageSpec& spec) {
  return spec.get_int_attribute("tiff:PhotometricInterpretation", -1);
}

bool IsKind(const OIIO::ImageSpec& spec, const char* kind) {
  return spec.get_string_attribute("tiff:ColorSpace") == kind;
}

Channels ChooseInks(const OIIO::ImageSpec& spec) {
  Channels channels;
  channels.colours = 4;
  // Inks in a JPEG stream are inverted, as Adobe's programs have always written them.
  if (spec.get_string_attribute("compression") == "jpeg") channels.flip = Channels::Flip::kAll;
  // One more is alpha where the file says so. Others are of inks that are not known here, or
  // somebody's selections.
  const bool one_more = spec.nchannels == channels.colours + 1;
  channels.multiply = one_more && spec.get_int_attribute("tiff:UnassociatedAlpha") != 0;
  channels.dropped = channels.multiply ? 1 : 0;
  return channels;
}

template <typename Sample>
constexpr Sample Top() {
  if constexpr (std::is_floating_point_v<Sample>) return 1;
  return std::numeric_limits<Sample>::max();
}

template <typename Sample>
void Drop(Sample* row, int width, const Channels& channels) {
  const Sample* from = row;
  for (int x = 0; x < width; ++x, row += channels.count(), from += channels.read()) {
    std::memmove(row, from, sizeof(Sample) * static_cast<std::size_t>(channels.count()));
  }
}

template <typename Sample>
void Flip(Sample* row, int width, const Channels& channels) {
  constexpr int kAll = Top<Sample>();
  const int flipped = channels.flip == Channels::Flip::kAll ? kAll : kAll / 2 + 1;
  for (int x = 0; x < width; ++x, row += channels.read()) {
    for (int c = channels.lab ? 1 : 0; c < channels.colours; ++c) {
      row[c] = static_cast<Sample>(row[c] ^ flipped);
    }
  }
}

// From TIFF's words, where a* and b* are 256ths, to those that the conversion takes.
void SpreadLab(std::uint16_t* row, int width, const Channels& channels) {
  const auto times = [](std::uint16_t word, std::uint32_t most) {
    return static_cast<std::uint16_t>(std::min<std::uint32_t>(word * 65535U / most, 65535));
  };
  for (int x = 0; x < width; ++x, row += channels.read()) {
    if (channels.icclab) row[0] = times(row[0], 65280);
    for (int c = 1; c < 3; ++c) row[c] = times(row[c], 65280);
  }
}

template <typename Sample>
void Turn(Sample* row, int width, const Channels& channels) {
  const bool colours = channels.turn == Channels::Turn::kColours;
  const int begin = colours ? 0 : channels.colours;
  const int end = colours ? channels.colours : channels.count();
  for (int x = 0; x < width; ++x, row += channels.read()) {
    for (int c = begin; c < end; ++c) row[c] = static_cast<Sample>(Top<Sample>() - row[c]);
  }
}

template <typename Sample>
void Multiply(Sample* row, int width, const Channels& channels) {
  for (int x = 0; x < width; ++x, row += channels.read()) {
    for (int c = 0; c < channels.colours; ++c) {
      if constexpr (std::is_floating_point_v<Sample>) {
        row[c] *= row[channels.colours];
      } else {
        const std::uint32_t product = std::uint32_t{row[c]} * row[channels.colours];
        row[c] = static_cast<Sample>((product + Top<Sample>() / 2) / Top<Sample>());
      }
    }
  }
}

template <typename Sample>
void ArrangeSamples(Sample* row, int width, const Channels& channels) {
  if constexpr (!std::is_floating_point_v<Sample>) {
    if (channels.flip != Channels::Flip::kNone) Flip(row, width, channels);
  }
  if (channels.turn != Channels::Turn::kNone) Turn(row, width, channels);
  if (channels.multiply) Multiply(row, width, channels);
  if (channels.dropped > 0) Drop(row, width, channels);
}
}  // namespace

bool HasInks(const OIIO::ImageSpec& spec) { return Photometric(spec) == kSeparated; }

bool IsLab(const OIIO::ImageSpec& spec) {
  return (IsKind(spec, "CIELAB") || IsKind(spec, "ICCLAB")) && spec.nchannels >= 3;
}

bool IsLight(const OIIO::ImageSpec& spec) {
  const bool is_float = spec.format == OIIO::TypeDesc::HALF ||
                        spec.format == OIIO::TypeDesc::FLOAT ||
                        spec.format == OIIO::TypeDesc::DOUBLE;
  return is_float && !HasInks(spec) && spec.get_string_attribute("oiio:ColorSpace") != "sRGB";
}

bool IsLeastWhite(const OIIO::ImageSpec& spec) { return Photometric(spec) == kMinIsWhite; }

Channels ChooseChannels(const OIIO::ImageSpec& spec) {
  if (HasInks(spec)) return ChooseInks(spec);
  Channels channels;
  channels.lab = IsLab(spec);
  // Signed bytes; means and filters need them without a jump at zero.
  if (IsKind(spec, "CIELAB")) channels.flip = Channels::Flip::kSign;
  channels.icclab = IsKind(spec, "ICCLAB");
  channels.colours = spec.nchannels >= 3 ? 3 : 1;
  // Alpha elsewhere than behind the colours would have to be gathered; no format here
  // does that but an EXR with many layers. The GIF reader counts its alpha channel from 1,
  // so the name is asked, too.
  channels.alpha =
      spec.alpha_channel == channels.colours ||
      (spec.nchannels > channels.colours && spec.channel_name(channels.colours) == "A");
  if (IsLeastWhite(spec)) {
    channels.turn = spec.format != OIIO::TypeDesc::UINT8 ? Channels::Turn::kColours
                    : channels.alpha                     ? Channels::Turn::kAlpha
                                                         : Channels::Turn::kNone;
  }
  channels.multiply = channels.alpha && spec.get_int_attribute("oiio:UnassociatedAlpha") != 0;
  return channels;
}

void Arrange(std::uint8_t* row, int width, const Channels& channels) {
  ArrangeSamples(row, width, channels);
}

void Arrange(std::uint16_t* row, int width, const Channels& channels) {
  ArrangeSamples(row, width, channels);
  if (channels.lab) SpreadLab(row, width, channels);
}

void Arrange(float* row, int width, const Channels& channels) {
  ArrangeSamples(row, width, channels);
}

}  // namespace hestia
