#include "thumbnail-service/renderer/read/oiio_reader.h"

#include <OpenImageIO/imageio.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "thumbnail-service/renderer/picture/deep_shrinker.h"
#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/picture/srgb_conversion.h"
#include "thumbnail-service/renderer/read/early_header.h"
#include "thumbnail-service/renderer/read/light_conversion.h"
#include "thumbnail-service/renderer/read/light_rows.h"
#include "thumbnail-service/renderer/read/strip_reader.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
// Beyond any limit that can be set; the limit itself is judged by the header.
constexpr int kMaxChannels = 1024;
constexpr int kMaxImageMb = std::numeric_limits<int>::max();

[[noreturn]] void RefuseRead(const std::string& error, const std::string& path) {
  Refuse(wire::Outcome::kDecodeFailed, "%s", CleanError(error, path).c_str());
}

bool IsKind(const OIIO::ImageSpec& spec, const char* kind) {
  return spec.get_string_attribute("tiff:ColorSpace") == kind;
}

bool IsLab(const OIIO::ImageSpec& spec) {
  return (IsKind(spec, "CIELAB") || IsKind(spec, "ICCLAB")) && spec.nchannels >= 3;
}

bool HasInks(const OIIO::ImageSpec& spec) { return IsKind(spec, "CMYK") && spec.nchannels >= 4; }

std::vector<std::uint8_t> Profile(const OIIO::ImageSpec& spec) {
  const OIIO::ParamValue* profile = spec.find_attribute("ICCProfile");
  if (profile == nullptr || profile->type().basetype != OIIO::TypeDesc::UINT8) return {};
  const auto* bytes = static_cast<const std::uint8_t*>(profile->data());
  return {bytes, bytes + profile->datasize()};
}

// Which channels of the file make the picture.
struct Channels {
  int colours = 1;  // 1, 3 or 4 (inks), from channel 0
  bool alpha = false;
  bool lab = false;
  // XORed to inks, and to a* and b*, all bits of them or the highest.
  enum class Flip { kNone, kAll, kSign } flip = Flip::kNone;
  bool icclab = false;  // of 16 bits: 65280 is L* 100
  int count() const { return colours + (alpha ? 1 : 0); }
  Colour colour() const {
    if (lab) return Colour::kLab;
    return colours == 4 ? Colour::kInk : colours == 3 ? Colour::kRgb : Colour::kGrey;
  }
};

Channels ChooseChannels(const OIIO::ImageSpec& spec) {
  Channels channels;
  if (HasInks(spec)) {
    channels.colours = 4;
    // Inks in a JPEG stream are inverted, as Adobe's programs have always written them.
    if (spec.get_string_attribute("compression") == "jpeg") {
      channels.flip = Channels::Flip::kAll;
    }
    return channels;
  }
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
  return channels;
}

// Floating point means light, unless it counts ink, or the file says that it has sRGB's curve
// already.
bool IsLight(const OIIO::ImageSpec& spec) {
  const bool is_float = spec.format == OIIO::TypeDesc::HALF ||
                        spec.format == OIIO::TypeDesc::FLOAT ||
                        spec.format == OIIO::TypeDesc::DOUBLE;
  return is_float && !HasInks(spec) && spec.get_string_attribute("oiio:ColorSpace") != "sRGB";
}

template <typename Sample>
void Flip(Sample* row, int width, Channels channels) {
  constexpr int kAll = sizeof(Sample) == 1 ? 0xff : 0xffff;
  const int flipped = channels.flip == Channels::Flip::kAll ? kAll : kAll / 2 + 1;
  for (int x = 0; x < width; ++x, row += channels.count()) {
    for (int c = channels.lab ? 1 : 0; c < channels.colours; ++c) {
      row[c] = static_cast<Sample>(row[c] ^ flipped);
    }
  }
}

// From TIFF's words, where a* and b* are 256ths, to those that the conversion takes.
void SpreadLab(std::uint16_t* row, int width, Channels channels) {
  const auto times = [](std::uint16_t word, std::uint32_t most) {
    return static_cast<std::uint16_t>(std::min<std::uint32_t>(word * 65535U / most, 65535));
  };
  for (int x = 0; x < width; ++x, row += channels.count()) {
    if (channels.icclab) row[0] = times(row[0], 65280);
    for (int c = 1; c < 3; ++c) row[c] = times(row[c], 65280);
  }
}

