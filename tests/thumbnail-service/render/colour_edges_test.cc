#include <functional>
#include <string>

#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
// Encoders take chroma at half the size, and a thumbnail of an odd size has half a sample too much
// of it: on the side where it is, and nowhere else.
class ColourEdgesTest : public RenderingTest {
 protected:
  // Of 1010 x 750 pixels a frame of 100 has another colour, of the same luminance.
  static Pixels Framed() {
    constexpr Rgba kOutside{200, 80, 100};
    constexpr Rgba kInside{66, 149, 98};
    Pixels pixels = Plain(1010, 750, kOutside);
    for (int y = 100; y < 650; ++y) {
      for (int x = 100; x < 910; ++x) pixels.At(x, y) = kInside;
    }
    return pixels;
  }

  // Where between `begin` and `end` one colour goes over into the other, along the middle of the
  // other side: the place that divides what is red of it as the pixels do.
  static double EdgeAlong(int begin, int end, const std::function<Rgba(int)>& at) {
    const auto redness = [&](int place) { return at(place).red - at(place).green; };
    const double first = redness(begin);
    const double last = redness(end - 1);
    double edge = begin;
    for (int place = begin; place < end; ++place) {
      edge += (redness(place) - last) / (first - last);
    }
    return edge;
  }

  static void ExpectEdgesInPlace(const Pixels& seen) {
    ASSERT_EQ(seen.width, 101);
    ASSERT_EQ(seen.height, 75);
    const auto across = [&](int x) { return seen.At(x, 37); };
    const auto down = [&](int y) { return seen.At(50, y); };
    constexpr double kTolerance = 0.3;
    EXPECT_NEAR(EdgeAlong(2, 50, across), 10, kTolerance);
    EXPECT_NEAR(EdgeAlong(50, 99, across), 91, kTolerance);
    EXPECT_NEAR(EdgeAlong(2, 37, down), 10, kTolerance);
    EXPECT_NEAR(EdgeAlong(37, 73, down), 65, kTolerance);
  }
};

TEST_F(ColourEdgesTest, AreWhereThePixelsHaveThemHoweverThePictureIsStored) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    const Pixels stored = StoredAs(Framed(), orientation);
    JpegOptions jpeg;
    jpeg.orientation = orientation;
    WebpOptions webp;
    webp.orientation = orientation;
    for (const std::string& bytes : {MakeJpeg(stored, jpeg), MakeWebp(stored, webp)}) {
      ExpectEdgesInPlace(Thumbnail(bytes, 101));
      ExpectEdgesInPlace(JpegThumbnail(bytes, 101));
    }
  }
}

TEST_F(ColourEdgesTest, StayThereWhenAPictureIsNotScaled) {
  Pixels small = Plain(101, 75, {});
  const Pixels framed = Framed();
  for (int y = 0; y < 75; ++y) {
    for (int x = 0; x < 101; ++x) small.At(x, y) = framed.At(10 * x + 5, 10 * y + 5);
  }
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    JpegOptions jpeg;
    jpeg.orientation = orientation;
    WebpOptions webp;
    webp.orientation = orientation;
    const Pixels stored = StoredAs(small, orientation);
    ExpectEdgesInPlace(Thumbnail(MakeJpeg(stored, jpeg), 101));
    ExpectEdgesInPlace(Thumbnail(MakeWebp(stored, webp), 101));
  }
}

TEST_F(ColourEdgesTest, StayThereFromOneSizeToTheNext) {
  for (const int orientation : {1, 3, 6}) {
    SCOPED_TRACE(orientation);
    JpegOptions options;
    options.orientation = orientation;
    const absl::StatusOr<Rendering> rendering =
        Render(MakeJpeg(StoredAs(Framed(), orientation), options),
               Recipes("a=303:webp:95,b=203:webp:95,c=101:webp:95"));
    ASSERT_TRUE(rendering.ok()) << rendering.status();
    ExpectEdgesInPlace(Decode(rendering->images[2]));
  }
}
}  // namespace
}  // namespace hestia
