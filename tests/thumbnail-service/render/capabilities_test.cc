#include "thumbnail-service/render/capabilities.h"

#include <cstdint>
#include <vector>

#include <absl/strings/match.h>
#include <gmock/gmock.h>

#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
RenderLimits SmallLimits() {
  RenderLimits limits = Unhurried();
  limits.max_pixels = 1'000'000;
  limits.max_scaled_pixels = 2'000'000;
  return limits;
}

class CapabilitiesTest : public testing::Test {
 protected:
  static absl::StatusOr<std::vector<FormatAbility>> Ask(const RendererPrograms& programs) {
    return Capabilities(programs, MakeWorkerSource(programs, SmallLimits()), SmallLimits(),
                        {.max_source_bytes = 5000})
        .Ask();
  }
  static FormatAbility Find(const std::vector<FormatAbility>& formats, absl::string_view name) {
    for (const FormatAbility& format : formats) {
      if (format.name == name) return format;
    }
    ADD_FAILURE() << "no " << name;
    return {};
  }
};

TEST_F(CapabilitiesTest, BothProgramsTellTheirFormatsWithLibraryVersionAndLimits) {
  const auto formats = Ask(BuiltRenderers());
  ASSERT_TRUE(formats.ok()) << formats.status();
  const FormatAbility jpeg = Find(*formats, "JPEG");
  EXPECT_EQ(jpeg.reader.name, "libjpeg-turbo");
  EXPECT_THAT(jpeg.reader.version, testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_EQ(jpeg.writer.name, "libjpeg-turbo");
  EXPECT_EQ(jpeg.max_pixels, 2'000'000) << "reduced while it is decoded";
  EXPECT_EQ(jpeg.max_source_bytes, 5000);
  const FormatAbility tiff = Find(*formats, "TIFF");
  EXPECT_EQ(tiff.reader.name, "LIBTIFF");
  EXPECT_THAT(tiff.reader.version, testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_EQ(tiff.writer.name, "");
  EXPECT_EQ(tiff.max_pixels, 1'000'000);
  EXPECT_EQ(Find(*formats, "WebP").writer.name, "libwebp");
  EXPECT_EQ(Find(*formats, "Radiance HDR").reader.name, "OpenImageIO");
  EXPECT_EQ(Find(*formats, "BMP").reader.name, "Hestia");
}

TEST_F(CapabilitiesTest, EveryLimitThatHoldsForAFormatIsToldAndNoOther) {
  RenderLimits limits = SmallLimits();
  limits.max_side_px = 1001;
  limits.max_channels = 1002;
  limits.max_frames = 1003;
  limits.max_ratio = 1004;
  limits.max_scans = 1005;
  limits.max_chunk_bytes = 1006;
  limits.max_icc_bytes = 1007;
  limits.max_exif_bytes = 1008;
  limits.formats = ParseFormatLimits(
                       "png=side=21:channels=22:frames=23:ratio=24:chunk=26:icc=27:exif=28,"
                       "all=icc=37:side=31")
                       .value();
  const auto formats = Capabilities(BuiltRenderers(), MakeWorkerSource(BuiltRenderers(), limits),
                                    limits, {.max_source_bytes = 5000, .formats = limits.formats})
                           .Ask();
  ASSERT_TRUE(formats.ok()) << formats.status();
  const auto told = [&](absl::string_view name) {
    const FormatAbility of = Find(*formats, name);
    return std::vector<std::int64_t>{of.max_side_px, of.max_channels,    of.max_frames,
                                     of.max_ratio,   of.max_scans,       of.max_chunk_bytes,
                                     of.max_icc_bytes, of.max_exif_bytes};
  };
  using testing::ElementsAre;
  EXPECT_THAT(told("PNG"), ElementsAre(21, 22, 23, 24, 0, 26, 27, 28));
  EXPECT_THAT(told("JPEG"), ElementsAre(31, 1002, 0, 1004, 1005, 0, 37, 1008));
  EXPECT_THAT(told("WebP"), ElementsAre(31, 1002, 1003, 1004, 0, 0, 37, 1008));
  EXPECT_THAT(told("GIF"), ElementsAre(31, 1002, 1003, 1004, 0, 0, 0, 0));
  EXPECT_THAT(told("TIFF"), ElementsAre(31, 1002, 1003, 1004, 0, 0, 37, 0));
  for (const char* heif : {"HEIC", "AVIF", "JPEG XL"}) {
    EXPECT_THAT(told(heif), ElementsAre(31, 1002, 1003, 1004, 0, 0, 37, 0)) << heif;
  }
  EXPECT_THAT(told("camera RAW"), ElementsAre(31, 1002, 0, 1004, 1005, 0, 37, 1008));
  EXPECT_THAT(told("BMP"), ElementsAre(31, 1002, 0, 1004, 0, 0, 37, 0));
  EXPECT_THAT(told("SVG"), ElementsAre(31, 0, 0, 0, 0, 0, 0, 0));
}

TEST_F(CapabilitiesTest, EveryFormatThatSniffingKnowsIsToldToBeRead) {
  const auto formats = Ask(BuiltRenderers());
  ASSERT_TRUE(formats.ok()) << formats.status();
  for (const ImageFormat format : kAllImageFormats) {
    const absl::string_view title = format == ImageFormat::kHeif ? "HEIC" : FormatTitle(format);
    EXPECT_NE(Find(*formats, title).reader.name, "") << std::string(title);
  }
  EXPECT_EQ(formats->size(), std::size(kAllImageFormats) + 1) << "HEIC and AVIF are two";
}

TEST_F(CapabilitiesTest, EveryFormatOfARecipeIsToldToBeWritten) {
  const auto formats = Ask(BuiltRenderers());
  ASSERT_TRUE(formats.ok()) << formats.status();
  for (const char* title : {"WebP", "JPEG", "PNG", "AVIF"}) {
    EXPECT_NE(Find(*formats, title).writer.name, "") << title;
  }
  EXPECT_EQ(Find(*formats, "HEIC").writer.name, "");
}

void ExpectNotCredible(const absl::Status& status, absl::string_view program) {
  EXPECT_EQ(Reason(status), "RENDERER_UNAVAILABLE") << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "not credible")) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), program)) << status;
}

TEST_F(CapabilitiesTest, ALauncherThatTellsMoreThanFitsIsNotBelieved) {
  ExpectNotCredible(Ask({HESTIA_FAULTY_RENDERER, HESTIA_RENDERER_OIIO}).status(),
                    HESTIA_FAULTY_RENDERER);
}

TEST_F(CapabilitiesTest, AWorkerWhoseTextHasNoEndIsNotBelieved) {
  ExpectNotCredible(Ask({HESTIA_RENDERER, HESTIA_FAULTY_WORKER}).status(), HESTIA_FAULTY_WORKER);
}

TEST_F(CapabilitiesTest, AMissingProgramIsNamed) {
  const absl::Status status = Ask({"/nowhere/thumbnail-renderer", HESTIA_RENDERER_OIIO}).status();
  EXPECT_EQ(Reason(status), "RENDERER_UNAVAILABLE") << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "/nowhere/")) << status;
}
}  // namespace
}  // namespace hestia