// What is shown of a row that is not there.
template <typename Sample>
std::vector<Sample> MissingRow(std::size_t samples, Channels channels) {
  constexpr int kGrey = sizeof(Sample) == 1 ? kMissingGrey : kMissingGrey * 257;
  std::vector<Sample> row(samples, static_cast<Sample>(channels.alpha ? 0 : kGrey));
  // Of inks, half of the black.
  for (std::size_t i = 0; channels.colours == 4 && i < samples; ++i) {
    row[i] = static_cast<Sample>(i % 4 == 3 ? kGrey : 0);
  }
  return row;
}

template <typename Sample, typename Shrinker>
Picture ReadSamples(StripReader& strips, Size size, Channels channels, Shrinker shrinker) {
  constexpr bool kWords = sizeof(Sample) == 2;
  const std::size_t stride =
      static_cast<std::size_t>(size.width) * static_cast<std::size_t>(channels.count());
  std::vector<Sample> strip(stride * static_cast<std::size_t>(strips.rows()));
  const std::vector<Sample> missing = MissingRow<Sample>(stride, channels);
  for (int begin = 0; begin < size.height; begin += strips.rows()) {
    const int end = std::min(begin + strips.rows(), size.height);
    strips.Read(begin, end, kWords ? OIIO::TypeDesc::UINT16 : OIIO::TypeDesc::UINT8, strip.data());
    for (int y = begin; y < end; ++y) {
      Sample* row = strip.data() + static_cast<std::size_t>(y - begin) * stride;
      if (channels.flip != Channels::Flip::kNone) Flip(row, size.width, channels);
      if constexpr (kWords) {
        if (channels.lab) SpreadLab(row, size.width, channels);
      }
      shrinker.Add(strips.IsThere(y) ? row : missing.data());
    }
  }
  return shrinker.Finish();
}

Picture ReadBytes(StripReader& strips, Size size, Channels channels, Size target) {
  const auto alpha =
      channels.colours == 4 ? RowShrinker::Alpha::kNone : RowShrinker::Alpha::kPremultiplied;
  Picture picture = ReadSamples<std::uint8_t>(strips, size, channels,
                                              RowShrinker(size, channels.count(), target, alpha));
  if (channels.lab) picture.colour = Colour::kLab;
  return picture;
}

Picture ReadWords(StripReader& strips, Size size, Channels channels, Size target,
                  SrgbConversion conversion) {
  const auto alpha =
      channels.colours == 4 ? DeepShrinker::Alpha::kNone : DeepShrinker::Alpha::kPremultiplied;
  return ReadSamples<std::uint16_t>(
      strips, size, channels,
      DeepShrinker(size, channels.count(), target, alpha, std::move(conversion)));
}

Picture ReadLight(StripReader& strips, Size size, Channels channels, Size target,
                  const std::optional<LightConversion>& conversion) {
  const std::size_t stride =
      static_cast<std::size_t>(size.width) * static_cast<std::size_t>(channels.count());
  const LightRow kind{channels.colours, channels.alpha};
  const int rows = strips.rows();
  std::vector<float> strip(stride * static_cast<std::size_t>(rows));
  return ShrinkLight(size, kind, ToneCurve::Light::kOfScene, target, [&](int y) -> const float* {
    if (y % rows == 0) {
      strips.Read(y, std::min(y + rows, size.height), OIIO::TypeDesc::FLOAT, strip.data());
    }
    if (!strips.IsThere(y)) return nullptr;
    float* row = strip.data() + static_cast<std::size_t>(y % rows) * stride;
    if (conversion.has_value()) conversion->Apply(row, size.width, kind);
    return row;
  });
}

// By the profile, or by the primaries that an EXR may tell.
std::optional<LightConversion> ConversionOfLight(const OIIO::ImageSpec& spec,
                                                 std::span<const std::uint8_t> profile,
                                                 int colours) {
  if (!profile.empty()) return LightConversion::For(profile, colours);
  const OIIO::ParamValue* found = spec.find_attribute("chromaticities");
  if (found == nullptr || found->type().basetype != OIIO::TypeDesc::FLOAT ||
      found->type().numelements() * found->type().aggregate != 8 || colours != 3) {
    return std::nullopt;
  }
  const auto* xy = static_cast<const float*>(found->data());
  return LightConversion::For({.white = {xy[6], xy[7]},
                               .red = {xy[0], xy[1]},
                               .green = {xy[2], xy[3]},
                               .blue = {xy[4], xy[5]}});
}

