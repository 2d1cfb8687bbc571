#include "thumbnail-service/renderer/read/quick_scan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/thumbnail-service/render/image_factory.h"
#include "thumbnail-service/renderer/jpeg_refusal.h"

namespace hestia {
namespace {
enum class By { kLibjpeg, kQuickScan };

struct Read {
  bool gave_up = false;
  bool suited = false;
  bool damaged = false;  // as libjpeg says
  std::vector<std::uint8_t> samples;
};

// All components' samples at 1/`divisor` of the size, as far as they were read.
Read ReadAll(const std::string& jpeg, unsigned divisor, By by) {
  JpegErrors errors;
  jpeg_decompress_struct codec{};
  codec.err = RefuseOnJpegError(errors);
  jpeg_create_decompress(&codec);
  jpeg_mem_src(&codec, reinterpret_cast<const unsigned char*>(jpeg.data()), jpeg.size());
  jpeg_read_header(&codec, TRUE);
  codec.scale_num = 1;
  codec.scale_denom = divisor;
  // As the planes are read; libjpeg's smoothing of chroma would hide it.
  codec.do_fancy_upsampling = FALSE;
  codec.out_color_space = codec.jpeg_color_space;
  jpeg_start_decompress(&codec);
  std::optional<QuickScan> quick;
  Read read;
  read.suited = QuickScan::Suits(codec);
  if (by == By::kQuickScan && read.suited) quick.emplace(codec);
  std::vector<std::uint8_t> row(std::size_t{codec.output_width} *
                                static_cast<std::size_t>(codec.output_components));
  while (codec.output_scanline < codec.output_height) {
    JSAMPROW pointer = row.data();
    if (jpeg_read_scanlines(&codec, &pointer, 1) == 0) break;
    read.samples.insert(read.samples.end(), row.begin(), row.end());
  }
  read.gave_up = quick.has_value() && quick->gave_up();
  read.damaged = errors.data_missing || errors.base.num_warnings != 0;
  jpeg_destroy_decompress(&codec);
  return read;
}

// Something for every frequency, and much of it.
Pixels Noise(int width, int height) {
  std::minstd_rand random(7);
  Pixels pixels = Plain(width, height, {});
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int wave = static_cast<int>(60 * std::sin(x / 9.0) * std::sin(y / (5.0 + x / 40)));
      const auto level = [&](int mean) {
        return std::clamp(mean + wave + static_cast<int>(random() % 61) - 30, 0, 255);
      };
      pixels.At(x, y) = {level(120), level(140), level(90), 255};
    }
  }
  return pixels;
}

const Pixels& Picture() {
  static const Pixels pixels = Noise(803, 601);
  return pixels;
}

std::vector<JpegOptions> Kinds() {
  std::vector<JpegOptions> kinds;
  for (const int quality : {70, 90, 98}) {
    for (const int sampling : {1, 2}) {
      for (const int restart_rows : {0, 1}) {
        JpegOptions options;
        options.quality = quality;
        options.luma_h = options.luma_v = sampling;
        options.restart_rows = restart_rows;
        kinds.push_back(options);
      }
    }
  }
  kinds.emplace_back().grey = true;
  kinds.emplace_back().cmyk = true;
  kinds.back().luma_h = kinds.back().luma_v = 1;
  return kinds;
}

TEST(QuickScanTest, WholeFilesAreReadToTheLastBit) {
  for (const JpegOptions& options : Kinds()) {
    SCOPED_TRACE(testing::Message() << options.quality << " " << options.luma_h << " "
                                    << options.restart_rows << options.grey << options.cmyk);
    const std::string jpeg = MakeJpeg(Picture(), options);
    const Read quick = ReadAll(jpeg, 1, By::kQuickScan);
    ASSERT_TRUE(quick.suited);
    EXPECT_FALSE(quick.gave_up);
    EXPECT_EQ(quick.samples, ReadAll(jpeg, 1, By::kLibjpeg).samples);
  }
}

