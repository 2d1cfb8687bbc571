#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_JAIL_BYTE_WRITER_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_JAIL_BYTE_WRITER_H_

#include <cstddef>
#include <string>

namespace hestia {

// Puts file headers together, number by number.
class ByteWriter {
 public:
  ByteWriter& Text(const std::string& text) {
    bytes_ += text;
    return *this;
  }
  ByteWriter& Big16(std::size_t value) { return Number(value, 2, true); }
  ByteWriter& Big32(std::size_t value) { return Number(value, 4, true); }
  ByteWriter& Little16(std::size_t value) { return Number(value, 2, false); }
  ByteWriter& Little24(std::size_t value) { return Number(value, 3, false); }
  ByteWriter& Little32(std::size_t value) { return Number(value, 4, false); }

  const std::string& bytes() const { return bytes_; }

 private:
  ByteWriter& Number(std::size_t value, std::size_t bytes, bool big) {
    for (std::size_t i = 0; i < bytes; ++i) {
      bytes_ += static_cast<char>(value >> 8 * (big ? bytes - 1 - i : i) & 0xff);
    }
    return *this;
  }

  std::string bytes_;
};

}  // namespace hestia

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_JAIL_BYTE_WRITER_H_
