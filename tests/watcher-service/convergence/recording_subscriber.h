#ifndef HESTIA_TESTS_WATCHER_SERVICE_CONVERGENCE_RECORDING_SUBSCRIBER_H_
#define HESTIA_TESTS_WATCHER_SERVICE_CONVERGENCE_RECORDING_SUBSCRIBER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <grpcpp/client_context.h>

#include "common/named_thread.h"
#include "hestia/watcher/v1/watcher.grpc.pb.h"
#include "tests/watcher-service/history/recorder.h"

namespace hestia {

// A subscriber with bad manners: it hangs up in the middle, stops reading, holds credits back,
// and comes back with its last cursor, an old one, none, or one it made up. All it sees and says
// is noted. Asked to, it behaves until it has reached a cursor.
//
// Thread-safety: its methods from one thread; it has one of its own.
class RecordingSubscriber {
 public:
  // `address` is asked before every stream. The seed decides about its manners, though not at
  // which frame they show: that is up to the kernel and the scheduler.
  RecordingSubscriber(Recorder& recorder, int id, unsigned seed, std::string library,
                      std::function<std::string()> address);
  // Hangs up.
  ~RecordingSubscriber();

  // Time passes: who has stalled may go on.
  void Nudge();
  // Behaves from now on, and reads to `goal` or beyond.
  void Reach(const Cursor& goal);
  // Waits for it; false after a minute.
  bool AwaitReached();
  void Misbehave();

 private:
  using Stream = grpc::ClientReaderWriter<watcher::v1::SubscribeRequest,
                                          watcher::v1::SubscribeResponse>;

  void Run();
  // One stream from its opening to its end.
  void Follow(watcher::v1::WatcherService::Stub& stub);
  // What to come with.
  std::optional<Cursor> ChooseCursorLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void OpenLocked(const std::optional<Cursor>& cursor) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Acknowledges and pays for what was received.
  void PayLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TakeLocked(const watcher::v1::SubscribeResponse& response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // False: hang up.
  bool BehaveLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool ReachedLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  bool MayGoOnLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  std::size_t Draw(std::size_t below) { return random_() % below; }

  Recorder& recorder_;
  const int id_;
  const std::string library_;
  const std::function<std::string()> address_;
  std::mt19937 random_;  // the thread's

  absl::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<Cursor> goal_ ABSL_GUARDED_BY(mu_);   // behaves while it has one
  std::vector<Cursor> seen_ ABSL_GUARDED_BY(mu_);     // some, the latest at the back
  std::optional<Cursor> reached_ ABSL_GUARDED_BY(mu_);  // on this stream
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mu_) = nullptr;
  Stream* stream_ ABSL_GUARDED_BY(mu_) = nullptr;
  int number_ ABSL_GUARDED_BY(mu_) = 0;  // of the stream
  std::uint64_t last_frame_ ABSL_GUARDED_BY(mu_) = 0;
  std::uint32_t owed_ ABSL_GUARDED_BY(mu_) = 0;  // credits used up and not granted anew
  std::size_t stalled_ ABSL_GUARDED_BY(mu_) = 0;  // nudges to wait for

  NamedThread thread_;  // last: it uses everything above
};

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_CONVERGENCE_RECORDING_SUBSCRIBER_H_
