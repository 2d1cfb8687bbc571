#include "tests/watcher-service/hanging_mount.h"

#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

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

}  // namespace hestia
