#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_LIVENESS_JUDGE_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_LIVENESS_JUDGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "thumbnail-service/jobs/rescue_store.h"

namespace hestia {

// Decides from a series of surveys which replicas are dead. It measures how long it has seen
// a sign missing by this process's monotonic clock alone; the database's clock and those of
// other machines may say what they like.
//
// Thread-safety: none. Memory: one small record per replica seen last.
class LivenessJudge {
 public:
  struct Patience {
    // The session's lock is gone: the process ended, or will have a new one within a beat.
    absl::Duration without_session = absl::Seconds(2);
    // The heartbeat does not move though the session stands: stopped, hung, or cut off.
    absl::Duration without_beat = absl::Seconds(10);
    // Time between two surveys in which anything may have happened unseen: after a pause of
    // the judge itself, or of the database, everybody gets the whole patience again.
    absl::Duration blind = absl::Seconds(2);
  };
  explicit LivenessJudge(Patience patience) : patience_(patience) {}

  // The dead ones of `signs`. `now` is MonotonicNow() from before the survey was asked for.
  std::vector<ReplicaSign> Dead(absl::Duration now, absl::Span<const ReplicaSign> signs);

 private:
  struct Record {
    std::optional<std::int64_t> beats;
    absl::Duration beat_seen;     // when `beats` was seen to move last
    absl::Duration session_seen;  // when its session was seen last
  };

  const Patience patience_;
  absl::Duration last_survey_ = -absl::InfiniteDuration();
  absl::flat_hash_map<std::string, Record> records_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_LIVENESS_JUDGE_H_
