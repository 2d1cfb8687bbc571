// Writes photo-like JPEG files, each different from every other, for tests of whole runs.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <absl/flags/flag.h>
#include <absl/strings/str_format.h>
#include <jpeglib.h>

#include "common/settings.h"
#include "common/version.h"

ABSL_FLAG(std::string, folder, "", "Folder for the images; made if need be. Required.");
ABSL_FLAG(int, count, 1, "How many images. 1 to 99999.");
ABSL_FLAG(int, first, 1, "Number of the first; image N is always the same picture.");
ABSL_FLAG(int, side_px, 1024, "Width; the height is three quarters of it. 16 to 8192.");

namespace hestia {
namespace {

constexpr int kChannels = 3;
constexpr int kQuality = 85;

// Smooth colours with grain, so that it costs a decoder what a photo does.
class Picture {
 public:
  Picture(int number, int width_px)
      : random_(static_cast<unsigned>(number)), width_px_(width_px), number_(number) {}

  void FillRow(int y, std::vector<JSAMPLE>& row) {
    for (int x = 0; x < width_px_; ++x) {
      const unsigned grain = random_() & 31U;
      JSAMPLE* const pixel = &row[static_cast<std::size_t>(x) * kChannels];
      pixel[0] = Sample(x * 200 / width_px_, grain);
      pixel[1] = Sample(y * 200 / width_px_, grain);
      pixel[2] = Sample(number_ * 7 % 200, grain);
    }
  }

 private:
  static JSAMPLE Sample(int base, unsigned grain) {
    return static_cast<JSAMPLE>(static_cast<unsigned>(base) + grain);
  }

  std::minstd_rand random_;
  const int width_px_;
  const int number_;
};

void Encode(std::FILE* file, int number, int width_px) {
  jpeg_compress_struct encoder{};
  jpeg_error_mgr errors{};
  encoder.err = jpeg_std_error(&errors);
  jpeg_create_compress(&encoder);
  jpeg_stdio_dest(&encoder, file);
  encoder.image_width = static_cast<JDIMENSION>(width_px);
  encoder.image_height = static_cast<JDIMENSION>(width_px * 3 / 4);
  encoder.input_components = kChannels;
  encoder.in_color_space = JCS_RGB;
  jpeg_set_defaults(&encoder);
  jpeg_set_quality(&encoder, kQuality, TRUE);
  jpeg_start_compress(&encoder, TRUE);
  Picture picture(number, width_px);
  std::vector<JSAMPLE> row(static_cast<std::size_t>(width_px) * kChannels);
  while (encoder.next_scanline < encoder.image_height) {
    picture.FillRow(static_cast<int>(encoder.next_scanline), row);
    JSAMPROW rows[] = {row.data()};
    jpeg_write_scanlines(&encoder, rows, 1);
  }
  jpeg_finish_compress(&encoder);
  jpeg_destroy_compress(&encoder);
}

int Run() {
  const std::filesystem::path folder = absl::GetFlag(FLAGS_folder);
  std::filesystem::create_directories(folder);
  const int first = absl::GetFlag(FLAGS_first);
  for (int number = first; number < first + absl::GetFlag(FLAGS_count); ++number) {
    const std::filesystem::path path = folder / absl::StrFormat("image-%05d.jpg", number);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"),
                                                               &std::fclose);
    if (file == nullptr) {
      std::perror(path.c_str());
      return EXIT_FAILURE;
    }
    Encode(file.get(), number, absl::GetFlag(FLAGS_side_px));
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace hestia

int main(int argc, char** argv) {
  hestia::ReadSettingsOrExit(
      argc, argv,
      {.name = "make-images",
       .summary = "Writes photo-like JPEG files, each different from every other.",
       .version = hestia::kVersion,
       .examples = "  make-images --folder=/tmp/photos --count=200\n"},
      [](hestia::SettingErrors& errors) {
        if (absl::GetFlag(FLAGS_folder).empty()) errors.Add("folder", "is required");
        const int count = absl::GetFlag(FLAGS_count);
        if (count < 1 || count > 99999) errors.Add("count", "must be 1 to 99999");
        const int side_px = absl::GetFlag(FLAGS_side_px);
        if (side_px < 16 || side_px > 8192) errors.Add("side_px", "must be 16 to 8192");
      });
  return hestia::Run();
}
