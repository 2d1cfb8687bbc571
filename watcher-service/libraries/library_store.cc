#include "watcher-service/libraries/library_store.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include "common/atomic_file.h"

namespace hestia {
namespace {

constexpr char kEventsText[] = "events";
constexpr char kPollText[] = "poll";
constexpr char kConfigured[] = "!";

absl::StatusOr<LibrarySpec> ParseLine(absl::string_view line) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(line, absl::MaxSplits(' ', 1));
  std::string root;
  if (!absl::CUnescape(parts.second, &root) || root.empty() || root.front() != '/') {
    return absl::InvalidArgumentError("needs a name and an absolute folder");
  }
  std::pair<absl::string_view, absl::string_view> name =
      absl::StrSplit(parts.first, absl::MaxSplits('@', 1));
  if (absl::Status status = ValidateLibraryName(name.first); !status.ok()) return status;
  LibrarySpec spec{{std::string(name.first), std::move(root)}, WatchMode::kAuto};
  spec.configured = absl::ConsumeSuffix(&name.second, kConfigured);
  if (name.second == kEventsText) {
    spec.mode = WatchMode::kEvents;
  } else if (name.second == kPollText) {
    spec.mode = WatchMode::kPoll;
  } else if (!name.second.empty() || spec.configured) {
    return absl::InvalidArgumentError("after '@' comes events or poll, then perhaps '!'");
  }
  return spec;
}

std::string NameWithMode(const LibrarySpec& spec) {
  const char* const end = spec.configured ? kConfigured : "";
  switch (spec.mode) {
    case WatchMode::kEvents:
      return absl::StrCat(spec.library.name, "@", kEventsText, end);
    case WatchMode::kPoll:
      return absl::StrCat(spec.library.name, "@", kPollText, end);
    case WatchMode::kAuto:
    case WatchMode::kHybrid:
      break;
  }
  return spec.library.name;
}

}  // namespace

absl::StatusOr<std::vector<LibrarySpec>> LibraryStore::Load() const {
  std::vector<LibrarySpec> libraries;
  if (!remembers()) return libraries;
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot make the folder ", folder_, ": ", error.message()));
  }
  std::ifstream file(File());
  if (!file.is_open()) {
    if (errno == ENOENT) return libraries;
    return absl::UnavailableError(absl::StrCat("cannot read ", File(), ": ", strerror(errno)));
  }
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty()) continue;
    absl::StatusOr<LibrarySpec> library = ParseLine(line);
    if (!library.ok()) {
      return absl::DataLossError(absl::StrCat(
          File(), " line ", number, ": ", library.status().message(), "; mend or remove the line"));
    }
    libraries.push_back(*std::move(library));
  }
  return libraries;
}

absl::Status LibraryStore::Save(const std::vector<LibrarySpec>& libraries) const {
  if (!remembers()) return absl::OkStatus();
  std::string content;
  for (const LibrarySpec& spec : libraries) {
    absl::StrAppend(&content, NameWithMode(spec), " ", absl::CEscape(spec.library.root), "\n");
  }
  return WriteFileAtomically(File(), content);
}

}  // namespace hestia
