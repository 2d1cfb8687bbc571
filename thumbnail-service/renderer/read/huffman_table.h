#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_HUFFMAN_TABLE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_HUFFMAN_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "thumbnail-service/renderer/jpeg_refusal.h"
#include "thumbnail-service/renderer/read/scan_bits.h"

namespace hestia {

// One of a JPEG's Huffman codes (ITU-T T.81, annex F), as tables over the bits that come next.
//
// Thread-safety: immutable. Memory: 16 KiB.
class HuffmanTable {
 public:
  // What a code word and the bits behind it say.
  struct Symbol {
    std::int16_t value = 0;
    std::uint8_t zeros = 0;  // coefficients of zero before it; kEndOfBlock: nothing but those
    std::uint8_t bits = 0;   // of code and value, to be skipped; 0: there is no such code
  };
  static constexpr int kEndOfBlock = 64;

  // Several symbols of a block at once, where it does not matter what they say.
  struct Steps {
    std::uint8_t bits = 0;
    // Coefficients there have to be left in the block for these symbols to be in it; that many
    // are passed over. kNone: not even one symbol fits into the table.
    std::uint8_t coefficients = kNone;
    bool ends_block() const { return (coefficients & kEndsBlock) != 0; }
    int needed() const { return coefficients & ~kEndsBlock; }
  };

  // `table` as libjpeg has found it to be sound.
  explicit HuffmanTable(const JHUFF_TBL& table);

  // The next symbol, of at most 31 bits.
  Symbol Next(const ScanBits& bits) const {
    const Symbol symbol = symbols_[bits.Peek(kSymbolBits)];
    return symbol.bits != 0 ? symbol : LongSymbol(bits.Peek(32));
  }

  // Those that can be skipped at once, where so many coefficients are left as they need.
  Steps Look(const ScanBits& bits) const { return steps_[bits.Peek(kStepBits)]; }

 private:
  static constexpr int kSymbolBits = 11;
  static constexpr int kStepBits = 12;
  static constexpr std::size_t kLongestCode = 16;
  static constexpr std::uint8_t kEndsBlock = 0x80;
  static constexpr std::uint8_t kNone = 0x7f;

  void AddSymbols(std::uint32_t code, int length, std::uint8_t word);
  Steps StepsFrom(std::uint32_t bits) const;
  Symbol LongSymbol(std::uint32_t next) const;

  std::array<Symbol, 1 << kSymbolBits> symbols_{};  // those that fit
  std::array<Steps, 1 << kStepBits> steps_{};
  // Of the codes of each length: what is above the last one, as the first bits of 16, and what to
  // add to one for its place among the words.
  std::array<std::uint32_t, kLongestCode + 1> ends_{};
  std::array<int, kLongestCode + 1> places_{};
  std::array<std::uint8_t, 256> words_{};
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_HUFFMAN_TABLE_H_
