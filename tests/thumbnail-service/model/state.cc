#include "thumbnail-service/model/state.h"

#include <cstdlib>

namespace hestia::model {
namespace {

template <typename Visit>
void VisitEffect(Effect& e, Visit visit) {
  visit(e.unmark, 2), visit(e.mark, 2), visit(e.remove, 2);
  visit(e.put, 1), visit(e.path, 1), visit(e.stamp, 2), visit(e.rewritten, 1);
  visit(e.cursor, 1), visit(e.epoch, 2), visit(e.sequence, 4);
}

template <typename Visit>
void VisitTables(Tables& t, Visit visit) {
  visit(t.lease_token, 2), visit(t.lease_holder, 2), visit(t.lease_expired, 1);
  visit(t.cursor_epoch, 2), visit(t.cursor_sequence, 4);
  for (int p = 0; p < kMaxPaths; ++p) {
    FileRow& f = t.files[p];
    visit(f.id, 3), visit(f.version, 3), visit(f.stamp, 2), visit(f.content, 2);
    visit(f.ready, 1), visit(f.marked, 1), visit(f.settled, 1);
    JobRow& j = t.jobs[p];
    visit(j.exists, 1), visit(j.wanted, 3), visit(j.claimed, 1), visit(j.token, 3);
    visit(j.by, 1), visit(j.claimed_version, 3), visit(j.delayed, 1), visit(j.answer_lost, 1);
    visit(t.thumbnails[p], 2), visit(t.identities[p], 3);
  }
}

template <typename Visit>
void VisitActors(State& s, Visit visit) {
  for (Ingestor& i : s.ingestors) {
    visit(i.phase, 2), visit(i.token, 2), visit(i.told_epoch, 2), visit(i.told_sequence, 4);
    visit(i.listing, 1), visit(i.next, 2), visit(i.end_epoch, 2), visit(i.end_sequence, 4);
    visit(i.after, 2), visit(i.wrote, 2);
    Frame& f = i.frame;
    visit(f.kind, 3), visit(f.path, 1), visit(f.present, 1), visit(f.stamp, 2);
    visit(f.rewritten, 1), visit(f.epoch, 2), visit(f.sequence, 4);
  }
  for (Worker& w : s.workers) {
    visit(w.phase, 3), visit(w.stopping, 1), visit(w.left, 1), visit(w.path, 1), visit(w.id, 3);
    visit(w.token, 3), visit(w.version, 3), visit(w.stamp, 2), visit(w.content, 2);
    visit(w.carries, 1);
  }
}

// The one list of all fields and of how many bits each may need.
template <typename Visit>
void VisitFields(State& s, Visit visit) {
  for (DiskFile& d : s.disk) {
    visit(d.present, 1), visit(d.content, 2), visit(d.stamp, 2), visit(d.unnoticed, 1);
    visit(d.closed, 1), visit(d.went, 1);
  }
  Watcher& w = s.watcher;
  visit(w.epoch, 2), visit(w.head, 4), visit(w.listing_mark, 4);
  for (int p = 0; p < kMaxPaths; ++p) {
    visit(w.mark[p], 4), visit(w.rewritten_at[p], 4), visit(w.gone[p], 1);
  }
  VisitTables(s.tables, visit);
  VisitActors(s, visit);
  visit(s.late, 1);
  VisitEffect(s.late_effect, visit);
  Allowance& a = s.allowed;
  visit(a.changes, 3), visit(a.expiries, 2), visit(a.replica_crashes, 1);
  visit(a.worker_crashes, 1), visit(a.worker_stops, 1), visit(a.false_rescues, 2);
  visit(a.lost_claims, 1), visit(a.troubles, 2), visit(a.rescans, 1), visit(a.history_losses, 1);
  visit(a.late_commits, 1), visit(a.collections, 1);
}

class Packer {
 public:
  void operator()(Small value, unsigned bits) {
    if (value >> bits != 0) std::abort();
    if (used_ + bits > 64) ++word_, used_ = 0;
    packed.words.at(word_) |= std::uint64_t{value} << used_;
    used_ += bits;
  }
  PackedState packed;

