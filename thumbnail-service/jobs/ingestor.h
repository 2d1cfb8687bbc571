#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_INGESTOR_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_INGESTOR_H_

#include <memory>
#include <optional>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include "common/named_thread.h"
#include "thumbnail-service/jobs/change_feed.h"
#include "thumbnail-service/jobs/ingest_store.h"

namespace hestia {

// Carries one library's feed into the database while this replica holds its lease: reads a
// frame, stores it, acknowledges it. After any trouble it opens a new stream at the stored
// cursor, with backoff.
//
// Thread-safety: use from the owner's thread. Starts one thread, "ingest-" + library.
// Memory: kCredits frames.
class Ingestor {
 public:
  // Frames that may be under way: enough to hide a round trip, few enough to bound memory.
  static constexpr int kCredits = 16;

  Ingestor(std::string library, Lease lease, ChangeFeed& feed, std::unique_ptr<IngestStore> store);
  // Ends the stream and joins; what was not acknowledged comes again to the next owner.
  ~Ingestor();

  const Lease& lease() const { return lease_; }
  // True once the lease was lost to another replica or the library is watched no more.
  bool ended() const ABSL_LOCKS_EXCLUDED(mu_);
  // Waits for that; false when `timeout` passed first.
  bool AwaitEnd(absl::Duration timeout) const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Run();
  // One stream from open to its end. `progress` is set once a frame was stored.
  absl::Status Follow(bool& progress);
  absl::StatusOr<std::unique_ptr<ChangeStream>> OpenStream();
  absl::Status Apply(const Frame& frame);
  absl::Status ApplyFiles(const Frame& frame);
  absl::Status ApplyEnd(const Frame& frame);
  absl::Status ApplyBookmark(const Frame& frame);
  // Waits; false when stopping.
  bool Pause(absl::Duration duration) ABSL_LOCKS_EXCLUDED(mu_);

  const std::string library_;
  const Lease lease_;
  ChangeFeed& feed_;
  const std::unique_ptr<IngestStore> store_;
  std::optional<OpenListing> listing_;
  std::optional<Cursor> stored_;

  mutable absl::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  ChangeStream* stream_ ABSL_GUARDED_BY(mu_) = nullptr;  // to cancel
  NamedThread thread_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_INGESTOR_H_
