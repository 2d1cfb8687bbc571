#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_USUAL_INKS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_USUAL_INKS_H_

#include <cstddef>
#include <cstdint>

namespace hestia {

// What inks look like whose profile nobody gave: about offset print on coated paper, with the
// paper as white and full black nearly black. Each of the 16 overprints has its colour; between
// them it is interpolated by the area that is covered, which is more than was asked for because
// dots spread.
//
// Thread-safety: pure function. `inks` and `rgb` hold `pixels` x 4 and x 3 bytes.
void UsualInksToSrgb(const std::uint8_t* inks, std::size_t pixels, std::uint8_t* rgb);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PICTURE_USUAL_INKS_H_
