#include "thumbnail-service/renderer/read/bmp_reader.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "thumbnail-service/renderer/picture/row_shrinker.h"
#include "thumbnail-service/renderer/read/bmp_header.h"
#include "thumbnail-service/renderer/read/bmp_rows.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
constexpr char kCutShort[] = "BMP: the file is cut short";

void Admit(const BmpHeader& header, const Demand& demand, std::uint64_t channels) {
  demand.Admit({.width_px = static_cast<std::uint64_t>(header.width),
                .height_px = static_cast<std::uint64_t>(header.height),
                .channels = channels});
}

Picture Shrink(BmpRows& rows, Size size, const Demand& demand, std::string& damage) {
  RowShrinker shrinker(size, rows.channels(), demand.For(size));
  std::vector<std::uint8_t> row(static_cast<std::size_t>(size.width) *
                                static_cast<std::size_t>(rows.channels()));
  const std::uint8_t missing = rows.channels() == 4 ? 0 : kMissingGrey;
  int lost = 0;
  for (int y = 0; y < size.height; ++y) {
    if (!rows.Read(y, row.data())) {
      if (demand.limits.render_damaged == 0) Refuse(wire::Outcome::kDecodeFailed, "%s", kCutShort);
      std::fill(row.begin(), row.end(), missing);
      ++lost;
    }
    shrinker.Add(row.data());
  }
  if (lost == size.height) Refuse(wire::Outcome::kDecodeFailed, "%s", kCutShort);
  if (lost > 0) {
    damage = std::to_string(lost) + " of " + std::to_string(size.height) + " rows are cut off";
  }
  return shrinker.Finish();
}
}  // namespace

Decoded ReadBmp(std::span<const std::uint8_t> bytes, const Demand& demand) {
  Admit(ReadBmpSize(bytes), demand, /*channels=*/1);
  const BmpHeader header = ReadBmpHeader(bytes);
  Admit(header, demand, header.alpha() ? 4 : 3);
  Decoded decoded;
  decoded.stored = {static_cast<int>(header.width), static_cast<int>(header.height)};
  BmpRows rows(header);
  decoded.picture = Shrink(rows, decoded.stored, demand, decoded.damage);
  decoded.profile = demand.Allowed({header.profile.begin(), header.profile.end()});
  return decoded;
}

}  // namespace hestia
