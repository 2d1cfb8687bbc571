#include "thumbnail-service/renderer/read/quick_scan.h"

#include <cstdlib>

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

// The last coefficient, in a file's order, of those that are worth reading at a scale: in as many
// rows and columns as a block has pixels, and beside them the next ones that libjpeg's transforms
// look at (ScaledCoefficients says why), but not those that are high both ways.
int LastShown(int side) {
  if (side == 1) return 0;
  if (side == 2) return kFileOrder[1][3];
  if (side == 4) return kFileOrder[3][5];
  return DCTSIZE2 - 1;
}
}  // namespace

bool QuickScan::Suits(const jpeg_decompress_struct& codec) {
  return codec.progressive_mode == FALSE && codec.arith_code == FALSE &&
         codec.data_precision == 8 && codec.comps_in_scan == codec.num_components &&
         codec.src->bytes_in_buffer >= kLeastBytes;
}

QuickScan::QuickScan(jpeg_decompress_struct& codec)
    : codec_(codec),
      hook_{*codec.entropy, this},
      bits_(codec.src->next_input_byte, codec.src->next_input_byte + codec.src->bytes_in_buffer),
      restarts_in_(codec.restart_interval) {
  for (int i = 0; i < codec.comps_in_scan; ++i) {
    const jpeg_component_info& info = *codec.cur_comp_info[i];
    Component& component = components_[static_cast<std::size_t>(i)];
    component.dc = Table(dc_tables_, codec.dc_huff_tbl_ptrs, info.dc_tbl_no);
    component.ac = Table(ac_tables_, codec.ac_huff_tbl_ptrs, info.ac_tbl_no);
    component.last_shown = LastShown(info.DCT_scaled_size);
  }
  hook_.decoder.decode_mcu = DecodeMcu;
  codec.entropy = &hook_.decoder;
}

const HuffmanTable* QuickScan::Table(
    std::array<std::optional<HuffmanTable>, NUM_HUFF_TBLS>& tables, JHUFF_TBL* const* sources,
    int number) {
  std::optional<HuffmanTable>& table = tables[static_cast<std::size_t>(number)];
  if (!table.has_value()) table.emplace(*sources[number]);
  return &*table;
}

bool QuickScan::Restart() {
  if (!bits_.Restart(next_restart_)) return false;
  next_restart_ = (next_restart_ + 1) & 7;
  restarts_in_ = codec_.restart_interval;
  for (Component& component : components_) component.mean = 0;
  return true;
}

bool QuickScan::ReadBlock(Component& component, ScanBits& scan, JCOEF* block) {
  const HuffmanTable& ac = *component.ac;
  const int last_shown = component.last_shown;
  ScanBits bits = scan;
  bits.Fill();
  const HuffmanTable::Symbol first = component.dc->Next(bits);
  if (first.bits == 0) return false;
  bits.Skip(first.bits);
  component.mean += first.value;
  if (std::abs(component.mean) > kMostMean) return false;
  block[0] = static_cast<JCOEF>(component.mean);
  int next = 1;
  bool ended = false;
  while (next <= last_shown) {
    bits.Fill();
    const HuffmanTable::Symbol symbol = ac.Next(bits);
    if (symbol.bits == 0) return false;
    bits.Skip(symbol.bits);
    ended = symbol.zeros == HuffmanTable::kEndOfBlock;
    if (ended) break;
    next += symbol.zeros;
    if (next >= DCTSIZE2) return false;
    block[kBlockPlace[static_cast<std::size_t>(next)]] = symbol.value;
    ++next;
  }
  while (!ended && next < DCTSIZE2) {
    bits.Fill();
    HuffmanTable::Steps steps = ac.Look(bits);
    if (steps.needed() <= DCTSIZE2 - next) {
      bits.Skip(steps.bits);
      next += steps.needed();
      ended = steps.ends_block();
      if (ended) break;
      // What is left of 32 bits is enough for another look.
      steps = ac.Look(bits);
      if (steps.needed() <= DCTSIZE2 - next) {
        bits.Skip(steps.bits);
        next += steps.needed();
        ended = steps.ends_block();
      }
      continue;
    }
    // The block ends amid these, or the symbol is a long one.
    const HuffmanTable::Symbol symbol = ac.Next(bits);
    if (symbol.bits == 0) return false;
    bits.Skip(symbol.bits);
    ended = symbol.zeros == HuffmanTable::kEndOfBlock;
    next += ended ? 0 : symbol.zeros + 1;
    if (next > DCTSIZE2) return false;
  }
  scan = bits;
  return !bits.overdrawn();
}

boolean QuickScan::DecodeMcu(j_decompress_ptr codec, JBLOCKROW* blocks) {
  QuickScan& self = *reinterpret_cast<Hook*>(codec->entropy)->self;
  if (self.gave_up_) return FALSE;
  if (codec->restart_interval != 0) {
    if (self.restarts_in_ == 0 && !self.Restart()) {
      self.gave_up_ = true;
      return FALSE;
    }
    --self.restarts_in_;
  }
  ScanBits bits = self.bits_;
  for (int i = 0; i < codec->blocks_in_MCU; ++i) {
    Component& component = self.components_[static_cast<std::size_t>(codec->MCU_membership[i])];
    if (!ReadBlock(component, bits, *blocks[i])) {
      self.gave_up_ = true;
      return FALSE;
    }
  }
  self.bits_ = bits;
  return TRUE;
}

}  // namespace hestia
