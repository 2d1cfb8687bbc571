#ifndef HESTIA_WATCHER_SERVICE_RPC_FEED_STREAM_H_
#define HESTIA_WATCHER_SERVICE_RPC_FEED_STREAM_H_

#include <cstdint>
#include <memory>
#include <optional>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "watcher-service/events/cursor.h"
#include "watcher-service/events/frame.h"
#include "watcher-service/feed/frame_builder.h"
#include "watcher-service/watch/library_watch.h"

namespace hestia {

// Where a stream's frames go: one kind of RPC. Called by the stream's thread; Write() by WriteDone()
// as well, on gRPC's thread, when the write before it has ended.
class FrameSink {
 public:
  // Begins to write `frame`; `number` counts frames of work. WriteDone() follows. Must not block.
  virtual void Write(Frame frame, std::uint64_t number) = 0;
  // Ends the RPC; Done() follows when the peer has been told.
  virtual void Finish(const absl::Status& status) = 0;
  // Ends an RPC whose peer does not take what was written.
  virtual void TryCancel() = 0;

 protected:
  ~FrameSink() = default;
};

// One subscriber's stream without the RPC around it: builds a frame when there is something
// to tell, the subscriber will take it and the one before has been written (within a listing, while
// that is being written, so that the disk and the network do not wait for each other); sends a
// sign of life each second; cuts off who holds credits and makes no progress.
//
// Thread-safety: Run() belongs to the stream's thread; the rest may be called by gRPC
// reactions at any time and never blocks on the disk or the network. WriteDone() writes a frame
// that is ready, and leaves looking at the disk to the stream's thread.
// Lifetime: until Run() has returned, which it does only after Done().
// Lock order: a feed's lock, then this one's.
// Memory: one frame, within a listing two, and the running listing.
class FeedStream final : public FeedListener {
 public:
  struct Terms {
    bool credits = false;  // Subscribe; else paced by writes alone
    absl::Duration stall_timeout = absl::Seconds(60);
    absl::Duration bookmark_interval = absl::Seconds(1);
  };
  static constexpr std::uint64_t kMaxUnusedCredits = 1024;

  // `sink` is borrowed for as long as this lives.
  FeedStream(FrameSink& sink, Terms terms) : sink_(sink), terms_(terms) {}

  // Says what to tell; until then Run() waits. At most once.
  void Open(std::shared_ptr<LibraryWatch> library, std::optional<Cursor> cursor);
  void Grant(std::uint32_t credits);
  //   kInvalidArgument  (ACK_INVALID) no such frame was sent: end the stream.
  absl::Status Acknowledge(std::uint64_t frame_number);
  // Ends the stream with `why`; the first reason stays.
  void End(absl::Status why);
  void WriteDone(bool ok);
  void Done();
  void OnFeedNews() override;

  // Blocks for the stream's whole life.
  void Run();

 private:
  enum class Turn { kWork, kBookmark, kEnd };
  struct Outlook {
    bool work = false;     // something can be told
    bool listing = false;  // and it is the next frame of a listing
  };
  struct Outgoing {
    Frame frame;
    std::uint64_t number = 0;
  };

  bool AwaitOpen();
  void Feed();
  Turn AwaitTurn(const FrameBuilder& builder);
  std::optional<Turn> TurnLocked(const Outlook& outlook, absl::Duration now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool MayBuildLocked(const Outlook& outlook) const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  absl::Duration NextLookLocked(const Outlook& outlook, absl::Duration now) const
      ABSL_SHARED_LOCKS_REQUIRED(mu_);
  absl::Duration StalledAtLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  void Send(Frame frame);
  Outgoing BeginWriteLocked(Frame frame) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void EndLocked(absl::Status why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  FrameSink& sink_;
  const Terms terms_;

  absl::Mutex mu_;
  bool changed_ ABSL_GUARDED_BY(mu_) = false;  // something to look at
  std::shared_ptr<LibraryWatch> library_ ABSL_GUARDED_BY(mu_);
  std::optional<Cursor> cursor_ ABSL_GUARDED_BY(mu_);  // where to begin
  absl::Status end_ ABSL_GUARDED_BY(mu_);              // not OK: end
  bool done_ ABSL_GUARDED_BY(mu_) = false;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  int handing_over_ ABSL_GUARDED_BY(mu_) = 0;        // WriteDone()s that begin the next write
  std::optional<Frame> ahead_ ABSL_GUARDED_BY(mu_);  // of a listing; only while one is written
  std::uint64_t credits_ ABSL_GUARDED_BY(mu_) = 0;
  std::uint64_t sent_ ABSL_GUARDED_BY(mu_) = 0;  // frames of work
  std::uint64_t acked_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Duration last_sent_ ABSL_GUARDED_BY(mu_);
  absl::Duration last_progress_ ABSL_GUARDED_BY(mu_);  // ack, or first frame outstanding
  absl::Duration not_before_ ABSL_GUARDED_BY(mu_);     // building again
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_RPC_FEED_STREAM_H_
