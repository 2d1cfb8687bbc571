#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thumbnail-service/renderer/first_use.h"
#include "thumbnail-service/renderer/picture/orientation.h"
#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/read/partial_webp.h"
#include "thumbnail-service/renderer/read/readers.h"
#include "thumbnail-service/renderer/read/webp_bands.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
struct DeleteDemuxer {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};
using Demuxer = std::unique_ptr<WebPDemuxer, DeleteDemuxer>;

// What is wrong with the file, and whether that is to be shown as far as it goes.
struct Damage {
  bool shown = false;
  std::string what;  // for people
};

std::string MessageFor(VP8StatusCode status) {
  if (status == VP8_STATUS_SUSPENDED || status == VP8_STATUS_NOT_ENOUGH_DATA) {
    return "WebP: the file is cut short";
  }
  return "WebP: the data is damaged (decoder status " + std::to_string(status) + ")";
}

void RefuseUnlessOk(VP8StatusCode status) {
  if (status == VP8_STATUS_OK) return;
  if (status == VP8_STATUS_OUT_OF_MEMORY) RefuseForMemory();
  if (status == VP8_STATUS_UNSUPPORTED_FEATURE) {
    Refuse(wire::Outcome::kUnsupported, "WebP: uses a feature the decoder does not know");
  }
  Refuse(wire::Outcome::kDecodeFailed, "%s", MessageFor(status).c_str());
}

Demuxer Demux(std::span<const std::uint8_t> bytes) {
  const WebPData data{bytes.data(), bytes.size()};
  WebPDemuxState state = WEBP_DEMUX_PARSE_ERROR;
  return Demuxer(WebPDemuxPartial(&data, &state));
}

int Orientation(const WebPDemuxer* demuxer, const Demand& demand) {
  WebPChunkIterator chunk{};
  if (demuxer == nullptr || WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk) == 0) return 1;
  const int orientation = demand.OrientationIn({chunk.chunk.bytes, chunk.chunk.size});
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

std::uint64_t Frames(const WebPDemuxer* demuxer) {
  return demuxer == nullptr ? 1 : WebPDemuxGetI(demuxer, WEBP_FF_FRAME_COUNT);
}

std::vector<std::uint8_t> Profile(const WebPDemuxer* demuxer) {
  WebPChunkIterator chunk{};
  if (demuxer == nullptr || WebPDemuxGetChunk(demuxer, "ICCP", 1, &chunk) == 0) return {};
  std::vector<std::uint8_t> profile(chunk.chunk.bytes, chunk.chunk.bytes + chunk.chunk.size);
  WebPDemuxReleaseChunkIterator(&chunk);
  return profile;
}

void FillBelow(Plane& plane, int rows, std::uint8_t value) {
  for (int y = rows; y < plane.height(); ++y) std::fill_n(plane.Row(y), plane.width(), value);
}

// Decodes into the memory that `config` names, and returns how many rows of it are there: all, or
// fewer of a damaged file that shall be shown. Refuses what has none.
int Decode(std::span<const std::uint8_t> bytes, WebPDecoderConfig& config, Damage& damage) {
  const VP8StatusCode status = WebPDecode(bytes.data(), bytes.size(), &config);
  const int rows = config.options.use_scaling != 0 ? config.options.scaled_height
                                                   : config.input.height;
  if (status == VP8_STATUS_OK) return rows;
  if (!damage.shown || status == VP8_STATUS_OUT_OF_MEMORY) RefuseUnlessOk(status);
  const int there = DecodeWebpRows(bytes, config);
  if (there == 0) RefuseUnlessOk(status);
  if (damage.what.empty()) damage.what = MessageFor(status);
  return std::min(there, rows);
}

// Lets the decoder reduce the picture when less than half of its size is wanted. Returns the size
// that it will make.
Size Reduce(Size size, Size target, WebPDecoderConfig& config) {
  if (2 * target.width >= size.width || 2 * target.height >= size.height) return size;
  const Size reduced{2 * target.width, 2 * target.height};
  config.options.use_scaling = 1;
  config.options.scaled_width = reduced.width;
  config.options.scaled_height = reduced.height;
  return reduced;
}

