#include "tests/thumbnail-service/render/rendering_fixture.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include <absl/strings/str_cat.h>

#include "common/error_reason.h"

namespace hestia {

TemporaryFolder::TemporaryFolder() : path_(testing::TempDir() + "/hestia-render-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) std::abort();
}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path_); }

void TemporaryFolder::Write(absl::string_view name, absl::string_view bytes) const {
  std::ofstream file(absl::StrCat(path_, "/", name), std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) std::abort();
}

RendererPrograms BuiltRenderers() { return {HESTIA_RENDERER, HESTIA_RENDERER_OIIO}; }

std::string Reason(const absl::Status& status) { return ReasonOf(status).value_or(""); }

std::vector<Recipe> Recipes(absl::string_view text) { return ParseRecipes(text).value(); }

double MeanSquaredDifference(const Pixels& one, const Pixels& other) {
  double sum = 0;
  for (std::size_t i = 0; i < one.colours.size(); ++i) {
    const Rgba& a = one.colours[i];
    const Rgba& b = other.colours[i];
    for (const int d : {a.red - b.red, a.green - b.green, a.blue - b.blue}) sum += d * d;
  }
  return sum / (3.0 * static_cast<double>(one.colours.size()));
}

testing::AssertionResult Near(const Rgba& seen, const Rgba& expected, int tolerance) {
  const auto far = [&](int a, int b) { return std::abs(a - b) > tolerance; };
  if (!far(seen.red, expected.red) && !far(seen.green, expected.green) &&
      !far(seen.blue, expected.blue) && !far(seen.alpha, expected.alpha)) {
    return testing::AssertionSuccess();
  }
  const auto text = [](const Rgba& c) {
    return absl::StrCat("(", c.red, ", ", c.green, ", ", c.blue, ", ", c.alpha, ")");
  };
  return testing::AssertionFailure() << "saw " << text(seen) << ", expected " << text(expected);
}

RenderingTest::RenderingTest(RendererPrograms programs, RenderLimits limits)
    : library_(LibraryFolder::Open(folder_.path()).value()),
      renderer_(std::move(programs), limits) {}

SourceFile RenderingTest::Source(const std::string& bytes) {
  folder_.Write("source", bytes);
  return std::move(ReadSource(library_, "source", {}).file).value();
}

absl::StatusOr<Rendering> RenderingTest::Render(const std::string& bytes,
                                                const std::vector<Recipe>& recipes) {
  return renderer_.Render(Source(bytes), recipes);
}

Pixels RenderingTest::Thumbnail(const std::string& bytes, int box_px) {
  const absl::StatusOr<Rendering> rendering =
      Render(bytes, Recipes(absl::StrCat("one=", box_px, ":webp:95")));
  if (!rendering.ok()) {
    ADD_FAILURE() << rendering.status();
    return Plain(box_px, box_px, {});
  }
  return DecodeWebp(rendering->images[0].data);
}

Pixels RenderingTest::JpegThumbnail(const std::string& bytes, int box_px) {
  const absl::StatusOr<Rendering> rendering =
      Render(bytes, Recipes(absl::StrCat("one=", box_px, ":jpeg:95")));
  if (!rendering.ok()) {
    ADD_FAILURE() << rendering.status();
    return Plain(box_px, box_px, {});
  }
  return DecodeJpeg(rendering->images[0].data);
}

Pixels Decode(const RenderedImage& image) {
  switch (image.format) {
    case OutputFormat::kWebp:
      return DecodeWebp(image.data);
    case OutputFormat::kJpeg:
      return DecodeJpeg(image.data);
    case OutputFormat::kPng:
      return DecodePng(image.data);
    case OutputFormat::kAvif:
      return DecodeAvif(image.data);
  }
  std::abort();
}

Corners CornersOf(const Pixels& pixels) {
  const int left = pixels.width / 12;
  const int top = pixels.height / 12;
  const int right = pixels.width - 1 - left;
  const int bottom = pixels.height - 1 - top;
  return {pixels.At(left, top), pixels.At(right, top), pixels.At(left, bottom),
          pixels.At(right, bottom)};
}

void ExpectUprightFourCorners(const Pixels& pixels, int tolerance) {
  const Corners corners = CornersOf(pixels);
  EXPECT_TRUE(Near(corners.top_left, kRed, tolerance));
  EXPECT_TRUE(Near(corners.top_right, kGreen, tolerance));
  EXPECT_TRUE(Near(corners.bottom_left, kBlue, tolerance));
  EXPECT_TRUE(Near(corners.bottom_right, kYellow, tolerance));
}

}  // namespace hestia
