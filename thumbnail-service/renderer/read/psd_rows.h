#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PSD_ROWS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PSD_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thumbnail-service/renderer/read/psd_file.h"

namespace hestia {

// The rows of a Photoshop file's merged picture, in which one channel follows the other.
//
// Thread-safety: none. Ownership: borrows the file's bytes. Memory: a row, and 16 bytes for each
// row of each channel of a picture that is packed.
class PsdRows {
 public:
  // `packing` as the file tells it ahead of the rows, which `file` is at. `planes`: the channels
  // wanted, from the first. Refuses (refuse.h) what is not there.
  PsdRows(PsdAhead& file, const PsdHeader& header, std::uint64_t packing, std::size_t planes);

  std::size_t planes() const { return planes_.size(); }

  // The channels of row y side by side. False when they are not all there. `Sample` has the
  // header's bits.
  template <typename Sample>
  bool Read(int y, Sample* row) {
    for (std::size_t plane = 0; plane < planes_.size(); ++plane) {
      if (!ReadPlane(plane, static_cast<std::size_t>(y))) return false;
    }
    for (std::size_t x = 0; x < row_bytes_; x += sizeof(Sample)) {
      for (const auto& plane : planes_) {
        Sample value = plane[x];
        if constexpr (sizeof(Sample) == 2) value = static_cast<Sample>(value << 8 | plane[x + 1]);
        *row++ = value;
      }
    }
    return true;
  }

 private:
  struct Packed {
    std::uint64_t at = 0;
    std::uint64_t size = 0;
  };

  // Of the packed rows of the channels, which others follow.
  void ReadOffsets(PsdAhead& file, const PsdHeader& header);
  bool ReadPlane(std::size_t plane, std::size_t y);

  const std::size_t height_;
  const std::size_t row_bytes_;  // of one channel
  const bool packed_;
  std::vector<Packed> packed_rows_;
  std::vector<std::vector<std::uint8_t>> planes_;
  std::span<const std::uint8_t> data_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PSD_ROWS_H_
