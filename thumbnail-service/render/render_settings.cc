#include "thumbnail-service/render/render_settings.h"

#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <absl/flags/flag.h>
#include <absl/strings/str_cat.h>
#include <absl/time/time.h>

ABSL_FLAG(absl::Duration, render_timeout, absl::Seconds(10),
          "Longest time an image may take to render, 100ms to 10m; small ones get less, four times "
          "0.5s and 40ms for each megapixel. Its process is then killed "
          "and the file gets the verdict TIMED_OUT after one more try");
ABSL_FLAG(std::int64_t, max_source_bytes, std::int64_t{512} << 20,
          "Largest file that is read, in bytes, 1024 to 4294967296; it is held in memory while it "
          "is rendered, once for each worker");
ABSL_FLAG(std::int64_t, max_pixels, 120'000'000,
          "Most pixels (width x height) an image may have, 1000 to 10000000000");
ABSL_FLAG(std::int64_t, max_scaled_pixels, 268'000'000,
          "As max_pixels, for baseline JPEG, which is reduced while it is decoded");
ABSL_FLAG(std::string, format_limits, "",
          "Limits that single formats have instead of max_pixels, max_scaled_pixels, "
          "max_source_bytes and those that have no setting of their own: "
          "FORMAT=PIXELS[:BYTES][:NAME=NUMBER…],…, e.g. tiff=400000000:2147483648,"
          "gif=20000000:frames=50,all=icc=500000. NAME: pixels, bytes, side (65535 px), channels "
          "(64; not of svg, pdf, video), frames (or pages; 100000; of png, webp, gif, tiff, heif, "
          "jxl, pdf), ratio (bytes of pixels, four each, to bytes of the file; 1000000; not of svg, "
          "pdf), scans (500; of jpeg, and raw for its preview), chunk (16777216 bytes; of png, but "
          "for its pixels), icc (8388608; of jpeg, png, webp, tiff, bmp, heif, jpeg2000, psd, raw, ico, "
          "jxl) and exif (1048576; of jpeg, png, webp, raw); a larger profile or EXIF block counts "
          "as none. A limit that a format does not have is a mistake, but for all. An empty or zero "
          "part leaves the common limit");
ABSL_FLAG(std::string, damaged_files, "refuse",
          "What becomes of a JPEG, PNG, WebP or TIFF (and others that come row by row) that is cut "
          "short or damaged in its middle: refuse gives it the verdict DECODE_FAILED, render makes "
          "thumbnails of what is there and says so");
ABSL_FLAG(std::int64_t, render_memory_bytes, std::int64_t{1536} << 20,
          "Most memory one image may take to render, in bytes, 67108864 to 68719476736; more is "
          "the verdict TOO_LARGE");
ABSL_FLAG(std::int64_t, render_budget_bytes, 0,
          "Most memory that all renders of this service may take together, in bytes, 67108864 to "
          "1099511627776; each has an equal share, and an image that needs more waits until it is "
          "alone. 0: three quarters of the memory that the service may have");
ABSL_FLAG(std::string, jail, "best-effort",
          "What to do where the kernel or the container refuses a layer of the renderers' jail: "
          "best-effort renders within the others and says which are missing, strict does not start");
ABSL_FLAG(std::string, renderer_dir, "",
          "Folder of thumbnail-renderer and thumbnail-renderer-oiio; empty: that of this program");

namespace hestia {
namespace {
constexpr std::int64_t kLongestSide = 65'535;

void CheckRange(SettingErrors& errors, absl::string_view flag, std::int64_t value,
                std::int64_t least, std::int64_t most) {
  if (value < least || value > most) {
    errors.Add(flag, absl::StrCat("must be ", least, " to ", most, ", not ", value));
  }
}

absl::StatusOr<std::string> ProgramFolder() {
  if (std::string folder = absl::GetFlag(FLAGS_renderer_dir); !folder.empty()) return folder;
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) {
    return absl::NotFoundError(
        absl::StrCat("cannot read /proc/self/exe: ", std::strerror(errno), "; set renderer_dir"));
  }
  const std::string self(path.data(), static_cast<std::size_t>(length));
  return self.substr(0, self.rfind('/'));
}

// Validated before.
FormatLimits FormatLimitsFromSetting() {
  return ParseFormatLimits(absl::GetFlag(FLAGS_format_limits)).value_or(FormatLimits{});
}
}  // namespace

