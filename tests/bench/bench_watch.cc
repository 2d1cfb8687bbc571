// How fast and how small the real watcher-service is. compare-watch.sh runs it beside others.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <absl/flags/flag.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/strip.h>
#include <absl/synchronization/notification.h>

#include "common/monotonic_clock.h"
#include "common/named_thread.h"
#include "common/path_text.h"
#include "common/settings.h"
#include "common/version.h"
#include "tests/bench/file_load.h"
#include "tests/bench/subscriber.h"
#include "tests/bench/watcher_process.h"
#include "watcher-service/events/journal.h"

ABSL_FLAG(std::string, measure, "snapshot",
          "snapshot, burst, latency or slow; tree and load only make files, for other programs");
ABSL_FLAG(std::string, dir, "", "Folder to use; made by tree. Empty: a temporary one");
ABSL_FLAG(int, files, 200'000, "Files of tree, snapshot, burst, load and latency");
ABSL_FLAG(int, directories, 1000, "Directories of tree and snapshot");
ABSL_FLAG(int, writers, 4, "Threads that make changes");
ABSL_FLAG(int, changes, 1'000'000, "Changes of slow");
ABSL_FLAG(std::string, watcher, "", "The watcher-service; empty: the one beside this program");

namespace hestia::bench {
namespace {

using watcher::v1::SubscribeResponse;

constexpr std::uint32_t kCredits = 512;
constexpr double kMib = 1 << 20;

double Mib(std::uint64_t bytes) { return static_cast<double>(bytes) / kMib; }
double Millis(absl::Duration duration) { return absl::ToDoubleMilliseconds(duration); }

std::string WatcherBinary() {
  if (std::string path = absl::GetFlag(FLAGS_watcher); !path.empty()) return path;
  return std::filesystem::read_symlink("/proc/self/exe").replace_filename("watcher-service");
}

// A folder for one run, gone with it unless it was named.
class Folder {
 public:
  Folder() : path_(absl::GetFlag(FLAGS_dir)), own_(path_.empty()) {
    std::string name = (std::filesystem::temp_directory_path() / "bench-watch-XXXXXX").string();
    if (own_) path_ = mkdtemp(name.data());
  }
  ~Folder() {
    if (own_) std::filesystem::remove_all(path_);
  }
  const std::string& path() const { return path_; }
  bool own() const { return own_; }

 private:
  std::string path_;
  const bool own_;
};

// The paths that are there, as the feed tells them.
class Paths {
 public:
  void Apply(const SubscribeResponse& frame) {
    if (frame.has_listing_begin()) {
      const std::string& scope = frame.listing_begin().scope();
      reasons_.insert(ListingReason_Name(frame.listing_begin().reason()));
      absl::erase_if(present_, [&](const std::string& path) { return IsBeneath(path, scope); });
    }
    for (const auto& file : frame.files()) {
      if (file.present()) {
        present_.insert(file.path());
      } else {
        present_.erase(file.path());
      }
    }
  }
  std::size_t size() const { return present_.size(); }
  bool Has(const std::string& path) const { return present_.contains(path); }
  // Why there were listings, as a JSON array.
  std::string Reasons() const {
    std::string list;
    for (const std::string& reason : reasons_) {
      absl::StrAppend(&list, list.empty() ? "" : ",", "\"",
                      absl::StripPrefix(reason, "LISTING_REASON_"), "\"");
    }
    return absl::StrCat("[", list, "]");
  }

 private:
  absl::flat_hash_set<std::string> present_;
  std::set<std::string> reasons_;
};

void AwaitSnapshot(Subscriber& subscriber) {
  subscriber.Until([](const SubscribeResponse& frame) {
    return frame.has_listing_end() && frame.listing_end().complete();
  });
}

std::string Snapshot() {
  const Folder folder;
  if (folder.own()) {
    MakeTree(folder.path(), absl::GetFlag(FLAGS_files), absl::GetFlag(FLAGS_directories));
  }
  const WatcherProcess watcher(WatcherBinary(), folder.path(), {});
  Subscriber subscriber(watcher.address(), kCredits);
  std::uint64_t files = 0;
  subscriber.Until([&](const SubscribeResponse& frame) {
    files += static_cast<std::uint64_t>(frame.files_size());
    return frame.has_listing_end() && frame.listing_end().complete();
  });
  const absl::Duration took = MonotonicNow() - watcher.started_at();
  const ProcessFigures figures = FiguresOf(watcher.pid());
  return absl::StrFormat(
      R"("files":%d,"ms":%.0f,"cpu_ms":%.0f,"resident_mib":%.1f,"peak_mib":%.1f)", files,
      Millis(took), Millis(figures.cpu), Mib(figures.resident_bytes), Mib(figures.peak_bytes));
}

std::string Burst() {
  const Folder folder;
  const int files = absl::GetFlag(FLAGS_files);
  const int writers = absl::GetFlag(FLAGS_writers);
  MakeTree(folder.path(), 0, writers);
  const WatcherProcess watcher(WatcherBinary(), folder.path(), {});
  Subscriber subscriber(watcher.address(), kCredits);
  AwaitSnapshot(subscriber);
  const absl::Duration cpu_before = FiguresOf(watcher.pid()).cpu;
  absl::Duration closed;
  NamedThread load("load", [&] { closed = CreateFiles(folder.path(), files, writers); });
  Paths paths;
  subscriber.Until([&](const SubscribeResponse& frame) {
    paths.Apply(frame);
    return paths.size() == static_cast<std::size_t>(files);
  });
  const absl::Duration delivered = MonotonicNow();
  load.Join();
  subscriber.Sync([&](const SubscribeResponse& frame) { paths.Apply(frame); });
  const ProcessFigures figures = FiguresOf(watcher.pid());
  const int lost = files - static_cast<int>(paths.size());
  return absl::StrFormat(
      R"("files":%d,"lost":%d,"delivered_after_last_close_ms":%.0f,"cpu_us_per_file":%.2f,)"
      R"("peak_mib":%.1f,"listings":%s)",
      files, lost, Millis(delivered - closed), absl::ToDoubleMicroseconds(figures.cpu - cpu_before) / files,
      Mib(figures.peak_bytes), paths.Reasons());
}

std::string Latency() {
  const Folder folder;
  MakeTree(folder.path(), 0, 1);
  const WatcherProcess watcher(WatcherBinary(), folder.path(), {});
  Subscriber subscriber(watcher.address(), kCredits);
  AwaitSnapshot(subscriber);
  std::vector<double> took;
  for (int i = 0; i < absl::GetFlag(FLAGS_files); ++i) {
    const std::string path = absl::StrCat("d0000/lone", i, ".jpg");
    const absl::Duration closed = CreateFile(absl::StrCat(folder.path(), "/", path));
    subscriber.Until([&](const SubscribeResponse& frame) {
      return frame.files_size() > 0 && frame.files(0).path() == path;
    });
    took.push_back(Millis(MonotonicNow() - closed));
  }
  std::sort(took.begin(), took.end());
  const auto at = [&](double share) {
    return took[static_cast<std::size_t>(share * static_cast<double>(took.size() - 1))];
  };
  return absl::StrFormat(R"("files":%d,"p50_ms":%.1f,"p99_ms":%.1f,"max_ms":%.1f)", took.size(),
                         at(0.5), at(0.99), at(1));
}

// Beyond a full journal a slow subscriber may cost this.
constexpr double kSlackMib = 8;

// What a full journal of paths as ChangeFiles makes them takes.
double JournalCapMib() {
  const std::size_t before = mallinfo2().uordblks;
  Journal journal({}, 0);
  for (std::size_t i = 0; i < journal.capacity(); ++i) {
    journal.File(absl::StrFormat("d%04d/r%06d-0.jpg-renamed.jpg", i % 4, i), "", true);
  }
  return Mib(mallinfo2().uordblks - before);
}

// A subscriber that takes one frame a second while much changes, then all there is.
std::string Slow() {
  const Folder folder;
  const int writers = absl::GetFlag(FLAGS_writers);
  MakeTree(folder.path(), 0, writers);
  const WatcherProcess watcher(WatcherBinary(), folder.path(), {});
  Subscriber subscriber(watcher.address(), 2);  // of the empty snapshot
  Paths paths;
  const auto apply = [&](const SubscribeResponse& frame) { paths.Apply(frame); };
  AwaitSnapshot(subscriber);
  ResetPeak(watcher.pid());
  const std::uint64_t before = FiguresOf(watcher.pid()).resident_bytes;
  std::atomic<int> left = 0;
  absl::Notification over;
  NamedThread load("load", [&] {
    left = ChangeFiles(folder.path(), absl::GetFlag(FLAGS_changes), writers);
    over.Notify();
  });
  while (!over.WaitForNotificationWithTimeout(absl::Seconds(1))) {
    apply(subscriber.Next(/*grant=*/false));
    subscriber.Grant(1);
  }
  const std::uint64_t peak = FiguresOf(watcher.pid()).peak_bytes;
  subscriber.Grant(kCredits);
  const absl::Duration began = MonotonicNow();
  subscriber.Sync(apply);
  const absl::Duration took = MonotonicNow() - began;
  const bool converged = static_cast<int>(paths.size()) == left;
  const double growth_after = Mib(FiguresOf(watcher.pid()).peak_bytes) - Mib(before);
  const double limit = JournalCapMib() + kSlackMib;
  return absl::StrFormat(
      R"("changes":%d,"before_mib":%.1f,"growth_mib":%.1f,"growth_after_mib":%.1f,)"
      R"("limit_mib":%.1f,"within_limit":%s,"converged":%s,"converged_after_ms":%.0f,)"
      R"("listings":%s)",
      absl::GetFlag(FLAGS_changes), Mib(before), Mib(peak - std::min(peak, before)), growth_after,
      limit, growth_after <= limit ? "true" : "false", converged ? "true" : "false", Millis(took),
      paths.Reasons());
}

std::string OnlyFiles(const std::string& measure) {
  const Folder folder;
  const int files = absl::GetFlag(FLAGS_files);
  const absl::Duration began = MonotonicNow();
  if (measure == "tree") {
    MakeTree(folder.path(), files, absl::GetFlag(FLAGS_directories));
  } else {
    CreateFiles(folder.path(), files, absl::GetFlag(FLAGS_writers));
  }
  return absl::StrFormat(R"("files":%d,"ms":%.0f)", files, Millis(MonotonicNow() - began));
}

std::string Measure(const std::string& measure) {
  if (measure == "snapshot") return Snapshot();
  if (measure == "burst") return Burst();
  if (measure == "latency") return Latency();
  if (measure == "slow") return Slow();
  return OnlyFiles(measure);
}

void Validate(SettingErrors& errors) {
  const std::string measure = absl::GetFlag(FLAGS_measure);
  const std::set<std::string> known = {"snapshot", "burst", "latency", "slow", "tree", "load"};
  if (known.count(measure) == 0) {
    errors.Add("measure", "must be snapshot, burst, latency, slow, tree or load");
  }
  if ((measure == "tree" || measure == "load") && absl::GetFlag(FLAGS_dir).empty()) {
    errors.Add("dir", "name the folder to make files in");
  }
  const int writers = absl::GetFlag(FLAGS_writers);
  if (writers < 1 || writers > 64) errors.Add("writers", "must be 1 to 64");
  if (absl::GetFlag(FLAGS_files) < 1) errors.Add("files", "must be at least 1");
  if (absl::GetFlag(FLAGS_directories) < 1) errors.Add("directories", "must be at least 1");
}

}  // namespace
}  // namespace hestia::bench

int main(int argc, char** argv) {
  hestia::ReadSettingsOrExit(
      argc, argv,
      {"bench-watch", "Measures the watcher-service; the last line is one JSON object.",
       hestia::kVersion, "  bench-watch --measure=burst --files=100000\n"},
      hestia::bench::Validate);
  const std::string measure = absl::GetFlag(FLAGS_measure);
  const std::string figures = hestia::bench::Measure(measure);
  std::cout << absl::StrFormat(R"({"benchmark":"watch","measure":"%s",%s})", measure, figures)
            << std::endl;
  return 0;
}
