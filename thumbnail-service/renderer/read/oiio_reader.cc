#include "thumbnail-service/renderer/read/oiio_reader.h"

#include <OpenImageIO/imageio.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/read/early_header.h"
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
  std::uint8_t flip = 0;  // XORed to inks, and to a* and b*
  int count() const { return colours + (alpha ? 1 : 0); }
};

Channels ChooseChannels(const OIIO::ImageSpec& spec, bool psd_of_inks = false) {
  Channels channels;
  if (HasInks(spec) || (psd_of_inks && spec.nchannels >= 4)) {
    channels.colours = 4;
    // Inks in a JPEG stream are inverted, as Adobe's programs have always written them, and so
    // are Photoshop's own.
    if (psd_of_inks || spec.get_string_attribute("compression") == "jpeg") channels.flip = 0xff;
    return channels;
  }
  channels.lab = IsLab(spec);
  // Signed bytes; means and filters need them without a jump at zero.
  if (IsKind(spec, "CIELAB")) channels.flip = 0x80;
  channels.colours = spec.nchannels >= 3 ? 3 : 1;
  // Alpha elsewhere than behind the colours would have to be gathered; no format here
  // does that but an EXR with many layers. The GIF reader counts its alpha channel from 1,
  // so the name is asked, too.
  channels.alpha =
      spec.alpha_channel == channels.colours ||
      (spec.nchannels > channels.colours && spec.channel_name(channels.colours) == "A");
  return channels;
}

// Floating point means light, unless the file says that it has sRGB's curve already.
bool IsLight(const OIIO::ImageSpec& spec) {
  const bool is_float = spec.format == OIIO::TypeDesc::HALF ||
                        spec.format == OIIO::TypeDesc::FLOAT ||
                        spec.format == OIIO::TypeDesc::DOUBLE;
  return is_float && spec.get_string_attribute("oiio:ColorSpace") != "sRGB";
}

void Flip(std::uint8_t* row, int width, Channels channels) {
  for (int x = 0; x < width; ++x, row += channels.count()) {
    for (int c = channels.lab ? 1 : 0; c < channels.colours; ++c) {
      row[c] = static_cast<std::uint8_t>(row[c] ^ channels.flip);
    }
  }
}

// What is shown of a row that is not there.
std::vector<std::uint8_t> MissingRow(std::size_t stride, Channels channels) {
  std::vector<std::uint8_t> row(stride, channels.alpha ? 0 : kMissingGrey);
  // Of inks, half of the black.
  for (std::size_t i = 0; channels.colours == 4 && i < stride; ++i) row[i] = i % 4 == 3 ? 128 : 0;
  return row;
}

Picture ReadBytes(StripReader& strips, Size size, Channels channels, Size target) {
  RowShrinker shrinker(
      size, channels.count(), target,
      channels.colours == 4 ? RowShrinker::Alpha::kNone : RowShrinker::Alpha::kPremultiplied);
  const std::size_t stride =
      static_cast<std::size_t>(size.width) * static_cast<std::size_t>(channels.count());
  std::vector<std::uint8_t> strip(stride * static_cast<std::size_t>(strips.rows()));
  const std::vector<std::uint8_t> missing = MissingRow(stride, channels);
  for (int begin = 0; begin < size.height; begin += strips.rows()) {
    const int end = std::min(begin + strips.rows(), size.height);
    strips.Read(begin, end, OIIO::TypeDesc::UINT8, strip.data());
    for (int y = begin; y < end; ++y) {
      std::uint8_t* row = strip.data() + static_cast<std::size_t>(y - begin) * stride;
      if (channels.flip != 0) Flip(row, size.width, channels);
      shrinker.Add(strips.IsThere(y) ? row : missing.data());
    }
  }
  Picture picture = shrinker.Finish();
  if (channels.lab) picture.colour = Colour::kLab;
  return picture;
}

// Read twice, rather than kept: the curve depends on the whole picture.
Picture ReadLight(StripReader& strips, Size size, Channels channels, Size target) {
  RowShrinker shrinker(size, channels.count(), target);
  const std::size_t stride =
      static_cast<std::size_t>(size.width) * static_cast<std::size_t>(channels.count());
  const LightRow kind{channels.colours, channels.alpha};
  std::vector<float> strip(stride * static_cast<std::size_t>(strips.rows()));
  std::vector<std::uint8_t> bytes(stride);
  const std::vector<std::uint8_t> missing = MissingRow(stride, channels);
  ToneCurve curve;
  const auto for_each_row = [&](const auto& take) {
    for (int begin = 0; begin < size.height; begin += strips.rows()) {
      const int end = std::min(begin + strips.rows(), size.height);
      strips.Read(begin, end, OIIO::TypeDesc::FLOAT, strip.data());
      for (int y = begin; y < end; ++y) {
        take(strip.data() + static_cast<std::size_t>(y - begin) * stride, strips.IsThere(y));
      }
    }
  };
  for_each_row([&](const float* row, bool there) {
    if (there) MeasureLight(row, size.width, kind, curve);
  });
  curve.Settle();
  for_each_row([&](const float* row, bool there) {
    if (there) LightToBytes(row, size.width, kind, curve, bytes.data());
    shrinker.Add(there ? bytes.data() : missing.data());
  });
  return shrinker.Finish();
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
  const std::optional<EarlyHeader> early = 
      ReadEarlyHeader(path, reader, demand.limits.max_frames);
  if (early.has_value()) {
    demand.Admit({.width_px = early->width_px,
                  .height_px = early->height_px,
                  .frames = early->frames});
  }
  const bool psd_of_inks = early.has_value() && early->inks;
  if (psd_of_inks) wishes.attribute("oiio:RawColor", 1);
  if (!input->open(path, spec, wishes)) RefuseRead(input->geterror(), path);
  if (IsKind(spec, "CMYK") || IsLab(spec)) {
    // Its own conversion knows no profiles, and no L*a*b* of 16 bits. Only after opening is it
    // known what it would convert.
    wishes.attribute("oiio:RawColor", 1);
    input->close();
    if (!input->open(path, spec, wishes)) RefuseRead(input->geterror(), path);
  }
  if (spec.width < 0 || spec.height < 0) RefuseRead("the header gives a negative size", path);
  demand.Admit(
      {.width_px = static_cast<std::uint64_t>(spec.width),
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
  if (!IsLight(spec)) decoded.profile = demand.Allowed(Profile(spec));
  const Size target = demand.For(decoded.stored);
  const Channels channels = ChooseChannels(spec, psd_of_inks);
  StripReader strips(*input, channels.count(), path, demand.limits.render_damaged != 0);
  decoded.picture = IsLight(spec) ? ReadLight(strips, decoded.stored, channels, target)
                                  : ReadBytes(strips, decoded.stored, channels, target);
  decoded.damage = strips.Damage();
  if (reader == "gif" && IsBlank(decoded.picture)) {
    ReadLaterFrame(*input, path, target, decoded);
  }
  input->close();
  return decoded;
}

}  // namespace hestia
