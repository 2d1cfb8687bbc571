#include "thumbnail-service/renderer/read/oiio_reader.h"

#include <OpenImageIO/imageio.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "thumbnail-service/renderer/picture/deep_shrinker.h"
#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/picture/srgb_conversion.h"
#include "thumbnail-service/renderer/read/early_header.h"
#include "thumbnail-service/renderer/read/icon_directory.h"
#include "thumbnail-service/renderer/read/light_conversion.h"
#include "thumbnail-service/renderer/read/light_rows.h"
#include "thumbnail-service/renderer/read/oiio_channels.h"
#include "thumbnail-service/renderer/read/oiio_rows.h"
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

std::vector<std::uint8_t> Profile(const OIIO::ImageSpec& spec) {
  const OIIO::ParamValue* profile = spec.find_attribute("ICCProfile");
  if (profile == nullptr || profile->type().basetype != OIIO::TypeDesc::UINT8) return {};
  const auto* bytes = static_cast<const std::uint8_t*>(profile->data());
  return {bytes, bytes + profile->datasize()};
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

// A picture in the making.
struct Work {
  StripReader& strips;
  Channels channels;
  Window window;
  Size target;
};

template <typename Sample, typename Shrinker>
Picture ReadSamples(const Work& work, Shrinker shrinker) {
  const int stored = work.window.stored.width;
  Rows<Sample> rows(work.strips, work.channels.read(), work.channels.count(), work.window,
                    [&](Sample* row) { Arrange(row, stored, work.channels); });
  const std::size_t samples = static_cast<std::size_t>(work.window.shown.width) *
                              static_cast<std::size_t>(work.channels.count());
  const std::vector<Sample> missing = MissingRow<Sample>(samples, work.channels);
  for (int y = 0; y < work.window.shown.height; ++y) {
    const Sample* const row = rows.Row(y);
    shrinker.Add(row != nullptr ? row : missing.data());
  }
  return shrinker.Finish();
}

Picture ReadBytes(const Work& work) {
  const auto alpha =
      work.channels.colours == 4 ? RowShrinker::Alpha::kNone : RowShrinker::Alpha::kPremultiplied;
  Picture picture = ReadSamples<std::uint8_t>(
      work, RowShrinker(work.window.shown, work.channels.count(), work.target, alpha));
  if (work.channels.lab) picture.colour = Colour::kLab;
  return picture;
}

Picture ReadWords(const Work& work, SrgbConversion conversion) {
  const auto alpha =
      work.channels.colours == 4 ? DeepShrinker::Alpha::kNone : DeepShrinker::Alpha::kPremultiplied;
  return ReadSamples<std::uint16_t>(work, DeepShrinker(work.window.shown, work.channels.count(),
                                                       work.target, alpha, std::move(conversion)));
}

Picture ReadLight(const Work& work, const std::optional<LightConversion>& conversion) {
  const LightRow kind{work.channels.colours, work.channels.alpha};
  const int stored = work.window.stored.width;
  Rows<float> rows(work.strips, work.channels.read(), work.channels.count(), work.window,
                   [&](float* row) {
                     Arrange(row, stored, work.channels);
                     if (conversion.has_value()) conversion->Apply(row, stored, kind);
                   });
  return ShrinkLight(work.window.shown, kind, ToneCurve::Light::kOfScene, work.target,
                     [&](int y) { return rows.Row(y); });
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
void ReadPicture(const Work& work, const OIIO::ImageSpec& spec, const Demand& demand,
                 Decoded& decoded) {
  std::vector<std::uint8_t> profile = demand.Allowed(Profile(spec));
  if (IsLight(spec)) {
    decoded.picture = ReadLight(work, ConversionOfLight(spec, profile, work.channels.colours));
    return;
  }
  // Of L*a*b* no more than 16 bits are known here.
  const bool deep =
      work.channels.lab ? spec.format == OIIO::TypeDesc::UINT16 : spec.format.basesize() > 1;
  if (deep) {
    std::optional<SrgbConversion> conversion =
        SrgbConversion::ForWords(work.channels.colour(), profile);
    if (conversion.has_value()) {
      decoded.picture = ReadWords(work, *std::move(conversion));
      return;
    }
  }
  decoded.picture = ReadBytes(work);
  decoded.profile = std::move(profile);
}

// The first of the next frames that shows something takes the first one's place.
void ReadLaterFrame(OIIO::ImageInput& input, const std::string& path, Size target,
                    Decoded& decoded) {
  for (int frame = 1; frame < kFramesTried && input.seek_subimage(frame, 0); ++frame) {
    const OIIO::ImageSpec& spec = input.spec();
    if (spec.width != decoded.stored.width || spec.height != decoded.stored.height) return;
    const Channels channels = ChooseChannels(spec);
    StripReader strips(input, channels.read(), path, /*tolerant=*/false);
    Picture picture = ReadBytes({strips, channels, {decoded.stored, decoded.stored}, target});
    if (IsBlank(picture)) continue;
    decoded.picture = std::move(picture);
    return;
  }
}
void Open(OIIO::ImageInput& input, const std::string& path, const OIIO::ImageSpec& wishes,
          OIIO::ImageSpec& spec) {
  if (!input.open(path, spec, wishes)) RefuseRead(input.geterror(), path);
}

// Again where its own conversions are not wanted. Only after opening is it known what it would
// convert.
void OpenTiff(OIIO::ImageInput& input, const std::string& path, OIIO::ImageSpec& spec) {
  OIIO::ImageSpec wishes;
  Open(input, path, wishes, spec);
  // Of inks it knows no profiles, of L*a*b* no 16 bits.
  if (HasInks(spec) || IsLab(spec)) wishes.attribute("oiio:RawColor", 1);
  // It would multiply colours by alpha twice where it reads tiles of more channels than it is asked
  // for, and by an alpha that it turned around where 0 is white.
  if (spec.get_int_attribute("tiff:UnassociatedAlpha") != 0) {
    wishes.attribute("oiio:UnassociatedAlpha", 1);
  }
  if (!wishes.extra_attribs.empty()) {
    input.close();
    Open(input, path, wishes, spec);
  }
  constexpr int kInks = 4;
  if (HasInks(spec) && (spec.nchannels < kInks || ReadTiffInkSet(path) != 1)) {
    Refuse(wire::Outcome::kUnsupported,
           "TIFF: separations other than of cyan, magenta, yellow and black");
  }
}

// The best bitmap of those in the file that can be opened.
void OpenIcon(OIIO::ImageInput& input, const std::string& path, OIIO::ImageSpec& spec) {
  Open(input, path, {}, spec);
  std::string trouble;
  for (const IconPicture& picture : RankIcons(path)) {
    if (picture.png) continue;
    if (input.seek_subimage(picture.number, 0)) {
      spec = input.spec();
      return;
    }
    // Left there, it would be taken for trouble with the next one.
    trouble = input.geterror();
  }
  RefuseRead(trouble, path);
}

Window WindowOf(const OIIO::ImageSpec& spec, const std::string& reader) {
  const Size stored{spec.width, spec.height};
  if (reader != "openexr") return {stored, stored};
  return {.stored = stored,
          .shown = {spec.full_width, spec.full_height},
          .left = std::int64_t{spec.x} - spec.full_x,
          .top = std::int64_t{spec.y} - spec.full_y};
}

// The larger one last: it is what takes the time.
void Admit(const Window& window, HeaderFacts facts, const Demand& demand, const std::string& path) {
  std::array sizes{window.stored, window.shown};
  const auto pixels = [](const Size& size) { return std::int64_t{size.width} * size.height; };
  if (pixels(sizes[0]) > pixels(sizes[1])) std::swap(sizes[0], sizes[1]);
  for (const Size& size : sizes) {
    if (size.width < 0 || size.height < 0) RefuseRead("the header gives a negative size", path);
    facts.width_px = static_cast<std::uint64_t>(size.width);
    facts.height_px = static_cast<std::uint64_t>(size.height);
    demand.Admit(facts);
  }
}

// EXIF's number. OpenImageIO exchanges those of two of Radiance's eight orders. "+X +Y", columns from
// the left, each upwards, is 8; "-X -Y", from the right, downwards, is 6.
int OrientationOf(const OIIO::ImageSpec& spec, const std::string& reader) {
  const int told = spec.get_int_attribute("Orientation", 1);
  if (reader != "hdr") return told;
  return told == 6 ? 8 : told == 8 ? 6 : told;
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
  OIIO::ImageSpec spec;
  if (reader == "tiff") {
    OpenTiff(*input, path, spec);
  } else if (reader == "ico") {
    OpenIcon(*input, path, spec);
  } else {
    Open(*input, path, {}, spec);
  }
  const Window window = WindowOf(spec, reader);
  HeaderFacts facts{.channels = static_cast<std::uint64_t>(std::max(spec.nchannels, 1))};
  if (reader == "tiff") facts.frames = CountTiffPages(path, demand.limits.max_frames);
  Admit(window, facts, demand, path);
  if (spec.depth > 1 || spec.nchannels < 1 || spec.deep) {
    Refuse(wire::Outcome::kUnsupported, "not a flat picture: %d deep, %d channels", spec.depth,
           spec.nchannels);
  }
  Decoded decoded;
  decoded.stored = window.shown;
  decoded.orientation = OrientationOf(spec, reader);
  const Size target = demand.For(decoded.stored);
  const Channels channels = ChooseChannels(spec);
  // Of several rows at once it would turn more samples around than there are.
  const bool row_by_row = IsLeastWhite(spec) && spec.nchannels > 1;
  StripReader strips(*input, channels.read(), path, demand.limits.render_damaged != 0, row_by_row);
  ReadPicture({strips, channels, window, target}, spec, demand, decoded);
  decoded.damage = strips.Damage();
  if (reader == "gif" && IsBlank(decoded.picture)) {
    ReadLaterFrame(*input, path, target, decoded);
  }
  input->close();
  return decoded;
}

}  // namespace hestia
