#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_LIMITED_RENDERING_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_LIMITED_RENDERING_H_

#include <string>

#include "tests/thumbnail-service/render/rendering_fixture.h"
#include "thumbnail-service/render/format_limits.h"

namespace hestia {

// Renders within the limits that `format_limits` sets, by what a user would write.
class LimitedRenderingTest : public testing::Test {
 protected:
  absl::StatusOr<Rendering> Render(const std::string& setting, const std::string& bytes) {
    folder_.Write("source", bytes);
    const LibraryFolder library = LibraryFolder::Open(folder_.path()).value();
    RenderLimits limits = Unhurried();
    limits.formats = ParseFormatLimits(setting).value();
    SourceLimits source_limits;
    source_limits.formats = limits.formats;
    SourceRead read = ReadSource(library, "source", source_limits);
    if (!read.file.ok()) return read.file.status();
    return Renderer(BuiltRenderers(), limits).Render(*read.file, Recipes("a=64:png"));
  }
  // A pixel amid the thumbnail.
  Rgba Middle(const std::string& setting, const std::string& bytes) {
    const auto rendering = Render(setting, bytes);
    if (!rendering.ok()) {
      ADD_FAILURE() << rendering.status();
      return {};
    }
    return Decode(rendering->images[0]).At(20, 20);
  }

  TemporaryFolder folder_;
};

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_RENDER_LIMITED_RENDERING_H_
