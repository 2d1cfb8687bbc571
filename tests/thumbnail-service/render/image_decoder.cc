#include "tests/thumbnail-service/render/image_decoder.h"

#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>
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

}  // namespace hestia