// Straight to YUV.
Picture ReadYuv(std::span<const std::uint8_t> bytes, Size size, Size target, Damage& damage) {
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) RefuseUnlessOk(VP8_STATUS_INVALID_PARAM);
  const Size reduced = Reduce(size, target, config);
  Picture picture;
  picture.colour = Colour::kYuvLimited;
  const Size chroma{(reduced.width + 1) / 2, (reduced.height + 1) / 2};
  picture.planes.emplace_back(reduced.width, reduced.height);
  for (int i = 0; i < 2; ++i) {
    Plane& plane = picture.planes.emplace_back(chroma.width, chroma.height);
    // Scaled with what reaches beyond the image where its side is odd.
    plane.covered_width = size.width / 2.0 * chroma.width / ((size.width + 1) / 2);
    plane.covered_height = size.height / 2.0 * chroma.height / ((size.height + 1) / 2);
  }
  config.output.colorspace = MODE_YUV;
  config.output.is_external_memory = 1;
  WebPYUVABuffer& yuv = config.output.u.YUVA;
  const auto bytes_of = [](const Plane& p) {
    return p.stride() * static_cast<std::size_t>(p.height());
  };
  yuv.y = picture.planes[0].Row(0);
  yuv.u = picture.planes[1].Row(0);
  yuv.v = picture.planes[2].Row(0);
  yuv.y_stride = static_cast<int>(picture.planes[0].stride());
  yuv.u_stride = yuv.v_stride = static_cast<int>(picture.planes[1].stride());
  yuv.y_size = bytes_of(picture.planes[0]);
  yuv.u_size = yuv.v_size = bytes_of(picture.planes[1]);
  const int rows = Decode(bytes, config, damage);
  if (rows < reduced.height) {
    // Rows of chroma that are there in part are left out.
    constexpr std::uint8_t kLimitedGrey = 16 + kMissingGrey * 219 / 255;
    FillBelow(picture.planes[0], rows, kLimitedGrey);
    FillBelow(picture.planes[1], rows / 2, 128);
    FillBelow(picture.planes[2], rows / 2, 128);
  }
  return picture;
}

// Without alpha, where all of the chroma is wanted and a lossless file has it.
Picture ReadRgb(std::span<const std::uint8_t> bytes, Size size, Size target, Damage& damage) {
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) RefuseUnlessOk(VP8_STATUS_INVALID_PARAM);
  const Size reduced = Reduce(size, target, config);
  const std::size_t stride = static_cast<std::size_t>(reduced.width) * 3;
  std::vector<std::uint8_t> rgb(stride * static_cast<std::size_t>(reduced.height), kMissingGrey);
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = rgb.data();
  config.output.u.RGBA.stride = static_cast<int>(stride);
  config.output.u.RGBA.size = rgb.size();
  const int rows = Decode(bytes, config, damage);
  std::fill(rgb.begin() + static_cast<std::ptrdiff_t>(stride) * rows, rgb.end(), kMissingGrey);
  RowShrinker shrinker(reduced, 3, target);
  for (std::size_t at = 0; at < rgb.size(); at += stride) shrinker.Add(rgb.data() + at);
  return shrinker.Finish();
}

void DecodeRgba(std::span<const std::uint8_t> bytes, Size size, std::uint8_t* target,
                std::size_t stride, Damage& damage) {
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) RefuseUnlessOk(VP8_STATUS_INVALID_PARAM);
  config.output.colorspace = MODE_RGBA;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = target;
  config.output.u.RGBA.stride = static_cast<int>(stride);
  config.output.u.RGBA.size =
      stride * static_cast<std::size_t>(size.height - 1) + static_cast<std::size_t>(size.width) * 4;
  const int rows = Decode(bytes, config, damage);
  for (int y = rows; y < size.height; ++y) {
    std::uint8_t* const row = target + static_cast<std::size_t>(y) * stride;
    const bool alpha = config.input.has_alpha != 0;
    std::fill_n(row, static_cast<std::size_t>(size.width) * 4, alpha ? 0 : kMissingGrey);
    if (alpha) continue;
    for (int x = 0; x < size.width; ++x) row[x * 4 + 3] = 255;
  }
}

Picture ShrinkRgba(const std::vector<std::uint8_t>& rgba, Size size, Size target) {
  RowShrinker shrinker(size, 4, target);
  const std::size_t stride = static_cast<std::size_t>(size.width) * 4;
  for (int y = 0; y < size.height; ++y) {
    shrinker.Add(rgba.data() + static_cast<std::size_t>(y) * stride);
  }
  return shrinker.Finish();
}

