#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_SCAN_BITS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_SCAN_BITS_H_

#include <bit>
#include <cstdint>
#include <cstring>

namespace hestia {

// The bits of a JPEG scan, in which a zero byte follows each 0xff of data. Ends at the first
// marker; behind it all bits are zero, and overdrawn() says that there were not enough.
//
// Thread-safety: a value. Ownership: borrows the bytes.
class ScanBits {
 public:
  ScanBits() = default;
  ScanBits(const std::uint8_t* begin, const std::uint8_t* end) : next_(begin), end_(end) {}

  static_assert(std::endian::native == std::endian::little);

  // Makes the next 32 bits ready, where there are so many.
  void Fill() {
    if (end_ - next_ >= 8) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, next_, sizeof(bytes));
      constexpr std::uint64_t kOnes = 0x0101010101010101;
      if ((((~bytes - kOnes) & bytes) & (kOnes << 7)) == 0) {
        // What does not fit whole comes again next time, to the same place.
        window_ |= __builtin_bswap64(bytes) >> count_;
        const int whole = (63 - count_) >> 3;
        next_ += whole;
        count_ += 8 * whole;
        return;
      }
    }
    if (count_ >= 32) return;
    // By value, so that a copy in a loop can live in registers.
    *this = FilledByBytes(*this);
  }

  // The next `bits` (1 to 32), which stay.
  std::uint32_t Peek(int bits) const { return static_cast<std::uint32_t>(window_ >> (64 - bits)); }
  void Skip(int bits) {
    window_ <<= bits;
    count_ -= bits;
  }

  bool overdrawn() const { return count_ < 0; }

  // Goes on behind restart marker `number` (0 to 7). False when something else comes first.
  bool Restart(int number) {
    // What is left fills the last byte up.
    if (count_ < 0 || count_ >= 8) return false;
    if (next_ == end_ || *next_ != 0xff) return false;
    while (next_ != end_ && *next_ == 0xff) ++next_;
    if (next_ == end_ || *next_ != 0xd0 + number) return false;
    *this = ScanBits(next_ + 1, end_);
    return true;
  }

 private:
  [[gnu::noinline]] static ScanBits FilledByBytes(ScanBits bits) {
    while (bits.count_ <= 56) {
      const std::uint8_t* const next = bits.next_;
      const auto left = bits.end_ - next;
      if (left == 0 || (*next == 0xff && (left < 2 || next[1] != 0))) break;
      bits.window_ |= std::uint64_t{*next} << (56 - bits.count_);
      bits.next_ += *next == 0xff ? 2 : 1;
      bits.count_ += 8;
    }
    return bits;
  }

  const std::uint8_t* next_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  std::uint64_t window_ = 0;  // the next bit is the highest
  int count_ = 0;             // of its bits that are the file's; negative: so many are missing
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_SCAN_BITS_H_
