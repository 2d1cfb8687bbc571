#ifndef HESTIA_TESTS_BENCH_WATCHER_PROCESS_H_
#define HESTIA_TESTS_BENCH_WATCHER_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include <absl/time/time.h>

#include "common/named_thread.h"
#include "common/unique_fd.h"

namespace hestia::bench {

// Memory and processor time of a process, from /proc.
struct ProcessFigures {
  std::uint64_t resident_bytes = 0;
  std::uint64_t peak_bytes = 0;  // since the start, or the last ResetPeak
  absl::Duration cpu;            // user and system
};
ProcessFigures FiguresOf(pid_t pid);
void ResetPeak(pid_t pid);

// The real watcher-service on one folder, library "bench". What it logs is read and dropped.
class WatcherProcess {
 public:
  // Starts it and waits until it listens; ends the program when it does not.
  WatcherProcess(const std::string& binary, const std::string& folder,
                 const std::vector<std::string>& flags);
  // Stops it.
  ~WatcherProcess();

  const std::string& address() const { return address_; }
  pid_t pid() const { return pid_; }
  // MonotonicNow() when it was started.
  absl::Duration started_at() const { return started_at_; }

 private:
  std::string ReadAddress();

  pid_t pid_ = -1;
  absl::Duration started_at_;
  UniqueFd log_;
  std::string address_;
  NamedThread drain_;
};

}  // namespace hestia::bench

#endif  // HESTIA_TESTS_BENCH_WATCHER_PROCESS_H_
