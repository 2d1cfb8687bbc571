#include "tests/watcher-service/convergence/disk_operator.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>
#include <gtest/gtest.h>

#include "common/path_text.h"
#include "watcher-service/feed/beneath.h"

namespace hestia {
namespace {

constexpr std::array<const char*, 3> kRootNames = {"first", "second", "outside"};
// More than fs.inotify.max_queued_events at its default.
constexpr int kFloodEvents = 16'500;

bool IsIgnored(absl::string_view name) { return absl::EndsWith(name, ".tmp"); }

std::string NameOf(const Place& place) { return std::string(SplitLast(place.path).name); }

Place Beneath(const Place& place, absl::string_view name) {
  return {place.root, JoinPath(place.path, name)};
}

// The entries of an open directory in a fixed order.
std::vector<std::pair<std::string, unsigned char>> SortedEntries(int directory) {
  std::vector<std::pair<std::string, unsigned char>> entries;
  ReadEntries(directory, [&](absl::string_view name, unsigned char type) {
    entries.emplace_back(std::string(name), type);
  });
  std::sort(entries.begin(), entries.end());
  return entries;
}

}  // namespace

DiskOperator::DiskOperator(Recorder& first, Recorder& second) : recorders_{&first, &second} {
  for (const char* const name : kRootNames) folder_.MakeDirs(name);
  for (Recorder* const recorder : recorders_) recorder->Note(DiskStep{});
}

std::string DiskOperator::Root(Place::Root root) const { return folder_.Full(kRootNames[root]); }

void DiskOperator::Perform(const Act& act) {
  using Kind = Act::Kind;
  switch (act.kind) {
    case Kind::kMakeDirectories:
      return MakeDirectories(act.at);
    case Kind::kWrite:
      return WriteWhole(act.at, act.bytes);
    case Kind::kOpenWriter: {
      UniqueFd file = Open(act.at);
      if (file.valid()) writers_[act.writer] = std::move(file);
      return;
    }
    case Kind::kWritePiece:
      return WritePiece(act.writer, act.bytes);
    case Kind::kCloseWriter: {
      const auto writer = writers_.find(act.writer);
      if (writer == writers_.end()) return;
      Close(std::move(writer->second));
      writers_.erase(writer);
      return;
    }
    case Kind::kRename:
      return Rename(act.at, act.to, 0);
    case Kind::kExchange:
      return Rename(act.at, act.to, RENAME_EXCHANGE);
    case Kind::kRemove:
      return Remove(act.at);
    case Kind::kRecreate:
      Remove(act.at);
      return WriteWhole(act.at, act.bytes);
    case Kind::kSaveAtomically:
      return SaveAtomically(act.at, act.bytes);
    case Kind::kChangeMode:
      return Step({act.at}, [&] {
        const UniqueFd parent = Parent(act.at);
        struct stat status {};
        if (!IsThere(act.at, status) || S_ISLNK(status.st_mode)) return;
        fchmodat(parent.get(), NameOf(act.at).c_str(), (status.st_mode & 07777) ^ S_IRGRP, 0);
      });
    case Kind::kSymlink:
      return Step({act.at}, [&] {
        const std::string target = absl::StrCat(Root(act.to.root), "/", act.to.path);
        symlinkat(target.c_str(), Parent(act.at).get(), NameOf(act.at).c_str());
      });
    case Kind::kHardLink:
      return HardLink(act.at, act.to);
    case Kind::kFileInNewDirectory:
      return FileInNewDirectory(act.at);
    case Kind::kTakeRootAway:
      return StepOnRoot([&] { folder_.Rename("first", "away"); });
    case Kind::kReplaceRoot:
      return ReplaceRoot();
    case Kind::kPutRootBack:
      return PutRootBack();
    case Kind::kFlood:
      return Flood(act.at);
    case Kind::kOverflow:
    case Kind::kHalt:
    case Kind::kContinue:
    case Kind::kRestart:
    case Kind::kCheckpoint:
      return;
  }
}

void DiskOperator::WriteIntoEveryDirectory() {
  ++generation_;
  for (const Place::Root root : {Place::kFirst, Place::kSecond}) {
    std::vector<Place> open = {{root, ""}};
    while (!open.empty()) {
      const Place directory = std::move(open.back());
      open.pop_back();
      const UniqueFd fd = Parent(Beneath(directory, "m"));
      for (const auto& [name, type] : SortedEntries(fd.get())) {
        if (type == DT_DIR) open.push_back(Beneath(directory, name));
      }
      WriteWhole(Beneath(directory, absl::StrCat("m", generation_)), 1);
    }
  }
}

void DiskOperator::ExpectNotedIsThere() const {
  for (const Place::Root root : {Place::kFirst, Place::kSecond}) {
    EXPECT_EQ(Scan({root, ""}), trees_[root]) << "the test itself lost track of the disk";
  }
}

void DiskOperator::Step(const std::vector<Place>& touched, absl::FunctionRef<void()> body,
                        const std::vector<std::uint64_t>& closed, bool unobserved) {
  std::array<DiskStep, 2> steps;
  const absl::Duration began = MonotonicNow();
  body();
  for (const Place& place : touched) {
    if (place.root != Place::kOutside) Look(place, steps[place.root]);
  }
  for (const Place::Root root : {Place::kFirst, Place::kSecond}) {
    steps[root].began = began;
    steps[root].closed = closed;
    steps[root].unobserved = unobserved;
    NoteStep(root, std::move(steps[root]));
  }
}

void DiskOperator::StepOnRoot(absl::FunctionRef<void()> body) {
  DiskStep step;
  step.began = MonotonicNow();
  body();
  Look({Place::kFirst, ""}, step);
  step.root_changed = true;
  NoteStep(Place::kFirst, std::move(step));
}

void DiskOperator::NoteStep(Place::Root root, DiskStep step) {
  if (step.changed.empty() && step.closed.empty() && !step.root_changed) return;
  recorders_[root]->Note(std::move(step));
}

void DiskOperator::Look(const Place& place, DiskStep& step) {
  Tree& known = trees_[place.root];
  const Tree found = Scan(place);
  const std::string text = EncodePathText(place.path);
  std::erase_if(known, [&](const auto& file) {
    if (file.first != text && !IsBeneath(file.first, text)) return false;
    if (found.contains(file.first)) return false;
    step.changed[file.first] = std::nullopt;
    return true;
  });
  for (const auto& [path, file] : found) {
    const auto [it, added] = known.try_emplace(path, file);
    if (!added && it->second == file) continue;
    it->second = file;
    step.changed[path] = file;
  }
}

DiskOperator::Tree DiskOperator::Scan(const Place& place) const {
  Tree tree;
  for (const absl::string_view part : absl::StrSplit(place.path, '/')) {
    if (IsIgnored(part)) return tree;
  }
  if (place.path.empty()) {
    const UniqueFd root(open(Root(place.root).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (root.valid()) ScanInto(root.get(), "", tree);
    return tree;
  }
  struct stat status {};
  if (!IsThere(place, status)) return tree;
  if (S_ISREG(status.st_mode)) {
    tree[EncodePathText(place.path)] = {static_cast<std::uint64_t>(status.st_size),
                                        absl::TimeFromTimespec(status.st_mtim), status.st_ino};
  } else if (S_ISDIR(status.st_mode)) {
    const OpenedDirectory opened = OpenBeneath(Parent(place).get(), NameOf(place));
    ScanInto(opened.fd.get(), place.path, tree);
  }
  return tree;
}

void DiskOperator::ScanInto(int directory, const std::string& path, Tree& tree) const {
  for (const auto& [name, type] : SortedEntries(directory)) {
    if (IsIgnored(name)) continue;
    const std::string whole = JoinPath(path, name);
    if (type == DT_DIR) {
      const OpenedDirectory opened = OpenBeneath(directory, name);
      ScanInto(opened.fd.get(), whole, tree);
    } else if (type == DT_REG) {
      struct stat status {};
      EXPECT_EQ(LookAt(directory, name, status), 0);
      tree[EncodePathText(whole)] = {static_cast<std::uint64_t>(status.st_size),
                                     absl::TimeFromTimespec(status.st_mtim), status.st_ino};
    }
  }
}

UniqueFd DiskOperator::Parent(const Place& place) const {
  const UniqueFd root(open(Root(place.root).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return OpenBeneath(root.get(), SplitLast(place.path).parent).fd;
}

bool DiskOperator::IsThere(const Place& place, struct stat& status) const {
  const UniqueFd parent = Parent(place);
  return parent.valid() && LookAt(parent.get(), NameOf(place), status) == 0;
}

void DiskOperator::MakeDirectories(const Place& place) {
  Place at{place.root, ""};
  for (const absl::string_view part : absl::StrSplit(place.path, '/')) {
    at = Beneath(at, part);
    mkdirat(Parent(at).get(), NameOf(at).c_str(), 0755);
  }
}

UniqueFd DiskOperator::Open(const Place& place) {
  const absl::string_view parent = SplitLast(place.path).parent;
  if (!parent.empty()) MakeDirectories({place.root, std::string(parent)});
  struct stat status {};
  if (IsThere(place, status) && (!S_ISREG(status.st_mode) || status.st_nlink > 1)) return {};
  UniqueFd file;
  Step({place}, [&] {
    file = UniqueFd(openat(Parent(place).get(), NameOf(place).c_str(),
                           O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
  });
  return file;
}

void DiskOperator::Write(const UniqueFd& file, const Place& place, std::size_t bytes) {
  const std::string content(bytes, 'x');
  Step({place}, [&] {
    EXPECT_EQ(write(file.get(), content.data(), bytes), static_cast<ssize_t>(bytes));
  });
}

void DiskOperator::Close(UniqueFd file) {
  struct stat status {};
  EXPECT_EQ(fstat(file.get(), &status), 0);
  // A file without a name is no longer anyone's.
  const std::vector<std::uint64_t> closed =
      status.st_nlink > 0 ? std::vector<std::uint64_t>{status.st_ino} : std::vector<std::uint64_t>{};
  Step({}, [&] { file.reset(); }, closed);
}

void DiskOperator::WriteWhole(const Place& place, std::size_t bytes) {
  UniqueFd file = Open(place);
  if (!file.valid()) return;
  if (bytes > 0) Write(file, place, bytes);
  Close(std::move(file));
}

void DiskOperator::WritePiece(int writer, std::size_t bytes) {
  const auto file = writers_.find(writer);
  if (file == writers_.end()) return;
  // Where it is by now: it, or a directory above it, may have been renamed.
  std::array<char, PATH_MAX> buffer{};
  const std::string link = absl::StrCat("/proc/self/fd/", file->second.get());
  const ssize_t length = readlink(link.c_str(), buffer.data(), buffer.size());
  absl::string_view path(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
  if (absl::ConsumeSuffix(&path, " (deleted)")) return;
  for (const Place::Root root : {Place::kFirst, Place::kSecond, Place::kOutside}) {
    if (absl::ConsumePrefix(&path, absl::StrCat(Root(root), "/"))) {
      return Write(file->second, {root, std::string(path)}, bytes);
    }
  }
}

void DiskOperator::Remove(const Place& place) {
  struct stat status {};
  if (!IsThere(place, status)) return;
  if (S_ISDIR(status.st_mode)) {
    const UniqueFd directory = Parent(Beneath(place, "x"));
    for (const auto& [name, type] : SortedEntries(directory.get())) Remove(Beneath(place, name));
  }
  Step({place}, [&] {
    unlinkat(Parent(place).get(), NameOf(place).c_str(), S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0);
  });
}

void DiskOperator::Rename(const Place& from, const Place& to, unsigned flags) {
  Step({from, to}, [&] {
    renameat2(Parent(from).get(), NameOf(from).c_str(), Parent(to).get(), NameOf(to).c_str(),
              flags);
  });
}

void DiskOperator::SaveAtomically(const Place& place, std::size_t bytes) {
  const Place beside{place.root, place.path + ".tmp"};
  WriteWhole(beside, bytes);
  Rename(beside, place, 0);
  Remove(beside);
}

void DiskOperator::FileInNewDirectory(const Place& place) {
  const std::string file = absl::StrCat("f", ++generation_);
  Step(
      {place},
      [&] {
        const UniqueFd parent = Parent(place);
        if (mkdirat(parent.get(), NameOf(place).c_str(), 0755) != 0) return;
        const OpenedDirectory made = OpenBeneath(parent.get(), NameOf(place));
        const UniqueFd fd(
            openat(made.fd.get(), file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
        EXPECT_EQ(write(fd.get(), "new", 3), 3);
      },
      {}, /*unobserved=*/true);
}

void DiskOperator::HardLink(const Place& from, const Place& to) {
  // While someone writes, the other name would not be told of it.
  if (!writers_.empty()) return;
  Step({to}, [&] {
    linkat(Parent(from).get(), NameOf(from).c_str(), Parent(to).get(), NameOf(to).c_str(), 0);
  });
}

void DiskOperator::Flood(const Place& place) {
  // Ignored names fill the queue like any other; two, for the kernel merges equal events.
  const std::array<Place, 2> files = {{{place.root, "one.tmp"}, {place.root, "two.tmp"}}};
  for (const Place& file : files) WriteWhole(file, 0);
  for (int i = 0; i < kFloodEvents; ++i) {
    const Place& file = files[static_cast<std::size_t>(i) % 2];
    EXPECT_EQ(chmod(absl::StrCat(Root(file.root), "/", file.path).c_str(), 0600), 0);
  }
  for (const Place& file : files) Remove(file);
}

void DiskOperator::ReplaceRoot() {
  if (access(Root(Place::kFirst).c_str(), F_OK) == 0) return;
  // Filled before it is put there, as a file system is before it is mounted.
  folder_.MakeDirs("other/d");
  folder_.Write("other/d/stranger", "x");
  StepOnRoot([&] { folder_.Rename("other", "first"); });
}

void DiskOperator::PutRootBack() {
  if (access(Root(Place::kFirst).c_str(), F_OK) == 0) {
    StepOnRoot([&] { folder_.Rename("first", absl::StrCat("was", ++generation_)); });
  }
  StepOnRoot([&] { folder_.Rename("away", "first"); });
}

}  // namespace hestia
