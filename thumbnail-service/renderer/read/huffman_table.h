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
    int value = 0;
    int zeros = 0;  // coefficients of zero before it; kEndOfBlock: nothing but those
    int bits = 0;   // of code and value, to be skipped; 0: there is no such code
  };
  static constexpr int kEndOfBlock = 64;

  // Several symbols of a block at once, where it does not matter what they say.
  struct Steps {
    std::uint8_t bits = 0;  // at most kMostStepBits
    // What these symbols add to a place in the block below 64. A sum below 64: there is more to
    // come. kEndsBlock and at most 64, or 64 itself: the block has ended. Else they reach beyond
    // the block, or the next symbol is none for the table.
    std::uint8_t coefficients = kNone;
  };
  static constexpr int kMostStepBits = 24;
  static constexpr int kEndsBlock = 0x80;

  // Values of baseline files have no more (T.81, F.1.2), so that with its code a symbol has at most
  // 27.
  static constexpr int kMostValueBits = 11;

  // Whether `table` has nothing longer.
  static bool Suits(const JHUFF_TBL& table);

  // `table` as libjpeg has found it to be sound.
  explicit HuffmanTable(const JHUFF_TBL& table);

  // The next symbol.
  Symbol Next(const ScanBits& bits) const {
    Word word = words_by_code_[bits.Peek(kCodeBits)];
    if (word.bits == 0) [[unlikely]] {
      word = LongWord(bits.Peek(kLongestCode));
    }
    return {bits.Value(word.bits - word.value_bits, word.value_bits), word.zeros, word.bits};
  }

  // Those that can be stepped over at once.
  Steps Look(const ScanBits& bits) const { return steps_[bits.Peek(kStepBits)]; }

 private:
  // What is known of a symbol by its code alone.
  struct alignas(4) Word {
    std::uint8_t bits = 0;  // of code and value
    std::uint8_t value_bits = 0;
    std::uint8_t zeros = 0;
  };
  static constexpr int kCodeBits = 11;
  static constexpr int kStepBits = 12;
  static constexpr int kLongestCode = 16;
  static constexpr std::uint8_t kNone = 64;  // beyond any block, whose first place is 1 here

  static Word WordOf(int code_bits, std::uint8_t byte);
  Steps StepsFrom(std::uint32_t bits) const;
  Word LongWord(std::uint32_t next) const;

  std::array<Word, 1 << kCodeBits> words_by_code_{};  // those whose code fits
  std::array<Steps, 1 << kStepBits> steps_{};
  // Of the codes of each length: what is above the last one, as the first bits of 16, and what to
  // add to one for its place among the bytes.
  std::array<std::uint32_t, kLongestCode + 1> ends_{};
  std::array<int, kLongestCode + 1> places_{};
  std::array<std::uint8_t, 256> bytes_{};
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_HUFFMAN_TABLE_H_