TEST(QuickScanTest, AtAnEighthNothingIsLost) {
  for (JpegOptions options : Kinds()) {
    // At half size chroma would be decoded at a quarter.
    if (!options.grey && !options.cmyk) options.luma_h = options.luma_v = 1;
    const std::string jpeg = MakeJpeg(Picture(), options);
    const Read quick = ReadAll(jpeg, 8, By::kQuickScan);
    EXPECT_FALSE(quick.gave_up);
    EXPECT_EQ(quick.samples, ReadAll(jpeg, 8, By::kLibjpeg).samples);
  }
}

// Noise of thirty levels is the worst there is; a photo's error is a fraction of this.
TEST(QuickScanTest, AtAQuarterAndAHalfWhatIsLeftOutHardlyShows) {
  for (const JpegOptions& options : Kinds()) {
    const std::string jpeg = MakeJpeg(Picture(), options);
    for (const unsigned divisor : {2U, 4U}) {
      SCOPED_TRACE(testing::Message() << divisor << " " << options.quality << options.luma_h
                                      << options.grey << options.cmyk);
      const Read quick = ReadAll(jpeg, divisor, By::kQuickScan);
      const Read whole = ReadAll(jpeg, divisor, By::kLibjpeg);
      ASSERT_FALSE(quick.gave_up);
      ASSERT_EQ(quick.samples.size(), whole.samples.size());
      double squares = 0;
      for (std::size_t i = 0; i < quick.samples.size(); ++i) {
        const double difference = double{1} * quick.samples[i] - whole.samples[i];
        squares += difference * difference;
      }
      EXPECT_LT(squares / static_cast<double>(quick.samples.size()), 6.5);
    }
  }
}

TEST(QuickScanTest, OtherKindsOfFilesAreLeftToLibjpeg) {
  JpegOptions progressive;
  progressive.progressive = true;
  EXPECT_FALSE(ReadAll(MakeJpeg(Picture(), progressive), 1, By::kQuickScan).suited);
  JpegOptions arithmetic;
  arithmetic.arithmetic = true;
  EXPECT_FALSE(ReadAll(MakeJpeg(Picture(), arithmetic), 1, By::kQuickScan).suited);
  EXPECT_FALSE(ReadAll(MakeJpeg(FourCorners(64, 64)), 1, By::kQuickScan).suited);
}

// Whatever is changed in a file's data: either it gives up, or it has seen what libjpeg sees.
TEST(QuickScanTest, OfADamagedFileItSaysWhatLibjpegSaysOrGivesUp) {
  std::minstd_rand random(11);
  int gave_up = 0;
  for (const JpegOptions& options : {JpegOptions{.quality = 90}, JpegOptions{.quality = 90, .restart_rows = 1}}) {
    const std::string whole = MakeJpeg(Picture(), options);
    const std::size_t data = whole.size() / 20;  // behind the headers
    for (int i = 0; i < 300; ++i) {
      SCOPED_TRACE(i);
      std::string jpeg = whole;
      const std::size_t at = data + random() % (whole.size() - data);
      if (i % 3 == 0) {
        jpeg.resize(std::max(at, std::size_t{66} << 10));
      } else if (i % 3 == 1) {
        jpeg[at] = static_cast<char>(random());
      } else {
        jpeg.erase(at, 1 + random() % 40);
      }
      const unsigned divisor = i % 2 == 0 ? 1 : 8;
      const Read quick = ReadAll(jpeg, divisor, By::kQuickScan);
      const Read libjpeg = ReadAll(jpeg, divisor, By::kLibjpeg);
      ASSERT_TRUE(quick.suited);
      gave_up += quick.gave_up ? 1 : 0;
      if (quick.gave_up) continue;
      EXPECT_FALSE(libjpeg.damaged);
      if (divisor == 1) {
        EXPECT_EQ(quick.samples, libjpeg.samples);
      }
    }
  }
  EXPECT_GT(gave_up, 100);
}
}  // namespace
}  // namespace hestia
