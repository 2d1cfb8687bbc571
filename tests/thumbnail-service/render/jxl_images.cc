#include "tests/thumbnail-service/render/jxl_images.h"

#include <jxl/encode.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace hestia {
namespace {
void Require(bool fine) {
  if (!fine) std::abort();
}

std::vector<std::uint8_t> Samples(const Pixels& pixels, const JxlOptions& options) {
  std::vector<std::uint8_t> samples;
  for (const Rgba& colour : pixels.colours) {
    samples.push_back(static_cast<std::uint8_t>(colour.red));
    if (!options.grey) {
      samples.push_back(static_cast<std::uint8_t>(colour.green));
      samples.push_back(static_cast<std::uint8_t>(colour.blue));
    }
    if (options.alpha) samples.push_back(static_cast<std::uint8_t>(colour.alpha));
  }
  return samples;
}
}  // namespace

std::string MakeJxl(const Pixels& pixels, const JxlOptions& options) {
  JxlEncoder* encoder = JxlEncoderCreate(nullptr);
  Require(encoder != nullptr);
  if (options.container) Require(JxlEncoderUseContainer(encoder, JXL_TRUE) == JXL_ENC_SUCCESS);
  JxlBasicInfo info;
  JxlEncoderInitBasicInfo(&info);
  info.xsize = static_cast<std::uint32_t>(pixels.width);
  info.ysize = static_cast<std::uint32_t>(pixels.height);
  info.bits_per_sample = 8;
  info.num_color_channels = options.grey ? 1 : 3;
  info.num_extra_channels = info.alpha_bits = 0;
  if (options.alpha) {
    info.num_extra_channels = 1;
    info.alpha_bits = 8;
  }
  info.uses_original_profile = options.lossless ? JXL_TRUE : JXL_FALSE;
  info.orientation = static_cast<JxlOrientation>(options.orientation);
  if (options.frames > 1) {
    info.have_animation = JXL_TRUE;
    info.animation.tps_numerator = 10;
    info.animation.tps_denominator = 1;
  }
  Require(JxlEncoderSetBasicInfo(encoder, &info) == JXL_ENC_SUCCESS);
  JxlColorEncoding srgb;
  JxlColorEncodingSetToSRGB(&srgb, options.grey ? JXL_TRUE : JXL_FALSE);
  const auto* profile = reinterpret_cast<const std::uint8_t*>(options.profile.data());
  Require((options.profile.empty()
               ? JxlEncoderSetColorEncoding(encoder, &srgb)
               : JxlEncoderSetICCProfile(encoder, profile, options.profile.size())) ==
          JXL_ENC_SUCCESS);
  JxlEncoderFrameSettings* settings = JxlEncoderFrameSettingsCreate(encoder, nullptr);
  JxlEncoderFrameSettingsSetOption(settings, JXL_ENC_FRAME_SETTING_EFFORT, 1);
  if (options.lossless) {
    Require(JxlEncoderSetFrameLossless(settings, JXL_TRUE) == JXL_ENC_SUCCESS);
  }
  const std::vector<std::uint8_t> samples = Samples(pixels, options);
  const JxlPixelFormat format{info.num_color_channels + info.num_extra_channels, JXL_TYPE_UINT8,
                              JXL_NATIVE_ENDIAN, 0};
  if (options.frames > 1) {
    JxlFrameHeader header;
    JxlEncoderInitFrameHeader(&header);
    header.duration = 1;
    Require(JxlEncoderSetFrameHeader(settings, &header) == JXL_ENC_SUCCESS);
  }
  for (int i = 0; i < options.frames; ++i) {
    Require(JxlEncoderAddImageFrame(settings, &format, samples.data(), samples.size()) ==
            JXL_ENC_SUCCESS);
  }
  JxlEncoderCloseInput(encoder);
  std::string bytes(std::size_t{1} << 20, '\0');
  auto* next = reinterpret_cast<std::uint8_t*>(bytes.data());
  std::size_t room = bytes.size();
  Require(JxlEncoderProcessOutput(encoder, &next, &room) == JXL_ENC_SUCCESS);
  bytes.resize(bytes.size() - room);
  JxlEncoderDestroy(encoder);
  return bytes;
}

}  // namespace hestia
