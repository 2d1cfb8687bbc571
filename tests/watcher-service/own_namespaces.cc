#include "tests/watcher-service/own_namespaces.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <fstream>

#include <absl/strings/str_cat.h>

namespace hestia {

namespace {
bool Tell(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return file.good();
}
}  // namespace

std::string EnterOwnNamespaces() {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
    return absl::StrCat("no namespaces of its own: ", strerror(errno));
  }
  // An ordinary user may map its group only after giving up the others.
  if (!Tell("/proc/self/setgroups", "deny") ||
      !Tell("/proc/self/uid_map", absl::StrCat("0 ", user, " 1")) ||
      !Tell("/proc/self/gid_map", absl::StrCat("0 ", group, " 1"))) {
    return "the user cannot be mapped";
  }
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return absl::StrCat("mounts cannot be made private: ", strerror(errno));
  }
  return "";
}

bool SetUserLimit(const std::string& name, int limit) {
  return Tell("/proc/sys/user/" + name, absl::StrCat(limit));
}

}  // namespace hestia
