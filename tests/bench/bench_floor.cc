// The floor of rendering: what libjpeg-turbo and libwebp alone need to decode the files of a folder
// at the scale that a thumbnail of one size asks for. No jail, no process, no resizing, no result.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include <jpeglib.h>
#include <webp/decode.h>

#include <absl/flags/flag.h>
#include <absl/flags/parse.h>
#include <absl/flags/usage.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/time/time.h>

#include "common/monotonic_clock.h"
#include "common/named_thread.h"

ABSL_FLAG(int, box, 256, "Side of the square that a thumbnail would fit in");
ABSL_FLAG(int, workers, 2, "Threads");
ABSL_FLAG(int, repeat, 1, "How often the folder is gone through");

namespace hestia {
namespace {
std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// As its manual shows: the strongest reduction that leaves enough, and rows of RGB. What it cannot
// read ends the program, with its message.
bool DecodeJpeg(const std::string& bytes, unsigned box) {
  jpeg_decompress_struct codec{};
  jpeg_error_mgr errors;
  codec.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&codec);
  jpeg_mem_src(&codec, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&codec, TRUE);
  codec.scale_num = 1;
  codec.scale_denom = 8;
  const unsigned longest = std::max(codec.image_width, codec.image_height);
  while (codec.scale_denom > 1 && longest / codec.scale_denom < box) codec.scale_denom /= 2;
  jpeg_start_decompress(&codec);
  std::vector<JSAMPLE> row(std::size_t{codec.output_width} *
                           static_cast<std::size_t>(codec.output_components));
  while (codec.output_scanline < codec.output_height) {
    JSAMPROW pointer = row.data();
    jpeg_read_scanlines(&codec, &pointer, 1);
  }
  jpeg_finish_decompress(&codec);
  jpeg_destroy_decompress(&codec);
  return true;
}

bool DecodeWebp(const std::string& bytes, int box) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0 ||
      WebPGetFeatures(data, bytes.size(), &config.input) != VP8_STATUS_OK) {
    return false;
  }
  const int longest = std::max(config.input.width, config.input.height);
  config.output.colorspace = MODE_RGB;
  if (longest > box) {
    config.options.use_scaling = 1;
    config.options.scaled_width = std::max(1, config.input.width * box / longest);
    config.options.scaled_height = std::max(1, config.input.height * box / longest);
  }
  const bool decoded = WebPDecode(data, bytes.size(), &config) == VP8_STATUS_OK;
  WebPFreeDecBuffer(&config.output);
  return decoded;
}

bool Decode(const std::string& path) {
  const int box = absl::GetFlag(FLAGS_box);
  const std::string bytes = ReadFile(path);
  if (absl::StartsWith(bytes, "\xff\xd8")) return DecodeJpeg(bytes, static_cast<unsigned>(box));
  return absl::StartsWith(bytes, "RIFF") && DecodeWebp(bytes, box);
}

int Bench(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path().native());
  }
  std::sort(paths.begin(), paths.end());
  const std::size_t end = paths.size() * static_cast<std::size_t>(absl::GetFlag(FLAGS_repeat));
  std::atomic<std::size_t> next = 0;
  std::atomic<int> decoded = 0;
  const absl::Duration begin = MonotonicNow();
  {
    std::vector<NamedThread> threads;
    for (int i = 0; i < absl::GetFlag(FLAGS_workers); ++i) {
      threads.emplace_back(absl::StrCat("bench-", i), [&] {
        for (std::size_t at = next++; at < end; at = next++) {
          if (Decode(paths[at % paths.size()])) ++decoded;
        }
      });
    }
  }
  const double seconds = absl::ToDoubleSeconds(MonotonicNow() - begin);
  std::cout << absl::StrFormat(
      R"({"benchmark":"floor","files":%d,"ok":%d,"seconds":%.3f,"files_per_second":%.2f})"
      "\n",
      static_cast<int>(end), decoded.load(), seconds, static_cast<double>(end) / seconds);
  return decoded == static_cast<int>(end) ? 0 : 1;
}
}  // namespace
}  // namespace hestia

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("bench-floor [--box=N] [--workers=N] [--repeat=N] DIR");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  if (arguments.size() != 2) {
    std::cerr << absl::ProgramUsageMessage() << "\n";
    return 2;
  }
  return hestia::Bench(arguments[1]);
}
