#include "thumbnail-service/renderer/read/partial_webp.h"

#include <algorithm>
#include <memory>

#include "thumbnail-service/renderer/read/freed_by.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {

int DecodeWebpRows(std::span<const std::uint8_t> bytes, WebPDecoderConfig& config) {
  // Its decoder by pieces says how far it came, which the one for whole files does not.
  const std::unique_ptr<WebPIDecoder, FreedBy<WebPIDelete>> decoder(
      WebPIDecode(nullptr, 0, &config));
  if (decoder == nullptr) RefuseForMemory();
  if (WebPIUpdate(decoder.get(), bytes.data(), bytes.size()) == VP8_STATUS_OUT_OF_MEMORY) {
    RefuseForMemory();
  }
  int rows = 0;
  if (WebPIDecodedArea(decoder.get(), nullptr, nullptr, nullptr, &rows) == nullptr) return 0;
  return std::max(rows, 0);
}

}  // namespace hestia
