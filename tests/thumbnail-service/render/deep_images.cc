#include "tests/thumbnail-service/render/deep_images.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include <OpenImageIO/imageio.h>
#include <avif/avif.h>
#include <jxl/encode.h>
#include <libheif/heif.h>
#include <png.h>

namespace hestia {
namespace {
void Require(bool fine) {
  if (!fine) std::abort();
}

int Sample(double value, int bits) {
  return static_cast<int>(std::lround(std::clamp(value, 0.0, 1.0) * ((1 << bits) - 1)));
}

std::vector<std::uint16_t> Words(const DeepPixels& pixels, int channels, int bits) {
  std::vector<std::uint16_t> words;
  for (const DeepColour& colour : pixels.colours) {
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
      words.push_back(static_cast<std::uint16_t>(Sample(colour[c], bits)));
    }
  }
  return words;
}

std::vector<float> Floats(const DeepPixels& pixels, int channels) {
  std::vector<float> floats;
  for (const DeepColour& colour : pixels.colours) {
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
      floats.push_back(static_cast<float>(colour[c]));
    }
  }
  return floats;
}

void PutBig(std::string& bytes, unsigned value, int size) {
  for (int i = size - 1; i >= 0; --i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

void WritePngBytes(png_structp png, png_bytep data, std::size_t size) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(data), size);
}

std::string WriteByOiio(const std::string& extension, const OIIO::ImageSpec& spec,
                        OIIO::TypeDesc type, const void* data) {
  std::string folder = std::filesystem::temp_directory_path() / "hestia-deep-XXXXXX";
  Require(::mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/image." + extension;
  const std::unique_ptr<OIIO::ImageOutput> output = OIIO::ImageOutput::create(path);
  Require(output != nullptr && output->open(path, spec) && output->write_image(type, data) &&
          output->close());
  std::ifstream file(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::filesystem::remove_all(folder);
  return bytes;
}

OIIO::ImageSpec SpecFor(const DeepPixels& pixels, OIIO::TypeDesc type, const DeepOptions& options) {
  OIIO::ImageSpec spec(pixels.width, pixels.height, options.alpha ? 4 : 3, type);
  if (options.alpha) {
    spec.alpha_channel = 3;
    spec.attribute("oiio:UnassociatedAlpha", 1);
  }
  if (options.tiled) spec.tile_width = spec.tile_height = 64;
  if (!options.profile.empty()) {
    spec.attribute("ICCProfile",
                   OIIO::TypeDesc(OIIO::TypeDesc::UINT8, static_cast<int>(options.profile.size())),
                   options.profile.data());
  }
  if (options.chromaticities.has_value()) {
    spec.attribute("chromaticities", OIIO::TypeDesc(OIIO::TypeDesc::FLOAT, 8),
                   options.chromaticities->data());
  }
  return spec;
}

// Only red where it is grey, and alpha where there is some.
template <typename Sample>
std::vector<Sample> WithoutColours(const std::vector<Sample>& rgb, const DeepOptions& options) {
  std::vector<Sample> grey;
  for (std::size_t i = 0; i < rgb.size(); i += options.alpha ? 4 : 3) {
    grey.push_back(rgb[i]);
    if (options.alpha) grey.push_back(rgb[i + 3]);
  }
  return grey;
}

std::string EncodeJxl(const DeepPixels& pixels, bool floats, const DeepOptions& options) {
  const int channels = options.alpha ? 4 : 3;
  JxlEncoder* encoder = JxlEncoderCreate(nullptr);
  JxlBasicInfo info;
  JxlEncoderInitBasicInfo(&info);
  info.xsize = static_cast<std::uint32_t>(pixels.width);
  info.ysize = static_cast<std::uint32_t>(pixels.height);
  info.bits_per_sample = floats ? 32 : 16;
  info.exponent_bits_per_sample = floats ? 8 : 0;
  info.uses_original_profile = JXL_TRUE;
  if (options.alpha) {
    info.num_extra_channels = 1;
    info.alpha_bits = info.bits_per_sample;
    info.alpha_exponent_bits = info.exponent_bits_per_sample;
  }
  if (options.grey) info.num_color_channels = 1;
  Require(JxlEncoderSetBasicInfo(encoder, &info) == JXL_ENC_SUCCESS);
  JxlColorEncoding colours;
  JxlColorEncodingSetToSRGB(&colours, options.grey ? JXL_TRUE : JXL_FALSE);
  if (options.numbers.has_value()) {
    colours.primaries = static_cast<JxlPrimaries>(options.numbers->primaries);
    colours.transfer_function = static_cast<JxlTransferFunction>(options.numbers->transfer);
  }
  Require((options.profile.empty()
               ? JxlEncoderSetColorEncoding(encoder, &colours)
               : JxlEncoderSetICCProfile(
                     encoder, reinterpret_cast<const std::uint8_t*>(options.profile.data()),
                     options.profile.size())) == JXL_ENC_SUCCESS);
  JxlEncoderFrameSettings* settings = JxlEncoderFrameSettingsCreate(encoder, nullptr);
  JxlEncoderFrameSettingsSetOption(settings, JXL_ENC_FRAME_SETTING_EFFORT, 1);
  Require(JxlEncoderSetFrameLossless(settings, JXL_TRUE) == JXL_ENC_SUCCESS);
  std::vector<std::uint16_t> words = Words(pixels, channels, 16);
  std::vector<float> samples = Floats(pixels, channels);
  if (options.grey) {
    words = WithoutColours(words, options);
    samples = WithoutColours(samples, options);
  }
  const JxlPixelFormat format{static_cast<std::uint32_t>(options.grey ? channels - 2 : channels),
                              floats ? JXL_TYPE_FLOAT : JXL_TYPE_UINT16, JXL_NATIVE_ENDIAN, 0};
  Require((floats ? JxlEncoderAddImageFrame(settings, &format, samples.data(), samples.size() * 4)
                  : JxlEncoderAddImageFrame(settings, &format, words.data(), words.size() * 2)) ==
          JXL_ENC_SUCCESS);
  JxlEncoderCloseInput(encoder);
  std::string bytes(std::size_t{16} << 20, '\0');
  auto* next = reinterpret_cast<std::uint8_t*>(bytes.data());
  std::size_t room = bytes.size();
  Require(JxlEncoderProcessOutput(encoder, &next, &room) == JXL_ENC_SUCCESS);
  bytes.resize(bytes.size() - room);
  JxlEncoderDestroy(encoder);
  return bytes;
}
}  // namespace

DeepPixels Ramp(int width, int height, const DeepColour& end) {
  DeepPixels ramp{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double share = static_cast<double>(x) / (width - 1);
      ramp.colours.push_back({end[0] * share, end[1] * share, end[2] * share, end[3]});
    }
  }
  return ramp;
}

