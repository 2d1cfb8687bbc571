#include "watcher-service/feed/listing.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <deque>
#include <utility>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>

#include "common/monotonic_clock.h"
#include "common/path_text.h"
#include "watcher-service/feed/beneath.h"

namespace hestia {
namespace {
constexpr std::size_t kOpenLevels = 16;
constexpr std::size_t kMaxUnread = 1000;
constexpr std::size_t kMaxEntered = 1024;

std::string Raw(absl::string_view text) {
  // Our own encoding of a name the kernel gave us: it always decodes.
  return DecodePathText(text).value();
}
}  // namespace

FileState PresentFile(std::string path, const struct stat& status) {
  FileState state;
  state.path = std::move(path);
  state.present = true;
  state.size_bytes = static_cast<std::uint64_t>(status.st_size);
  state.modified_at = absl::TimeFromTimespec(status.st_mtim);
  state.inode = status.st_ino;
  return state;
}

Listing::Listing(UniqueFd root, std::string scope, Depth depth, const IgnorePolicy& ignore)
    : root_(std::move(root)), scope_(std::move(scope)), depth_(depth), ignore_(ignore) {
  const std::string raw = Raw(scope_);
  Enter(scope_, raw.size(), root_.get(), raw);
}

bool Listing::Take(absl::Duration time_budget, const WritingFiles& writing,
                   std::vector<FileState>& files) {
  const absl::Duration deadline = MonotonicNow() + time_budget;
  std::size_t path_bytes = 0;
  for (std::size_t steps = 1; !chain_.empty(); ++steps) {
    if (files.size() >= kMaxFrameStates || path_bytes >= kMaxFramePathBytes) return true;
    if (entered_.size() >= kMaxEntered) return true;
    if (steps > 1 && MonotonicNow() >= deadline) return true;
    Level& level = chain_.back();
    if (level.names.AtEnd() || !Reopen(level)) {
      chain_.pop_back();
      continue;
    }
    absl::string_view name = level.names.Peek();
    if (absl::ConsumeSuffix(&name, "/")) {
      level.names.Skip(1);
      // Enter() adds a level, after which `level` must not be used.
      const std::string raw = Raw(name);
      Enter(JoinPath(level.path, name), JoinedPathBytes(level.raw_bytes, raw.size()),
            level.fd.get(), raw);
    } else if (!TakeFiles(level, deadline, writing, files, path_bytes)) {
      return true;
    }
  }
  return false;
}

void Listing::Rest() {
  for (Level& level : chain_) level.fd.reset();
  root_.reset();
}

void Listing::Enter(std::string path, std::size_t raw_bytes, int parent,
                    absl::string_view raw_name) {
  Level level;
  OpenedDirectory opened = OpenBeneath(parent, raw_name);
  if (opened.error != 0) {
    // Gone since its parent was read: what is not there need not be named.
    if (!MeansAbsent(opened.error)) NoteProblem(path, opened.error);
    return;
  }
  entered_.push_back(path);
  level.path = std::move(path);
  level.raw_bytes = raw_bytes;
  level.fd = std::move(opened.fd);
  const int error = ReadEntries(level.fd.get(), [&](absl::string_view name, unsigned char type) {
    if (type != DT_REG && (type != DT_DIR || depth_ == Depth::kShallow)) return;
    if (ignore_.Ignores(name) || JoinedPathBytes(raw_bytes, name.size()) > kMaxPathBytes) return;
    std::string text = EncodePathText(name);
    if (type == DT_DIR) text.push_back('/');
    level.names.Add(text);
  });
  if (error != 0) NoteProblem(level.path, error);
  level.names.Sort();
  if (chain_.size() >= kOpenLevels) chain_[chain_.size() - kOpenLevels].fd.reset();
  chain_.push_back(std::move(level));
}

bool Listing::TakeFiles(Level& level, absl::Duration deadline, const WritingFiles& writing,
                        std::vector<FileState>& files, std::size_t& path_bytes) {
  const std::size_t room = kMaxFrameStates - files.size();
  std::vector<const char*> raw_names;
  std::deque<std::string> decoded;
  for (std::size_t i = 0; raw_names.size() < room && i < level.names.left(); ++i) {
    const absl::string_view text = level.names.Peek(i);
    if (absl::EndsWith(text, "/")) break;
    // Only what is escaped differs from its text, and few names have to be.
    const bool escaped = absl::StrContains(text, '\\');
    raw_names.push_back(escaped ? decoded.emplace_back(Raw(text)).c_str() : text.data());
  }
  const std::size_t looked_at = looks_.Look(level.fd.get(), raw_names, deadline);
  if (level.moves < kMostMoves && !StillAt(root_.get(), Raw(level.path), level.fd.get())) {
    ++level.moves;
    // Which of them was moved is not known; who is not at its path any more is not opened again.
    for (Level& each : chain_) each.fd.reset();
    return true;
  }
  for (std::size_t i = 0; i < looked_at; ++i) {
    // What was looked at beyond it is looked at again.
    if (path_bytes >= kMaxFramePathBytes) return true;
    const std::size_t before = files.size();
    TakeFile(level, level.names.Peek(), looks_.at(i), writing, files);
    level.names.Skip(1);
    if (files.size() > before) path_bytes += files.back().path.size();
  }
  return looked_at == raw_names.size();
}

void Listing::TakeFile(const Level& level, absl::string_view text, const FileLooks::Found& found,
                       const WritingFiles& writing, std::vector<FileState>& files) {
  std::string path = JoinPath(level.path, text);
  // Without search permission none of the directory's files can be looked at.
  if (found.error == EACCES) {
    NoteProblem(level.path, found.error);
  } else if (found.error != 0 && !MeansAbsent(found.error)) {
    NoteProblem(path, found.error);
  }
  if (found.error != 0 || !S_ISREG(found.status.st_mode)) return;
  const bool settling = !writing.empty() && writing.contains(path);
  files.push_back(PresentFile(std::move(path), found.status));
  files.back().settling = settling;
  ++file_count_;
}

bool Listing::Reopen(Level& level) {
  if (level.fd.valid()) return true;
  OpenedDirectory opened = OpenBeneath(root_.get(), Raw(level.path));
  level.fd = std::move(opened.fd);
  if (opened.error != 0 && !MeansAbsent(opened.error)) NoteProblem(level.path, opened.error);
  return level.fd.valid();
}

void Listing::NoteProblem(absl::string_view path, int error) {
  if (!unread_.empty() && unread_.back() == path) return;
  if (path == scope_ || unread_.size() == kMaxUnread) complete_ = false;
  if (unread_.size() < kMaxUnread) unread_.emplace_back(path);
  if (problem_.empty()) {
    problem_ = absl::StrCat("cannot read \"", path.empty() ? "." : path, "\": ", strerror(error),
                            "; give the watcher's user read permission or repair the disk");
  }
}

}  // namespace hestia
