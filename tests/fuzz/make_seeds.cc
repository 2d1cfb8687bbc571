// Writes what the fuzzers begin with: FOLDER/<fuzzer>/<n>.

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "tests/thumbnail-service/jail/bombs.h"
#include "tests/thumbnail-service/render/answer.h"
#include "tests/thumbnail-service/render/bitmap_images.h"
#include "tests/thumbnail-service/render/colour_profiles.h"
#include "tests/thumbnail-service/render/exotic_images.h"
#include "tests/thumbnail-service/render/image_factory.h"
#include "tests/thumbnail-service/render/raw_images.h"
#include "tests/thumbnail-service/render/tagged_tiff.h"
#ifdef HESTIA_HAS_VIDEO
#include "tests/thumbnail-service/render/video_images.h"
#endif

namespace hestia {
namespace {
using Seeds = std::vector<std::string>;

template <typename Message>
std::string Bytes(const Message& message) {
  return {reinterpret_cast<const char*>(&message), sizeof(message)};
}

Seeds Jpegs(const Pixels& pixels) {
  return {MakeJpeg(pixels, {.orientation = 6}),
          MakeJpeg(pixels, {.progressive = true}),
          MakeJpeg(pixels, {.luma_h = 1, .luma_v = 1}),
          MakeJpeg(pixels, {.grey = true}),
          MakeJpeg(pixels, {.cmyk = true}),
          MakeJpeg(pixels, {.ycck = true}),
          MakeJpeg(pixels, {.profile = RgbProfile(kDisplayP3)}),
          MakeJpeg(pixels, {.cmyk = true, .profile = OddInksProfile()})};
}

Seeds Pngs(const Pixels& pixels) {
  return {MakePng(pixels, {.orientation = 3, .alpha = true}),
          MakePng(pixels, {.bits = 16, .interlaced = true}), MakePng(pixels, {.grey = true}),
          MakePng(pixels, {.alpha = true, .palette = true}),
          MakePng(pixels, {.profile = RgbProfile(kProPhoto)})};
}

Seeds Webps(const Pixels& pixels) {
  return {MakeWebp(pixels, {.orientation = 8}), MakeWebp(pixels, {.lossless = true}),
          MakeWebp(pixels, {.alpha = true}), MakeAnimatedWebp(pixels, 1, 2, FourCorners(40, 30)),
          MakeWebp(pixels, {.profile = RgbProfile(kAdobeRgb)})};
}

// Photoshop's, in every form.
Seeds Psds(const Pixels& pixels) {
  Seeds seeds;
  for (const int bits : {8, 16}) {
    for (const bool packed : {false, true}) {
      for (const bool big : {false, true}) {
        seeds.push_back(MakePsd(pixels, {.bits = bits,
                                         .mode = 4,
                                         .black = 60,
                                         .profile = OddInksProfile(),
                                         .packed = packed,
                                         .big = big}));
      }
    }
  }
  seeds.push_back(MakePsd(pixels, {.bits = 8, .alpha = true}));
  // A palette with and without a transparent index, duotones, L*a*b*.
  const std::string plane(pixels.colours.size(), '\x5a');
  const std::string index("8BIM\4\x17\0\0\0\0\0\2\0\x5a", 14);
  for (const bool packed : {false, true}) {
    for (const std::string& ahead : {index, std::string()}) {
      seeds.push_back(MakePsd(pixels, {.mode = 2,
                                       .ahead = ahead,
                                       .packed = packed,
                                       .palette = std::string(768, '\x33'),
                                       .planes = {plane}}));
    }
    for (const int bits : {8, 16}) {
      const std::string wide = bits == 8 ? plane : plane + plane;
      seeds.push_back(
          MakePsd(pixels, {.bits = bits, .mode = 8, .packed = packed, .planes = {wide}}));
      seeds.push_back(MakePsd(
          pixels, {.bits = bits, .mode = 9, .packed = packed, .planes = {wide, wide, wide}}));
    }
  }
  return seeds;
}

// Bitmaps of every kind; what their pixels show does not matter.
Seeds Bmps(const Pixels& pixels) {
  Seeds seeds{MakeBmp(pixels)};
  const std::string noise = MakePng(pixels).substr(0, 600);
  for (const int header : {12, 16, 40, 52, 56, 64, 108, 124}) {
    for (const int bits : {1, 4, 8, 16, 24, 32}) {
      Bitmap bitmap;
      bitmap.width = 11;
      bitmap.height = bits == 8 ? -13 : 13;
      bitmap.header = header;
      bitmap.bits = bits;
      bitmap.compression = bits == 16 || (bits == 32 && header != 108) ? 3 : 0;
      bitmap.masks = {0xf00, 0xff000, 0xff, 0x80000000};
      bitmap.palette = {kRed, kBlue};
      bitmap.profile = header == 124 ? RgbProfile(kDisplayP3) : "";
      bitmap.pixels = noise;
      seeds.push_back(MakeBitmap(bitmap));
    }
  }
  for (const int bits : {4, 8}) {
    Bitmap packed;
    packed.width = packed.height = 20;
    packed.bits = bits;
    packed.compression = bits == 4 ? 2 : 1;
    packed.palette = {kRed, kBlue, kGreen};
    packed.pixels = std::string("\x14\x01\0\0\0\x02\x03\x02\0\x05\x01\x02\x01\x02\x01\0\0\0\0\x01", 20);
    seeds.push_back(MakeBitmap(packed));
  }
  return seeds;
}

Seeds Raws(const Pixels& pixels) {
  const Pixels preview = FourCorners(64, 48);
  const Pixels photo = FourCorners(96, 72);
  Seeds seeds{MakeDng(photo), MakeDng(photo, {.orientation = 6,
                                              .preview = MakeJpeg(preview),
                                              .preview_width = 64,
                                              .preview_height = 48})};
  seeds.push_back(MakeTiff(pixels));
  return seeds;
}

// Without a table of its objects' places, which the reader makes itself then.
std::string MakePdf(const std::string& content, const std::string& more = "") {
  return "%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages "
         "/Count 1 /Kids [3 0 R] >>\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 "
         "60 40] /Rotate 90 /Contents 4 0 R /Resources << /Font << /F1 << /Type /Font /Subtype "
         "/Type1 /BaseFont /Helvetica >> >> /XObject << /I 5 0 R >> >> >>\nendobj\n4 0 obj\n<< "
         "/Length " +
         std::to_string(content.size()) + " >>\nstream\n" + content + "\nendstream\nendobj\n" +
         more + "trailer\n<< /Size 9 /Root 1 0 R >>\n%%EOF\n";
}

Seeds Pdfs(const Pixels& pixels) {
  const std::string jpeg = MakeJpeg(pixels);
  const std::string image =
      "5 0 obj\n<< /Type /XObject /Subtype /Image /Width 37 /Height 23 /BitsPerComponent 8 "
      "/ColorSpace /DeviceRGB /Filter /DCTDecode /Length " +
      std::to_string(jpeg.size()) + " >>\nstream\n" + jpeg + "\nendstream\nendobj\n";
  return {MakePdf("1 0 0 rg 0 0 30 40 re f 0 0 1 RG 4 w 5 5 m 20 30 40 10 55 35 c S"),
          MakePdf("BT /F1 20 Tf 5 10 Td (Ab) Tj ET"), MakePdf("q 60 0 0 40 0 0 cm /I Do Q", image),
          MakePdf("q 20 0 0 20 5 5 cm BI /W 2 /H 2 /BPC 8 /CS /G ID abcd EI Q")};
}

Seeds Videos() {
  Seeds seeds;
#ifdef HESTIA_HAS_VIDEO
  const std::vector<Pixels> pictures(2, FourCorners(48, 32));
  struct Kind {
    const char* container;
    const char* codec;
  };
  for (const Kind& kind :
       {Kind{"mp4", "mpeg4"}, Kind{"mov", "mjpeg"}, Kind{"matroska", "mpeg4"}, Kind{"avi", "mpeg4"},
        Kind{"mpegts", "mpeg2video"}, Kind{"mpeg", "mpeg1video"}, Kind{"flv", "flv"},
        Kind{"asf", "wmv2"}, Kind{"webm", "libvpx"}, Kind{"mp4", "libx264"}}) {
    if (!HasVideoEncoder(kind.codec)) continue;
    VideoOptions options;
    options.container = kind.container;
    options.codec = kind.codec;
    options.orientation = 6;
    seeds.push_back(MakeVideo(pictures, options));
  }
  seeds.push_back(ReferringTo("/dev/null", MakeVideo(pictures)));
#endif
  return seeds;
}

Seeds Headers(const Pixels& pixels) {
  TaggedTiff inks{.photometric = 5, .left = {1, 2, 3, 4}, .right = {4, 3, 2, 1}};
  inks.ink_set = 2;
  const std::string boxes("\0\0\0\x0cjP  \r\n\x87\n\0\0\0\1uuid\0\0\0\0\0\0\0\x13!!!\0\0\0\0jp2c", 39);
  const std::string stream =
      std::string("\xff\x4f\xff\x51\0\x2f\0\0\0\0\0\x28\0\0\0\x1e", 16) + std::string(24, '\0') +
      std::string("\0\3", 2);
  const std::string icons("\0\0\1\0\2\0\x10\x10\0\0\1\0\x20\0\x28\0\0\0\x26\0\0\0"
                          "\0\0\0\0\1\0\x20\0\x28\0\0\0\x30\0\0\0(\0\0\0\x10\0\0\0", 46);
  return {MakeTiff(pixels), MakeTiff(pixels, 6, 16), MakeGif(pixels), MakePsd(pixels),
          MakeTaggedTiff(inks), stream, boxes + stream, icons + MakePng(pixels),
          // Pages that name each other.
          std::string("II*\0\x08\0\0\0\0\0\x10\0\0\0\0\0\0\0\x0e\0\0\0", 22),
          std::string("MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\0", 24)};
}

Seeds Exifs() {
  Seeds seeds;
  for (int orientation = 1; orientation <= 8; ++orientation) {
    seeds.push_back(ExifBlock(orientation));
    seeds.push_back(std::string("Exif\0\0", 6) + ExifBlock(orientation));
  }
  return seeds;
}

Seeds Messages() {
  wire::Request request;
  request.preamble.kind = wire::Kind::kRequest;
  wire::Report report;
  report.preamble.kind = wire::Kind::kEnded;
  wire::StartWorker start;
  start.preamble.kind = wire::Kind::kStartWorker;
  return {'\2' + Bytes(request), '\1' + Bytes(report), '\0' + Bytes(wire::Ready()),
          '\0' + Bytes(start)};
}

Seeds Answers() {
  wire::Request request;
  request.image_count = 2;
  wire::ResultHeader verdict;
  verdict.magic = wire::kMagic;
  verdict.version = wire::kVersion;
  verdict.outcome = wire::Outcome::kTooLarge;
  return {Bytes(TinyAnswer(request)) + TinyWebp(), Bytes(verdict)};
}

void Write(const std::string& folder, const std::string& fuzzer, const Seeds& seeds) {
  const std::string path = folder + "/" + fuzzer;
  std::filesystem::create_directories(path);
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    std::ofstream(path + "/" + std::to_string(i), std::ios::binary) << seeds[i];
  }
}

void WriteAll(const std::string& folder) {
  const Pixels pixels = FourCorners(37, 23);
  Write(folder, "fuzz-jpeg", Jpegs(pixels));
  Write(folder, "fuzz-png", Pngs(pixels));
  Write(folder, "fuzz-webp", Webps(pixels));
  Write(folder, "fuzz-pdf", Pdfs(pixels));
  Write(folder, "fuzz-video", Videos());
  Write(folder, "fuzz-raw", Raws(pixels));
  Write(folder, "fuzz-psd", Psds(pixels));
  Write(folder, "fuzz-bmp", Bmps(pixels));
  Write(folder, "fuzz-header", Headers(pixels));
  Write(folder, "fuzz-exif", Exifs());
  Write(folder, "fuzz-icc",
        {RgbProfile(kDisplayP3), RgbProfile(kProPhoto), GreyProfile(1.8), OddInksProfile()});
  Write(folder, "fuzz-messages", Messages());
  Write(folder, "fuzz-answer", Answers());
  Seeds sniffed;
  for (const Seeds& seeds : {Jpegs(pixels), Pngs(pixels), Webps(pixels)}) {
    sniffed.insert(sniffed.end(), seeds.begin(), seeds.end());
  }
  for (const Bomb& bomb : MakeBombs()) sniffed.push_back(bomb.bytes.substr(0, 4096));
  // What ends within a signature.
  for (std::size_t i = 0, whole = sniffed.size(); i < whole; ++i) {
    for (const std::size_t size : {std::size_t{4}, std::size_t{6}, std::size_t{10}})
      sniffed.push_back(sniffed[i].substr(0, size));
  }
  Write(folder, "fuzz-sniff", sniffed);
}
}  // namespace
}  // namespace hestia

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: make-fuzz-seeds FOLDER\n";
    return 1;
  }
  hestia::WriteAll(arguments[1]);
  return 0;
}
