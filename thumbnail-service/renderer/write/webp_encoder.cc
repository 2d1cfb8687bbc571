#include <webp/encode.h>

#include "thumbnail-service/renderer/first_use.h"
#include "thumbnail-service/renderer/picture/interleave.h"
#include "thumbnail-service/renderer/refuse.h"
#include "thumbnail-service/renderer/write/encoders.h"

namespace hestia {
namespace {
int Append(const std::uint8_t* data, std::size_t size, const WebPPicture* picture) {
  auto& bytes = *static_cast<std::vector<std::uint8_t>*>(picture->custom_ptr);
  bytes.insert(bytes.end(), data, data + size);
  return 1;
}

[[noreturn]] void RefuseEncode(int error) {
  if (error == VP8_ENC_ERROR_OUT_OF_MEMORY || error == VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY) {
    RefuseForMemory();
  }
  Refuse(wire::Outcome::kDecodeFailed, "WebP encoder error %d", error);
}

void Encode(const WebPConfig& config, WebPPicture& target) {
  if (WebPEncode(&config, &target) == 0) RefuseEncode(target.error_code);
}

void EncodeYuv(const WebPConfig& config, const Picture& picture, WebPPicture& target) {
  Picture yuv = ToYuv(picture, Colour::kYuvLimited);
  target.use_argb = 0;
  target.colorspace = WEBP_YUV420;
  target.y = yuv.planes[0].Row(0);
  target.u = yuv.planes[1].Row(0);
  target.v = yuv.planes[2].Row(0);
  target.y_stride = static_cast<int>(yuv.planes[0].stride());
  target.uv_stride = static_cast<int>(yuv.planes[1].stride());
  Encode(config, target);
}

void EncodeRgb(const WebPConfig& config, const Picture& picture, WebPPicture& target) {
  target.use_argb = 1;
  int imported = 0;
  if (picture.alpha.has_value()) {
    const std::vector<std::uint8_t> rgba = ToStraightRgba(picture);
    imported = WebPPictureImportRGBA(&target, rgba.data(), target.width * 4);
  } else {
    const std::vector<std::uint8_t> rgb = ToRgbOnWhite(picture);
    imported = WebPPictureImportRGB(&target, rgb.data(), target.width * 3);
  }
  if (imported == 0) RefuseEncode(target.error_code);
  Encode(config, target);
  WebPPictureFree(&target);
}
}  // namespace

std::vector<std::uint8_t> EncodeWebp(const Picture& picture, int quality, int effort) {
  NoteUse(Library::kWebpWriter);
  std::vector<std::uint8_t> bytes;
  WebPConfig config;
  WebPPicture target;
  if (WebPConfigInit(&config) == 0 || WebPPictureInit(&target) == 0) {
    RefuseEncode(VP8_ENC_ERROR_INVALID_CONFIGURATION);
  }
  config.quality = static_cast<float>(quality);
  config.method = effort;
  target.width = picture.width();
  target.height = picture.height();
  target.writer = Append;
  target.custom_ptr = &bytes;
  if (picture.colour == Colour::kRgb) {
    EncodeRgb(config, picture, target);
  } else {
    EncodeYuv(config, picture, target);
  }
  return bytes;
}

}  // namespace hestia
