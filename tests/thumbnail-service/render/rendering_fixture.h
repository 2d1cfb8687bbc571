#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_RENDERING_FIXTURE_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_RENDERING_FIXTURE_H_

#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <gtest/gtest.h>

#include "tests/thumbnail-service/render/image_decoder.h"
#include "tests/thumbnail-service/render/image_factory.h"
#include "thumbnail-service/jobs/recipe.h"
#include "thumbnail-service/render/library_folder.h"
#include "thumbnail-service/render/renderer.h"
#include "thumbnail-service/render/source_file.h"

namespace hestia {

// A folder of its own that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  // Creates or replaces a file; folders in `name` must exist.
  void Write(absl::string_view name, absl::string_view bytes) const;

 private:
  std::string path_;
};

// The programs as they were built.
RendererPrograms BuiltRenderers();

// The word a program branches on; empty when there is none.
std::string Reason(const absl::Status& status);

std::vector<Recipe> Recipes(absl::string_view text);
inline std::vector<Recipe> DefaultRecipes() { return Recipes("large=512,medium=256,small=128"); }

// Whether every channel is within `tolerance`.
testing::AssertionResult Near(const Rgba& seen, const Rgba& expected, int tolerance = 12);

// Of two images of one size, over red, green and blue. 6.5 are 40 dB.
double MeanSquaredDifference(const Pixels& one, const Pixels& other);

// The usual limits but for time, so that a busy machine makes no verdicts.
inline RenderLimits Unhurried() {
  RenderLimits limits;
  limits.least_timeout = limits.timeout = absl::Minutes(2);
  return limits;
}

// A library with a renderer.
class RenderingTest : public testing::Test {
 protected:
  explicit RenderingTest(RendererPrograms programs = BuiltRenderers(),
                         RenderLimits limits = Unhurried());

  // `bytes` as a file in the library, read.
  SourceFile Source(const std::string& bytes);
  absl::StatusOr<Rendering> Render(const std::string& bytes,
                                   const std::vector<Recipe>& recipes = DefaultRecipes());
  // The pixels of a thumbnail of at most `box_px`, as WebP of high quality.
  Pixels Thumbnail(const std::string& bytes, int box_px = 128);
  Pixels JpegThumbnail(const std::string& bytes, int box_px = 128);

  TemporaryFolder folder_;
  LibraryFolder library_;
  Renderer renderer_;
};

// With damaged_files=render.
class DamagedButRenderedTest : public RenderingTest {
 protected:
  DamagedButRenderedTest() : RenderingTest(BuiltRenderers(), Limits()) {}
  static RenderLimits Limits() {
    RenderLimits limits = Unhurried();
    limits.render_damaged = true;
    return limits;
  }
};

// A thumbnail's pixels, whatever its format.
Pixels Decode(const RenderedImage& image);

// The colours near the corners, a twelfth of each side away from the edge.
struct Corners {
  Rgba top_left;
  Rgba top_right;
  Rgba bottom_left;
  Rgba bottom_right;
};
Corners CornersOf(const Pixels& pixels);

// Expects red, green above blue, yellow.
void ExpectUprightFourCorners(const Pixels& pixels, int tolerance = 12);

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_RENDERING_FIXTURE_H_
