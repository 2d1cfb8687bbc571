#include "thumbnail-service/render/format_limits.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

namespace hestia {
namespace {
struct Part {
  absl::string_view name;
  std::int64_t FormatLimit::*limit;
  std::int64_t most;
};

// In the order in which they may stand without their names.
constexpr std::array kParts = {
    Part{"pixels", &FormatLimit::max_pixels, 10'000'000'000},
    Part{"bytes", &FormatLimit::max_source_bytes, std::int64_t{4} << 30},
    Part{"side", &FormatLimit::max_side_px, 1'000'000},
    Part{"channels", &FormatLimit::max_channels, 1024},
    Part{"frames", &FormatLimit::max_frames, 1'000'000'000},
    Part{"ratio", &FormatLimit::max_ratio, 1'000'000'000'000},
    Part{"scans", &FormatLimit::max_scans, 100'000},
    Part{"chunk", &FormatLimit::max_chunk_bytes, std::int64_t{1} << 30},
    Part{"icc", &FormatLimit::max_icc_bytes, std::int64_t{64} << 20},
    Part{"exif", &FormatLimit::max_exif_bytes, std::int64_t{64} << 20},
};
constexpr std::size_t kNameless = 2;
constexpr absl::string_view kAll = "all";

std::string AllWords() {
  return absl::StrJoin(kAllImageFormats, ", ", [](std::string* out, ImageFormat format) {
    absl::StrAppend(out, FormatWord(format));
  });
}

// What is wrong with the part at `index`; empty: nothing, and it is in `limit`.
std::string ParsePart(std::size_t index, absl::string_view text, FormatLimit& limit) {
  if (text.empty()) return "";
  std::pair<absl::string_view, absl::string_view> named =
      absl::StrSplit(text, absl::MaxSplits('=', 1));
  if (!absl::StrContains(text, '=')) {
    if (index >= kNameless) return absl::StrCat("\"", text, "\" needs a name");
    named = {kParts[index].name, text};
  }
  const auto part = std::find_if(kParts.begin(), kParts.end(), [&](const Part& candidate) {
    return candidate.name == named.first;
  });
  if (part == kParts.end()) {
    return absl::StrCat("\"", named.first, "\" is none of ",
                        absl::StrJoin(kParts, ", ", [](std::string* out, const Part& known) {
                          absl::StrAppend(out, known.name);
                        }));
  }
  std::int64_t& value = limit.*(part->limit);
  if (!absl::SimpleAtoi(named.second, &value) || value < 0 || value > part->most) {
    return absl::StrCat(part->name, " must be 0 to ", part->most);
  }
  return "";
}

// What is wrong with the entry; empty: nothing, and it is in `limits`.
std::string ParseOne(absl::string_view entry, FormatLimits& limits) {
  const std::pair<absl::string_view, absl::string_view> pair =
      absl::StrSplit(entry, absl::MaxSplits('=', 1));
  const auto format =
      std::find_if(kAllImageFormats.begin(), kAllImageFormats.end(),
                   [&](ImageFormat candidate) { return FormatWord(candidate) == pair.first; });
  if (format == kAllImageFormats.end() && pair.first != kAll) {
    return absl::StrCat("\"", entry, "\": the format must be ", kAll, " or one of ", AllWords());
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(pair.second, ':');
  FormatLimit limit;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string problem = ParsePart(i, parts[i], limit);
    if (!problem.empty()) {
      return absl::StrCat("\"", entry, "\": the form is FORMAT=PIXELS[:BYTES][:NAME=NUMBER…], and ",
                          problem);
    }
  }
  const ImageFormat key = pair.first == kAll ? ImageFormat::kUnknown : *format;
  if (!limits.emplace(key, limit).second) {
    return absl::StrCat("\"", entry, "\": ", pair.first, " is named twice");
  }
  return "";
}
}  // namespace

absl::string_view FormatWord(ImageFormat format) {
  constexpr std::array<absl::string_view, 22> kWords = {
      "",    "jpeg", "png", "webp", "gif", "tiff", "bmp", "heif", "jpeg2000",
      "psd", "exr",  "hdr", "dpx",  "pnm", "raw",  "ico", "sgi",  "cineon",
      "svg", "jxl",  "pdf", "video"};
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

std::int64_t LimitOf(const FormatLimits& limits, ImageFormat format,
                     std::int64_t FormatLimit::*which, std::int64_t common) {
  for (const ImageFormat key : {format, ImageFormat::kUnknown}) {
    const auto found = limits.find(key);
    if (found != limits.end() && found->second.*which > 0) return found->second.*which;
  }
  return common;
}

std::int64_t PixelLimit(const FormatLimits& limits, ImageFormat format, std::int64_t common) {
  return LimitOf(limits, format, &FormatLimit::max_pixels, common);
}

std::int64_t ByteLimit(const FormatLimits& limits, ImageFormat format, std::int64_t common) {
  return LimitOf(limits, format, &FormatLimit::max_source_bytes, common);
}

}  // namespace hestia
