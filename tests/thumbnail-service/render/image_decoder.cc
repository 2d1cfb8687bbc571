#include "tests/thumbnail-service/render/image_decoder.h"

#include <cstdio>
#include <cstdlib>

#include <avif/avif.h>
#include <jpeglib.h>
#include <png.h>
#include <webp/decode.h>

namespace hestia {

Pixels DecodeWebp(const std::string& bytes) {
  Pixels pixels;
  std::uint8_t* rgba = WebPDecodeRGBA(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                      bytes.size(), &pixels.width, &pixels.height);
  if (rgba == nullptr) std::abort();
  for (int i = 0; i < pixels.width * pixels.height; ++i) {
    const std::uint8_t* pixel = rgba + i * 4;
    pixels.colours.push_back({pixel[0], pixel[1], pixel[2], pixel[3]});
  }
  WebPFree(rgba);
  return pixels;
}

Pixels DecodeJpeg(const std::string& bytes) {
  jpeg_error_mgr errors;
  jpeg_decompress_struct codec{};
  codec.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&codec);
  jpeg_mem_src(&codec, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&codec, TRUE);
  codec.out_color_space = JCS_RGB;
  jpeg_start_decompress(&codec);
  Pixels pixels{static_cast<int>(codec.output_width), static_cast<int>(codec.output_height), {}};
  std::vector<unsigned char> row(static_cast<std::size_t>(codec.output_width) * 3);
  while (codec.output_scanline < codec.output_height) {
    JSAMPROW pointer = row.data();
    jpeg_read_scanlines(&codec, &pointer, 1);
    for (std::size_t x = 0; x < row.size(); x += 3) {
      pixels.colours.push_back({row[x], row[x + 1], row[x + 2], 255});
    }
  }
  jpeg_finish_decompress(&codec);
  jpeg_destroy_decompress(&codec);
  return pixels;
}

Pixels DecodePng(const std::string& bytes) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) std::abort();
  image.format = PNG_FORMAT_RGBA;
  std::vector<png_byte> rgba(PNG_IMAGE_SIZE(image));
  if (png_image_finish_read(&image, nullptr, rgba.data(), 0, nullptr) == 0) std::abort();
  Pixels pixels{static_cast<int>(image.width), static_cast<int>(image.height), {}};
  for (std::size_t i = 0; i < rgba.size(); i += 4) {
    pixels.colours.push_back({rgba[i], rgba[i + 1], rgba[i + 2], rgba[i + 3]});
  }
  return pixels;
}

Pixels DecodeAvif(const std::string& bytes) {
  avifDecoder* decoder = avifDecoderCreate();
  avifImage* image = avifImageCreateEmpty();
  if (avifDecoderReadMemory(decoder, image, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                            bytes.size()) != AVIF_RESULT_OK) {
    std::abort();
  }
  avifRGBImage rgb;
  avifRGBImageSetDefaults(&rgb, image);
  rgb.depth = 8;
  avifRGBImageAllocatePixels(&rgb);
  if (avifImageYUVToRGB(image, &rgb) != AVIF_RESULT_OK) std::abort();
  Pixels pixels{static_cast<int>(rgb.width), static_cast<int>(rgb.height), {}};
  for (std::uint32_t y = 0; y < rgb.height; ++y) {
    for (std::uint32_t x = 0; x < rgb.width; ++x) {
      const std::uint8_t* pixel = rgb.pixels + y * rgb.rowBytes + x * 4;
      pixels.colours.push_back({pixel[0], pixel[1], pixel[2], pixel[3]});
    }
  }
  avifRGBImageFreePixels(&rgb);
  avifImageDestroy(image);
  avifDecoderDestroy(decoder);
  return pixels;
}

}  // namespace hestia
