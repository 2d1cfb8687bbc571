#include "tests/thumbnail-service/jail/bombs.h"

#include <zlib.h>

#include <cstdint>
#include <cstdlib>

#include "tests/thumbnail-service/jail/byte_writer.h"
#include "tests/thumbnail-service/jail/jpeg_bombs.h"

namespace hestia {
namespace {
// What the compressed bombs become.
constexpr std::size_t kUnpackedBytes = std::size_t{256} << 20;

// `size` zeros, deflated piece by piece: about a thousandth of it.
std::string DeflatedZeros(std::size_t size) {
  z_stream stream{};
  if (deflateInit(&stream, Z_BEST_COMPRESSION) != Z_OK) std::abort();
  std::string zeros(std::size_t{1} << 20, '\0');
  std::string out;
  std::string piece(std::size_t{1} << 16, '\0');
  for (std::size_t done = 0; done < size; done += zeros.size()) {
    stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
    stream.avail_in = static_cast<uInt>(zeros.size());
    const int flush = done + zeros.size() >= size ? Z_FINISH : Z_NO_FLUSH;
    do {
      stream.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream.avail_out = static_cast<uInt>(piece.size());
      deflate(&stream, flush);
      out.append(piece, 0, piece.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  }
  deflateEnd(&stream);
  return out;
}

std::string PngChunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto crc =
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return ByteWriter().Big32(data.size()).Text(body).Big32(crc).bytes();
}

// An 8-bit grey image of that size, with chunks between header and pixels.
std::string Png(std::uint32_t width, std::uint32_t height, const std::string& between = "",
                const std::string& pixels = DeflatedZeros(4096), bool interlaced = false) {
  const std::string header = ByteWriter()
                                 .Big32(width)
                                 .Big32(height)
                                 .Text({"\x08\0\0\0", 4})
                                 .Text({interlaced ? "\1" : "\0", 1})
                                 .bytes();
  return "\x89PNG\r\n\x1a\n" + PngChunk("IHDR", header) + between + PngChunk("IDAT", pixels) +
         PngChunk("IEND", "");
}

std::string OnePixel() {
  std::string row("\0\x80", 2);
  std::string out(64, '\0');
  uLongf size = out.size();
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(row.data()),
           row.size());
  return out.substr(0, size);
}

std::string Gif(std::uint32_t width, std::uint32_t height, int frames) {
  ByteWriter gif;
  gif.Text("GIF89a").Little16(width).Little16(height).Text({"\x80\0\0\0\0\0\xff\xff\xff", 9});
  for (int i = 0; i < frames; ++i) {
    gif.Text({"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0", 15});
  }
  return gif.Text(";").bytes();
}

std::string Riff(const std::string& body) {
  return ByteWriter().Text("RIFF").Little32(body.size() + 4).Text("WEBP" + body).bytes();
}

std::string WebpCanvas(std::uint32_t width, std::uint32_t height, int frames) {
  ByteWriter body;
  body.Text("VP8X").Little32(10).Text({"\x02\0\0\0", 4}).Little24(width - 1).Little24(height - 1);
  body.Text("ANIM").Little32(6).Text({"\0\0\0\0\0\0", 6});
  // A lossless image of 1 x 1.
  const std::string pixel = ByteWriter()
                                .Text("VP8L")
                                .Little32(8)
                                .Text({"\x2f\0\0\0\0\x88\x88\x08", 8})
                                .bytes();
  for (int i = 0; i < frames; ++i) {
    body.Text("ANMF").Little32(16 + pixel.size()).Text(std::string(16, '\0')).Text(pixel);
  }
  return Riff(body.bytes());
}

struct TiffEntry {
  std::uint16_t tag;
  std::uint32_t count;
  std::uint32_t value;
};

// Long values only; the directory's successor is `next`.
std::string Tiff(const std::vector<TiffEntry>& entries, std::uint32_t next,
                 const std::string& rest = "") {
  ByteWriter tiff;
  tiff.Text({"II*\0", 4}).Little32(8).Little16(entries.size());
  for (const TiffEntry& entry : entries) {
    tiff.Little16(entry.tag).Little16(4).Little32(entry.count).Little32(entry.value);
  }
  return tiff.Little32(next).Text(rest).bytes();
}

std::string TiffOf(std::uint32_t width, std::uint32_t height, std::uint32_t strips,
                   std::uint32_t next) {
  // One array for offsets and lengths: every strip is all of the file.
  const std::uint32_t array = 8 + 2 + 9 * 12 + 4;
  ByteWriter rest;
  for (std::uint32_t i = 0; i < strips; ++i) rest.Little32(array);
  return Tiff({{256, 1, width},
               {257, 1, height},
               {258, 1, 8},
               {259, 1, 1},
               {262, 1, 1},
               {273, strips, array},
               {277, 1, 1},
               {278, 1, (height + strips - 1) / strips},
               {279, strips, array}},
              next, rest.bytes());
}

std::string ExrAttribute(const std::string& name, const std::string& type,
                         const std::string& value) {
  return ByteWriter()
      .Text(name)
      .Text({"\0", 1})
      .Text(type)
      .Text({"\0", 1})
      .Little32(value.size())
      .Text(value)
      .bytes();
}

std::string Exr(std::uint32_t last_x, std::uint32_t last_y) {
  const std::string window =
      ByteWriter().Little32(0).Little32(0).Little32(last_x).Little32(last_y).bytes();
  const std::string channel =
      ByteWriter().Text({"Y\0", 2}).Little32(1).Little32(0).Little32(1).Little32(1).bytes();
  const std::string one = ByteWriter().Little32(0x3f800000).bytes();
  return std::string("\x76\x2f\x31\x01\x02\0\0\0", 8) +
         ExrAttribute("channels", "chlist", channel + std::string(1, '\0')) +
         ExrAttribute("compression", "compression", std::string(1, '\0')) +
         ExrAttribute("dataWindow", "box2i", window) +
         ExrAttribute("displayWindow", "box2i", window) +
         ExrAttribute("lineOrder", "lineOrder", std::string(1, '\0')) +
         ExrAttribute("pixelAspectRatio", "float", one) +
         ExrAttribute("screenWindowCenter", "v2f", std::string(8, '\0')) +
         ExrAttribute("screenWindowWidth", "float", one) + std::string(1 + 64, '\0');
}

// `version` 2 is PSB, of up to 300,000 pixels a side.
std::string Psd(std::uint16_t version, std::uint16_t channels, std::uint32_t width,
                std::uint32_t height) {
  return ByteWriter()
      .Text("8BPS")
      .Big16(version)
      .Text(std::string(6, '\0'))
      .Big16(channels)
      .Big32(height)
      .Big32(width)
      .Big16(8)
      .Big16(3)
      .Text(std::string(12, '\0'))
      .Big16(1)
      .Text(std::string(256, '\xff'))
      .bytes();
}

std::string Bmp(std::uint32_t width, std::uint32_t height) {
  return ByteWriter()
      .Text("BM")
      .Little32(64)
      .Little32(0)
      .Little32(54)
      .Little32(40)
      .Little32(width)
      .Little32(height)
      .Little16(1)
      .Little16(24)
      .Text(std::string(34, '\0'))
      .bytes();
}
}  // namespace

std::vector<Bomb> MakeBombs() {
  const std::string packed = DeflatedZeros(kUnpackedBytes);
  const std::string text = PngChunk("zTXt", std::string("k\0\0", 3) + packed);
  const std::string profile = PngChunk("iCCP", std::string("p\0\0", 3) + packed);
  return {
      {"png-50000", Png(50'000, 50'000), "TOO_LARGE"},
      {"png-side", Png(2'000'000'000, 1), "TOO_LARGE"},
      {"png-ztxt", Png(1, 1, text, OnePixel()), "", false},
      {"png-iccp", Png(1, 1, profile, OnePixel()), "", false},
      {"jpeg-65500", JpegHeader(65'500, 65'500), "TOO_LARGE"},
      {"jpeg-10000-scans", JpegOfScans(2000, 2000, 10'000), "TOO_LARGE"},
      {"gif-canvas", Gif(65'535, 65'535, 1), "TOO_LARGE"},
      {"gif-frames", Gif(1, 1, 200'000), "", false},
      {"webp-canvas", WebpCanvas(16'383, 16'383, 1), "TOO_LARGE"},
      {"webp-frames", WebpCanvas(1, 1, 100'000), "", false},
      {"tiff-60000", TiffOf(60'000, 60'000, 1, 0), "TOO_LARGE"},
      {"tiff-strips", TiffOf(10'000, 10'000, 10'000, 0), "", false},
      {"tiff-loop", TiffOf(1, 1, 1, 8), "", false},
      {"exr-window", Exr(0x7ffffff0, 0x7ffffff0), ""},
      {"exr-60000", Exr(59'999, 59'999), ""},
      {"psd-30000", Psd(1, 3, 30'000, 30'000), ""},
      {"psb-300000", Psd(2, 56, 300'000, 300'000), ""},
      {"psd-empty", Psd(1, 56, 10'000, 10'000), "TOO_LARGE"},
      {"bmp-side", Bmp(0x7fffffff, 0x7fffffff), ""},
      {"bmp-60000", Bmp(60'000, 60'000), "TOO_LARGE"},
      {"pnm-60000", "P6 60000 60000 255\n", "TOO_LARGE"},
      {"hdr-60000", "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 60000 +X 60000\n", "TOO_LARGE"},
  };
}

std::string InterlacedPng(std::uint32_t width, std::uint32_t height) {
  // Each row has a filter byte, and there are less than twice as many rows in seven passes.
  return Png(width, height, "", DeflatedZeros(std::size_t{width + 2} * height), true);
}

std::string GifCanvas(std::uint32_t width, std::uint32_t height) { return Gif(width, height, 1); }

}  // namespace hestia
