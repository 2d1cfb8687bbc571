#include "watcher-service/tree/mount_table.h"

#include <fcntl.h>
#include <poll.h>

#include <fstream>
#include <utility>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/string_view.h>

namespace hestia {
namespace {
constexpr char kMountInfo[] = "/proc/self/mountinfo";
// Fields of a line, see proc(5).
constexpr std::size_t kNumber = 0;
constexpr std::size_t kDevice = 2;
constexpr std::size_t kMountPoint = 4;

// The kernel writes a blank, a tab, a line feed and a backslash as \ and three octal digits.
std::string Unescaped(absl::string_view field) {
  std::string text;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\\' || i + 3 >= field.size()) {
      text.push_back(field[i]);
      continue;
    }
    text.push_back(static_cast<char>(((field[i + 1] - '0') << 6) | ((field[i + 2] - '0') << 3) |
                                     (field[i + 3] - '0')));
    i += 3;
  }
  return text;
}
}  // namespace

MountTable::MountTable() : table_(open(kMountInfo, O_RDONLY | O_CLOEXEC)) {}

void MountTable::Remember(std::string root) {
  beneath_ = std::move(root);
  if (beneath_.empty() || beneath_.back() != '/') beneath_.push_back('/');
  mounts_ = Read();
}

std::vector<std::string> MountTable::Changed() {
  pollfd ready{table_.get(), POLLPRI, 0};
  if (!table_.valid() || poll(&ready, 1, 0) <= 0) return {};
  const Mounts before = std::exchange(mounts_, Read());
  std::vector<std::string> changed;
  for (const auto& [path, what] : before) {
    const auto now = mounts_.find(path);
    if (now == mounts_.end() || now->second != what) changed.push_back(path);
  }
  for (const auto& [path, what] : mounts_) {
    if (!before.contains(path)) changed.push_back(path);
  }
  return changed;
}

MountTable::Mounts MountTable::Read() const {
  Mounts mounts;
  std::ifstream lines(kMountInfo);
  for (std::string line; std::getline(lines, line);) {
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ' ');
    if (fields.size() <= kMountPoint) continue;
    const std::string point = Unescaped(fields[kMountPoint]);
    if (!absl::StartsWith(point, beneath_)) continue;
    // Several may lie over one another.
    absl::StrAppend(&mounts[point.substr(beneath_.size())], fields[kNumber], " ",
                    fields[kDevice], " ");
  }
  return mounts;
}

}  // namespace hestia
