#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PNG_FILTERS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PNG_FILTERS_H_

#include <cstddef>
#include <cstdint>

namespace hestia {

// Writers of PNG store each row as differences to what lies left of it and above; this adds
// them up again, in place.
//
// Thread-safety: pure function. `kind` is the row's filter number; false when it is none that
// PNG has. `above` is the finished row before, zeros for the first one. `bytes_per_pixel` is 1,
// 2, 3, 4, 6 or 8, and `row_bytes` a multiple of it. Both rows must be readable for another
// kFilterSlack bytes.
constexpr std::size_t kFilterSlack = 8;

bool UndoFilter(int kind, std::uint8_t* row, const std::uint8_t* above, std::size_t row_bytes,
                int bytes_per_pixel);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PNG_FILTERS_H_
