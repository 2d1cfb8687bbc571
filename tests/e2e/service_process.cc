#include "tests/e2e/service_process.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include <absl/strings/str_cat.h>

#include "common/unique_fd.h"

namespace hestia::test {
namespace {

constexpr int kPatienceMs = 60'000;

[[noreturn]] void Fail(const std::string& why) {
  std::cerr << why << "\n";
  std::exit(EXIT_FAILURE);
}

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

pid_t Spawn(const std::string& binary, std::vector<std::string>& arguments) {
  std::vector<char*> argv = {const_cast<char*>(binary.c_str())};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  if (posix_spawn(&pid, binary.c_str(), nullptr, nullptr, argv.data(), environ) != 0) {
    Fail(absl::StrCat("cannot start ", binary));
  }
  return pid;
}

}  // namespace

ServiceProcess::ServiceProcess(const std::string& binary, std::vector<std::string> arguments,
                               const std::string& folder) {
  static std::atomic<int> count = 0;
  const std::string name = absl::StrCat("address-", count++);
  const std::string path = absl::StrCat(folder, "/", name);
  arguments.push_back(absl::StrCat("--address_file=", path));

  // The file comes by a rename, so its arrival is an event.
  const UniqueFd watch(inotify_init1(IN_CLOEXEC));
  inotify_add_watch(watch.get(), folder.c_str(), IN_MOVED_TO);
  pid_ = Spawn(binary, arguments);
  while ((address_ = FirstLine(path)).empty()) {
    pollfd event{.fd = watch.get(), .events = POLLIN, .revents = 0};
    if (poll(&event, 1, kPatienceMs) <= 0) Fail(absl::StrCat(binary, " does not listen"));
    char buffer[4096];
    if (read(watch.get(), buffer, sizeof(buffer)) < 0) Fail("inotify");
  }
}

ServiceProcess::~ServiceProcess() { Kill(); }

int ServiceProcess::Wait() {
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int ServiceProcess::AwaitExit() { return Wait(); }

int ServiceProcess::Stop() {
  kill(pid_, SIGTERM);
  return Wait();
}

void ServiceProcess::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  Wait();
}

}  // namespace hestia::test
