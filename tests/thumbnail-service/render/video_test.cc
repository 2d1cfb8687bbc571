#include <absl/strings/match.h>

#include "tests/thumbnail-service/render/rendering_fixture.h"
#include "tests/thumbnail-service/render/video_images.h"

namespace hestia {
namespace {
constexpr Rgba kBlack{0, 0, 0};
// Rounding on the way through a lossy codec.
constexpr int kLossy = 24;

std::vector<Pixels> Still(const Pixels& pixels, int frames = 3) {
  return std::vector<Pixels>(static_cast<std::size_t>(frames), pixels);
}

using VideoTest = RenderingTest;

TEST_F(VideoTest, EveryContainerAndCodecGivesItsFirstPicture) {
  struct Kind {
    const char* container;
    const char* codec;
  };
  int read = 0;
  for (const Kind& kind :
       {Kind{"mp4", "mpeg4"}, Kind{"mov", "mjpeg"}, Kind{"matroska", "mpeg4"}, Kind{"avi", "mpeg4"},
        Kind{"mpegts", "mpeg2video"}, Kind{"mpeg", "mpeg1video"}, Kind{"asf", "wmv2"},
        Kind{"webm", "libvpx"}, Kind{"webm", "libvpx-vp9"}, Kind{"mp4", "libx264"},
        Kind{"mp4", "libx265"}}) {
    if (!HasVideoEncoder(kind.codec)) continue;
    SCOPED_TRACE(testing::Message() << kind.container << " " << kind.codec);
    VideoOptions options;
    options.container = kind.container;
    options.codec = kind.codec;
    const Pixels pixels = Thumbnail(MakeVideo(Still(FourCorners(320, 240), 6), options), 160);
    EXPECT_EQ(pixels.width, 160);
    EXPECT_EQ(pixels.height, 120);
    ExpectUprightFourCorners(pixels, kLossy);
    ++read;
  }
  EXPECT_GE(read, 8);
}

TEST_F(VideoTest, BlackPicturesAreSkipped) {
  std::vector<Pixels> pictures = Still(Plain(320, 240, kBlack), 30);
  pictures.push_back(FourCorners(320, 240));
  pictures.push_back(Plain(320, 240, kRed));
  ExpectUprightFourCorners(Thumbnail(MakeVideo(pictures)), kLossy);
}

TEST_F(VideoTest, AVideoThatIsBlackAsFarAsOneLooksIsBlack) {
  EXPECT_TRUE(Near(Thumbnail(MakeVideo(Still(Plain(320, 240, kBlack), 20))).At(60, 40), kBlack));
  std::vector<Pixels> late = Still(Plain(64, 48, kBlack), 320);
  late.push_back(Plain(64, 48, kRed));
  EXPECT_TRUE(Near(Thumbnail(MakeVideo(late)).At(30, 20), kBlack)) << "beyond the bound";
}

TEST_F(VideoTest, PixelsThatAreNotSquareAreShownAsWideAsTheyAre) {
  VideoOptions options;
  options.aspect_width = 4;
  options.aspect_height = 3;
  const auto wide =
      Render(MakeVideo(Still(FourCorners(320, 240)), options), Recipes("a=160:webp:95"));
  ASSERT_TRUE(wide.ok()) << wide.status();
  EXPECT_EQ(wide->images[0].width_px, 160);
  EXPECT_EQ(wide->images[0].height_px, 90);
  EXPECT_EQ(wide->source_height_px, 180);
  ExpectUprightFourCorners(Decode(wide->images[0]), kLossy);
  options.aspect_width = 1;
  options.aspect_height = 2;
  const Pixels narrow = Thumbnail(MakeVideo(Still(FourCorners(320, 240)), options), 120);
  EXPECT_EQ(narrow.width, 80);
  EXPECT_EQ(narrow.height, 120);
}

TEST_F(VideoTest, RangeAndMatrixAreThoseOfTheFile) {
  const Pixels grey = Thumbnail(MakeVideo(Still(Plain(320, 240, {200, 200, 200}))));
  EXPECT_TRUE(Near(grey.At(60, 40), {200, 200, 200}, 6));
  VideoOptions options;
  options.container = "mov";
  options.codec = "mjpeg";
  const Pixels full = Thumbnail(MakeVideo(Still(Plain(320, 240, {250, 250, 250})), options));
  EXPECT_TRUE(Near(full.At(60, 40), {250, 250, 250}, 4)) << "full range";
}

TEST_F(VideoTest, WithoutPicturesItIsToldSo) {
  const absl::Status sound = Render(MakeSound()).status();
  EXPECT_EQ(Reason(sound), "UNSUPPORTED_FORMAT") << sound;
  EXPECT_TRUE(absl::StrContains(sound.message(), "no pictures")) << sound;
}

TEST_F(VideoTest, AFileCutShortIsAVerdictOrItsFirstPicture) {
  VideoOptions matroska;
  matroska.container = "matroska";
  const std::string whole = MakeVideo(Still(FourCorners(320, 240), 40), matroska);
  ExpectUprightFourCorners(Thumbnail(whole.substr(0, whole.size() / 2)), kLossy);
  const std::string mp4 = MakeVideo(Still(FourCorners(320, 240), 40));
  EXPECT_EQ(Reason(Render(mp4.substr(0, mp4.size() / 2)).status()), "DECODE_FAILED");
  EXPECT_EQ(Reason(Render(mp4.substr(0, 60)).status()), "DECODE_FAILED");
}

// A playlist would have libav open other files; only containers are looked for.
TEST_F(VideoTest, WhatRefersToOtherFilesIsNoVideo) {
  folder_.Write("secret.mp4", MakeVideo(Still(FourCorners(320, 240))));
  const std::string list = "ffconcat version 1.0\nfile " + folder_.path() + "/secret.mp4\n";
  folder_.Write("list", list);
  EXPECT_EQ(Reason(ReadSource(library_, "list", {}).file.status()), "UNSUPPORTED_FORMAT");
  const std::string disguised = std::string(
                                    "\0\0\0\x10"
                                    "ftypisom\0\0\0\0",
                                    16) +
                                list;
  EXPECT_EQ(Reason(Render(disguised).status()), "DECODE_FAILED");
}

// A film may say that its pictures lie in another file. libav looks for that only where it is asked
// to (enable_drefs), which it is not: so this shows the options, and not the refusal of io_open
// behind them, to which only a relative path in an alias would come.
TEST_F(VideoTest, PicturesInAnotherFileAreNotRead) {
  const std::string red = MakeVideo(Still(Plain(320, 240, kRed)));
  EXPECT_TRUE(Near(Thumbnail(red).At(60, 40), kRed, kLossy));
  folder_.Write("secret.mp4", red);
  const std::string film = ReferringTo(folder_.path() + "/secret.mp4", red);
  const absl::StatusOr<Rendering> seen = Render(film, Recipes("a=128:webp:95"));
  if (seen.ok()) {
    EXPECT_FALSE(Near(Decode(seen->images[0]).At(60, 40), kRed, 60));
  } else {
    EXPECT_EQ(Reason(seen.status()), "DECODE_FAILED") << seen.status();
  }
}

class VideoOrientationTest : public RenderingTest, public testing::WithParamInterface<int> {};

TEST_P(VideoOrientationTest, ItsMatrixTurnsItUpright) {
  VideoOptions options;
  options.orientation = GetParam();
  const auto rendering = Render(
      MakeVideo(Still(StoredAs(FourCorners(320, 240), GetParam())), options), Recipes("a=160:png"));
  ASSERT_TRUE(rendering.ok()) << rendering.status();
  EXPECT_EQ(rendering->source_width_px, 320);
  EXPECT_EQ(rendering->source_height_px, 240);
  ExpectUprightFourCorners(Decode(rendering->images[0]), kLossy);
}

INSTANTIATE_TEST_SUITE_P(AllEight, VideoOrientationTest, testing::Range(1, 9));

class SmallVideoTest : public RenderingTest {
 protected:
  SmallVideoTest() : RenderingTest(BuiltRenderers(), Limits()) {}
  static RenderLimits Limits() {
    RenderLimits limits = Unhurried();
    limits.formats = ParseFormatLimits("video=70000:20000").value();
    return limits;
  }
};

TEST_F(SmallVideoTest, LimitsHoldForAVideosPicturesAndBytes) {
  // Of these some tell the size of their pictures themselves, and in some only the packets do.
  struct Kind {
    const char* container;
    const char* codec;
  };
  for (const Kind& kind :
       {Kind{"mp4", "mpeg4"}, Kind{"mov", "mjpeg"}, Kind{"matroska", "mpeg4"}, Kind{"avi", "mpeg4"},
        Kind{"mpegts", "mpeg2video"}, Kind{"mpeg", "mpeg1video"}, Kind{"asf", "wmv2"},
        Kind{"webm", "libvpx-vp9"}, Kind{"mp4", "libx264"}, Kind{"mpegts", "libx264"}}) {
    if (!HasVideoEncoder(kind.codec)) continue;
    SCOPED_TRACE(testing::Message() << kind.container << " " << kind.codec);
    VideoOptions options;
    options.container = kind.container;
    options.codec = kind.codec;
    const absl::Status pixels = Render(MakeVideo(Still(FourCorners(320, 240)), options)).status();
    EXPECT_EQ(Reason(pixels), "TOO_LARGE") << pixels;
    EXPECT_TRUE(absl::StrContains(pixels.message(), "76800")) << pixels;
  }
  // Sorenson's pictures say it behind what any parser reads. Their decoder keeps edges around them
  // that count for it, and takes none that are much too large.
  VideoOptions sorenson;
  sorenson.container = sorenson.codec = "flv";
  const auto within = Render(MakeVideo(Still(FourCorners(160, 120)), sorenson), Recipes("a=160:png"));
  ASSERT_TRUE(within.ok()) << within.status();
  ExpectUprightFourCorners(Decode(within->images[0]), kLossy);
  const absl::Status over = Render(MakeVideo(Still(FourCorners(320, 240)), sorenson)).status();
  EXPECT_EQ(Reason(over), "TOO_LARGE") << over;
  EXPECT_TRUE(absl::StrContains(over.message(), "76800")) << over;
  const absl::Status inside = Render(MakeVideo(Still(Plain(1600, 1200, kRed)), sorenson)).status();
  EXPECT_EQ(Reason(inside), "DECODE_FAILED") << inside;
  EXPECT_TRUE(absl::StrContains(inside.message(), "at most 70000 pixels")) << inside;
  const std::string video = MakeVideo(Still(FourCorners(160, 120), 50));
  folder_.Write("long", video);
  SourceLimits limits;
  limits.formats = ParseFormatLimits("video=:1000").value();
  EXPECT_EQ(Reason(ReadSource(library_, "long", limits).file.status()), "TOO_LARGE");
}
}  // namespace
}  // namespace hestia