double Rounded(double sample, int bits) {
  return static_cast<double>(Sample(sample, bits)) / ((1 << bits) - 1);
}

std::string MakeDeepPng(const DeepPixels& pixels, const DeepOptions& options) {
  std::string bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &bytes, WritePngBytes, nullptr);
  int type = options.grey ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB;
  if (options.alpha) type |= PNG_COLOR_MASK_ALPHA;
  png_set_IHDR(png, info, static_cast<png_uint_32>(pixels.width),
               static_cast<png_uint_32>(pixels.height), 16, type,
               options.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!options.profile.empty()) {
    png_set_iCCP(png, info, "profile", PNG_COMPRESSION_TYPE_BASE,
                 reinterpret_cast<png_const_bytep>(options.profile.data()),
                 static_cast<png_uint_32>(options.profile.size()));
  }
  std::vector<std::string> rows(static_cast<std::size_t>(pixels.height));
  std::vector<png_bytep> pointers;
  for (int y = 0; y < pixels.height; ++y) {
    std::string& row = rows[static_cast<std::size_t>(y)];
    for (int x = 0; x < pixels.width; ++x) {
      const DeepColour& colour = pixels.At(x, y);
      for (std::size_t c = 0; c < (options.grey ? 1U : 3U); ++c) {
        PutBig(row, static_cast<unsigned>(Sample(colour[c], 16)), 2);
      }
      if (options.alpha) PutBig(row, static_cast<unsigned>(Sample(colour[3], 16)), 2);
    }
    pointers.push_back(reinterpret_cast<png_bytep>(row.data()));
  }
  png_set_rows(png, info, pointers.data());
  png_write_png(png, info, PNG_TRANSFORM_IDENTITY, nullptr);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