// The first frame may cover only a part of the canvas; the rest of it is transparent.
void DecodeFirstFrame(const WebPDemuxer* demuxer, Size canvas, std::vector<std::uint8_t>& rgba,
                      Damage& damage) {
  WebPIterator frame{};
  if (demuxer == nullptr || WebPDemuxGetFrame(demuxer, 1, &frame) == 0) {
    Refuse(wire::Outcome::kDecodeFailed, "WebP: the animation has no whole first frame");
  }
  if (frame.x_offset < 0 || frame.y_offset < 0 || frame.width <= 0 || frame.height <= 0 ||
      frame.width > canvas.width - frame.x_offset ||
      frame.height > canvas.height - frame.y_offset) {
    Refuse(wire::Outcome::kDecodeFailed, "WebP: the first frame sticks out of the image");
  }
  const std::size_t stride = static_cast<std::size_t>(canvas.width) * 4;
  std::uint8_t* corner = rgba.data() + static_cast<std::size_t>(frame.y_offset) * stride +
                         static_cast<std::size_t>(frame.x_offset) * 4;
  DecodeRgba({frame.fragment.bytes, frame.fragment.size}, {frame.width, frame.height}, corner,
             stride, damage);
  WebPDemuxReleaseIterator(&frame);
}

struct DeleteAnimation {
  void operator()(WebPAnimDecoder* decoder) const { WebPAnimDecoderDelete(decoder); }
};

// The first of the next frames that shows something takes the first one's place. Frames build
// on those before them, so all are composed.
void ReadLaterFrame(std::span<const std::uint8_t> bytes, Size target, Decoded& decoded) {
  WebPAnimDecoderOptions options;
  if (WebPAnimDecoderOptionsInit(&options) == 0) return;
  options.color_mode = MODE_RGBA;
  options.use_threads = 0;
  const WebPData data{bytes.data(), bytes.size()};
  const std::unique_ptr<WebPAnimDecoder, DeleteAnimation> decoder(
      WebPAnimDecoderNew(&data, &options));
  // A file that is cut short after its first frame has none to offer.
  if (decoder == nullptr) return;
  const std::size_t canvas_bytes = static_cast<std::size_t>(decoded.stored.width) *
                                   static_cast<std::size_t>(decoded.stored.height) * 4;
  std::uint8_t* canvas = nullptr;
  int time_ms = 0;
  for (int frame = 0; frame < kFramesTried; ++frame) {
    if (WebPAnimDecoderGetNext(decoder.get(), &canvas, &time_ms) == 0) return;
    Picture picture = ShrinkRgba(std::vector<std::uint8_t>(canvas, canvas + canvas_bytes),
                                 decoded.stored, target);
    if (IsBlank(picture)) continue;
    decoded.picture = std::move(picture);
    return;
  }
}
}  // namespace

Decoded ReadWebp(std::span<const std::uint8_t> bytes, const Demand& demand) {
  NoteUse(Library::kWebpReader);
  WebPBitstreamFeatures features;
  RefuseUnlessOk(WebPGetFeatures(bytes.data(), bytes.size(), &features));
  Decoded decoded;
  decoded.stored = {features.width, features.height};
  const Demuxer demuxer = Demux(bytes);
  demand.Admit({.width_px = static_cast<std::uint64_t>(features.width),
                .height_px = static_cast<std::uint64_t>(features.height),
                .channels = features.has_alpha != 0 ? 4U : 3U,
                .frames = Frames(demuxer.get())});
  const Size target = demand.For(decoded.stored);
  decoded.orientation = Orientation(demuxer.get(), demand);
  decoded.profile = demand.Allowed(Profile(demuxer.get()));
  Damage damage{demand.limits.render_damaged != 0, ""};
  if (features.has_animation == 0 && features.has_alpha == 0) {
    constexpr int kLossy = 1;  // with half of the chroma
    const bool lossy = features.format == kLossy;
    bool read = false;
    if (lossy && SuitsBands(decoded.stored, target)) {
      const VP8StatusCode status = ReadByBands(bytes, decoded.stored, target, decoded.picture);
      read = status == VP8_STATUS_OK;
      if (!damage.shown) RefuseUnlessOk(status);
    }
    if (!read) {
      decoded.picture = lossy || demand.half_chroma
                            ? ReadYuv(bytes, decoded.stored, target, damage)
                            : ReadRgb(bytes, decoded.stored, target, damage);
    }
    decoded.damage = damage.what;
    return decoded;
  }
  const std::size_t stride = static_cast<std::size_t>(features.width) * 4;
  std::vector<std::uint8_t> rgba(stride * static_cast<std::size_t>(features.height));
  if (features.has_animation != 0) {
    DecodeFirstFrame(demuxer.get(), decoded.stored, rgba, damage);
  } else {
    DecodeRgba(bytes, decoded.stored, rgba.data(), stride, damage);
  }
  decoded.picture = ShrinkRgba(rgba, decoded.stored, target);
  decoded.damage = damage.what;
  if (features.has_animation != 0 && IsBlank(decoded.picture)) {
    ReadLaterFrame(bytes, target, decoded);
  }
  return decoded;
}

}  // namespace hestia
