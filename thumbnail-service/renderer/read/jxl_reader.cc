#include "thumbnail-service/renderer/read/jxl_reader.h"

#include <jxl/decode.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "thumbnail-service/renderer/picture/deep_shrinker.h"
#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/picture/srgb_conversion.h"
#include "thumbnail-service/renderer/read/hdr_signal.h"
#include "thumbnail-service/renderer/read/light_conversion.h"
#include "thumbnail-service/renderer/read/light_rows.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
struct Destroy {
  void operator()(JxlDecoder* decoder) const { JxlDecoderDestroy(decoder); }
};

void RefuseUnlessOk(JxlDecoderStatus status) {
  if (status != JXL_DEC_SUCCESS) Refuse(wire::Outcome::kDecodeFailed, "JPEG XL: cannot be decoded");
}

using Decoder = std::unique_ptr<JxlDecoder, Destroy>;

Decoder MakeDecoder(std::span<const std::uint8_t> bytes, int events) {
  Decoder decoder(JxlDecoderCreate(nullptr));
  if (decoder == nullptr) RefuseForMemory();
  RefuseUnlessOk(JxlDecoderSubscribeEvents(decoder.get(), events));
  RefuseUnlessOk(JxlDecoderSetInput(decoder.get(), bytes.data(), bytes.size()));
  JxlDecoderCloseInput(decoder.get());
  return decoder;
}

// From one frame's header to the next one's, as no header tells how many there are; no further than
// to one more than `most`.
std::uint64_t CountFrames(std::span<const std::uint8_t> bytes, std::uint64_t most) {
  const Decoder decoder = MakeDecoder(bytes, JXL_DEC_FRAME);
  std::uint64_t frames = 0;
  while (frames <= most && JxlDecoderProcessInput(decoder.get()) == JXL_DEC_FRAME) ++frames;
  return std::max<std::uint64_t>(frames, 1);
}

class Reader {
 public:
  Reader(std::span<const std::uint8_t> bytes, const Demand& demand)
      : demand_(demand),
        bytes_(bytes),
        decoder_(MakeDecoder(
            bytes, JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING | JXL_DEC_FULL_IMAGE)) {}

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
    if (info.have_animation != 0) {
      demand_.Admit({.width_px = info.xsize,
                     .height_px = info.ysize,
                     .frames = CountFrames(bytes_, demand_.limits.max_frames)});
    }
    RefuseInks(info.num_extra_channels);
    decoded_.stored = {static_cast<int>(info.xsize), static_cast<int>(info.ysize)};
    // The decoder turns it upright.
    if (info.orientation >= JXL_ORIENT_TRANSPOSE) {
      std::swap(decoded_.stored.width, decoded_.stored.height);
    }
    alpha_ = info.alpha_premultiplied != 0 ? RowShrinker::Alpha::kPremultiplied
                                           : RowShrinker::Alpha::kStraight;
    format_.num_channels = info.num_color_channels + (info.alpha_bits > 0 ? 1 : 0);
    kind_ = {static_cast<int>(info.num_color_channels), info.alpha_bits > 0};
    is_float_ = info.exponent_bits_per_sample > 0;
    is_deep_ = info.bits_per_sample > 8;
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

  // Signals of high dynamic range say so by a number.
  std::optional<HdrSignal> Signal() {
    JxlColorEncoding colours;
    if (JxlDecoderGetColorAsEncodedProfile(decoder_.get(), &format_, JXL_COLOR_PROFILE_TARGET_DATA,
                                           &colours) != JXL_DEC_SUCCESS) {
      return std::nullopt;
    }
    const bool pq = colours.transfer_function == JXL_TRANSFER_FUNCTION_PQ;
    if (!pq && colours.transfer_function != JXL_TRANSFER_FUNCTION_HLG) return std::nullopt;
    const auto point = [](const double xy[2]) { return Chromaticity{xy[0], xy[1]}; };
    // Of grey it tells no primaries.
    Chromaticities primaries = kBt2020Chromaticities;
    if (kind_.colours == 3) {
      primaries = {point(colours.white_point_xy), point(colours.primaries_red_xy),
                   point(colours.primaries_green_xy), point(colours.primaries_blue_xy)};
    }
    constexpr int kTop = 65535;
    return HdrSignal(pq ? HdrCurve::kPq : HdrCurve::kHlg, primaries, kTop);
  }

