#ifndef HESTIA_WATCHER_SERVICE_FEED_FRAME_BUILDER_H_
#define HESTIA_WATCHER_SERVICE_FEED_FRAME_BUILDER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "watcher-service/events/frame.h"
#include "watcher-service/events/ignore_policy.h"
#include "watcher-service/feed/library_feed.h"
#include "watcher-service/feed/listing.h"

namespace hestia {

// One subscriber's way through a feed: turns marks after its cursor into frames by looking
// at the disk now, so that a frame is never older than one before it.
//
// Thread-safety: none; one thread per subscriber.
// Blocking: Next() reads the disk; call it neither from a gRPC reaction nor under a lock.
// Memory: one frame and the running listing.
class FrameBuilder {
 public:
  // `cursor` is none for a subscriber who knows nothing. `feed` and `ignore` must outlive it.
  FrameBuilder(LibraryFeed& feed, const IgnorePolicy& ignore, std::optional<Cursor> cursor);

  // Whether Next() has something to look at. Does not touch the disk.
  bool HasWork() const;
  // Whether Next() goes on with a listing. Everything that it tells is told again when it changes
  // later, so its frames may be built before they can be sent.
  bool listing() const { return listing_.has_value(); }

  // The next frame of work; none when there is nothing to tell, a listing found nothing within half
  // a second, or a directory was moved while it was looked into (call again).
  std::optional<Frame> Next();

  // Closes the running listing's descriptors until it goes on; for when the subscriber takes
  // nothing for a while.
  void Rest();

  // A sign of life with what has been told so far.
  Frame MakeBookmark() const;

 private:
  Frame BeginListing(const LibraryFeed::Next& next, UniqueFd root, const ListingBegin& listing,
                     Cursor end);
  std::optional<Frame> ContinueListing();
  Frame EndListing(bool complete, std::string detail, std::optional<Cursor> cursor);
  std::optional<Frame> StatesOf(LibraryFeed::Next next, UniqueFd root);
  bool NeedsListing(const FileState& state, std::uint64_t sequence) const;

  LibraryFeed& feed_;
  const IgnorePolicy& ignore_;
  std::optional<Cursor> cursor_;  // everything at or before it has been told
  std::optional<Listing> listing_;
  std::shared_ptr<const RootDirectory> listing_root_;
  int moves_ = 0;  // of directories that were looked into, since states were told
  Cursor listing_end_;  // becomes the cursor when the listing ends
  // The mark of a gone directory before which its path has been listed; 0: none.
  std::uint64_t listed_before_ = 0;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_FEED_FRAME_BUILDER_H_
