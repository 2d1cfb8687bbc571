#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_PICTURE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_PICTURE_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

namespace hestia {

// Pixels inside a renderer: 8-bit planes, one per component, as both the resizer and the
// encoders want them.
//
// Thread-safety: values. Memory: width x height a plane.

// One component. Rows begin at multiples of 64 bytes, which zimg's fastest code needs.
class Plane {
 public:
  Plane() = default;
  // Uninitialised. Refuses (refuse.h) when there is no memory.
  Plane(int width, int height);

  int width() const { return width_; }
  int height() const { return height_; }
  std::size_t stride() const { return stride_; }
  std::uint8_t* Row(int y) { return data_.get() + static_cast<std::size_t>(y) * stride_; }
  const std::uint8_t* Row(int y) const {
    return data_.get() + static_cast<std::size_t>(y) * stride_;
  }
  void Fill(std::uint8_t value);
  // Forgets what lies right of `width` and below `height`; covered_* are left alone.
  void Crop(int width, int height) {
    width_ = width;
    height_ = height;
  }

  // How much of the plane the image covers. A decoder that scales, and chroma at half
  // size, leave a last column or row that is only partly image.
  double covered_width = 0;
  double covered_height = 0;

 private:
  struct Free {
    void operator()(std::uint8_t* data) const { std::free(data); }
  };
  int width_ = 0;
  int height_ = 0;
  std::size_t stride_ = 0;
  std::unique_ptr<std::uint8_t[], Free> data_;
};

enum class Colour {
  kGrey,        // one plane, 0..255
  kYuvFull,     // JPEG's: luma 0..255; the chroma planes have sizes of their own
  kYuvLimited,  // WebP's: luma 16..235, chroma 16..240
  kRgb,         // premultiplied when there is alpha
  kInk,         // four planes: cyan, magenta, yellow, black; 255 is full ink
  kLab,         // CIE L*a*b* (D50): L* 0..100 as 0..255, a* and b* plus 128
};

struct Picture {
  Colour colour = Colour::kGrey;
  std::vector<Plane> planes;   // one for kGrey, four for kInk, else three
  std::optional<Plane> alpha;  // with kRgb only

  int width() const { return planes.front().width(); }
  int height() const { return planes.front().height(); }
};

// Whether there is nothing to see: all of one colour, or all invisible.
bool IsBlank(const Picture& picture);

struct Size {
  int width = 0;
  int height = 0;
};

// The size that fits inside a square of `box_px`: aspect kept, at least 1 x 1, never
// larger than the image.
Size FitInside(Size image, int box_px);

// The size whose shorter side is that of a square of `box_px`: aspect kept, never larger than
// the image.
Size FitAround(Size image, int box_px);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_PICTURE_H_
