#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_LISTING_MERGE_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_LISTING_MERGE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include <absl/strings/string_view.h>
#include <absl/types/span.h>

#include "thumbnail-service/jobs/file_state.h"

namespace hestia {

// Compares what a listing names with what the database knows, both in byte order of path,
// piece by piece: that is how a million unchanged files cost no write and no memory.
//
// Thread-safety: none; one instance per piece of a listing.
// Memory: the indices and ids of what differs, at most the piece and the rows fed to it.
class ListingMerge {
 public:
  // `listed` is borrowed for the object's life: present files, ascending by path.
  explicit ListingMerge(absl::Span<const ToldFile> listed) : listed_(listed) {}

  // Feeds the next known row; rows ascend by path over all calls.
  void Add(const KnownFile& known);
  // No more rows at or before the last listed path: what is left of `listed` is new.
  void Finish();

  // Indices into `listed` of files that are new or have another stamp, without those that are
  // settling: what they will be is told when they are at rest.
  const std::vector<std::size_t>& changed() const { return changed_; }
  // Rows that were not listed. The listing's end removes them unless they are told of before.
  const std::vector<std::int64_t>& missing_ids() const { return missing_ids_; }
  // Rows that were listed unchanged, or settling, but carry the mark of having been passed over.
  const std::vector<std::int64_t>& returned_ids() const { return returned_ids_; }

 private:
  // The next listed file has no row.
  void TakeNew();

  absl::Span<const ToldFile> listed_;
  std::size_t next_ = 0;
  std::vector<std::size_t> changed_;
  std::vector<std::int64_t> missing_ids_;
  std::vector<std::int64_t> returned_ids_;
};

// Whether a told state demands anything of a file that is known: not when the stamp is the
// same and no writer touched it, whatever became of its work. This is what makes restarts,
// chmod and rescans free.
bool DemandsWork(const ToldFile& told, const KnownFile& known);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_LISTING_MERGE_H_
