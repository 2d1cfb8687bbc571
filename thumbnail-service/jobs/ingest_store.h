#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_INGEST_STORE_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_INGEST_STORE_H_

#include <cstdint>
#include <optional>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/types/span.h>

#include "thumbnail-service/jobs/file_state.h"

namespace hestia {

// The right to ingest a library, until a later token exists.
struct Lease {
  std::int64_t library_id = 0;
  std::int64_t token = 0;
};

// What one step of ingest did, for the log.
struct IngestEffect {
  int queued = 0;      // files that need work now
  int taken_over = 0;  // files whose content was known by identity
  int removed = 0;     // rows that are gone
  int held = 0;        // rows whose removal waits for ConfirmRemovals
};

// A listing under way.
struct OpenListing {
  std::string scope;     // the directory listed; empty is the root
  bool shallow = false;  // of the files directly in the scope only
  std::string after;     // the last path ingested; empty at first
};

// What a listing's end says of the files that were not named.
struct ListingProof {
  bool complete = false;  // false: nothing is proved; true: they are gone,
  // but for these paths and what lies beneath them.
  absl::Span<const std::string> unread;
};

// When a listing misses more than both of a library's files, something is wrong with the disk
// rather than with the files: their removal is held until a person confirms it.
struct MassRemoval {
  double share = 0.5;        // of the library's files; 1 never holds
  std::int64_t files = 100;  // and so many
};

// What ingest needs of the database. Each method is one transaction that first locks the
// lease's row by token, and stores the cursor with its effect. Only EndListing takes several:
// it removes in batches, and the last one stores the cursor.
//
// Thread-safety: none; one instance per ingesting thread.
// Blocking: waits for the database.
// Errors, of all methods:
//   kFailedPrecondition  the lease is another replica's now: stop ingesting
//   kUnavailable, kAborted  nothing is known to be stored: reopen the stream at the stored
//                           cursor (repeating a step is harmless)
class IngestStore {
 public:
  virtual ~IngestStore() = default;

  // Where to go on; nullopt: with a snapshot. Also ends a listing that was left open.
  virtual absl::StatusOr<std::optional<Cursor>> Resume(const Lease& lease) = 0;

  // States told outside a listing, in their order.
  virtual absl::StatusOr<IngestEffect> ApplyStates(const Lease& lease,
                                                   absl::Span<const ToldFile> files,
                                                   const Cursor& cursor) = 0;

  virtual absl::Status BeginListing(const Lease& lease, const OpenListing& listing) = 0;
  // The next piece of a listing: `files` ascend by path, beyond listing.after. One that is
  // settling keeps its row as it is, and gets none if it has none: its state comes later.
  virtual absl::StatusOr<IngestEffect> ApplyListed(const Lease& lease, const OpenListing& listing,
                                                   absl::Span<const ToldFile> files) = 0;
  // Removes what `proof` says is gone.
  virtual absl::StatusOr<IngestEffect> EndListing(const Lease& lease, const OpenListing& listing,
                                                  const ListingProof& proof,
                                                  const std::optional<Cursor>& cursor) = 0;
  virtual absl::Status StoreCursor(const Lease& lease, const Cursor& cursor) = 0;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_INGEST_STORE_H_
