#include "tests/fuzz/fuzz_reader.h"
#include "thumbnail-service/renderer/read/psd_inks.h"

namespace {
// Files that are not of inks are OpenImageIO's.
hestia::Decoded Read(std::span<const std::uint8_t> bytes, const hestia::Demand& demand) {
  std::optional<hestia::Decoded> inks = hestia::ReadPsdInks(bytes, demand);
  if (!inks.has_value()) hestia::Refuse(hestia::wire::Outcome::kUnsupported, "no inks");
  return *std::move(inks);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hestia::FuzzReader(Read, data, size);
  return 0;
}
