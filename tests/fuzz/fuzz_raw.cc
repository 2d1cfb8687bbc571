#include "tests/fuzz/fuzz_reader.h"
#include "thumbnail-service/renderer/read/raw_preview.h"

namespace {
// A file without a preview that will do is developed by OpenImageIO, which is not looked at here.
hestia::Decoded Read(std::span<const std::uint8_t> bytes, const hestia::Demand& demand) {
  std::optional<hestia::Decoded> preview = hestia::ReadRawPreview(bytes, demand);
  if (!preview.has_value()) hestia::Refuse(hestia::wire::Outcome::kUnsupported, "no preview");
  return *std::move(preview);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hestia::FuzzReader(Read, data, size);
  return 0;
}
