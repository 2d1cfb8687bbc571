#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_LIBRARY_ROOTS_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_LIBRARY_ROOTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/strings/string_view.h>
#include <absl/synchronization/mutex.h>

#include "common/library_name.h"

namespace hestia {

// Where this machine has the folders of the libraries: as its own setting says, else where
// the watcher says they are.
//
// Thread-safety: every method from any thread. Memory: one entry a library.
class LibraryRoots {
 public:
  struct Library {
    std::int64_t id = 0;
    std::string name;
    std::string root;  // raw bytes, absolute
  };

  explicit LibraryRoots(const std::vector<LibraryRoot>& configured);

  // Tells of a library the database knows under `id`. `watched_root` may be empty.
  void Register(std::int64_t id, absl::string_view name, absl::string_view watched_root)
      ABSL_LOCKS_EXCLUDED(mu_);
  // Forgets all others: they are watched no more.
  void KeepOnly(const absl::flat_hash_set<std::int64_t>& ids) ABSL_LOCKS_EXCLUDED(mu_);
  // nullopt: unknown, or no root was ever told.
  std::optional<Library> Find(std::int64_t id) const ABSL_LOCKS_EXCLUDED(mu_);
  std::vector<Library> All() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  const absl::flat_hash_map<std::string, std::string> configured_;  // name to root
  mutable absl::Mutex mu_;
  absl::flat_hash_map<std::int64_t, Library> libraries_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_LIBRARY_ROOTS_H_
