#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_BYTEA_ARRAY_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_BYTEA_ARRAY_H_

#include <cstdint>
#include <string>

#include <absl/strings/string_view.h>
#include <pqxx/pqxx>

namespace hestia {

// A bytea[] parameter in PostgreSQL's binary format, for `$n::bytea[]`: the text format would
// double the bytes. The layout is what array_recv reads (src/backend/utils/adt/arrayfuncs.c):
// dimensions, a flag for nulls, the element's type, length and lower bound of the dimension,
// then each element with its length; integers of 32 bits in network order.
//
// Thread-safety: none. Memory: one copy of the elements, another in Parameter().
class PgByteaArray {
 public:
  void Add(absl::string_view bytes) {
    AppendNumber(static_cast<std::uint32_t>(bytes.size()), elements_);
    elements_.append(bytes.data(), bytes.size());
    ++count_;
  }
  // Not of an empty array, which has no dimension.
  pqxx::binarystring Parameter() const {
    constexpr std::uint32_t kByteaOid = 17;
    std::string array;
    array.reserve(20 + elements_.size());
    for (const std::uint32_t number : {std::uint32_t{1}, std::uint32_t{0}, kByteaOid, count_,
                                       std::uint32_t{1}}) {
      AppendNumber(number, array);
    }
    array.append(elements_);
    return pqxx::binarystring(array);
  }

 private:
  static void AppendNumber(std::uint32_t number, std::string& to) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      to.push_back(static_cast<char>(number >> shift & 0xFF));
    }
  }

  std::uint32_t count_ = 0;
  std::string elements_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_BYTEA_ARRAY_H_
