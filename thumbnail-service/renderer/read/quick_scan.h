#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_QUICK_SCAN_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_QUICK_SCAN_H_

#include <array>
#include <optional>

#include "thumbnail-service/renderer/jpeg_refusal.h"
#include "thumbnail-service/renderer/read/huffman_table.h"
#include "thumbnail-service/renderer/read/scan_bits.h"

// Whom it replaces is not declared for everybody; jpegint.h has no guard for C++ of its own.
extern "C" {
#include <jpegint.h>
}

namespace hestia {

// Reads the coefficients of a baseline file in libjpeg's place. At a reduced scale most of them
// do not show: those are stepped over, several at a look-up, and never become numbers. That is
// most of what a thumbnail of a photo costs.
//
// At anything irregular it gives up: libjpeg's reading calls then return no rows, and the file has
// to be read again without it. What is wrong with a file, and what is shown of it, is libjpeg's
// to say.
//
// Thread-safety: none. Lifetime: as long as `codec` decodes. Memory: 140 KiB at most.
class QuickScan {
 public:
  // Whether the file is of the kind that it reads, and large enough to be worth the tables.
  static bool Suits(const jpeg_decompress_struct& codec);

  // After jpeg_start_decompress, before any row is read; `codec`'s source has the whole file.
  explicit QuickScan(jpeg_decompress_struct& codec);
  QuickScan(const QuickScan&) = delete;
  QuickScan& operator=(const QuickScan&) = delete;

  bool gave_up() const { return gave_up_; }

 private:
  // What libjpeg calls, and what it is handed back.
  struct Hook {
    jpeg_entropy_decoder decoder;
    QuickScan* self;
  };
  struct Component {
    const HuffmanTable* dc = nullptr;
    const HuffmanTable* ac = nullptr;
    int last_shown = 0;  // in a file's order; what comes later is stepped over
    int mean = 0;        // of the block before
  };

  static boolean DecodeMcu(j_decompress_ptr codec, JBLOCKROW* blocks);
  const HuffmanTable* Table(std::array<std::optional<HuffmanTable>, NUM_HUFF_TBLS>& tables,
                            JHUFF_TBL* const* sources, int number);
  bool Restart();
  static bool ReadBlock(Component& component, ScanBits& scan, JCOEF* block);

  jpeg_decompress_struct& codec_;
  Hook hook_;
  ScanBits bits_;
  std::array<std::optional<HuffmanTable>, NUM_HUFF_TBLS> dc_tables_;
  std::array<std::optional<HuffmanTable>, NUM_HUFF_TBLS> ac_tables_;
  std::array<Component, MAX_COMPS_IN_SCAN> components_;  // as the scan numbers them
  unsigned restarts_in_ = 0;                             // MCUs until the next marker
  int next_restart_ = 0;
  bool gave_up_ = false;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_QUICK_SCAN_H_
