#ifndef HESTIA_DEPLOY_PROGRESS_PROGRESS_LINE_H_
#define HESTIA_DEPLOY_PROGRESS_PROGRESS_LINE_H_

#include <cstdint>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <hestia/thumbnail/v1/thumbnail.pb.h>

namespace hestia {

// How far the first scan of some libraries has come, as one line for people.
//
// Thread-safety: pure functions.

struct ScanProgress {
  std::uint64_t found = 0;
  std::uint64_t done = 0;    // every thumbnail made
  std::uint64_t failed = 0;  // cannot be rendered
  double files_per_second = 0;
  // The listing may still find files, so nobody can tell how long it takes.
  bool still_finding = true;
};

// Adds up `libraries` in `stats`; others are left out. One that `stats` does not know yet is
// still finding.
ScanProgress ProgressOf(const thumbnail::v1::GetStatsResponse& stats,
                        const std::vector<std::string>& libraries);

// "12,345 found   9,876 done   3 failed   151.2 files/s   0:16 left"
std::string ProgressLine(const ScanProgress& progress);

// "12,345 files: 12,342 ready, 3 failed, in 1:22"
std::string SummaryLine(const ScanProgress& progress, absl::Duration took);

}  // namespace hestia

#endif  // HESTIA_DEPLOY_PROGRESS_PROGRESS_LINE_H_
