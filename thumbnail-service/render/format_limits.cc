#include "thumbnail-service/render/format_limits.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

namespace hestia {
namespace {
constexpr std::int64_t kMostPixels = 10'000'000'000;
constexpr std::int64_t kMostBytes = std::int64_t{4} << 30;

std::string AllWords() {
  return absl::StrJoin(kAllImageFormats, ", ", [](std::string* out, ImageFormat format) {
    absl::StrAppend(out, FormatWord(format));
  });
}

bool ParseLimit(absl::string_view text, std::int64_t most, std::int64_t& limit) {
  return text.empty() || (absl::SimpleAtoi(text, &limit) && limit >= 0 && limit <= most);
}

// What is wrong with the entry; empty: nothing, and it is in `limits`.
std::string ParseOne(absl::string_view entry, FormatLimits& limits) {
  const std::pair<absl::string_view, absl::string_view> pair =
      absl::StrSplit(entry, absl::MaxSplits('=', 1));
  const auto format =
      std::find_if(kAllImageFormats.begin(), kAllImageFormats.end(),
                   [&](ImageFormat candidate) { return FormatWord(candidate) == pair.first; });
  if (format == kAllImageFormats.end()) {
    return absl::StrCat("\"", entry, "\": the format must be one of ", AllWords());
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(pair.second, ':');
  FormatLimit limit;
  if (parts.size() > 2 || !ParseLimit(parts[0], kMostPixels, limit.max_pixels) ||
      (parts.size() == 2 && !ParseLimit(parts[1], kMostBytes, limit.max_source_bytes))) {
    return absl::StrCat("\"", entry, "\": the form is FORMAT=PIXELS[:BYTES], at most ", kMostPixels,
                        " pixels and ", kMostBytes, " bytes");
  }
  if (!limits.emplace(*format, limit).second) {
    return absl::StrCat("\"", entry, "\": ", pair.first, " is named twice");
  }
  return "";
}
}  // namespace

absl::string_view FormatWord(ImageFormat format) {
  constexpr std::array<absl::string_view, 20> kWords = {
      "",    "jpeg", "png", "webp", "gif", "tiff", "bmp", "heif", "jpeg2000",
      "psd", "exr",  "hdr", "dpx",  "pnm", "raw",  "ico", "sgi",  "cineon",
      "svg", "jxl"};
  const auto index = static_cast<std::size_t>(format);
  return index < kWords.size() ? kWords[index] : "";
}

absl::StatusOr<FormatLimits> ParseFormatLimits(absl::string_view text) {
  FormatLimits limits;
  std::vector<std::string> problems;
  for (const absl::string_view entry : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    const std::string problem = ParseOne(absl::StripAsciiWhitespace(entry), limits);
    if (!problem.empty()) problems.push_back(problem);
  }
  if (!problems.empty()) return absl::InvalidArgumentError(absl::StrJoin(problems, "; "));
  return limits;
}

std::int64_t PixelLimit(const FormatLimits& limits, ImageFormat format, std::int64_t common) {
  const auto found = limits.find(format);
  return found != limits.end() && found->second.max_pixels > 0 ? found->second.max_pixels : common;
}

std::int64_t ByteLimit(const FormatLimits& limits, ImageFormat format, std::int64_t common) {
  const auto found = limits.find(format);
  return found != limits.end() && found->second.max_source_bytes > 0
             ? found->second.max_source_bytes
             : common;
}

}  // namespace hestia
