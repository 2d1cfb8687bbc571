#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_SCALED_COEFFICIENTS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_SCALED_COEFFICIENTS_H_

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "thumbnail-service/renderer/jpeg_refusal.h"
#include "thumbnail-service/renderer/picture/picture.h"

namespace hestia {

// What libjpeg keeps and computes when it decodes at a scale, cut down to what the scale shows.
//
// A file of several scans is kept as coefficients until enough scans have been read: by libjpeg
// at full size, 128 bytes a block. At a scale of s/8 little more than s x s of a block's 64
// coefficients show. Those are kept, and of the others one bit each, whether they are zero: a later scan that
// refines them cannot be read without knowing that. libjpeg sees whole blocks in a window of one
// row of them.
//
// And libjpeg decodes chroma that the file has at half size twice as finely as luma, so that it
// need not be enlarged; here it is to be halved for the encoders anyway.
//
// Thread-safety: none. Lifetime: as long as `codec` decodes. Memory: for each block 10 bytes at
//   1/8, 26 at 1/4, 58 at 1/2 and 128 at full size; a row of whole blocks.
class ScaledCoefficients {
 public:
  // Before jpeg_start_decompress, with scale and form of the output set. Takes `client_data`.
  explicit ScaledCoefficients(jpeg_decompress_struct& codec);
  ScaledCoefficients(const ScaledCoefficients&) = delete;
  ScaledCoefficients& operator=(const ScaledCoefficients&) = delete;

  // With raw output: chroma may be decoded as small as this, but not smaller than luma.
  void ShrinkChroma(Size least) { least_chroma_ = least; }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  // What libjpeg does with the blocks it has asked for.
  enum class Use {
    kShown,  // reads what shows
    kMeans,  // reads and writes the first coefficient
    kScan,   // reads and writes all
  };
  // One component's blocks.
  struct Blocks {
    JDIMENSION wide = 0;
    JDIMENSION high = 0;
    int side = DCTSIZE;
    std::vector<int> places;                        // in a block, of those that show
    std::uint64_t shown_bits = 0;                   // the same
    std::unique_ptr<JCOEF[], Free> shown;           // of each block, in the places' order
    std::unique_ptr<std::uint64_t[], Free> others;  // bits of those that are not zero
    bool others_used = false;
    JDIMENSION rows_known = 0;  // all below are zero
    std::vector<JCOEF> window;
    std::vector<JBLOCKROW> rows;
    JDIMENSION window_begin = 0;
    JDIMENSION window_rows = 0;
    Use window_use = Use::kShown;
  };

  static jvirt_barray_ptr Request(j_common_ptr codec, int pool, boolean zeroed, JDIMENSION wide,
                                  JDIMENSION high, JDIMENSION most_rows);
  static void Realize(j_common_ptr codec);
  static JBLOCKARRAY Access(j_common_ptr codec, jvirt_barray_ptr array, JDIMENSION begin,
                            JDIMENSION rows, boolean writable);

  void ScaleChroma();
  static void Allocate(Blocks& blocks);
  static void Pack(Blocks& blocks);
  static void Unpack(Blocks& blocks, JDIMENSION begin, JDIMENSION rows, Use use);

  jpeg_decompress_struct& codec_;
  void (*const realize_others_)(j_common_ptr);
  Size least_chroma_;  // none: leave it alone
  // libjpeg holds pointers to them.
  std::vector<std::unique_ptr<Blocks>> components_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_SCALED_COEFFICIENTS_H_