void ValidateRenderSettings(SettingErrors& errors) {
  const absl::Duration timeout = absl::GetFlag(FLAGS_render_timeout);
  if (timeout < absl::Milliseconds(100) || timeout > absl::Minutes(10)) {
    errors.Add("render_timeout", "must be 100ms to 10m");
  }
  CheckRange(errors, "max_source_bytes", absl::GetFlag(FLAGS_max_source_bytes), 1024,
             std::int64_t{4} << 30);
  CheckRange(errors, "max_pixels", absl::GetFlag(FLAGS_max_pixels), 1000, 10'000'000'000);
  CheckRange(errors, "max_scaled_pixels", absl::GetFlag(FLAGS_max_scaled_pixels), 1000,
             10'000'000'000);
  CheckRange(errors, "render_memory_bytes", absl::GetFlag(FLAGS_render_memory_bytes),
             std::int64_t{64} << 20, std::int64_t{64} << 30);
  if (absl::GetFlag(FLAGS_render_budget_bytes) != 0) {
    CheckRange(errors, "render_budget_bytes", absl::GetFlag(FLAGS_render_budget_bytes),
               MemoryBudget::kLeastShareBytes, std::int64_t{1} << 40);
  }
  errors.AddIfError("format_limits", ParseFormatLimits(absl::GetFlag(FLAGS_format_limits)).status());
  const std::string damaged = absl::GetFlag(FLAGS_damaged_files);
  if (damaged != "refuse" && damaged != "render") {
    errors.Add("damaged_files", absl::StrCat("\"", damaged, "\" is not refuse or render"));
  }
  const std::string jail = absl::GetFlag(FLAGS_jail);
  if (jail != "strict" && jail != "best-effort") {
    errors.Add("jail", absl::StrCat("\"", jail, "\" is not best-effort or strict"));
  }
}

RenderLimits RenderLimitsFromSettings() {
  RenderLimits limits;
  limits.timeout = absl::GetFlag(FLAGS_render_timeout);
  limits.max_scaled_pixels = absl::GetFlag(FLAGS_max_scaled_pixels);
  limits.max_pixels = absl::GetFlag(FLAGS_max_pixels);
  limits.formats = FormatLimitsFromSetting();
  limits.render_damaged = absl::GetFlag(FLAGS_damaged_files) == "render";
  limits.max_side_px = kLongestSide;
  limits.max_memory_bytes = absl::GetFlag(FLAGS_render_memory_bytes);
  limits.jail = absl::GetFlag(FLAGS_jail) == "strict" ? JailMode::kStrict : JailMode::kBestEffort;
  return limits;
}

SourceLimits SourceLimitsFromSettings() {
  return {absl::GetFlag(FLAGS_max_source_bytes), FormatLimitsFromSetting()};
}

std::int64_t MemoryBudgetFromSettings() {
  const std::int64_t set = absl::GetFlag(FLAGS_render_budget_bytes);
  return set != 0 ? set : UsualMemoryBudget();
}

// What an image alone may have, as far as it matters: machines that are all but alike count as such.
std::int64_t MemoryOfOneImage(const RenderLimits& limits) {
  constexpr std::int64_t kStep = std::int64_t{64} << 20;
  return std::min(limits.max_memory_bytes, MemoryBudgetFromSettings()) / kStep * kStep;
}

std::string DecoderVersionFromSettings() {
  const RenderLimits limits = RenderLimitsFromSettings();
  std::string text = absl::StrCat(
      absl::ToInt64Milliseconds(limits.timeout), ",", SourceLimitsFromSettings().max_source_bytes,
      ",", limits.max_pixels, ",", limits.max_scaled_pixels, ",", MemoryOfOneImage(limits), ",",
      limits.render_damaged);
  for (const auto& [format, own] : limits.formats) {
    absl::StrAppend(&text, ",", FormatWord(format));
    for (const std::int64_t number :
         {own.max_pixels, own.max_source_bytes, own.max_side_px, own.max_channels, own.max_frames,
          own.max_ratio, own.max_scans, own.max_chunk_bytes, own.max_icc_bytes,
          own.max_exif_bytes}) {
      absl::StrAppend(&text, ":", number);
    }
  }
  return absl::StrCat("hestia-", kDecoderVersion, "+",
                      absl::Hex(XXH3_64bits(text.data(), text.size()), absl::kZeroPad16));
}

absl::StatusOr<RendererPrograms> FindRendererPrograms() {
  const absl::StatusOr<std::string> folder = ProgramFolder();
  if (!folder.ok()) return folder.status();
  RendererPrograms programs{*folder + "/thumbnail-renderer", *folder + "/thumbnail-renderer-oiio"};
  for (const std::string& program : {programs.fast, programs.oiio}) {
    if (::access(program.c_str(), X_OK) != 0) {
      return absl::NotFoundError(
          absl::StrCat("renderer program ", program, ": ", std::strerror(errno)));
    }
  }
  return programs;
}

}  // namespace hestia