// Sets the picture, and the profile where it is still to be followed.
void ReadPicture(StripReader& strips, const OIIO::ImageSpec& spec, Channels channels,
                 const Demand& demand, Decoded& decoded) {
  const Size target = demand.For(decoded.stored);
  std::vector<std::uint8_t> profile = demand.Allowed(Profile(spec));
  if (IsLight(spec)) {
    decoded.picture = ReadLight(strips, decoded.stored, channels, target,
                                ConversionOfLight(spec, profile, channels.colours));
    return;
  }
  // Of L*a*b* no more than 16 bits are known here.
  const bool deep =
      channels.lab ? spec.format == OIIO::TypeDesc::UINT16 : spec.format.basesize() > 1;
  if (deep) {
    std::optional<SrgbConversion> conversion = SrgbConversion::ForWords(channels.colour(), profile);
    if (conversion.has_value()) {
      decoded.picture = ReadWords(strips, decoded.stored, channels, target, *std::move(conversion));
      return;
    }
  }
  decoded.picture = ReadBytes(strips, decoded.stored, channels, target);
  decoded.profile = std::move(profile);
}

// The first of the next frames that shows something takes the first one's place.
void ReadLaterFrame(OIIO::ImageInput& input, const std::string& path, Size target,
                    Decoded& decoded) {
  for (int frame = 1; frame < kFramesTried && input.seek_subimage(frame, 0); ++frame) {
    const OIIO::ImageSpec& spec = input.spec();
    if (spec.width != decoded.stored.width || spec.height != decoded.stored.height) return;
    const Channels channels = ChooseChannels(spec);
    StripReader strips(input, channels.count(), path, /*tolerant=*/false);
    Picture picture = ReadBytes(strips, decoded.stored, channels, target);
    if (IsBlank(picture)) continue;
    decoded.picture = std::move(picture);
    return;
  }
}
}  // namespace

void SetUpOiio() {
  OIIO::attribute("threads", 1);
  OIIO::attribute("exr_threads", -1);
  OIIO::attribute("try_all_readers", 0);
  OIIO::attribute("limits:channels", kMaxChannels);
  OIIO::attribute("limits:imagesize_MB", kMaxImageMb);
}

Decoded ReadByOiio(const std::string& path, const std::string& reader, const Demand& demand) {
  const std::unique_ptr<OIIO::ImageInput> input = OIIO::ImageInput::create(reader);
  if (input == nullptr) {
    Refuse(wire::Outcome::kUnsupported, "this OpenImageIO has no reader for %s: %s", reader.c_str(),
           OIIO::geterror().c_str());
  }
  input->threads(1);
  OIIO::ImageSpec spec;
  OIIO::ImageSpec wishes;
  const std::optional<EarlyHeader> early = ReadEarlyHeader(path, reader, demand.limits.max_frames);
  if (early.has_value()) {
    demand.Admit({.width_px = early->width_px,
                  .height_px = early->height_px,
                  .channels = early->channels,
                  .frames = early->frames});
    // Lossless codestreams take several times what others do: each bit plane is decoded by itself.
    if (reader == "jpeg2000") {
      AllowTimeFor(static_cast<std::uint32_t>(2 * early->width_px),
                   static_cast<std::uint32_t>(2 * early->height_px));
    }
  }
  if (!input->open(path, spec, wishes)) RefuseRead(input->geterror(), path);
  if (IsKind(spec, "CMYK") || IsLab(spec)) {
    // Its own conversion knows no profiles, and no L*a*b* of 16 bits. Only after opening is it
    // known what it would convert.
    wishes.attribute("oiio:RawColor", 1);
    input->close();
    if (!input->open(path, spec, wishes)) RefuseRead(input->geterror(), path);
  }
  if (spec.width < 0 || spec.height < 0) RefuseRead("the header gives a negative size", path);
  demand.Admit({.width_px = static_cast<std::uint64_t>(spec.width),
                .height_px = static_cast<std::uint64_t>(spec.height),
                .channels = static_cast<std::uint64_t>(std::max(spec.nchannels, 1)),
                .frames = reader == "tiff" ? CountTiffPages(path, demand.limits.max_frames) : 1});
  if (spec.depth > 1 || spec.nchannels < 1 || spec.deep) {
    Refuse(wire::Outcome::kUnsupported, "not a flat picture: %d deep, %d channels", spec.depth,
           spec.nchannels);
  }
  Decoded decoded;
  decoded.stored = {spec.width, spec.height};
  decoded.orientation = spec.get_int_attribute("Orientation", 1);
  const Channels channels = ChooseChannels(spec);
  StripReader strips(*input, channels.count(), path, demand.limits.render_damaged != 0);
  ReadPicture(strips, spec, channels, demand, decoded);
  decoded.damage = strips.Damage();
  if (reader == "gif" && IsBlank(decoded.picture)) {
    ReadLaterFrame(*input, path, demand.For(decoded.stored), decoded);
  }
  input->close();
  return decoded;
}

}  // namespace hestia