  // Of no more bits than are needed.
  void ChooseSamples() {
    signal_ = Signal();
    if (signal_.has_value()) {
      format_.data_type = JXL_TYPE_UINT16;
    } else if (is_float_) {
      format_.data_type = JXL_TYPE_FLOAT;
    } else if (is_deep_) {
      conversion_ = SrgbConversion::ForWords(kind_.colours == 3 ? Colour::kRgb : Colour::kGrey,
                                             decoded_.profile);
      if (conversion_.has_value()) format_.data_type = JXL_TYPE_UINT16;
    }
  }

  void GiveBuffer() {
    ChooseSamples();
    std::size_t size = 0;
    RefuseUnlessOk(JxlDecoderImageOutBufferSize(decoder_.get(), &format_, &size));
    pixels_.resize(size);
    RefuseUnlessOk(JxlDecoderSetImageOutBuffer(decoder_.get(), &format_, pixels_.data(), size));
  }

  template <typename Sample>
  const Sample* Row(int y) const {
    const auto stride = static_cast<std::size_t>(decoded_.stored.width) * format_.num_channels;
    return reinterpret_cast<const Sample*>(pixels_.data()) + static_cast<std::size_t>(y) * stride;
  }

  template <typename Sample, typename Shrinker>
  Picture Shrink(Shrinker shrinker) const {
    for (int y = 0; y < decoded_.stored.height; ++y) shrinker.Add(Row<Sample>(y));
    return shrinker.Finish();
  }

  Picture ShrinkSignal() const {
    std::vector<float> light(Samples());
    return ShrinkLight(decoded_.stored, kind_, ToneCurve::Light::kOfDisplay, Wanted(), [&](int y) {
      signal_->ToLight(Row<std::uint16_t>(y), decoded_.stored.width, kind_, alpha_, light.data());
      return light.data();
    });
  }

  Picture ShrinkFloats() const {
    const auto conversion = LightConversion::For(decoded_.profile, kind_.colours);
    std::vector<float> light(Samples());
    return ShrinkLight(decoded_.stored, kind_, ToneCurve::Light::kOfScene, Wanted(), [&](int y) {
      std::copy_n(Row<float>(y), light.size(), light.data());
      if (kind_.alpha && alpha_ == RowShrinker::Alpha::kStraight) Multiply(light);
      if (conversion.has_value()) conversion->Apply(light.data(), decoded_.stored.width, kind_);
      return light.data();
    });
  }

  // Colours by the alpha behind them.
  void Multiply(std::vector<float>& row) const {
    const auto channels = static_cast<std::size_t>(kind_.channels());
    for (std::size_t x = 0; x < row.size(); x += channels) {
      for (std::size_t c = 0; c + 1 < channels; ++c) row[x + c] *= row[x + channels - 1];
    }
  }

  Size Wanted() const { return demand_.For(decoded_.stored); }
  // Of a row.
  std::size_t Samples() const {
    return static_cast<std::size_t>(decoded_.stored.width) * format_.num_channels;
  }

  void TakePicture() {
    const auto channels = static_cast<int>(format_.num_channels);
    const std::size_t bytes = format_.data_type == JXL_TYPE_FLOAT    ? 4
                              : format_.data_type == JXL_TYPE_UINT16 ? 2
                                                                     : 1;
    if (pixels_.size() < Samples() * bytes * static_cast<std::size_t>(decoded_.stored.height)) {
      Refuse(wire::Outcome::kDecodeFailed, "JPEG XL: the decoder gave no pixels");
    }
    if (format_.data_type == JXL_TYPE_UINT8) {
      decoded_.picture =
          Shrink<std::uint8_t>(RowShrinker(decoded_.stored, channels, Wanted(), alpha_));
      return;
    }
    decoded_.picture = signal_.has_value() ? ShrinkSignal()
                       : is_float_
                           ? ShrinkFloats()
                           : Shrink<std::uint16_t>(DeepShrinker(decoded_.stored, channels, Wanted(),
                                                                alpha_, *std::move(conversion_)));
    decoded_.profile.clear();
  }

  const Demand& demand_;
  const std::span<const std::uint8_t> bytes_;
  const Decoder decoder_;
  JxlPixelFormat format_{3, JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0};
  LightRow kind_;
  RowShrinker::Alpha alpha_ = RowShrinker::Alpha::kStraight;
  bool is_float_ = false;
  bool is_deep_ = false;
  std::optional<HdrSignal> signal_;
  std::optional<SrgbConversion> conversion_;
  std::vector<std::uint8_t> pixels_;
  Decoded decoded_;
};
}  // namespace

Decoded ReadJxl(std::span<const std::uint8_t> bytes, const Demand& demand) {
  return Reader(bytes, demand).Read();
}

}  // namespace hestia
