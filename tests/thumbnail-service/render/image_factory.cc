#include "tests/thumbnail-service/render/image_factory.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <tuple>

#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>
#include <webp/mux.h>

namespace hestia {
namespace {
void Require(bool fine) {
  if (!fine) std::abort();
}

using Bytes = std::vector<unsigned char>;

unsigned char Byte(int value) { return static_cast<unsigned char>(value); }

Bytes Interleave(const Pixels& pixels, bool alpha) {
  Bytes bytes;
  for (const Rgba& colour : pixels.colours) {
    bytes.insert(bytes.end(), {Byte(colour.red), Byte(colour.green), Byte(colour.blue)});
    if (alpha) bytes.push_back(Byte(colour.alpha));
  }
  return bytes;
}

// One row as libjpeg wants it. Of inks, cyan is what red lacks; Adobe writes them inverted, which
// makes them the light again.
Bytes JpegRow(const Pixels& pixels, int y, const JpegOptions& options) {
  Bytes row;
  for (int x = 0; x < pixels.width; ++x) {
    const Rgba& colour = pixels.At(x, y);
    if (options.grey) {
      row.push_back(Byte(colour.red));
      continue;
    }
    row.insert(row.end(), {Byte(colour.red), Byte(colour.green), Byte(colour.blue)});
    if (options.cmyk || options.ycck) row.push_back(Byte(255 - options.black));
  }
  return row;
}

void ConfigureJpeg(jpeg_compress_struct& codec, const JpegOptions& options) {
  const bool inks = options.cmyk || options.ycck;
  codec.input_components = options.grey ? 1 : inks ? 4 : 3;
  codec.in_color_space = options.grey ? JCS_GRAYSCALE : inks ? JCS_CMYK : JCS_RGB;
  jpeg_set_defaults(&codec);
  if (options.ycck) jpeg_set_colorspace(&codec, JCS_YCCK);
  jpeg_set_quality(&codec, options.quality, TRUE);
  codec.write_Adobe_marker = inks ? TRUE : FALSE;
  codec.comp_info[0].h_samp_factor = options.luma_h;
  codec.comp_info[0].v_samp_factor = options.luma_v;
  if (options.ycck) {
    codec.comp_info[3].h_samp_factor = options.luma_h;
    codec.comp_info[3].v_samp_factor = options.luma_v;
  }
  if (options.cmyk) codec.comp_info[0].h_samp_factor = codec.comp_info[0].v_samp_factor = 1;
  if (options.progressive) jpeg_simple_progression(&codec);
  codec.restart_in_rows = options.restart_rows;
  codec.arith_code = options.arithmetic ? TRUE : FALSE;
}

std::tuple<int, int, int, int> Key(const Rgba& c) { return {c.red, c.green, c.blue, c.alpha}; }

void WritePngBytes(png_structp png, png_bytep data, std::size_t size) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(data), size);
}

// Samples of one row; for a palette the index of each colour.
Bytes PngRow(const Pixels& pixels, int y, const PngOptions& options,
             const std::map<std::tuple<int, int, int, int>, int>& palette) {
  Bytes row;
  const auto put = [&](int value) {
    row.push_back(Byte(value));
    if (options.bits == 16) row.push_back(Byte(value));
  };
  for (int x = 0; x < pixels.width; ++x) {
    const Rgba& colour = pixels.At(x, y);
    if (options.palette) {
      row.push_back(Byte(palette.at(Key(colour))));
      continue;
    }
    put(options.bits < 8 ? colour.red >> (8 - options.bits) : colour.red);
    if (!options.grey) {
      put(colour.green);
      put(colour.blue);
    }
    if (options.alpha) put(colour.alpha);
  }
  return row;
}

std::map<std::tuple<int, int, int, int>, int> WritePalette(png_structp png, png_infop info,
                                                           const Pixels& pixels, bool alpha) {
  std::map<std::tuple<int, int, int, int>, int> palette;
  std::vector<png_color> colours;
  Bytes alphas;
  for (const Rgba& colour : pixels.colours) {
    if (!palette.try_emplace(Key(colour), static_cast<int>(palette.size())).second) continue;
    colours.push_back({Byte(colour.red), Byte(colour.green), Byte(colour.blue)});
    alphas.push_back(Byte(colour.alpha));
  }
  png_set_PLTE(png, info, colours.data(), static_cast<int>(colours.size()));
  if (alpha) png_set_tRNS(png, info, alphas.data(), static_cast<int>(alphas.size()), nullptr);
  return palette;
}

