#include "tests/fuzz/fuzz_reader.h"
#include "thumbnail-service/renderer/read/pdf_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hestia::FuzzReader(hestia::ReadPdf, data, size);
  return 0;
}
