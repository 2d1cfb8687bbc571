#include "thumbnail-service/renderer/read/quick_scan.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "thumbnail-service/renderer/read/block_order.h"

namespace hestia {
namespace {
// Of less than that libjpeg has read all before the tables are made.
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
constexpr std::size_t kLeastBytes = 0;
#else
constexpr std::size_t kLeastBytes = std::size_t{64} << 10;
#endif

// Where libjpeg's numbers end, long before an int's do.
constexpr int kMostMean = 1 << 20;

// Places in a block beyond the last coefficient.
constexpr int kBlockEnd = DCTSIZE2;
constexpr int kBroken = kBlockEnd + 1;

// The last coefficient, in a file's order, of those that are worth reading at a scale: in as many
// rows and columns as a block has pixels, and beside them the next ones that libjpeg's transforms
// look at (ScaledCoefficients says why), at 1/4 the two after those that are low the other way, but
// not those that are high both ways.
int LastShown(int side) {
  if (side == 1) return 0;
  if (side == 2) return kFileOrder[5][0];
  if (side == 4) return kFileOrder[3][5];
  return DCTSIZE2 - 1;
}
}  // namespace

bool QuickScan::Suits(const jpeg_decompress_struct& codec) {
  if (codec.progressive_mode != FALSE || codec.arith_code != FALSE || codec.data_precision != 8 ||
      codec.comps_in_scan != codec.num_components || codec.src->bytes_in_buffer < kLeastBytes) {
    return false;
  }
  for (int i = 0; i < codec.comps_in_scan; ++i) {
    const jpeg_component_info& info = *codec.cur_comp_info[i];
    if (!HuffmanTable::Suits(*codec.dc_huff_tbl_ptrs[info.dc_tbl_no]) ||
        !HuffmanTable::Suits(*codec.ac_huff_tbl_ptrs[info.ac_tbl_no])) {
      return false;
    }
  }
  return true;
}

QuickScan::QuickScan(jpeg_decompress_struct& codec)
    : codec_(codec),
      hook_{*codec.coef, this},
      bytes_(codec.src->next_input_byte, codec.src->next_input_byte + codec.src->bytes_in_buffer),
      bits_(bytes_.first()),
      restarts_in_(codec.restart_interval) {
  for (int i = 0; i < codec.comps_in_scan; ++i) {
    const jpeg_component_info& info = *codec.cur_comp_info[i];
    Component& component = components_[static_cast<std::size_t>(i)];
    component.info = codec.cur_comp_info[i];
    component.transform = codec.idct->inverse_DCT[info.component_index];
    component.dc = Table(dc_tables_, codec.dc_huff_tbl_ptrs, info.dc_tbl_no);
    component.ac = Table(ac_tables_, codec.ac_huff_tbl_ptrs, info.ac_tbl_no);
    component.side = info.DCT_scaled_size;
    component.last_shown = LastShown(info.DCT_scaled_size);
    component.mean_factor = info.quant_table->quantval[0];
  }
  hook_.controller.decompress_data = DecodeRows;
  codec.coef = &hook_.controller;
}

const HuffmanTable* QuickScan::Table(std::array<std::optional<HuffmanTable>, NUM_HUFF_TBLS>& tables,
                                     JHUFF_TBL* const* sources, int number) {
  std::optional<HuffmanTable>& table = tables[static_cast<std::size_t>(number)];
  if (!table.has_value()) table.emplace(*sources[number]);
  return &*table;
}

bool QuickScan::Restart(ScanBits& bits) {
  // What is left fills the last byte up.
  if (bits.behind_last() != bytes_.end() || !bytes_.Restart(next_restart_)) return false;
  bits = ScanBits(bytes_.first());
  next_restart_ = (next_restart_ + 1) & 7;
  restarts_in_ = codec_.restart_interval;
  for (Component& component : components_) component.mean = 0;
  return true;
}

// With enough ready for one look.
[[gnu::always_inline]] inline bool QuickScan::StepOver(const HuffmanTable& ac, ScanBits& bits,
                                                       int next) {
  for (;;) {
    ScanBits::Mark before = bits.here();
    int place = next;
    HuffmanTable::Steps steps = ac.Look(bits);
    bits.Skip(steps.bits);
    next += steps.coefficients;
    if (next < DCTSIZE2) {
      bits.Fill();
      before = bits.here();
      place = next;
      steps = ac.Look(bits);
      bits.Skip(steps.bits);
      next += steps.coefficients;
      if (next < DCTSIZE2) continue;
    }
    if (next == DCTSIZE2 ||
        (next >= HuffmanTable::kEndsBlock && next <= HuffmanTable::kEndsBlock + DCTSIZE2)) {
      return true;
    }
    // The block ends amid these, or the next symbol is a long one.
    bits.Return(before);
    bits.Fill();
    next = place;
    const HuffmanTable::Symbol symbol = ac.Next(bits);
    if (symbol.bits == 0) return false;
    bits.Skip(symbol.bits);
    if (symbol.zeros == HuffmanTable::kEndOfBlock) return true;
    next += symbol.zeros + 1;
    if (next >= DCTSIZE2) return next == DCTSIZE2;
  }
}

// With enough ready for one symbol. Where the block goes on; kBlockEnd or kBroken when it does not.
[[gnu::always_inline]] inline int QuickScan::ReadShown(const HuffmanTable& ac, ScanBits& bits,
                                                       int next, JCOEF* block) {
  const HuffmanTable::Symbol symbol = ac.Next(bits);
  if (symbol.bits == 0) return kBroken;
  bits.Skip(symbol.bits);
  if (symbol.zeros == HuffmanTable::kEndOfBlock) return kBlockEnd;
  next += symbol.zeros;
  if (next >= DCTSIZE2) return kBroken;
  block[kBlockPlace[static_cast<std::size_t>(next)]] = static_cast<JCOEF>(symbol.value);
  return next + 1;
}

[[gnu::always_inline]] inline bool QuickScan::ReadBlock(Component& component, ScanBits& bits,
                                                        JSAMPARRAY rows, JDIMENSION column) {
  const HuffmanTable& ac = *component.ac;
  bits.Fill();
  const HuffmanTable::Symbol first = component.dc->Next(bits);
  if (first.bits == 0) return false;
  bits.Skip(first.bits);
  component.mean += first.value;
  if (std::abs(component.mean) > kMostMean) return false;
  JCOEF* const block = blocks_[waiting_].data();
  bool flat = true;
  int next = 1;
  if (const int last_shown = component.last_shown; last_shown > 0) {
    next = ReadShown(ac, bits, next, block);
    flat = next == kBlockEnd;
    while (next <= last_shown) {
      bits.Fill();
      next = ReadShown(ac, bits, next, block);
      if (next > last_shown) break;
      next = ReadShown(ac, bits, next, block);
    }
    if (next == kBroken) return false;
    bits.Fill();
  }
  if (next < kBlockEnd && !StepOver(ac, bits, next)) return false;
  if (!flat || !ShowFlat(component, rows, column)) {
    block[0] = static_cast<JCOEF>(component.mean);
    places_[waiting_] = {&component, rows, column};
    if (++waiting_ == kMostWaiting) ShowWaiting();
  }
  return true;
}

[[gnu::always_inline]] inline bool QuickScan::ShowFlat(const Component& component, JSAMPARRAY rows,
                                                       JDIMENSION column) {
  const int level = (static_cast<JCOEF>(component.mean) * component.mean_factor + DCTSIZE / 2) >> 3;
  // Beyond that libjpeg's numbers have ends of their own.
  if (std::abs(level) >= 512) return false;
  if (rows == nullptr) return true;
  const auto sample = static_cast<JSAMPLE>(std::clamp(level + CENTERJSAMPLE, 0, int{MAXJSAMPLE}));
  if (component.side == 1) {
    rows[0][column] = sample;
    return true;
  }
  for (int y = 0; y < component.side; ++y) {
    std::memset(rows[y] + column, sample, static_cast<std::size_t>(component.side));
  }
  return true;
}

void QuickScan::ShowWaiting() {
  for (std::size_t i = 0; i < waiting_; ++i) {
    const Place& place = places_[i];
    if (place.rows != nullptr) {
      place.component->transform(&codec_, place.component->info, blocks_[i].data(), place.rows,
                                 place.column);
    }
    blocks_[i].fill(0);
  }
  waiting_ = 0;
}

[[gnu::always_inline]] inline bool QuickScan::ReadMcu(ScanBits& bits, JSAMPIMAGE planes,
                                                      JDIMENSION column, int row, bool at_bottom) {
  const bool at_right = column == codec_.MCUs_per_row - 1;
  for (int i = 0; i < codec_.comps_in_scan; ++i) {
    Component& component = components_[static_cast<std::size_t>(i)];
    const jpeg_component_info& info = *component.info;
    const int shown_wide = at_right ? info.last_col_width : info.MCU_width;
    const int shown_high = at_bottom ? info.last_row_height : info.MCU_height;
    JSAMPARRAY rows = planes[info.component_index] + row * component.side;
    for (int y = 0; y < info.MCU_height; ++y, rows += component.side) {
      JDIMENSION left = column * static_cast<JDIMENSION>(info.MCU_width * component.side);
      for (int x = 0; x < info.MCU_width; ++x) {
        // Blocks beyond the image are in the file, but there is no room for them in the planes.
        const bool shown = x < shown_wide && y < shown_high;
        if (!ReadBlock(component, bits, shown ? rows : nullptr, left)) return false;
        left += static_cast<JDIMENSION>(component.side);
      }
    }
  }
  return true;
}

bool QuickScan::ReadRows(JSAMPIMAGE planes) {
  const bool last = codec_.input_iMCU_row == codec_.total_iMCU_rows - 1;
  // A component alone has its blocks one by one, in rows as wide and as high as it is.
  const jpeg_component_info& first = *components_[0].info;
  const bool alone = codec_.comps_in_scan == 1;
  const int rows = !alone ? 1 : last ? first.last_row_height : first.v_samp_factor;
  // By value, so that it can live in registers.
  ScanBits bits = bits_;
  for (int row = 0; row < rows; ++row) {
    for (JDIMENSION column = 0; column < codec_.MCUs_per_row; ++column) {
      if (codec_.restart_interval != 0) {
        if (restarts_in_ == 0 && !Restart(bits)) return false;
        --restarts_in_;
      }
      if (bits.next() >= bytes_.last_start()) bits.MovedTo(bytes_.Next(bits.next()));
      if (!ReadMcu(bits, planes, column, row, last && !alone)) return false;
      // Behind the end there are zeros for one MCU.
      if (bits.behind_last() > bytes_.end()) return false;
    }
  }
  bits_ = bits;
  ShowWaiting();
  return true;
}

int QuickScan::DecodeRows(j_decompress_ptr codec, JSAMPIMAGE planes) {
  QuickScan& self = *reinterpret_cast<Hook*>(codec->coef)->self;
  self.gave_up_ = self.gave_up_ || !self.ReadRows(planes);
  if (self.gave_up_) return JPEG_SUSPENDED;
  ++codec->output_iMCU_row;
  if (++codec->input_iMCU_row < codec->total_iMCU_rows) return JPEG_ROW_COMPLETED;
  codec->inputctl->finish_input_pass(codec);
  return JPEG_SCAN_COMPLETED;
}

}  // namespace hestia
