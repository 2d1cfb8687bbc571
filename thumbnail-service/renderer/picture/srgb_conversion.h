#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_SRGB_CONVERSION_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_SRGB_CONVERSION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "thumbnail-service/renderer/picture/picture.h"

namespace hestia {

// A larger profile counts as none; the largest in use (of printing presses) have some 3 MB.
constexpr std::size_t kMaxProfileBytes = std::size_t{8} << 20;

// From a picture's own colours to sRGB: by its ICC profile (lcms2, relative colorimetric with
// black point compensation), and for inks and L*a*b* by themselves.
//
// A profile that is broken, or made for another kind of picture, is as good as none: the file
// is shown as if it had none, which is what viewers do.
//
// Thread-safety: immutable. Memory: one row, beside what lcms2 holds (a few hundred KiB).
class SrgbConversion {
 public:
  // None when the planes are sRGB already, or are taken for it. Both are borrowed for
  // the call.
  static std::optional<SrgbConversion> For(const Picture& picture,
                                           std::span<const std::uint8_t> profile);

  // The same for samples of 16 bits, of which no picture was made yet: kGrey, kRgb, kInk, or kLab
  // with 65535 for L* 100 and words of (a* + 128) x 257. Exact to a 256th of a level, and some ten
  // times slower than bytes are. None also where only the picture's pixels could tell; inks always have
  // one.
  static std::optional<SrgbConversion> ForWords(Colour colour,
                                                std::span<const std::uint8_t> profile);

  // The picture in sRGB: kGrey stays so under a grey profile, all else becomes kRgb. YUV must
  // come with chroma planes of the whole size.
  Picture Apply(Picture picture) const;

  // How many samples a pixel has that is to be converted: 1, 3 or 4.
  int channels() const { return channels_; }
  // By a conversion for words: straight pixels to sRGB bytes.
  void ConvertWords(const std::uint16_t* input, std::size_t pixels, std::uint8_t* rgb) const;

 private:
  struct Free {
    void operator()(void* transform) const;
  };
  using Transform = std::unique_ptr<void, Free>;

  SrgbConversion(Transform transform, int channels);

  void ToInput(const Picture& picture, int y, std::uint8_t* row) const;
  void Convert(const std::uint8_t* input, std::size_t pixels, std::uint8_t* rgb) const;

  Transform transform_;  // null for inks without a profile
  int channels_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_SRGB_CONVERSION_H_
