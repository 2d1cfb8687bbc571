#include "tests/bench/watcher_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include <absl/strings/str_cat.h>

#include "common/monotonic_clock.h"

extern char** environ;

namespace hestia::bench {

ProcessFigures FiguresOf(pid_t pid) {
  ProcessFigures figures;
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  std::string word;
  while (status >> word) {
    std::uint64_t kib = 0;
    if (word == "VmRSS:" && status >> kib) figures.resident_bytes = kib << 10;
    if (word == "VmHWM:" && status >> kib) figures.peak_bytes = kib << 10;
  }
  std::ifstream stat(absl::StrCat("/proc/", pid, "/stat"));
  std::string line;
  std::getline(stat, line);
  // The name may hold blanks; fields 14 and 15 are the 12th and 13th behind it.
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  for (int i = 3; i < 14; ++i) fields >> word;
  std::int64_t user = 0;
  std::int64_t system = 0;
  fields >> user >> system;
  figures.cpu = absl::Seconds(user + system) / sysconf(_SC_CLK_TCK);
  return figures;
}

void ResetPeak(pid_t pid) { std::ofstream(absl::StrCat("/proc/", pid, "/clear_refs")) << "5"; }

WatcherProcess::WatcherProcess(const std::string& binary, const std::string& folder,
                               const std::vector<std::string>& flags) {
  std::vector<std::string> arguments = {binary, "--watcher_listen=127.0.0.1:0",
                                        absl::StrCat("--libraries=bench=", folder)};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  std::vector<char*> raw;
  for (std::string& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
  log_ = UniqueFd(ends[0]);
  const UniqueFd log_end(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, log_end.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, log_end.get(), STDERR_FILENO);
  started_at_ = MonotonicNow();
  if (posix_spawn(&pid_, binary.c_str(), &actions, nullptr, raw.data(), environ) != 0) {
    std::cerr << "cannot start " << binary << "\n";
    std::exit(EXIT_FAILURE);
  }
  posix_spawn_file_actions_destroy(&actions);
  address_ = ReadAddress();
  drain_ = NamedThread("drain-log", [this] {
    char dropped[4096];
    while (read(log_.get(), dropped, sizeof(dropped)) > 0) {
    }
  });
}

WatcherProcess::~WatcherProcess() {
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
  drain_.Join();
}

std::string WatcherProcess::ReadAddress() {
  constexpr char kWord[] = "listening address=";
  std::string log;
  char buffer[4096];
  while (true) {
    const std::size_t found = log.find(kWord);
    const std::size_t end = found == std::string::npos ? found : log.find('\n', found);
    if (end != std::string::npos) {
      return log.substr(found + sizeof(kWord) - 1, end - found - sizeof(kWord) + 1);
    }
    const ssize_t got = read(log_.get(), buffer, sizeof(buffer));
    if (got <= 0) break;
    log.append(buffer, static_cast<std::size_t>(got));
  }
  std::cerr << "the watcher did not come up:\n" << log;
  std::exit(EXIT_FAILURE);
}

}  // namespace hestia::bench
