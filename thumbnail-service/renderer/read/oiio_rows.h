#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_OIIO_ROWS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_OIIO_ROWS_H_

#include <OpenImageIO/imageio.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "thumbnail-service/renderer/picture/picture.h"
#include "thumbnail-service/renderer/read/strip_reader.h"

namespace hestia {

// What a file holds of the picture that it is to show. Elsewhere than in an EXR that is all.
struct Window {
  Size stored;
  Size shown;
  // Where the stored picture begins in the one that is shown; either may reach beyond the other.
  std::int64_t left = 0;
  std::int64_t top = 0;

  bool whole() const {
    return left == 0 && top == 0 && stored.width == shown.width && stored.height == shown.height;
  }
};

// A picture's rows as they are shown, read strip by strip. What is not stored is black, or
// transparent where there is alpha.
//
// Refuses (refuse.h) as its StripReader does. Thread-safety: none. Ownership: borrows the
// StripReader. Memory: a strip, and a row where the picture is not stored as it is shown.
template <typename Sample>
class Rows {
 public:
  // Done to each stored row as it was read, once.
  using Arrangement = std::function<void(Sample* row)>;

  // Rows have `read` channels when they come and `count` when they are arranged.
  Rows(StripReader& strips, int read, int count, const Window& window, Arrangement arrange)
      : strips_(strips),
        count_(static_cast<std::size_t>(count)),
        stride_(static_cast<std::size_t>(window.stored.width) * static_cast<std::size_t>(read)),
        window_(window),
        arrange_(std::move(arrange)),
        strip_(stride_ * static_cast<std::size_t>(strips.rows())) {
    if (!window.whole()) shown_.resize(static_cast<std::size_t>(window.shown.width) * count_);
  }

  // Row y from the top, valid until the next is asked for; null: it is lost. Best asked for in
  // order.
  const Sample* Row(int y) {
    const std::int64_t stored = y - window_.top;
    if (stored < 0 || stored >= window_.stored.height) {
      std::fill(shown_.begin(), shown_.end(), Sample{0});
      return shown_.data();
    }
    const Sample* const row = Stored(static_cast<int>(stored));
    if (row == nullptr || window_.whole()) return row;
    std::fill(shown_.begin(), shown_.end(), Sample{0});
    const std::int64_t begin = std::max<std::int64_t>(window_.left, 0);
    const std::int64_t end =
        std::min<std::int64_t>(window_.left + window_.stored.width, window_.shown.width);
    if (begin < end) {
      std::copy_n(row + static_cast<std::size_t>(begin - window_.left) * count_,
                  static_cast<std::size_t>(end - begin) * count_,
                  shown_.data() + static_cast<std::size_t>(begin) * count_);
    }
    return shown_.data();
  }

 private:
  static constexpr OIIO::TypeDesc::BASETYPE kType = sizeof(Sample) == 1   ? OIIO::TypeDesc::UINT8
                                                    : sizeof(Sample) == 2 ? OIIO::TypeDesc::UINT16
                                                                          : OIIO::TypeDesc::FLOAT;

  const Sample* Stored(int y) {
    const int begin = y - y % strips_.rows();
    if (begin != strip_begin_) Load(begin);
    if (!strips_.IsThere(y)) return nullptr;
    return strip_.data() + static_cast<std::size_t>(y - begin) * stride_;
  }

  void Load(int begin) {
    const int end = std::min(begin + strips_.rows(), window_.stored.height);
    strips_.Read(begin, end, kType, strip_.data());
    for (int y = begin; y < end; ++y) {
      arrange_(strip_.data() + static_cast<std::size_t>(y - begin) * stride_);
    }
    strip_begin_ = begin;
  }

  StripReader& strips_;
  const std::size_t count_;
  const std::size_t stride_;
  const Window window_;
  const Arrangement arrange_;
  std::vector<Sample> strip_;
  int strip_begin_ = -1;
  std::vector<Sample> shown_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_OIIO_ROWS_H_