std::string MakeDeepTiff(const DeepPixels& pixels, const DeepOptions& options) {
  const std::vector<std::uint16_t> words = Words(pixels, options.alpha ? 4 : 3, 16);
  return WriteByOiio("tif", SpecFor(pixels, OIIO::TypeDesc::UINT16, options),
                     OIIO::TypeDesc::UINT16, words.data());
}

std::string MakeDeepPsd(const DeepPixels& pixels, const DeepOptions& options) {
  std::string bytes = "8BPS";
  PutBig(bytes, 1, 2);
  bytes += std::string(6, '\0');
  PutBig(bytes, 3, 2);
  PutBig(bytes, static_cast<unsigned>(pixels.height), 4);
  PutBig(bytes, static_cast<unsigned>(pixels.width), 4);
  PutBig(bytes, 16, 2);
  PutBig(bytes, 3, 2);  // RGB
  PutBig(bytes, 0, 4);
  std::string resources;
  if (!options.profile.empty()) {
    const auto size = static_cast<unsigned>(options.profile.size());
    resources = "8BIM";
    PutBig(resources, 1039, 2);
    PutBig(resources, 0, 2);
    PutBig(resources, size, 4);
    resources += options.profile;
    if (size % 2 != 0) resources.push_back('\0');
  }
  PutBig(bytes, static_cast<unsigned>(resources.size()), 4);
  bytes += resources;
  PutBig(bytes, 0, 4);  // no layers
  PutBig(bytes, 0, 2);  // not compressed
  for (std::size_t c = 0; c < 3; ++c) {
    for (const DeepColour& colour : pixels.colours) {
      PutBig(bytes, static_cast<unsigned>(Sample(colour[c], 16)), 2);
    }
  }
  return bytes;
}

std::string MakeDeepJxl(const DeepPixels& pixels, const DeepOptions& options) {
  return EncodeJxl(pixels, /*floats=*/false, options);
}

std::string MakeDeepAvif(const DeepPixels& pixels, const DeepOptions& options) {
  avifImage* image = avifImageCreate(
      static_cast<std::uint32_t>(pixels.width), static_cast<std::uint32_t>(pixels.height),
      static_cast<std::uint32_t>(options.bits), AVIF_PIXEL_FORMAT_YUV444);
  image->yuvRange = AVIF_RANGE_FULL;
  image->matrixCoefficients = AVIF_MATRIX_COEFFICIENTS_IDENTITY;
  if (options.numbers.has_value()) {
    image->colorPrimaries = static_cast<avifColorPrimaries>(options.numbers->primaries);
    image->transferCharacteristics =
        static_cast<avifTransferCharacteristics>(options.numbers->transfer);
  }
  if (!options.profile.empty()) {
    avifImageSetProfileICC(image, reinterpret_cast<const std::uint8_t*>(options.profile.data()),
                           options.profile.size());
  }
  const int channels = options.alpha ? 4 : 3;
  avifRGBImage rgb;
  avifRGBImageSetDefaults(&rgb, image);
  rgb.format = options.alpha ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
  rgb.depth = static_cast<std::uint32_t>(options.bits);
  std::vector<std::uint16_t> words = Words(pixels, channels, options.bits);
  std::vector<std::uint8_t> narrow(words.begin(), words.end());
  const bool wide = options.bits > 8;
  rgb.pixels = wide ? reinterpret_cast<std::uint8_t*>(words.data()) : narrow.data();
  rgb.rowBytes = static_cast<std::uint32_t>(pixels.width * channels * (wide ? 2 : 1));
  Require(avifImageRGBToYUV(image, &rgb) == AVIF_RESULT_OK);
  avifEncoder* encoder = avifEncoderCreate();
  encoder->speed = AVIF_SPEED_FASTEST;
  encoder->minQuantizer = encoder->maxQuantizer = 0;
  encoder->minQuantizerAlpha = encoder->maxQuantizerAlpha = 0;
  avifRWData output = AVIF_DATA_EMPTY;
  Require(avifEncoderWrite(encoder, image, &output) == AVIF_RESULT_OK);
  std::string bytes(reinterpret_cast<const char*>(output.data), output.size);
  avifRWDataFree(&output);
  avifEncoderDestroy(encoder);
  avifImageDestroy(image);
  return bytes;
}

