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

#include "common/atomic_file.h"

namespace hestia {
namespace {

absl::StatusOr<LibraryRoot> ParseLine(absl::string_view line) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(line, absl::MaxSplits(' ', 1));
  std::string root;
  if (!absl::CUnescape(parts.second, &root) || root.empty() || root.front() != '/') {
    return absl::InvalidArgumentError("needs a name and an absolute folder");
  }
  if (absl::Status status = ValidateLibraryName(parts.first); !status.ok()) return status;
  return LibraryRoot{std::string(parts.first), std::move(root)};
}

}  // namespace

absl::StatusOr<std::vector<LibraryRoot>> LibraryStore::Load() const {
  std::vector<LibraryRoot> libraries;
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
    absl::StatusOr<LibraryRoot> library = ParseLine(line);
    if (!library.ok()) {
      return absl::DataLossError(absl::StrCat(
          File(), " line ", number, ": ", library.status().message(), "; mend or remove the line"));
    }
    libraries.push_back(*std::move(library));
  }
  return libraries;
}

absl::Status LibraryStore::Save(const std::vector<LibraryRoot>& libraries) const {
  if (!remembers()) return absl::OkStatus();
  std::string content;
  for (const LibraryRoot& library : libraries) {
    absl::StrAppend(&content, library.name, " ", absl::CEscape(library.root), "\n");
  }
  return WriteFileAtomically(File(), content);
}

}  // namespace hestia
