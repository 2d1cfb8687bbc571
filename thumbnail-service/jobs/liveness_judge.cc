#include "thumbnail-service/jobs/liveness_judge.h"

#include <utility>

namespace hestia {

std::vector<ReplicaSign> LivenessJudge::Dead(absl::Duration now,
                                             absl::Span<const ReplicaSign> signs) {
  if (now - std::exchange(last_survey_, now) > patience_.blind) records_.clear();
  std::vector<ReplicaSign> dead;
  absl::flat_hash_map<std::string, Record> records;
  for (const ReplicaSign& sign : signs) {
    const auto known = records_.find(sign.id);
    Record record = known == records_.end()
                        ? Record{.beats = sign.beats, .beat_seen = now, .session_seen = now}
                        : known->second;
    // Claims without a row are as good as claims without a session.
    if (sign.has_session && sign.beats.has_value()) record.session_seen = now;
    if (sign.beats != record.beats) {
      record.beats = sign.beats;
      record.beat_seen = now;
    }
    if (now - record.session_seen >= patience_.without_session ||
        now - record.beat_seen >= patience_.without_beat) {
      dead.push_back(sign);
    }
    records.emplace(sign.id, record);
  }
  records_ = std::move(records);
  return dead;
}

}  // namespace hestia