WebPData View(const std::string& bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

std::string Assemble(WebPMux* mux) {
  WebPData data{};
  Require(WebPMuxAssemble(mux, &data) == WEBP_MUX_OK);
  std::string bytes(reinterpret_cast<const char*>(data.bytes), data.size);
  WebPDataClear(&data);
  WebPMuxDelete(mux);
  return bytes;
}
}  // namespace

Pixels Plain(int width, int height, Rgba colour) {
  const auto count = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  return {width, height, std::vector<Rgba>(count, colour)};
}

Pixels FourCorners(int width, int height) {
  Pixels pixels = Plain(width, height, kRed);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool right = x >= width / 2;
      const bool below = y >= height / 2;
      pixels.At(x, y) = below ? (right ? kYellow : kBlue) : (right ? kGreen : kRed);
    }
  }
  return pixels;
}

std::string ExifBlock(int orientation) {
  std::string block("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18);
  block.push_back(static_cast<char>(orientation));
  block.append(7, '\0');
  return block;
}

// EXIF tells each number by the visual sides at which stored rows and columns begin: 1 top, left; 2
// top, right; 3 bottom, right; 4 bottom, left; 5 left, top; 6 right, top; 7 right, bottom; 8 left,
// bottom.
Pixels StoredAs(const Pixels& upright, int orientation) {
  const bool rows_are_columns = orientation >= 5;
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  Pixels stored = rows_are_columns ? Plain(upright.height, upright.width, {})
                                   : Plain(upright.width, upright.height, {});
  for (int y = 0; y < upright.height; ++y) {
    for (int x = 0; x < upright.width; ++x) {
      const int across = from_right ? upright.width - 1 - x : x;
      const int down = from_bottom ? upright.height - 1 - y : y;
      stored.At(rows_are_columns ? down : across, rows_are_columns ? across : down) =
          upright.At(x, y);
    }
  }
  return stored;
}

std::string MakeJpeg(const Pixels& pixels, const JpegOptions& options) {
  jpeg_error_mgr errors;
  jpeg_compress_struct codec{};
  codec.err = jpeg_std_error(&errors);
  jpeg_create_compress(&codec);
  unsigned char* data = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&codec, &data, &size);
  codec.image_width = static_cast<JDIMENSION>(pixels.width);
  codec.image_height = static_cast<JDIMENSION>(pixels.height);
  ConfigureJpeg(codec, options);
  jpeg_start_compress(&codec, TRUE);
  if (options.orientation != 0) {
    const std::string exif = std::string("Exif\0\0", 6) + ExifBlock(options.orientation);
    jpeg_write_marker(&codec, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(exif.data()),
                      static_cast<unsigned>(exif.size()));
  }
  if (!options.profile.empty()) {
    jpeg_write_icc_profile(&codec, reinterpret_cast<const JOCTET*>(options.profile.data()),
                           static_cast<unsigned>(options.profile.size()));
  }
  for (int y = 0; y < pixels.height; ++y) {
    Bytes row = JpegRow(pixels, y, options);
    JSAMPROW pointer = row.data();
    jpeg_write_scanlines(&codec, &pointer, 1);
  }
  jpeg_finish_compress(&codec);
  std::string bytes(reinterpret_cast<char*>(data), size);
  jpeg_destroy_compress(&codec);
  std::free(data);
  return bytes;
}

