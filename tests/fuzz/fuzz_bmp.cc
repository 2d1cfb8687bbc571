#include "tests/fuzz/fuzz_reader.h"
#include "thumbnail-service/renderer/read/bmp_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hestia::FuzzReader(hestia::ReadBmp, data, size);
  return 0;
}
