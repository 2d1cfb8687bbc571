#include "thumbnail-service/renderer/read/video_reader.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

extern "C" {
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include "thumbnail-service/renderer/picture/deep_shrinker.h"
#include "thumbnail-service/renderer/picture/gamma_profile.h"
#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/read/freed_by.h"
#include "thumbnail-service/renderer/read/hdr_signal.h"
#include "thumbnail-service/renderer/read/light_rows.h"
#include "thumbnail-service/renderer/read/video_stream.h"

namespace hestia {
namespace {
using Scaler = std::unique_ptr<SwsContext, FreedBy<sws_freeContext>>;

// Where a file does not say it, the size tells: television in high definition changed it.
const int* CoefficientsOf(const AVFrame& frame) {
  switch (frame.colorspace) {
    case AVCOL_SPC_BT709:
      return sws_getCoefficients(SWS_CS_ITU709);
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return sws_getCoefficients(SWS_CS_BT2020);
    case AVCOL_SPC_SMPTE240M:
      return sws_getCoefficients(SWS_CS_SMPTE240M);
    case AVCOL_SPC_FCC:
      return sws_getCoefficients(SWS_CS_FCC);
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
      return sws_getCoefficients(SWS_CS_ITU601);
    default:
      return sws_getCoefficients(frame.width >= 1280 || frame.height > 576 ? SWS_CS_ITU709
                                                                           : SWS_CS_ITU601);
  }
}

bool IsFullRange(const AVFrame& frame) {
  const AVPixFmtDescriptor* const kind =
      av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  const bool grey = kind != nullptr && kind->nb_components == 1;
  if (grey && frame.color_range == AVCOL_RANGE_UNSPECIFIED) return true;
  return frame.color_range == AVCOL_RANGE_JPEG || frame.format == AV_PIX_FMT_YUVJ420P ||
         frame.format == AV_PIX_FMT_YUVJ422P || frame.format == AV_PIX_FMT_YUVJ444P ||
         frame.format == AV_PIX_FMT_YUVJ440P || frame.format == AV_PIX_FMT_YUVJ411P;
}

// None for those that are near sRGB's.
std::optional<HdrCurve> HdrCurveOf(const AVFrame& frame) {
  if (frame.color_trc == AVCOL_TRC_SMPTE2084) return HdrCurve::kPq;
  if (frame.color_trc == AVCOL_TRC_ARIB_STD_B67) return HdrCurve::kHlg;
  return std::nullopt;
}

// By ITU-T H.273, table 2. None where they are not told.
std::optional<Chromaticities> PrimariesOf(const AVFrame& frame) {
  constexpr Chromaticity kD65{0.3127, 0.3290};
  switch (frame.color_primaries) {
    case AVCOL_PRI_BT709:
      return kSrgbChromaticities;
    case AVCOL_PRI_BT470M:
      return Chromaticities{{0.310, 0.316}, {0.67, 0.33}, {0.21, 0.71}, {0.14, 0.08}};
    case AVCOL_PRI_BT470BG:
      return Chromaticities{kD65, {0.64, 0.33}, {0.29, 0.60}, {0.15, 0.06}};
    case AVCOL_PRI_SMPTE170M:
    case AVCOL_PRI_SMPTE240M:
      return Chromaticities{kD65, {0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}};
    case AVCOL_PRI_FILM:
      return Chromaticities{{0.310, 0.316}, {0.681, 0.319}, {0.243, 0.692}, {0.145, 0.049}};
    case AVCOL_PRI_BT2020:
      return kBt2020Chromaticities;
    case AVCOL_PRI_SMPTE431:
      return Chromaticities{{0.314, 0.351}, {0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}};
    case AVCOL_PRI_SMPTE432:
      return Chromaticities{kD65, {0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}};
    case AVCOL_PRI_EBU3213:
      return Chromaticities{kD65, {0.630, 0.340}, {0.295, 0.605}, {0.155, 0.077}};
    default:
      return std::nullopt;
  }
}

// None for those of usual television, whose colours are sRGB's as far as anybody could see.
std::optional<Chromaticities> WidePrimariesOf(const AVFrame& frame) {
  const bool wide = frame.color_primaries == AVCOL_PRI_BT2020 ||
                    frame.color_primaries == AVCOL_PRI_SMPTE431 ||
                    frame.color_primaries == AVCOL_PRI_SMPTE432;
  return wide ? PrimariesOf(frame) : std::nullopt;
}

// Pixels of `format` at `size`, rows without gaps; of words when Sample is one.
template <typename Sample = std::uint8_t>
std::vector<Sample> Convert(const AVFrame& frame, AVPixelFormat format, Size size, int channels,
                            int flags) {
  const Scaler scaler(sws_getContext(frame.width, frame.height,
                                     static_cast<AVPixelFormat>(frame.format), size.width,
                                     size.height, format, flags, nullptr, nullptr, nullptr));
  if (scaler == nullptr) {
    if (sws_isSupportedInput(static_cast<AVPixelFormat>(frame.format)) != 0) RefuseForMemory();
    Refuse(wire::Outcome::kUnsupported, "video: its pixels are of a kind that is not known here");
  }
  constexpr int kOne = 1 << 16;
  sws_setColorspaceDetails(scaler.get(), CoefficientsOf(frame), IsFullRange(frame) ? 1 : 0,
                           sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, kOne, kOne);
  const int samples = size.width * channels;
  // Its vector code may write a little beyond a row.
  constexpr std::size_t kSlack = 64;
  std::vector<Sample> pixels(
      static_cast<std::size_t>(samples) * static_cast<std::size_t>(size.height) + kSlack);
  std::uint8_t* const planes[] = {reinterpret_cast<std::uint8_t*>(pixels.data()), nullptr, nullptr,
                                  nullptr};
  const int strides[] = {samples * static_cast<int>(sizeof(Sample)), 0, 0, 0};
  if (sws_scale(scaler.get(), frame.data, frame.linesize, 0, frame.height, planes, strides) < 0) {
    Refuse(wire::Outcome::kDecodeFailed, "video: a picture cannot be converted");
  }
  return pixels;
}

// Whether all but a fiftieth of a sample of its pixels is near black.
bool IsBlack(const AVFrame& frame) {
  constexpr Size kSample{64, 64};
  constexpr int kDark = 32;
  const std::vector<std::uint8_t> grey = Convert(frame, AV_PIX_FMT_GRAY8, kSample, 1, SWS_POINT);
  const auto end = grey.begin() + kSample.width * kSample.height;
  const auto bright = std::count_if(grey.begin(), end, [](int level) { return level > kDark; });
  return bright * 50 < kSample.width * kSample.height;
}

bool HasAlpha(const AVFrame& frame) {
  const AVPixFmtDescriptor* const kind =
      av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  return kind != nullptr && (kind->flags & AV_PIX_FMT_FLAG_ALPHA) != 0;
}

constexpr int kFlags = SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT;

// Words of red, green, blue, and alpha where the frame has some.
std::vector<std::uint16_t> ToWords(const AVFrame& frame) {
  const bool alpha = HasAlpha(frame);
  return Convert<std::uint16_t>(frame, alpha ? AV_PIX_FMT_RGBA64 : AV_PIX_FMT_RGB48,
                                {frame.width, frame.height}, alpha ? 4 : 3, kFlags);
}

template <typename Shrinker, typename Sample>
Picture Shrink(Shrinker shrinker, const std::vector<Sample>& rows, Size size, int channels) {
  const std::size_t stride =
      static_cast<std::size_t>(size.width) * static_cast<std::size_t>(channels);
  for (int y = 0; y < size.height; ++y) {
    shrinker.Add(rows.data() + static_cast<std::size_t>(y) * stride);
  }
  return shrinker.Finish();
}

Picture ToneMapped(const AVFrame& frame, HdrCurve curve, Size target) {
  const Chromaticities primaries = PrimariesOf(frame).value_or(kBt2020Chromaticities);
  const HdrSignal signal(curve, primaries, 65535);
  const LightRow kind{3, HasAlpha(frame)};
  const std::vector<std::uint16_t> words = ToWords(frame);
  std::vector<float> light(static_cast<std::size_t>(frame.width) *
                           static_cast<std::size_t>(kind.channels()));
  return ShrinkLight(
      {frame.width, frame.height}, kind, ToneCurve::Light::kOfDisplay, target, [&](int y) {
        signal.ToLight(words.data() + static_cast<std::size_t>(y) * light.size(), frame.width, kind,
                       RowShrinker::Alpha::kStraight, light.data());
        return light.data();
      });
}

// In sRGB.
Picture ToPicture(const AVFrame& frame, Size target) {
  const Size size{frame.width, frame.height};
  if (const std::optional<HdrCurve> curve = HdrCurveOf(frame)) {
    return ToneMapped(frame, *curve, target);
  }
  const bool alpha = HasAlpha(frame);
  const int channels = alpha ? 4 : 3;
  if (const std::optional<Chromaticities> primaries = WidePrimariesOf(frame)) {
    std::optional<SrgbConversion> conversion =
        SrgbConversion::ForWords(Colour::kRgb, MakeProfileWithSrgbCurve(*primaries));
    if (conversion.has_value()) {
      return Shrink(DeepShrinker(size, channels, target, DeepShrinker::Alpha::kStraight,
                                 *std::move(conversion)),
                    ToWords(frame), size, channels);
    }
  }
  return Shrink(RowShrinker(size, channels, target),
                Convert(frame, alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24, size, channels, kFlags),
                size, channels);
}

// With square pixels, and nothing enlarged.
Size ShownSize(const AVFrame& frame, double pixel_aspect) {
  const auto side = [](double length) {
    return std::max(static_cast<int>(std::lround(length)), 1);
  };
  return pixel_aspect >= 1 ? Size{frame.width, side(frame.height / pixel_aspect)}
                           : Size{side(frame.width * pixel_aspect), frame.height};
}

void Take(const AVFrame& frame, const VideoStream& video, const Demand& demand, Decoded& decoded) {
  decoded.stored = ShownSize(frame, video.PixelAspect(frame));
  decoded.picture = ToPicture(frame, demand.For(decoded.stored));
}
}  // namespace

Decoded ReadVideo(std::span<const std::uint8_t> bytes, const Demand& demand) {
  // The search costs more than one picture, and so may finding the streams.
  constexpr std::uint32_t kSearchPx = 6000;
  AllowTimeFor(kSearchPx, kSearchPx);
  VideoStream video(bytes, demand);
  AllowTimeFor(kSearchPx, kSearchPx);
  const AVFrame* frame = video.Next();
  AllowTimeFor(kSearchPx, kSearchPx);
  if (frame == nullptr) {
    Refuse(wire::Outcome::kDecodeFailed,
           "video: no picture of at most %" PRIu64 " pixels can be decoded",
           demand.limits.max_pixels);
  }
  Decoded decoded;
  decoded.orientation = video.orientation();
  // Also where it is black, for there may be no other.
  Take(*frame, video, demand, decoded);
  if (!IsBlack(*frame)) return decoded;
  while ((frame = video.Next()) != nullptr && IsBlack(*frame)) {
  }
  if (frame != nullptr) Take(*frame, video, demand, decoded);
  return decoded;
}

std::string VideoLibrary() {
  const unsigned version = avformat_version();
  return "libavformat " + std::to_string(version >> 16) + "." +
         std::to_string(version >> 8 & 0xff) + "." + std::to_string(version & 0xff);
}

}  // namespace hestia