std::string MakePng(const Pixels& pixels, const PngOptions& options) {
  std::string bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &bytes, WritePngBytes, nullptr);
  int type = options.grey ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB;
  if (options.alpha) type |= PNG_COLOR_MASK_ALPHA;
  if (options.palette) type = PNG_COLOR_TYPE_PALETTE;
  png_set_IHDR(png, info, static_cast<png_uint_32>(pixels.width),
               static_cast<png_uint_32>(pixels.height), options.bits, type,
               options.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (options.filters != 0) png_set_filter(png, PNG_FILTER_TYPE_BASE, options.filters);
  std::map<std::tuple<int, int, int, int>, int> palette;
  if (options.palette) palette = WritePalette(png, info, pixels, options.alpha);
  std::string exif = ExifBlock(options.orientation);
  if (options.orientation != 0) {
    png_set_eXIf_1(png, info, static_cast<png_uint_32>(exif.size()),
                   reinterpret_cast<png_bytep>(exif.data()));
  }
  if (options.gamma != 0) png_set_gAMA(png, info, options.gamma);
  if (!options.profile.empty()) {
    png_set_iCCP(png, info, "profile", PNG_COMPRESSION_TYPE_BASE,
                 reinterpret_cast<png_const_bytep>(options.profile.data()),
                 static_cast<png_uint_32>(options.profile.size()));
  }
  std::vector<Bytes> rows;
  std::vector<png_bytep> pointers;
  for (int y = 0; y < pixels.height; ++y) rows.push_back(PngRow(pixels, y, options, palette));
  for (Bytes& row : rows) pointers.push_back(row.data());
  png_set_rows(png, info, pointers.data());
  png_write_png(png, info, PNG_TRANSFORM_PACKING, nullptr);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

namespace {
std::string MakeLossyWebp(const Pixels& pixels, const WebpOptions& options) {
  const Bytes rgba = Interleave(pixels, options.alpha);
  WebPConfig config;
  WebPPicture picture;
  Require(WebPConfigInit(&config) != 0 && WebPPictureInit(&picture) != 0);
  config.quality = static_cast<float>(options.quality);
  config.method = options.effort;
  config.partitions = options.partitions;
  picture.width = pixels.width;
  picture.height = pixels.height;
  WebPMemoryWriter writer;
  WebPMemoryWriterInit(&writer);
  picture.writer = WebPMemoryWrite;
  picture.custom_ptr = &writer;
  Require((options.alpha ? WebPPictureImportRGBA(&picture, rgba.data(), pixels.width * 4)
                         : WebPPictureImportRGB(&picture, rgba.data(), pixels.width * 3)) != 0);
  Require(WebPEncode(&config, &picture) != 0);
  std::string bytes(reinterpret_cast<char*>(writer.mem), writer.size);
  WebPMemoryWriterClear(&writer);
  WebPPictureFree(&picture);
  return bytes;
}

std::string MakeLosslessWebp(const Pixels& pixels, bool alpha) {
  const Bytes rgba = Interleave(pixels, alpha);
  std::uint8_t* data = nullptr;
  const std::size_t size = alpha ? WebPEncodeLosslessRGBA(rgba.data(), pixels.width, pixels.height,
                                                          pixels.width * 4, &data)
                                 : WebPEncodeLosslessRGB(rgba.data(), pixels.width, pixels.height,
                                                         pixels.width * 3, &data);
  Require(size > 0);
  std::string bytes(reinterpret_cast<char*>(data), size);
  WebPFree(data);
  return bytes;
}
}  // namespace

std::string MakeWebp(const Pixels& pixels, const WebpOptions& options) {
  std::string bytes =
      options.lossless ? MakeLosslessWebp(pixels, options.alpha) : MakeLossyWebp(pixels, options);
  if (options.orientation == 0 && options.profile.empty()) return bytes;
  const std::string exif = ExifBlock(options.orientation);
  const WebPData image = View(bytes);
  const WebPData block = View(exif);
  WebPMux* mux = WebPMuxNew();
  const WebPData profile = View(options.profile);
  Require(WebPMuxSetImage(mux, &image, 1) == WEBP_MUX_OK);
  if (options.orientation != 0) {
    Require(WebPMuxSetChunk(mux, "EXIF", &block, 1) == WEBP_MUX_OK);
  }
  if (profile.size > 0) Require(WebPMuxSetChunk(mux, "ICCP", &profile, 1) == WEBP_MUX_OK);
  return Assemble(mux);
}

std::string MakeAnimatedWebp(const Pixels& first, int x, int y, const Pixels& second) {
  const int width = second.width;
  const int height = second.height;
  const std::string images[] = {MakeWebp(first), MakeWebp(second)};
  WebPMux* mux = WebPMuxNew();
  Require(WebPMuxSetCanvasSize(mux, width, height) == WEBP_MUX_OK);
  for (int i = 0; i < 2; ++i) {
    WebPMuxFrameInfo frame{};
    frame.bitstream = View(images[i]);
    frame.id = WEBP_CHUNK_ANMF;
    frame.x_offset = i == 0 ? x : 0;
    frame.y_offset = i == 0 ? y : 0;
    frame.duration = 100;
    Require(WebPMuxPushFrame(mux, &frame, 1) == WEBP_MUX_OK);
  }
  const WebPMuxAnimParams parameters{0xffffffff, 0};
  Require(WebPMuxSetAnimationParams(mux, &parameters) == WEBP_MUX_OK);
  return Assemble(mux);
}

}  // namespace hestia
