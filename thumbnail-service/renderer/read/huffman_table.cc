#include "thumbnail-service/renderer/read/huffman_table.h"

#include <algorithm>

namespace hestia {
namespace {
// A word is how many zeros come first and how many bits the value has.
int ZerosOf(std::uint8_t word) { return word >> 4; }
int BitsOf(std::uint8_t word) { return word & 15; }

// Sixteen zeros are a word, too; every other one without a value ends the block.
bool EndsBlock(std::uint8_t word) { return BitsOf(word) == 0 && ZerosOf(word) != 15; }

// Values that begin with a zero bit are the negative ones.
int Extend(std::uint32_t bits, int length) {
  if (length == 0) return 0;
  const auto value = static_cast<int>(bits);
  return value >> (length - 1) != 0 ? value : value - (1 << length) + 1;
}
}  // namespace

HuffmanTable::HuffmanTable(const JHUFF_TBL& table) {
  std::copy_n(table.huffval, words_.size(), words_.begin());
  std::uint32_t code = 0;
  int place = 0;
  for (std::size_t length = 1; length <= kLongestCode; ++length, code <<= 1) {
    places_[length] = place - static_cast<int>(code);
    for (int i = 0; i < table.bits[length] && place < 256; ++i, ++place, ++code) {
      AddSymbols(code, static_cast<int>(length), words_[static_cast<std::size_t>(place)]);
    }
    ends_[length] = code << (kLongestCode - length);
  }
  for (std::uint32_t bits = 0; bits < steps_.size(); ++bits) steps_[bits] = StepsFrom(bits);
}

void HuffmanTable::AddSymbols(std::uint32_t code, int length, std::uint8_t word) {
  const int bits = length + BitsOf(word);
  if (bits > kSymbolBits) return;
  const int rest = kSymbolBits - bits;
  Symbol symbol;
  symbol.bits = static_cast<std::uint8_t>(bits);
  symbol.zeros = static_cast<std::uint8_t>(EndsBlock(word) ? kEndOfBlock : ZerosOf(word));
  for (std::uint32_t value = 0; value < 1U << BitsOf(word); ++value) {
    symbol.value = static_cast<std::int16_t>(Extend(value, BitsOf(word)));
    const std::size_t first = (code << BitsOf(word) | value) << rest;
    if (first >= symbols_.size()) return;
    std::fill_n(symbols_.begin() + static_cast<std::ptrdiff_t>(first), 1 << rest, symbol);
  }
}

HuffmanTable::Steps HuffmanTable::StepsFrom(std::uint32_t bits) const {
  Steps steps;
  int taken = 0;
  int coefficients = 0;
  while (taken < kStepBits) {
    // What lies beyond the known bits is taken to be zeros; then a symbol must end before them.
    const std::uint32_t next = bits << taken & ((1U << kStepBits) - 1);
    const Symbol symbol = symbols_[next >> (kStepBits - kSymbolBits)];
    if (symbol.bits == 0 || taken + symbol.bits > kStepBits) break;
    const bool ends = symbol.zeros == kEndOfBlock;
    coefficients += ends ? 1 : symbol.zeros + 1;
    if (coefficients > kEndOfBlock) break;
    taken += symbol.bits;
    steps.bits = static_cast<std::uint8_t>(taken);
    steps.coefficients = static_cast<std::uint8_t>(coefficients | (ends ? kEndsBlock : 0));
    if (ends) break;
  }
  return steps;
}

HuffmanTable::Symbol HuffmanTable::LongSymbol(std::uint32_t next) const {
  const std::uint32_t code = next >> (32 - kLongestCode);
  std::size_t length = 1;
  while (length <= kLongestCode && code >= ends_[length]) ++length;
  if (length > kLongestCode) return {};
  const int place = places_[length] + static_cast<int>(code >> (kLongestCode - length));
  if (place < 0 || place >= static_cast<int>(words_.size())) return {};
  const std::uint8_t word = words_[static_cast<std::size_t>(place)];
  Symbol symbol;
  symbol.bits = static_cast<std::uint8_t>(static_cast<int>(length) + BitsOf(word));
  symbol.zeros = static_cast<std::uint8_t>(EndsBlock(word) ? kEndOfBlock : ZerosOf(word));
  if (BitsOf(word) != 0) {
    const std::uint32_t value = next << length >> (32 - BitsOf(word));
    symbol.value = static_cast<std::int16_t>(Extend(value, BitsOf(word)));
  }
  return symbol;
}

}  // namespace hestia
