#include "thumbnail-service/jobs/library_roots.h"

namespace hestia {
namespace {
absl::flat_hash_map<std::string, std::string> ByName(const std::vector<LibraryRoot>& configured) {
  absl::flat_hash_map<std::string, std::string> roots;
  for (const LibraryRoot& library : configured) roots.emplace(library.name, library.root);
  return roots;
}
}  // namespace

LibraryRoots::LibraryRoots(const std::vector<LibraryRoot>& configured)
    : configured_(ByName(configured)) {}

void LibraryRoots::Register(std::int64_t id, absl::string_view name,
                            absl::string_view watched_root) {
  const auto configured = configured_.find(std::string(name));
  std::string root = configured != configured_.end() ? configured->second
                                                     : std::string(watched_root);
  absl::MutexLock lock(&mu_);
  if (root.empty()) return;
  libraries_[id] = Library{.id = id, .name = std::string(name), .root = std::move(root)};
}

void LibraryRoots::KeepOnly(const absl::flat_hash_set<std::int64_t>& ids) {
  absl::MutexLock lock(&mu_);
  absl::erase_if(libraries_, [&](const auto& entry) { return !ids.contains(entry.first); });
}

std::optional<LibraryRoots::Library> LibraryRoots::Find(std::int64_t id) const {
  absl::MutexLock lock(&mu_);
  const auto found = libraries_.find(id);
  if (found == libraries_.end()) return std::nullopt;
  return found->second;
}

std::vector<LibraryRoots::Library> LibraryRoots::All() const {
  absl::MutexLock lock(&mu_);
  std::vector<Library> all;
  for (const auto& [id, library] : libraries_) all.push_back(library);
  return all;
}

}  // namespace hestia
