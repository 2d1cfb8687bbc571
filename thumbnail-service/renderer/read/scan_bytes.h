#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_SCAN_BYTES_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_SCAN_BYTES_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace hestia {

// A JPEG's scan, piece by piece, without the zero byte that follows each 0xff of data (ITU-T T.81,
// B.1.1.5). Ends at each marker; zeros follow then.
//
// Thread-safety: none. Ownership: borrows the file. Memory: 20 KiB.
class ScanBytes {
 public:
  // More than an MCU can have, ten blocks of 64 symbols of at most 27 bits, and a look ahead.
  static constexpr std::size_t kMargin = 4096;

  ScanBytes(const std::uint8_t* begin, const std::uint8_t* end);
  ScanBytes(const ScanBytes&) = delete;
  ScanBytes& operator=(const ScanBytes&) = delete;

  const std::uint8_t* first() const { return bytes_.data() + kReadAhead; }
  // Behind the last byte of this piece; at least kMargin zeros follow.
  const std::uint8_t* end() const { return bytes_.data() + size_; }
  // Whoever is to read kMargin bytes from beyond this byte on has to call Next() before.
  const std::uint8_t* last_start() const { return last_start_; }

  // The next piece, which begins with what is left of this one from `next` on; where that is now.
  const std::uint8_t* Next(const std::uint8_t* next);

  // Goes on behind restart marker `number` (0 to 7). False when something else comes first.
  bool Restart(int number);

 private:
  static constexpr std::size_t kPiece = std::size_t{16} << 10;
  // Of what a reader has taken in already it may have to be said where it ends.
  static constexpr std::size_t kReadAhead = 8;

  // Behind the first `kept` bytes.
  void Read(std::size_t kept);

  const std::uint8_t* unread_;
  const std::uint8_t* const file_end_;
  std::array<std::uint8_t, kPiece + kMargin> bytes_{};
  std::size_t size_ = 0;
  const std::uint8_t* last_start_ = nullptr;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_SCAN_BYTES_H_
