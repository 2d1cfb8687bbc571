#include "deploy/progress/progress_line.h"

#include <algorithm>
#include <string>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

namespace hestia {
namespace {

constexpr double kSlowestKnownPace = 0.05;  // files/s; below it a forecast is a guess

std::string WithCommas(std::uint64_t number) {
  const std::string digits = absl::StrCat(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string Clock(absl::Duration duration) {
  const std::int64_t seconds = absl::ToInt64Seconds(duration);
  if (seconds < 3600) return absl::StrFormat("%d:%02d", seconds / 60, seconds % 60);
  return absl::StrFormat("%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string TimeLeft(const ScanProgress& progress) {
  if (progress.still_finding) return "still finding";
  const std::uint64_t over = std::min(progress.found, progress.done + progress.failed);
  const std::uint64_t left = progress.found - over;
  if (left == 0) return "0:00 left";
  if (progress.files_per_second < kSlowestKnownPace) return "time left unknown";
  const double seconds = static_cast<double>(left) / progress.files_per_second;
  return absl::StrCat(Clock(absl::Ceil(absl::Seconds(seconds), absl::Seconds(1))), " left");
}

}  // namespace

ScanProgress ProgressOf(const thumbnail::v1::GetStatsResponse& stats,
                        const std::vector<std::string>& libraries) {
  ScanProgress progress;
  progress.files_per_second = stats.throughput_per_second();
  std::size_t listed = 0;
  for (const thumbnail::v1::LibraryStats& library : stats.libraries()) {
    if (std::find(libraries.begin(), libraries.end(), library.library()) == libraries.end()) {
      continue;
    }
    progress.found += library.files();
    progress.done += library.ready_files();
    progress.failed += library.failed_files();
    const bool finding = library.listing() || library.ingest_replica_id().empty() ||
                         library.state() == "SCANNING" || library.state().empty();
    if (!finding) ++listed;
  }
  progress.still_finding = listed < libraries.size();
  return progress;
}

std::string ProgressLine(const ScanProgress& progress) {
  return absl::StrCat(WithCommas(progress.found), " found   ", WithCommas(progress.done),
                      " done   ", WithCommas(progress.failed), " failed   ",
                      absl::StrFormat("%.1f files/s   ", progress.files_per_second),
                      TimeLeft(progress));
}

std::string SummaryLine(const ScanProgress& progress, absl::Duration took) {
  return absl::StrCat(WithCommas(progress.found), progress.found == 1 ? " file: " : " files: ",
                      WithCommas(progress.done), " ready, ", WithCommas(progress.failed),
                      " failed, in ", Clock(took));
}

}  // namespace hestia