std::string MakeDeepHeic(const DeepPixels& pixels, const DeepOptions& options) {
  heif_image* image = nullptr;
  Require(heif_image_create(pixels.width, pixels.height, heif_colorspace_RGB,
                            heif_chroma_interleaved_RRGGBB_LE, &image)
              .code == heif_error_Ok);
  Require(
      heif_image_add_plane(image, heif_channel_interleaved, pixels.width, pixels.height, 10).code ==
      heif_error_Ok);
  int stride = 0;
  std::uint8_t* rows = heif_image_get_plane(image, heif_channel_interleaved, &stride);
  for (int y = 0; y < pixels.height; ++y) {
    std::uint8_t* to = rows + static_cast<std::ptrdiff_t>(y) * stride;
    for (int x = 0; x < pixels.width; ++x) {
      for (std::size_t c = 0; c < 3; ++c) {
        const int sample = Sample(pixels.At(x, y)[c], 10);
        *to++ = static_cast<std::uint8_t>(sample & 0xff);
        *to++ = static_cast<std::uint8_t>(sample >> 8);
      }
    }
  }
  if (!options.profile.empty()) {
    Require(heif_image_set_raw_color_profile(image, "prof", options.profile.data(),
                                             options.profile.size())
                .code == heif_error_Ok);
  }
  heif_color_profile_nclx* nclx = heif_nclx_color_profile_alloc();
  if (options.numbers.has_value()) {
    Require(heif_nclx_color_profile_set_color_primaries(
                nclx, static_cast<std::uint16_t>(options.numbers->primaries))
                .code == heif_error_Ok);
    Require(heif_nclx_color_profile_set_transfer_characteristics(
                nclx, static_cast<std::uint16_t>(options.numbers->transfer))
                .code == heif_error_Ok);
    nclx->matrix_coefficients = heif_matrix_coefficients_ITU_R_BT_2020_2_non_constant_luminance;
    nclx->full_range_flag = 1;
    Require(heif_image_set_nclx_color_profile(image, nclx).code == heif_error_Ok);
  }
  heif_context* context = heif_context_alloc();
  heif_encoder* encoder = nullptr;
  Require(heif_context_get_encoder_for_format(context, heif_compression_HEVC, &encoder).code ==
          heif_error_Ok);
  heif_encoder_set_lossy_quality(encoder, 100);
  Require(heif_encoder_set_parameter_string(encoder, "chroma", "444").code == heif_error_Ok);
  heif_encoding_options* encoding = heif_encoding_options_alloc();
  encoding->macOS_compatibility_workaround_no_nclx_profile = 0;
  if (options.numbers.has_value()) encoding->output_nclx_profile = nclx;
  Require(heif_context_encode_image(context, image, encoder, encoding, nullptr).code ==
          heif_error_Ok);
  std::string bytes;
  heif_writer writer{};
  writer.writer_api_version = 1;
  writer.write = [](heif_context*, const void* data, std::size_t size, void* target) {
    static_cast<std::string*>(target)->assign(static_cast<const char*>(data), size);
    return heif_error{heif_error_Ok, heif_suberror_Unspecified, ""};
  };
  Require(heif_context_write(context, &writer, &bytes).code == heif_error_Ok);
  heif_encoding_options_free(encoding);
  heif_nclx_color_profile_free(nclx);
  heif_encoder_release(encoder);
  heif_context_free(context);
  heif_image_release(image);
  return bytes;
}

std::string MakeFloats(const std::string& extension, const DeepPixels& pixels,
                       const DeepOptions& options) {
  if (extension == "jxl") return EncodeJxl(pixels, /*floats=*/true, options);
  const std::vector<float> samples = Floats(pixels, options.alpha ? 4 : 3);
  return WriteByOiio(extension, SpecFor(pixels, OIIO::TypeDesc::FLOAT, options),
                     OIIO::TypeDesc::FLOAT, samples.data());
}

}  // namespace hestia
