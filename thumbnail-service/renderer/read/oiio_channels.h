#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_OIIO_CHANNELS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_OIIO_CHANNELS_H_

#include <OpenImageIO/imageio.h>

#include <cstdint>

#include "thumbnail-service/renderer/picture/picture.h"

namespace hestia {

// Which channels of a file that OpenImageIO opened make its picture, and what is still to be done
// to their samples.
//
// Thread-safety: values, and pure functions.

// A TIFF's samples count ink: more of it is darker.
bool HasInks(const OIIO::ImageSpec& spec);

bool IsLab(const OIIO::ImageSpec& spec);

// Floating point means light, unless it counts ink, or the file says that it has sRGB's curve
// already.
bool IsLight(const OIIO::ImageSpec& spec);

// A TIFF of grey where 0 is white. OpenImageIO knows that of 8 bits alone, and turns its alpha
// around with it.
bool IsLeastWhite(const OIIO::ImageSpec& spec);

struct Channels {
  int colours = 1;  // 1, 3 or 4 (inks), from channel 0
  bool alpha = false;
  int dropped = 0;  // read behind them, and dropped when the row is arranged
  bool lab = false;
  // XORed to inks, and to a* and b*, all bits of them or the highest.
  enum class Flip { kNone, kAll, kSign } flip = Flip::kNone;
  bool icclab = false;  // of 16 bits: 65280 is L* 100
  // What is subtracted from the largest sample, because 0 is white.
  enum class Turn { kNone, kColours, kAlpha } turn = Turn::kNone;
  // The colours by the alpha behind them. Of inks that leaves paper where they are transparent.
  bool multiply = false;

  int count() const { return colours + (alpha ? 1 : 0); }
  int read() const { return count() + dropped; }
  Colour colour() const {
    if (lab) return Colour::kLab;
    return colours == 4 ? Colour::kInk : colours == 3 ? Colour::kRgb : Colour::kGrey;
  }
};

Channels ChooseChannels(const OIIO::ImageSpec& spec);

// From a row of read() channels, as OpenImageIO gives it, to one of count(), which is what
// shrinkers take: premultiplied, inks as kInk, L*a*b* as kLab.
void Arrange(std::uint8_t* row, int width, const Channels& channels);
void Arrange(std::uint16_t* row, int width, const Channels& channels);
void Arrange(float* row, int width, const Channels& channels);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_OIIO_CHANNELS_H_
