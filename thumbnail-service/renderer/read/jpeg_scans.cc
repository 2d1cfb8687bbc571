#include "thumbnail-service/renderer/read/jpeg_scans.h"

#include <cinttypes>
#include <cstddef>
#include <cstring>

#include "thumbnail-service/renderer/read/block_order.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
constexpr double kTolerableSquaredLevels = 0.75;

bool ComponentSuffices(const jpeg_component_info& component, const int* missing_bits) {
  if (component.quant_table == nullptr) return false;
  // A block is decoded to so many pixels a side, and those show as many coefficients.
  const auto side = static_cast<std::size_t>(component.DCT_scaled_size);
  double squared = 0;
  for (std::size_t row = 0; row < side; ++row) {
    for (std::size_t column = 0; column < side; ++column) {
      const int missing = missing_bits[kFileOrder[row][column]];
      if (missing < 0) return false;  // not seen yet
      const double step = component.quant_table->quantval[row * DCTSIZE + column];
      const double lost = step * ((1 << missing) - 1);
      // Uniform over what the bits could be; 64 coefficients' energy is spread over 64 pixels.
      squared += lost * lost / 3 / DCTSIZE2;
    }
  }
  return squared <= kTolerableSquaredLevels;
}

bool ScansSuffice(const jpeg_decompress_struct& codec) {
  if (codec.coef_bits == nullptr) return false;
  for (int i = 0; i < codec.num_components; ++i) {
    if (!ComponentSuffices(codec.comp_info[i], codec.coef_bits[i])) return false;
  }
  return true;
}

[[noreturn]] void RefuseScans(std::uint64_t most) {
  Refuse(wire::Outcome::kTooLarge, "JPEG: more than %" PRIu64 " scans", most);
}

// SOI, TEM and the restart markers stand alone; 0xff 0x00 is a byte of data.
bool StandsAlone(std::uint8_t marker) {
  return marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}
}  // namespace

void RefuseManyScans(std::span<const std::uint8_t> file, std::uint64_t most) {
  constexpr std::uint8_t kStartOfScan = 0xda;
  constexpr std::uint8_t kEndOfImage = 0xd9;
  std::uint64_t scans = 0;
  for (std::size_t at = 0; at + 4 <= file.size();) {
    const void* const found = std::memchr(&file[at], 0xff, file.size() - at);
    if (found == nullptr) return;
    at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - file.data());
    if (at + 4 > file.size()) return;
    const std::uint8_t marker = file[at + 1];
    if (marker == 0xff) {
      ++at;
    } else if (StandsAlone(marker)) {
      at += 2;
    } else if (marker == kEndOfImage) {
      return;
    } else {
      if (marker == kStartOfScan && ++scans > most) RefuseScans(most);
      at += std::size_t{2} + (std::size_t{file[at + 2]} << 8 | file[at + 3]);
    }
  }
}

void StartWithEnoughScans(jpeg_decompress_struct& codec, std::uint64_t most) {
  codec.buffered_image = TRUE;
  jpeg_start_decompress(&codec);
  for (;;) {
    const int progress = jpeg_consume_input(&codec);
    if (progress == JPEG_REACHED_EOI) break;
    if (progress == JPEG_SCAN_COMPLETED && ScansSuffice(codec)) break;
    if (static_cast<std::uint64_t>(codec.input_scan_number) > most) RefuseScans(most);
  }
  jpeg_start_output(&codec, codec.input_scan_number);
}

}  // namespace hestia
