#include "watcher-service/libraries/library_set.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include <absl/flags/flag.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include "common/error_reason.h"
#include "common/logging.h"
#include "common/monotonic_clock.h"
#include "common/path_text.h"
#include "common/text_view.h"
#include "watcher-service/feed/root_directory.h"

ABSL_FLAG(std::string, libraries, "",
          "Folders to watch from the start: name=/absolute/folder, comma-separated, as in "
          "photos=/data/photos,scans=/data/scans. More can be added by AddLibrary.");
ABSL_FLAG(std::string, state_dir, "",
          "Folder in which libraries added by AddLibrary are remembered; made when missing. "
          "Without it they last until the service stops.");
ABSL_FLAG(int, max_libraries, 64,
          "The most libraries watched at a time, 1 to 10000. Each takes an inotify instance "
          "(fs.inotify.max_user_instances) and two threads.");

namespace hestia {
namespace {

absl::Status Unknown(absl::string_view name) {
  return WithReason(
      absl::NotFoundError(absl::StrCat("no library \"", name, "\" is watched; see ListLibraries")),
      "LIBRARY_UNKNOWN", "library");
}

absl::StatusOr<LibraryRoot> Validated(absl::string_view name, absl::string_view root) {
  if (absl::Status status = ValidateLibraryName(name); !status.ok()) {
    return WithReason(std::move(status), "LIBRARY_NAME_INVALID", "name");
  }
  absl::StatusOr<std::string> raw = DecodePathText(root);
  if (!raw.ok()) return WithReason(raw.status(), "ROOT_INVALID", "root");
  if (raw->empty() || raw->front() != '/') {
    return WithReason(absl::InvalidArgumentError(absl::StrCat(
                          "the root \"", root, "\" is not absolute; begin it with '/'")),
                      "ROOT_INVALID", "root");
  }
  while (raw->size() > 1 && raw->back() == '/') raw->pop_back();
  return LibraryRoot{std::string(name), *std::move(raw)};
}

}  // namespace

LibrarySet::LibrarySet(WatchOptions options, LibraryStore store, std::size_t max_libraries)
    : options_(std::move(options)), store_(std::move(store)), max_libraries_(max_libraries) {}

LibrarySet::~LibrarySet() { End(absl::CancelledError("no library is watched any more")); }

absl::Status LibrarySet::Start(const std::vector<LibraryRoot>& configured) {
  absl::MutexLock change(&change_mu_);
  const absl::StatusOr<std::vector<LibrarySpec>> remembered = store_.Load();
  if (!remembered.ok()) return remembered.status();
  Specs asked;
  for (const LibrarySpec& spec : *remembered) {
    (spec.configured ? asked : added_).emplace(spec.library.name, spec);
  }
  for (const LibraryRoot& library : configured) {
    LibrarySpec spec{library, WatchMode::kAuto, true};
    // Asked for of another root it is forgotten.
    const auto mode = asked.find(library.name);
    if (mode != asked.end() && mode->second.library.root == library.root) {
      spec = modes_.insert(*mode).first->second;
    }
    if (absl::Status status = Begin(spec, true); !status.ok()) return status;
  }
  for (const auto& [name, spec] : added_) {
    if (Find(name).ok()) {
      LogWarning(
          absl::StrCat("a library added while running has the name of a configured one "
                       "and is left out for now library=",
                       name));
      continue;
    }
    if (absl::Status status = Begin(spec, false); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<LibraryWatch>> LibrarySet::Add(absl::string_view name,
                                                              absl::string_view root,
                                                              WatchMode mode) {
  absl::StatusOr<LibraryRoot> library = Validated(name, root);
  if (!library.ok()) return library.status();
  const LibrarySpec spec{*std::move(library), mode};
  // Before the lock: a file server that hangs must not hold up who removes a library of it.
  std::optional<absl::Status> found;
  if (!Find(name).ok()) found = RootDirectory::Find(spec.library.root).status();
  absl::MutexLock change(&change_mu_);
  const absl::StatusOr<std::shared_ptr<LibraryWatch>> known = Find(name);
  if (known.ok() && (*known)->library().root != spec.library.root) {
    return WithReason(absl::AlreadyExistsError(absl::StrCat(
                          "library \"", name, "\" is \"", EncodePathText((*known)->library().root),
                          "\"; choose another name")),
                      "LIBRARY_EXISTS", "name");
  }
  if (known.ok()) return AddAgain(*known, spec);
  if (!found.has_value()) {
    return absl::AbortedError(absl::StrCat("library \"", name, "\" was just removed; call again"));
  }
  if (!found->ok()) {
    return WithReason(absl::NotFoundError(found->message()), "ROOT_NOT_FOUND", "root");
  }
  if (absl::Status status = Begin(spec, false); !status.ok()) return status;
  Specs added = added_;
  added.insert_or_assign(spec.library.name, spec);
  if (absl::Status status = Remember(std::move(added), modes_); !status.ok()) {
    Forget(*Find(spec.library.name), status);
    return status;
  }
  if (!store_.remembers()) {
    LogWarning(
        absl::StrCat("a library lasts until the service stops, for there is no "
                     "--state_dir library=",
                     name));
  }
  return Find(name);
}

absl::StatusOr<std::shared_ptr<LibraryWatch>> LibrarySet::AddAgain(
    std::shared_ptr<LibraryWatch> known, const LibrarySpec& spec) {
  // That one of the configuration is watched is said there alone; how, may be asked for here.
  Specs added = added_;
  Specs modes = modes_;
  LibrarySpec remembered = spec;
  remembered.configured = known->configured();
  Specs& those = remembered.configured ? modes : added;
  those.insert_or_assign(spec.library.name, remembered);
  if (remembered.configured && spec.mode == WatchMode::kAuto) modes.erase(spec.library.name);
  if (absl::Status status = Remember(std::move(added), std::move(modes)); !status.ok()) {
    return status;
  }
  known->SetMode(spec.mode == WatchMode::kAuto ? options_.mode : spec.mode);
  return known;
}

absl::Status LibrarySet::Remove(absl::string_view name) {
  absl::MutexLock change(&change_mu_);
  const absl::StatusOr<std::shared_ptr<LibraryWatch>> library = Find(name);
  if (!library.ok()) return library.status();
  Specs added = added_;
  Specs modes = modes_;
  added.erase(std::string(name));
  modes.erase(std::string(name));
  if (absl::Status status = Remember(std::move(added), std::move(modes)); !status.ok()) {
    return status;
  }
  Forget(*library, Unknown(name));
  LogInfo(absl::StrCat("library removed library=", name));
  return absl::OkStatus();
}

// Waits for its threads, so not under the lock that reactions wait for.
void LibrarySet::Forget(const std::shared_ptr<LibraryWatch>& library, const absl::Status& why) {
  {
    absl::MutexLock lock(&mu_);
    libraries_.erase(library->library().name);
  }
  library->End(why);
  if (library->AwaitEnd(options_.stop_patience)) return;
  LogWarning(absl::StrCat("a library is watched no more, but its disk does not answer; its thread "
                          "ends when that does library=",
                          library->library().name));
  hung_.push_back(library);
}

std::size_t LibrarySet::CountHung() {
  std::erase_if(hung_, [](const std::shared_ptr<LibraryWatch>& library) {
    return library->AwaitEnd(absl::ZeroDuration());
  });
  return hung_.size();
}

absl::StatusOr<std::shared_ptr<LibraryWatch>> LibrarySet::Find(absl::string_view name) const {
  absl::MutexLock lock(&mu_);
  const auto library = libraries_.find(ToStd(name));
  if (library == libraries_.end()) return Unknown(name);
  return library->second;
}

std::vector<std::shared_ptr<LibraryWatch>> LibrarySet::All() const {
  absl::MutexLock lock(&mu_);
  std::vector<std::shared_ptr<LibraryWatch>> all;
  for (const auto& [name, library] : libraries_) all.push_back(library);
  return all;
}

bool LibrarySet::AwaitFirstWalks() const {
  // One that is removed before its walk is done is waited for no more.
  for (const std::shared_ptr<LibraryWatch>& library : All()) {
    if (library->AwaitFirstWalk() || !library->Hangs()) continue;
    LogWarning(absl::StrCat("not waiting for a library whose disk does not answer library=",
                            library->library().name));
  }
  absl::MutexLock lock(&mu_);
  return ending_.ok();
}

// Not under the lock of changes, which a removal holds while it waits for a disk.
void LibrarySet::End(const absl::Status& why) {
  {
    absl::MutexLock lock(&mu_);
    ending_ = why;
  }
  for (const std::shared_ptr<LibraryWatch>& library : All()) library->End(why);
}

std::vector<std::string> LibrarySet::AwaitEnd(absl::Duration patience) {
  absl::MutexLock change(&change_mu_);
  std::vector<std::shared_ptr<LibraryWatch>> libraries = All();
  libraries.insert(libraries.end(), hung_.begin(), hung_.end());
  const absl::Duration deadline = MonotonicNow() + patience;
  std::vector<std::string> hung;
  for (const std::shared_ptr<LibraryWatch>& library : libraries) {
    const absl::Duration left = std::max(absl::ZeroDuration(), deadline - MonotonicNow());
    if (!library->AwaitEnd(left)) hung.push_back(library->library().name);
  }
  return hung;
}

absl::Status LibrarySet::Begin(LibrarySpec spec, bool configured) {
  // One that hangs still has its threads.
  if (All().size() + CountHung() >= max_libraries_) {
    return WithReason(absl::ResourceExhaustedError(absl::StrCat(
                          "already ", max_libraries_, " libraries; raise --max_libraries")),
                      "TOO_MANY_LIBRARIES");
  }
  std::string name = spec.library.name;
  WatchOptions options = options_;
  if (spec.mode != WatchMode::kAuto) options.mode = spec.mode;
  absl::StatusOr<std::shared_ptr<LibraryWatch>> watch =
      LibraryWatch::Create(std::move(spec.library), configured, std::move(options));
  if (!watch.ok()) return watch.status();
  LogInfo(absl::StrCat("library added library=", name, " root=\"",
                       EncodePathText((*watch)->library().root), "\" configured=", configured));
  absl::MutexLock lock(&mu_);
  if (!ending_.ok()) (*watch)->End(ending_);
  libraries_.emplace(std::move(name), *std::move(watch));
  return absl::OkStatus();
}

absl::Status LibrarySet::Remember(Specs added, Specs modes) {
  std::vector<LibrarySpec> saved;
  for (const Specs* const specs : {&added, &modes}) {
    for (const auto& [name, spec] : *specs) saved.push_back(spec);
  }
  if (absl::Status status = store_.Save(saved); !status.ok()) return status;
  added_ = std::move(added);
  modes_ = std::move(modes);
  return absl::OkStatus();
}

std::map<std::string, std::vector<std::string>> LibrarySet::Overlaps() const {
  // In order of path, what lies in a directory follows it; '/' at the end makes that plain.
  std::vector<std::pair<std::string, std::string>> roots;
  for (const std::shared_ptr<LibraryWatch>& library : All()) {
    const std::string root = library->status().real_root;
    if (!root.empty()) roots.emplace_back(absl::StrCat(root, "/"), library->library().name);
  }
  std::sort(roots.begin(), roots.end());
  std::map<std::string, std::vector<std::string>> overlaps;
  for (std::size_t outer = 0; outer < roots.size(); ++outer) {
    for (std::size_t inner = outer + 1;
         inner < roots.size() && absl::StartsWith(roots[inner].first, roots[outer].first); ++inner) {
      overlaps[roots[outer].second].push_back(roots[inner].second);
      overlaps[roots[inner].second].push_back(roots[outer].second);
    }
  }
  for (auto& [name, others] : overlaps) std::sort(others.begin(), others.end());
  return overlaps;
}

void ValidateLibrarySettings(SettingErrors& errors) {
  errors.AddIfError("libraries", ParseLibraries(absl::GetFlag(FLAGS_libraries)).status());
  const int most = absl::GetFlag(FLAGS_max_libraries);
  if (most < 1 || most > 10'000) {
    errors.Add("max_libraries", absl::StrCat("must be 1 to 10000, not ", most));
  }
}

std::unique_ptr<LibrarySet> LibrarySetFromSettings() {
  return std::make_unique<LibrarySet>(WatchOptionsFromSettings(),
                                      LibraryStore(absl::GetFlag(FLAGS_state_dir)),
                                      static_cast<std::size_t>(absl::GetFlag(FLAGS_max_libraries)));
}

std::vector<LibraryRoot> LibrariesFromSettings() {
  return ParseLibraries(absl::GetFlag(FLAGS_libraries)).value();
}

}  // namespace hestia
