#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_QUICK_SCAN_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_QUICK_SCAN_H_

#include <array>
#include <optional>

#include "thumbnail-service/renderer/jpeg_refusal.h"
#include "thumbnail-service/renderer/read/huffman_table.h"
#include "thumbnail-service/renderer/read/scan_bits.h"
#include "thumbnail-service/renderer/read/scan_bytes.h"

// Whom it replaces is not declared for everybody; jpegint.h has no guard for C++ of its own.
extern "C" {
#include <jpegint.h>
}

namespace hestia {

// Reads the blocks of a baseline file in libjpeg's place. At a reduced scale most coefficients
// do not show: those are stepped over, several at a look-up, and never become numbers. That is
// most of what a thumbnail of a photo costs. A block of which only the mean shows, most of them at
// 1/8, is filled with it; the others are libjpeg's to transform.
//
// At anything irregular it gives up: libjpeg's reading calls then return no rows, and the file has
// to be read again without it. What is wrong with a file, and what is shown of it, is libjpeg's
// to say.
//
// Thread-safety: none. Lifetime: as long as `codec` decodes. Memory: 160 KiB at most.
class QuickScan {
 public:
  // Whether the file is of the kind that it reads, and large enough to be worth the tables.
  static bool Suits(const jpeg_decompress_struct& codec);

  // After jpeg_start_decompress, before any row is read; `codec`'s source has the whole file and
  // all components are wanted.
  explicit QuickScan(jpeg_decompress_struct& codec);
  QuickScan(const QuickScan&) = delete;
  QuickScan& operator=(const QuickScan&) = delete;

  bool gave_up() const { return gave_up_; }

 private:
  // What libjpeg calls, and what it is handed back.
  struct Hook {
    jpeg_d_coef_controller controller;
    QuickScan* self;
  };
  struct Component {
    jpeg_component_info* info = nullptr;
    inverse_DCT_method_ptr transform = nullptr;
    const HuffmanTable* dc = nullptr;
    const HuffmanTable* ac = nullptr;
    int side = DCTSIZE;   // of a block, as shown
    int last_shown = 0;   // in a file's order; what comes later is stepped over
    int mean = 0;         // of the block before, as a coefficient
    int mean_factor = 0;  // from there to eight times a sample
  };
  // Where a block goes.
  struct Place {
    const Component* component = nullptr;
    JSAMPARRAY rows = nullptr;  // none: nowhere
    JDIMENSION column = 0;
  };
  // Transforms read wide what was written in pieces: not before the processor has written it.
  static constexpr std::size_t kMostWaiting = 8;

  static int DecodeRows(j_decompress_ptr codec, JSAMPIMAGE planes);
  const HuffmanTable* Table(std::array<std::optional<HuffmanTable>, NUM_HUFF_TBLS>& tables,
                            JHUFF_TBL* const* sources, int number);
  bool ReadRows(JSAMPIMAGE planes);
  bool ReadMcu(ScanBits& bits, JSAMPIMAGE planes, JDIMENSION column, int row, bool at_bottom);
  bool Restart(ScanBits& bits);
  bool ReadBlock(Component& component, ScanBits& bits, JSAMPARRAY rows, JDIMENSION column);
  static int ReadShown(const HuffmanTable& ac, ScanBits& bits, int next, JCOEF* block);
  static bool StepOver(const HuffmanTable& ac, ScanBits& bits, int next);
  static bool ShowFlat(const Component& component, JSAMPARRAY rows, JDIMENSION column);
  void ShowWaiting();

  jpeg_decompress_struct& codec_;
  Hook hook_;
  ScanBytes bytes_;
  ScanBits bits_;
  std::array<std::optional<HuffmanTable>, NUM_HUFF_TBLS> dc_tables_;
  std::array<std::optional<HuffmanTable>, NUM_HUFF_TBLS> ac_tables_;
  std::array<Component, MAX_COMPS_IN_SCAN> components_;  // as the scan numbers them
  // Of blocks that wait for their transform; zeros in all others.
  alignas(64) std::array<std::array<JCOEF, DCTSIZE2>, kMostWaiting> blocks_{};
  std::array<Place, kMostWaiting> places_{};
  std::size_t waiting_ = 0;
  unsigned restarts_in_ = 0;  // MCUs until the next marker
  int next_restart_ = 0;
  bool gave_up_ = false;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_QUICK_SCAN_H_
