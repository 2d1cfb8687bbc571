#include "thumbnail-service/render/format_limits.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
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
// A bit for each format.
using Formats = std::uint32_t;
constexpr Formats Of(std::initializer_list<ImageFormat> formats) {
  Formats set = 0;
  for (const ImageFormat format : formats) set |= Formats{1} << static_cast<unsigned>(format);
  return set;
}
constexpr Formats kEvery = ~Formats{0};
constexpr Formats kDrawn = Of({ImageFormat::kSvg, ImageFormat::kPdf});
// Their previews are JPEGs.
constexpr ImageFormat kRaw = ImageFormat::kCameraRaw;

struct Part {
  absl::string_view name;
  std::int64_t FormatLimit::*limit;
  std::int64_t most;
  Formats formats;  // that have it
};

// In the order in which they may stand without their names.
constexpr std::array kParts = {
    Part{"pixels", &FormatLimit::max_pixels, 10'000'000'000, kEvery},
    Part{"bytes", &FormatLimit::max_source_bytes, std::int64_t{4} << 30, kEvery},
    Part{"side", &FormatLimit::max_side_px, 1'000'000, kEvery},
    Part{"channels", &FormatLimit::max_channels, 1024,
         kEvery & ~kDrawn & ~Of({ImageFormat::kVideo})},
    Part{"frames", &FormatLimit::max_frames, 1'000'000'000,
         Of({ImageFormat::kPng, ImageFormat::kWebp, ImageFormat::kGif, ImageFormat::kTiff,
             ImageFormat::kHeif, ImageFormat::kJpegXl, ImageFormat::kPdf})},
    Part{"ratio", &FormatLimit::max_ratio, 1'000'000'000'000, kEvery & ~kDrawn},
    Part{"scans", &FormatLimit::max_scans, 100'000, Of({ImageFormat::kJpeg, kRaw})},
    Part{"chunk", &FormatLimit::max_chunk_bytes, std::int64_t{1} << 30, Of({ImageFormat::kPng})},
    Part{"icc", &FormatLimit::max_icc_bytes, std::int64_t{64} << 20,
         Of({ImageFormat::kJpeg, ImageFormat::kPng, ImageFormat::kWebp, ImageFormat::kTiff,
             ImageFormat::kBmp, ImageFormat::kHeif, ImageFormat::kJpeg2000, ImageFormat::kPsd, kRaw,
             ImageFormat::kIco, ImageFormat::kJpegXl})},
    Part{"exif", &FormatLimit::max_exif_bytes, std::int64_t{64} << 20,
         Of({ImageFormat::kJpeg, ImageFormat::kPng, ImageFormat::kWebp, kRaw})},
};
constexpr std::size_t kNameless = 2;
constexpr absl::string_view kAll = "all";

// kUnknown stands for all of them.
bool Has(const Part& part, ImageFormat format) {
  return format == ImageFormat::kUnknown || (part.formats & Of({format})) != 0;
}

std::string AllWords() {
  return absl::StrJoin(kAllImageFormats, ", ", [](std::string* out, ImageFormat format) {
    absl::StrAppend(out, FormatWord(format));
  });
}

std::string WordsOfThoseWith(const Part& part) {
  std::vector<absl::string_view> words;
  for (const ImageFormat format : kAllImageFormats) {
    if (Has(part, format)) words.push_back(FormatWord(format));
  }
  return absl::StrJoin(words, ", ");
}

// What is wrong with the part at `index`; empty: nothing, and it is in `limit`.
std::string ParsePart(ImageFormat format, std::size_t index, absl::string_view text,
                      FormatLimit& limit) {
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
  if (!Has(*part, format)) {
    return absl::StrCat("\"", part->name, "\" would do nothing: of all formats, ",
                        WordsOfThoseWith(*part), " have it");
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
  const ImageFormat key = pair.first == kAll ? ImageFormat::kUnknown : *format;
  FormatLimit limit;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string problem = ParsePart(key, i, parts[i], limit);
    if (!problem.empty()) {
      return absl::StrCat("\"", entry, "\": the form is FORMAT=PIXELS[:BYTES][:NAME=NUMBER…], and ",
                          problem);
    }
  }
  if (!limits.emplace(key, limit).second) {
    return absl::StrCat("\"", entry, "\": ", pair.first, " is named twice");
  }
  return "";
}
}  // namespace

absl::string_view FormatWord(ImageFormat format) {
  constexpr std::array<absl::string_view, 22> kWords = {
      "",    "jpeg", "png", "webp", "gif", "tiff", "bmp",    "heif", "jpeg2000", "psd", "exr",
      "hdr", "dpx",  "pnm", "raw",  "ico", "sgi",  "cineon", "svg",  "jxl",      "pdf", "video"};
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

bool HasLimit(ImageFormat format, std::int64_t FormatLimit::*which) {
  const auto part = std::find_if(kParts.begin(), kParts.end(),
                                 [&](const Part& candidate) { return candidate.limit == which; });
  return part != kParts.end() && Has(*part, format);
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
