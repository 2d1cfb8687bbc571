#include "tests/thumbnail-service/render/heif_images.h"

#include <avif/avif.h>
#include <libheif/heif.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace hestia {
namespace {
void Require(bool fine) {
  if (!fine) std::abort();
}

heif_image* MakeImage(const Pixels& pixels, const HeicOptions& options) {
  const bool deep = options.bits > 8;
  const int channels = options.alpha ? 4 : 3;
  const heif_chroma chroma =
      deep ? (options.alpha ? heif_chroma_interleaved_RRGGBBAA_LE
                            : heif_chroma_interleaved_RRGGBB_LE)
           : (options.alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB);
  heif_image* image = nullptr;
  Require(
      heif_image_create(pixels.width, pixels.height, heif_colorspace_RGB, chroma, &image).code ==
      heif_error_Ok);
  Require(heif_image_add_plane(image, heif_channel_interleaved, pixels.width, pixels.height,
                               options.bits)
              .code == heif_error_Ok);
  int stride = 0;
  std::uint8_t* rows = heif_image_get_plane(image, heif_channel_interleaved, &stride);
  for (int y = 0; y < pixels.height; ++y) {
    std::uint8_t* to = rows + static_cast<std::ptrdiff_t>(y) * stride;
    for (int x = 0; x < pixels.width; ++x) {
      const Rgba& colour = pixels.At(x, y);
      const int samples[] = {colour.red, colour.green, colour.blue, colour.alpha};
      for (int c = 0; c < channels; ++c) {
        const int value = deep ? samples[c] * 1023 / 255 : samples[c];
        *to++ = static_cast<std::uint8_t>(value & 0xff);
        if (deep) *to++ = static_cast<std::uint8_t>(value >> 8);
      }
    }
  }
  if (!options.profile.empty()) {
    Require(heif_image_set_raw_color_profile(image, "prof", options.profile.data(),
                                             options.profile.size())
                .code == heif_error_Ok);
  }
  return image;
}
}  // namespace

std::string MakeAvif(const Pixels& pixels, const AvifOptions& options) {
  avifImage* image = avifImageCreate(
      static_cast<std::uint32_t>(pixels.width), static_cast<std::uint32_t>(pixels.height),
      static_cast<std::uint32_t>(options.bits),
      options.grey ? AVIF_PIXEL_FORMAT_YUV400 : AVIF_PIXEL_FORMAT_YUV444);
  image->matrixCoefficients = AVIF_MATRIX_COEFFICIENTS_BT601;
  std::vector<std::uint8_t> rgba;
  for (const Rgba& colour : pixels.colours) {
    for (const int value :
         {colour.red, colour.green, colour.blue, options.alpha ? colour.alpha : 255}) {
      rgba.push_back(static_cast<std::uint8_t>(value));
    }
  }
  avifRGBImage rgb;
  avifRGBImageSetDefaults(&rgb, image);
  rgb.depth = 8;
  rgb.ignoreAlpha = options.alpha ? AVIF_FALSE : AVIF_TRUE;
  rgb.pixels = rgba.data();
  rgb.rowBytes = static_cast<std::uint32_t>(pixels.width) * 4;
  Require(avifImageRGBToYUV(image, &rgb) == AVIF_RESULT_OK);
  // Quarters to turn, counter-clockwise, and then what to exchange: 0 top and bottom, 1 left and
  // right.
  struct Properties {
    int turns;
    int mirror;  // -1: none
  };
  constexpr Properties kProperties[] = {{0, -1}, {0, 1},  {2, -1}, {0, 0},
                                        {1, 0},  {3, -1}, {3, 0},  {1, -1}};
  const Properties& lies = kProperties[options.orientation - 1];
  if (lies.turns != 0) image->transformFlags |= AVIF_TRANSFORM_IROT;
  image->irot.angle = static_cast<std::uint8_t>(lies.turns);
  if (lies.mirror >= 0) image->transformFlags |= AVIF_TRANSFORM_IMIR;
  image->imir.mode = static_cast<std::uint8_t>(lies.mirror == 1 ? 1 : 0);
  avifEncoder* encoder = avifEncoderCreate();
  encoder->speed = AVIF_SPEED_FASTEST;
  encoder->minQuantizer = 0;
  encoder->maxQuantizer = 8;
  avifRWData output = AVIF_DATA_EMPTY;
  Require(avifEncoderWrite(encoder, image, &output) == AVIF_RESULT_OK);
  const std::string bytes(reinterpret_cast<const char*>(output.data), output.size);
  avifRWDataFree(&output);
  avifEncoderDestroy(encoder);
  avifImageDestroy(image);
  return bytes;
}

std::string MakeHeic(const Pixels& pixels, const HeicOptions& options) {
  heif_image* image = MakeImage(pixels, options);
  heif_context* context = heif_context_alloc();
  heif_encoder* encoder = nullptr;
  Require(heif_context_get_encoder_for_format(context, heif_compression_HEVC, &encoder).code ==
          heif_error_Ok);
  heif_encoder_set_lossy_quality(encoder, 95);
  heif_image_handle* handle = nullptr;
  heif_encoding_options* encoding = heif_encoding_options_alloc();
  heif_color_profile_nclx* nclx = heif_nclx_color_profile_alloc();
  if (options.transfer != 0) {
    Require(heif_nclx_color_profile_set_color_primaries(nclx, 9).code == heif_error_Ok);
    Require(heif_nclx_color_profile_set_transfer_characteristics(
                nclx, static_cast<std::uint16_t>(options.transfer))
                .code == heif_error_Ok);
    nclx->matrix_coefficients = heif_matrix_coefficients_ITU_R_BT_2020_2_non_constant_luminance;
    nclx->full_range_flag = 1;
    Require(heif_image_set_nclx_color_profile(image, nclx).code == heif_error_Ok);
    encoding->output_nclx_profile = nclx;
  }
  // It has EXIF's numbers.
  encoding->image_orientation = static_cast<heif_orientation>(options.orientation);
  Require(heif_context_encode_image(context, image, encoder, encoding, &handle).code ==
          heif_error_Ok);
  for (int i = 1; i < options.images; ++i) {
    Require(heif_context_encode_image(context, image, encoder, encoding, nullptr).code ==
            heif_error_Ok);
  }
  if (!options.preview.colours.empty()) {
    HeicOptions small = options;
    if (!options.preview_profile.empty()) small.profile = options.preview_profile;
    heif_image* preview = MakeImage(options.preview, small);
    heif_image_handle* encoded = nullptr;
    encoding->output_nclx_profile = nullptr;
    Require(heif_context_encode_image(context, preview, encoder, encoding, &encoded).code ==
            heif_error_Ok);
    // The library takes the two the other way round than its header names them.
    Require(heif_context_assign_thumbnail(context, encoded, handle).code == heif_error_Ok);
    heif_image_handle_release(encoded);
    heif_image_release(preview);
  }
  heif_encoding_options_free(encoding);
  heif_nclx_color_profile_free(nclx);
  std::string bytes;
  heif_writer writer{};
  writer.writer_api_version = 1;
  writer.write = [](heif_context*, const void* data, std::size_t size, void* target) {
    static_cast<std::string*>(target)->assign(static_cast<const char*>(data), size);
    return heif_error{heif_error_Ok, heif_suberror_Unspecified, ""};
  };
  Require(heif_context_write(context, &writer, &bytes).code == heif_error_Ok);
  heif_image_handle_release(handle);
  heif_encoder_release(encoder);
  heif_context_free(context);
  heif_image_release(image);
  return bytes;
}

}  // namespace hestia
