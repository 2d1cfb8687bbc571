#include "tests/watcher-service/hanging_mount.h"

#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/time/time.h>

#include "common/monotonic_clock.h"

namespace hestia {
namespace {
constexpr decltype(statfs::f_type) kFuse = 0x65735546;
}  // namespace

HangingMount::HangingMount(const std::string& from, const std::string& to) : at_(to) {
  std::string program = "bindfs";
  std::string flags[] = {"-f", "-o", "attr_timeout=0,entry_timeout=0", from, to};
  char* const arguments[] = {program.data(),  flags[0].data(), flags[1].data(),
                             flags[2].data(), flags[3].data(), flags[4].data(), nullptr};
  if (posix_spawnp(&pid_, "bindfs", nullptr, nullptr, arguments, environ) != 0) return;
  struct statfs status {};
  while (statfs(to.c_str(), &status) == 0 && status.f_type != kFuse) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) return;
  }
  mounted_ = true;
}

HangingMount::~HangingMount() {
  if (!mounted_) return;
  Resume();
  umount2(at_.c_str(), MNT_DETACH);
  waitpid(pid_, nullptr, 0);
}

void HangingMount::Hang() const {
  kill(pid_, SIGSTOP);
  waitpid(pid_, nullptr, WUNTRACED);
}

void HangingMount::Resume() const { kill(pid_, SIGCONT); }

bool LooksAtFiles(pid_t process, const std::string& thread) {
  std::error_code gone;
  const std::string tasks = absl::StrCat("/proc/", process, "/task");
  for (const auto& task : std::filesystem::directory_iterator(tasks, gone)) {
    std::string name;
    long call = -1;
    std::getline(std::ifstream(task.path() / "comm"), name);
    if (!absl::StartsWith(name, thread)) continue;
    std::ifstream(task.path() / "syscall") >> call;
    if (call == SYS_openat || call == SYS_openat2 || call == SYS_newfstatat) return true;
  }
  return false;
}

bool AwaitLookOf(pid_t process, const std::string& thread) {
  const absl::Duration deadline = MonotonicNow() + absl::Minutes(1);
  while (!LooksAtFiles(process, thread)) {
    if (MonotonicNow() > deadline) return false;
    sched_yield();
  }
  return true;
}

}  // namespace hestia