 private:
  std::size_t word_ = 0;
  unsigned used_ = 0;
};

class Unpacker {
 public:
  explicit Unpacker(const PackedState& packed) : packed_(packed) {}
  void operator()(Small& value, unsigned bits) {
    if (used_ + bits > 64) ++word_, used_ = 0;
    value = static_cast<Small>(packed_.words.at(word_) >> used_ & ((1U << bits) - 1));
    used_ += bits;
  }

 private:
  const PackedState& packed_;
  std::size_t word_ = 0;
  unsigned used_ = 0;
};

// Gives the numbers behind `fields` new names, 1, 2, … in the order they are met; 0 stays.
template <std::size_t kFields>
void Renumber(const std::array<Small*, kFields>& fields) {
  std::array<Small, 16> names{};
  Small last = 0;
  for (Small* const field : fields) {
    if (*field == 0) continue;
    Small& name = names.at(*field);
    if (name == 0) name = ++last;
    *field = name;
  }
}

void RenumberAll(State& s) {
  static_assert(kMaxPaths == 2 && kMaxReplicas == 2 && kMaxWorkers == 2);
  Tables& t = s.tables;
  Worker& one = s.workers[0];
  Worker& other = s.workers[1];
  Renumber<3>({&t.lease_token, &s.ingestors[0].token, &s.ingestors[1].token});
  Renumber<4>({&t.jobs[0].token, &t.jobs[1].token, &one.token, &other.token});
  for (int p = 0; p < kMaxPaths; ++p) {
    Small none = 0;
    Small* const id1 = one.path == p ? &one.id : &none;
    Small* const id2 = other.path == p ? &other.id : &none;
    Small* const version1 = one.path == p ? &one.version : &none;
    Small* const version2 = other.path == p ? &other.version : &none;
    JobRow& job = t.jobs[p];
    Renumber<3>({&t.files[p].id, id1, id2});
    Renumber<5>({&t.files[p].version, &job.wanted, &job.claimed_version, version1, version2});
  }
}

Small ToSmall(int value) { return static_cast<Small>(value); }

}  // namespace

State Initial(const Bounds& bounds) {
  State s;
  for (int p = 0; p < bounds.paths; ++p) s.disk[p] = {.present = 1, .content = 1, .stamp = 1};
  for (int r = bounds.replicas; r < kMaxReplicas; ++r) {
    s.ingestors[r].phase = static_cast<Small>(IngestorPhase::kCrashed);
  }
  for (int w = bounds.workers; w < kMaxWorkers; ++w) {
    s.workers[w].phase = static_cast<Small>(WorkerPhase::kOut);
  }
  s.allowed = {.changes = ToSmall(bounds.changes),
               .expiries = ToSmall(bounds.expiries),
               .replica_crashes = ToSmall(bounds.replica_crashes),
               .worker_crashes = ToSmall(bounds.worker_crashes),
               .worker_stops = ToSmall(bounds.worker_stops),
               .false_rescues = ToSmall(bounds.false_rescues),
               .lost_claims = ToSmall(bounds.lost_claims),
               .troubles = ToSmall(bounds.troubles),
               .rescans = ToSmall(bounds.rescans),
               .history_losses = ToSmall(bounds.history_losses),
               .late_commits = ToSmall(bounds.late_commits),
               .collections = ToSmall(bounds.collections)};
  return s;
}

PackedState Pack(const State& state) {
  Packer packer;
  State copy = state;
  RenumberAll(copy);
  VisitFields(copy, [&](Small& value, unsigned bits) { packer(value, bits); });
  return packer.packed;
}

State Unpack(const PackedState& packed) {
  State state;
  Unpacker unpacker(packed);
  VisitFields(state, [&](Small& value, unsigned bits) { unpacker(value, bits); });
  return state;
}

}  // namespace hestia::model
