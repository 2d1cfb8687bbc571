#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PNG_ROWS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PNG_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct inflate_state;

namespace hestia {

// The rows of a PNG that is not interlaced, as they were before they were packed. libpng reads
// all else; here is where a large file's time goes, and ISA-L unpacks three times as fast as
// zlib.
//
// What is cut short or damaged is refused (refuse.h), every chunk's checksum being verified before
// its bytes are used; or, by the caller's choice, the rows before the damage are given.
//
// Thread-safety: none. Ownership: borrows the file. Memory: a batch of rows (256 KiB, or one
//   row) and the unpacker's state (about 100 KiB).
class PngRows {
 public:
  enum class OnDamage { kRefuse, kEnd };

  // `chunks`: the file from the length of its first IDAT chunk on.
  PngRows(std::span<const std::uint8_t> chunks, std::size_t row_bytes, int bytes_per_pixel,
          int rows, OnDamage on_damage = OnDamage::kRefuse);
  ~PngRows();

  // The next row from the top, valid until the next call; null when damage leaves no more. Not to
  // be called more than `rows` times.
  const std::uint8_t* Next();

  // What is wrong with the file as far as it was read, for people; empty: nothing.
  const std::string& damage() const { return damage_; }

 private:
  // Ends the rows where the bytes do.
  void Unpack();
  void TakeChunk();
  void Damaged(const std::string& what);
  void EndBecause(const std::string& what);

  std::span<const std::uint8_t> chunks_;
  const std::size_t row_bytes_;
  const int bytes_per_pixel_;
  const OnDamage on_damage_;
  int rows_left_;
  bool ended_ = false;  // by damage
  std::string damage_;
  const std::unique_ptr<inflate_state> state_;
  // The last row of the batch before, then each row behind its filter's number.
  std::vector<std::uint8_t> batch_;
  std::uint8_t* above_;
  std::uint8_t* next_;
  std::uint8_t* end_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PNG_ROWS_H_
