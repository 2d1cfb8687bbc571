#include "tests/fuzz/fuzz_reader.h"
#include "thumbnail-service/renderer/read/psd_reader.h"

namespace {
// Bits, grey and RGB are OpenImageIO's.
hestia::Decoded Read(std::span<const std::uint8_t> bytes, const hestia::Demand& demand) {
  std::optional<hestia::Decoded> read = hestia::ReadPsd(bytes, demand);
  if (!read.has_value()) hestia::Refuse(hestia::wire::Outcome::kUnsupported, "left to OpenImageIO");
  return *std::move(read);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hestia::FuzzReader(Read, data, size);
  return 0;
}
