#ifndef HESTIA_TESTS_FUZZ_FUZZ_READER_H_
#define HESTIA_TESTS_FUZZ_FUZZ_READER_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "thumbnail-service/renderer/read/readers.h"

namespace hestia {

// The whole way of one image through a reader: decode, scale, turn, encode. A refusal is as
// good an end as any.
using Reader = Decoded (*)(std::span<const std::uint8_t> bytes, const Demand& demand);
void FuzzReader(Reader reader, const std::uint8_t* data, std::size_t size);

}  // namespace hestia

#endif  // HESTIA_TESTS_FUZZ_FUZZ_READER_H_
