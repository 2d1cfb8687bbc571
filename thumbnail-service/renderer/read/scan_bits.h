#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_SCAN_BITS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_SCAN_BITS_H_

#include <bit>
#include <cstdint>
#include <cstring>

namespace hestia {

// A reader of bits, the highest of each byte first. It looks up to eight bytes ahead; how far there
// is something to read is for its caller to know.
//
// Thread-safety: a value, meant to live in registers. Ownership: borrows the bytes.
class ScanBits {
 public:
  ScanBits() = default;
  explicit ScanBits(const std::uint8_t* next) : next_(next) {}

  static_assert(std::endian::native == std::endian::little);

  // Makes at least 56 bits ready.
  void Fill() {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, next_, sizeof(bytes));
    // What does not fit whole comes again next time, to the same place.
    window_ |= __builtin_bswap64(bytes) >> ready_;
    next_ += (63 - ready_) >> 3;
    ready_ |= 56;
  }

  // The next `bits` (1 to 32), which stay.
  std::uint32_t Peek(int bits) const { return static_cast<std::uint32_t>(window_ >> (64 - bits)); }
  // The signed number in the `length` (0 to 15) bits behind `skipped` (0 to 16) ones, those that
  // begin with a zero bit being the negative ones.
  int Value(int skipped, int length) const {
    const std::uint64_t bits = window_ << skipped;
    const auto negative = ~static_cast<std::uint64_t>(static_cast<std::int64_t>(bits) >> 63);
    const std::uint64_t number = bits >> 1 >> (63 - length);
    return static_cast<int>(number - (negative & ((std::uint64_t{1} << length) - 1)));
  }
  // As many as are ready at most.
  void Skip(int bits) {
    window_ <<= bits;
    ready_ -= static_cast<unsigned>(bits);
  }

  // To return to, as long as nothing is made ready meanwhile.
  struct Mark {
    std::uint64_t window;
    unsigned ready;
  };
  Mark here() const { return {window_, ready_}; }
  void Return(Mark mark) {
    window_ = mark.window;
    ready_ = mark.ready;
  }

  // Behind the bytes that are read or ready.
  const std::uint8_t* next() const { return next_; }
  // Behind the byte that the last bit read is in.
  const std::uint8_t* behind_last() const { return next_ - ready_ / 8; }
  // The bytes have been moved to lie before `next`.
  void MovedTo(const std::uint8_t* next) { next_ = next; }

 private:
  const std::uint8_t* next_ = nullptr;
  std::uint64_t window_ = 0;  // the next bit is the highest
  unsigned ready_ = 0;        // of its bits; those below are right, too, or zero
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_SCAN_BITS_H_
