#include "thumbnail-service/renderer/read/huffman_table.h"

#include <algorithm>
#include <iterator>

namespace hestia {

// A byte is how many zeros come first and how many bits the value has.
HuffmanTable::Word HuffmanTable::WordOf(int code_bits, std::uint8_t byte) {
  const int value_bits = byte & 15;
  const int zeros = byte >> 4;
  // Sixteen zeros are a symbol, too; every other one without a value ends the block.
  const bool ends = value_bits == 0 && zeros != 15;
  return {static_cast<std::uint8_t>(code_bits + value_bits), static_cast<std::uint8_t>(value_bits),
          static_cast<std::uint8_t>(ends ? kEndOfBlock : zeros)};
}

bool HuffmanTable::Suits(const JHUFF_TBL& table) {
  return std::all_of(std::begin(table.huffval), std::end(table.huffval),
                     [](std::uint8_t byte) { return (byte & 15) <= kMostValueBits; });
}

HuffmanTable::HuffmanTable(const JHUFF_TBL& table) {
  std::copy_n(table.huffval, bytes_.size(), bytes_.begin());
  std::uint32_t code = 0;
  int place = 0;
  for (int length = 1; length <= kLongestCode; ++length, code <<= 1) {
    places_[static_cast<std::size_t>(length)] = place - static_cast<int>(code);
    for (int i = 0; i < table.bits[length] && place < 256; ++i, ++place, ++code) {
      if (length > kCodeBits) continue;
      const std::size_t first = std::size_t{code} << (kCodeBits - length);
      const std::size_t count = std::size_t{1} << (kCodeBits - length);
      if (first + count > words_by_code_.size()) continue;
      std::fill_n(words_by_code_.begin() + static_cast<std::ptrdiff_t>(first), count,
                  WordOf(length, bytes_[static_cast<std::size_t>(place)]));
    }
    ends_[static_cast<std::size_t>(length)] = code << (kLongestCode - length);
  }
  for (std::uint32_t bits = 0; bits < steps_.size(); ++bits) steps_[bits] = StepsFrom(bits);
}

HuffmanTable::Steps HuffmanTable::StepsFrom(std::uint32_t bits) const {
  Steps steps;
  int taken = 0;
  int coefficients = 0;
  while (taken < kStepBits) {
    // What lies beyond the known bits is taken to be zeros; then a code must end before them. Of
    // its value it is enough to know how long it is.
    const std::uint32_t next = bits << taken & ((1U << kStepBits) - 1);
    const Word word = words_by_code_[next >> (kStepBits - kCodeBits)];
    if (word.bits == 0 || taken + word.bits - word.value_bits > kStepBits) break;
    if (taken + word.bits > kMostStepBits) break;
    const bool ends = word.zeros == kEndOfBlock;
    coefficients += ends ? 1 : word.zeros + 1;
    if (coefficients > kEndOfBlock) break;
    taken += word.bits;
    steps.bits = static_cast<std::uint8_t>(taken);
    steps.coefficients = static_cast<std::uint8_t>(coefficients | (ends ? kEndsBlock : 0));
    if (ends) break;
  }
  return steps;
}

HuffmanTable::Word HuffmanTable::LongWord(std::uint32_t next) const {
  int length = 1;
  while (length <= kLongestCode && next >= ends_[static_cast<std::size_t>(length)]) ++length;
  if (length > kLongestCode) return {};
  const int place =
      places_[static_cast<std::size_t>(length)] + static_cast<int>(next >> (kLongestCode - length));
  if (place < 0 || place >= static_cast<int>(bytes_.size())) return {};
  return WordOf(length, bytes_[static_cast<std::size_t>(place)]);
}

}  // namespace hestia
