// Writes what the fuzzers begin with: FOLDER/<fuzzer>/<n>.

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "tests/thumbnail-service/jail/bombs.h"
#include "tests/thumbnail-service/render/answer.h"
#include "tests/thumbnail-service/render/colour_profiles.h"
#include "tests/thumbnail-service/render/image_factory.h"

namespace hestia {
namespace {
using Seeds = std::vector<std::string>;

template <typename Message>
std::string Bytes(const Message& message) {
  return {reinterpret_cast<const char*>(&message), sizeof(message)};
}

Seeds Jpegs(const Pixels& pixels) {
  return {MakeJpeg(pixels, {.orientation = 6}), MakeJpeg(pixels, {.progressive = true}),
          MakeJpeg(pixels, {.luma_h = 1, .luma_v = 1}), MakeJpeg(pixels, {.grey = true}),
          MakeJpeg(pixels, {.cmyk = true}), MakeJpeg(pixels, {.ycck = true}),
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
    for (const std::size_t size : {std::size_t{4}, std::size_t{6}, std::size_t{10}}) sniffed.push_back(sniffed[i].substr(0, size));
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
