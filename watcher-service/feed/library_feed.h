#ifndef HESTIA_WATCHER_SERVICE_FEED_LIBRARY_FEED_H_
#define HESTIA_WATCHER_SERVICE_FEED_LIBRARY_FEED_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_set.h>
#include <absl/status/status.h>
#include <absl/strings/string_view.h>
#include <absl/synchronization/mutex.h>

#include "watcher-service/events/cursor.h"
#include "watcher-service/events/journal.h"
#include "watcher-service/feed/listing.h"
#include "watcher-service/feed/root_directory.h"

namespace hestia {

// Hears that a feed has news. Called with the feed's lock held: only set a flag and wake a
// thread, never call the feed.
class FeedListener {
 public:
  virtual void OnFeedNews() = 0;

 protected:
  ~FeedListener() = default;
};

// Where a library's watcher leaves what it saw and any number of subscribers take it from,
// each at its own pace and by its own cursor. Nothing is queued per subscriber.
//
// Thread-safety: every method from any thread. Blocking: never on the disk.
// Memory: the journal's limits; some 4,096 paths of directories that listings looked into.
class LibraryFeed {
 public:
  // What a subscriber at some cursor is to do next.
  struct Next {
    enum class Kind { kNothing, kMarks, kSnapshot } kind = Kind::kNothing;
    std::vector<Mark> marks;                              // kMarks: never empty
    ListingReason reason = ListingReason::kFirstContact;  // kSnapshot
    Cursor head;                                          // as of now
    std::shared_ptr<const RootDirectory> root;            // unless kNothing
  };

  // `start` is the first sequence; see Journal.
  LibraryFeed(Journal::Limits limits, std::uint64_t start);

  // For the watcher. Marks become visible at once; Publish wakes the listeners.
  void File(absl::string_view path, absl::string_view previous_path, bool rewritten);
  void Gone(absl::string_view path, bool directory);
  Cursor List(absl::string_view scope, ListingReason reason, bool shallow = false);
  // A directory appeared. An empty one needs no listing, unless another was there before, or a
  // listing may have told files of it that went before it was watched.
  void DirectoryArrived(absl::string_view path, bool has_files);
  // Of every directory that was there when looks() was `looks`, the watcher has heard by now.
  void HeardOf(std::uint64_t looks);
  // Forgets everything under a new epoch. Nothing is told until Open().
  void LoseHistory(ListingReason why);
  // From here on changes are noticed: snapshots and marks may be told from `root`.
  void Open(std::shared_ptr<const RootDirectory> root);
  // Nothing is told any more until Open().
  void Shut();
  void Publish();

  // Ends every stream with `why`, once and for all. Idempotent; the first reason stays.
  void Close(absl::Status why);

  // For subscribers. `cursor` is none for one who knows nothing yet.
  Next Take(const std::optional<Cursor>& cursor, std::size_t max_marks);
  bool HasWork(const std::optional<Cursor>& cursor) const;
  // Whether everything beneath `scope` is going to be listed to one who has been told `cursor`, by
  // a mark of its own or by a snapshot.
  bool WillList(absl::string_view scope, const Cursor& cursor) const;
  // Whether a listing begun under `epoch` still makes sense.
  bool Tells(std::uint64_t epoch) const;
  // Not OK once closed.
  absl::Status closed() const;
  Cursor head() const;
  // What is told from now; none while nothing is.
  std::shared_ptr<const RootDirectory> root() const;

  // Directories that listings looked into (path text), for a watcher that polls: one that comes
  // and goes between two polls is met by a listing alone. Nothing is kept before WantEntered.
  // `wake` is called with the feed's lock held when there are some; null: no more of them.
  void WantEntered(std::function<void()> wake);
  std::vector<std::string> TakeEntered();
  // For subscribers. While it is false, which ends soon, a listing must wait.
  bool MayEnter() const;
  void Entered(std::vector<std::string> paths);
  // For subscribers: a listing looks into directories of `scope` between these two, whether or not
  // the watcher has heard of them.
  void BeginLook(absl::string_view scope);
  void EndLook(absl::string_view scope);
  // Counts looks that have ended.
  std::uint64_t looks() const;

  // `listener` must stay until it is removed; no call of it runs after RemoveListener.
  void AddListener(FeedListener* listener);
  void RemoveListener(FeedListener* listener);

  // Numbers for GetStats.
  struct Stats {
    std::uint64_t marks = 0;
    std::uint64_t capacity = 0;
    std::uint64_t overflows = 0;
    std::uint64_t listings = 0;
  };
  Stats stats() const;
  void CountListing();
  // Files being written now: how many, for bookmarks, and which, for listings (as many of them
  // as are known by path; the others are listed as they are).
  void SetWriting(std::uint32_t count, std::shared_ptr<const WritingFiles> files);
  std::uint32_t writing() const;
  std::shared_ptr<const WritingFiles> writing_files() const;

 private:
  struct PastEpoch {
    std::uint64_t epoch = 0;
    ListingReason ended_by = ListingReason::kEpochUnknown;
  };

  // The reason for a snapshot, none when `cursor` can go on.
  std::optional<ListingReason> SnapshotReasonLocked(const std::optional<Cursor>& cursor) const
      ABSL_SHARED_LOCKS_REQUIRED(mu_);
  void NotifyLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // Looks of listings of one scope, for as long as the watcher may not have heard of all that
  // they found.
  struct ScopeLooks {
    std::string scope;
    int under_way = 0;
    std::uint64_t ended = 0;  // looks_ when the last of them ended
  };
  ScopeLooks* LooksOfLocked(absl::string_view scope) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Whether a listing may have told files beneath `directory` of which the watcher has not heard.
  bool MayBeToldLocked(absl::string_view directory) const ABSL_SHARED_LOCKS_REQUIRED(mu_);

  mutable absl::Mutex mu_;
  Journal journal_ ABSL_GUARDED_BY(mu_);
  std::uint64_t epoch_ ABSL_GUARDED_BY(mu_);
  std::deque<PastEpoch> past_ ABSL_GUARDED_BY(mu_);                 // the latest few
  std::shared_ptr<const RootDirectory> root_ ABSL_GUARDED_BY(mu_);  // none: nothing is told
  absl::Status closed_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_set<FeedListener*> listeners_ ABSL_GUARDED_BY(mu_);
  std::function<void()> entered_wake_ ABSL_GUARDED_BY(mu_);
  std::vector<std::string> entered_ ABSL_GUARDED_BY(mu_);
  std::vector<ScopeLooks> unheard_ ABSL_GUARDED_BY(mu_);  // few, see BeginLook
  std::uint64_t looks_ ABSL_GUARDED_BY(mu_) = 0;
  std::uint64_t overflows_ ABSL_GUARDED_BY(mu_) = 0;
  std::uint64_t listings_ ABSL_GUARDED_BY(mu_) = 0;
  std::uint32_t writing_ ABSL_GUARDED_BY(mu_) = 0;
  std::shared_ptr<const WritingFiles> writing_files_ ABSL_GUARDED_BY(mu_) =
      std::make_shared<const WritingFiles>();
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_FEED_LIBRARY_FEED_H_
