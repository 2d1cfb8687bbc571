#include "thumbnail-service/renderer/read/jxl_reader.h"

#include <jxl/decode.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/picture/srgb_conversion.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
struct Destroy {
  void operator()(JxlDecoder* decoder) const { JxlDecoderDestroy(decoder); }
};

void RefuseUnlessOk(JxlDecoderStatus status) {
  if (status != JXL_DEC_SUCCESS) Refuse(wire::Outcome::kDecodeFailed, "JPEG XL: cannot be decoded");
}

class Reader {
 public:
  Reader(std::span<const std::uint8_t> bytes, const Demand& demand)
      : demand_(demand), decoder_(JxlDecoderCreate(nullptr)) {
    if (decoder_ == nullptr) RefuseForMemory();
    constexpr int kEvents = JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING | JXL_DEC_FULL_IMAGE;
    RefuseUnlessOk(JxlDecoderSubscribeEvents(decoder_.get(), kEvents));
    RefuseUnlessOk(JxlDecoderSetInput(decoder_.get(), bytes.data(), bytes.size()));
    JxlDecoderCloseInput(decoder_.get());
  }

  Decoded Read() {
    for (;;) {
      switch (JxlDecoderProcessInput(decoder_.get())) {
        case JXL_DEC_BASIC_INFO:
          TakeInfo();
          break;
        case JXL_DEC_COLOR_ENCODING:
          TakeProfile();
          break;
        case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
          GiveBuffer();
          break;
        case JXL_DEC_FULL_IMAGE:
          TakePicture();
          return std::move(decoded_);
        case JXL_DEC_NEED_MORE_INPUT:
          Refuse(wire::Outcome::kDecodeFailed, "JPEG XL: the file is cut short");
        default:
          Refuse(wire::Outcome::kDecodeFailed, "JPEG XL: the data is damaged");
      }
    }
  }

 private:
  void TakeInfo() {
    JxlBasicInfo info;
    RefuseUnlessOk(JxlDecoderGetBasicInfo(decoder_.get(), &info));
    demand_.Admit({.width_px = info.xsize,
                   .height_px = info.ysize,
                   .channels = info.num_color_channels + info.num_extra_channels});
    RefuseInks(info.num_extra_channels);
    decoded_.stored = {static_cast<int>(info.xsize), static_cast<int>(info.ysize)};
    // The decoder turns it upright.
    if (info.orientation >= JXL_ORIENT_TRANSPOSE) {
      std::swap(decoded_.stored.width, decoded_.stored.height);
    }
    premultiplied_ = info.alpha_premultiplied != 0;
    format_.num_channels = info.num_color_channels + (info.alpha_bits > 0 ? 1 : 0);
  }

  // Black is a channel beside the picture's own three, which alone would show other colours.
  void RefuseInks(std::uint32_t extra_channels) {
    for (std::uint32_t i = 0; i < extra_channels; ++i) {
      JxlExtraChannelInfo channel;
      RefuseUnlessOk(JxlDecoderGetExtraChannelInfo(decoder_.get(), i, &channel));
      if (channel.type == JXL_CHANNEL_BLACK) {
        Refuse(wire::Outcome::kUnsupported, "JPEG XL: pictures of inks are not read");
      }
    }
  }

  void TakeProfile() {
    std::size_t size = 0;
    constexpr JxlColorProfileTarget kOfPixels = JXL_COLOR_PROFILE_TARGET_DATA;
    if (JxlDecoderGetICCProfileSize(decoder_.get(), &format_, kOfPixels, &size) !=
            JXL_DEC_SUCCESS ||
        size > demand_.limits.max_icc_bytes) {
      return;
    }
    decoded_.profile.resize(size);
    RefuseUnlessOk(JxlDecoderGetColorAsICCProfile(decoder_.get(), &format_, kOfPixels,
                                                  decoded_.profile.data(), size));
  }

  void GiveBuffer() {
    std::size_t size = 0;
    RefuseUnlessOk(JxlDecoderImageOutBufferSize(decoder_.get(), &format_, &size));
    pixels_.resize(size);
    RefuseUnlessOk(JxlDecoderSetImageOutBuffer(decoder_.get(), &format_, pixels_.data(), size));
  }

  void TakePicture() {
    const auto channels = static_cast<int>(format_.num_channels);
    const auto stride = static_cast<std::size_t>(decoded_.stored.width) * format_.num_channels;
    if (pixels_.size() < stride * static_cast<std::size_t>(decoded_.stored.height)) {
      Refuse(wire::Outcome::kDecodeFailed, "JPEG XL: the decoder gave no pixels");
    }
    RowShrinker shrinker(decoded_.stored, channels, demand_.For(decoded_.stored),
                         premultiplied_ ? RowShrinker::Alpha::kPremultiplied
                                        : RowShrinker::Alpha::kStraight);
    for (int y = 0; y < decoded_.stored.height; ++y) {
      shrinker.Add(pixels_.data() + static_cast<std::size_t>(y) * stride);
    }
    decoded_.picture = shrinker.Finish();
  }

  const Demand& demand_;
  const std::unique_ptr<JxlDecoder, Destroy> decoder_;
  JxlPixelFormat format_{3, JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0};
  bool premultiplied_ = false;
  std::vector<std::uint8_t> pixels_;
  Decoded decoded_;
};
}  // namespace

Decoded ReadJxl(std::span<const std::uint8_t> bytes, const Demand& demand) {
  return Reader(bytes, demand).Read();
}

}  // namespace hestia
