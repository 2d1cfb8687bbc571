#include "thumbnail-service/model/properties.h"

#include "thumbnail-service/model/transactions.h"

namespace hestia::model {
namespace {

bool IsServed(const Tables& tables, int path) {
  return HasThumbnails(tables, path, tables.files[path].content);
}

// What a stream opened at the stored cursor would not tell must be in the tables already, or
// be about to be found out by a job.
bool CursorIsAhead(const State& state, int path) {
  const Tables& tables = state.tables;
  const Watcher& watcher = state.watcher;
  if (tables.cursor_epoch != watcher.epoch) return false;  // a snapshot will come
  const DiskFile& file = state.disk[path];
  const FileRow& row = tables.files[path];
  const Small cursor = tables.cursor_sequence;
  if ((row.id != 0) != (file.present != 0) || (row.id != 0 && row.stamp != file.stamp)) {
    return file.unnoticed == 0 && watcher.mark[path] <= cursor && watcher.listing_mark <= cursor;
  }
  const bool other_bytes = row.id != 0 && row.content != 0 && row.content != file.content;
  if (!other_bytes || tables.jobs[path].exists != 0) return false;
  if (file.closed != 0 || watcher.rewritten_at[path] > cursor) return false;
  // Its return will be told as another rewrite.
  const bool returns = file.went != 0 || watcher.gone[path] != 0;
  return file.unnoticed == 0 || !returns || watcher.rewritten_at[path] == 0;
}

// Its owner has it in hand, or is dead, or never learned of it, or will hand it back on leaving.
bool ClaimIsHeld(const State& state, const JobRow& job) {
  if (job.claimed == 0 || job.answer_lost != 0) return true;
  const Worker& worker = state.workers[job.by];
  if (worker.phase == static_cast<Small>(WorkerPhase::kOut)) return worker.left == 0;
  return worker.token == job.token || worker.stopping != 0;
}

}  // namespace

Property FirstBroken(const State& state, const Bounds& bounds) {
  const Tables& tables = state.tables;
  for (int p = 0; p < bounds.paths; ++p) {
    const FileRow& row = tables.files[p];
    if (CursorIsAhead(state, p)) return Property::kCursorNotAhead;
    if (row.id != 0 && tables.jobs[p].exists == 0 && !IsServed(tables, p)) {
      return Property::kNoLostJob;
    }
    if (row.ready != 0 && !IsServed(tables, p)) return Property::kReadyIsServed;
    if (!ClaimIsHeld(state, tables.jobs[p])) return Property::kClaimIsHeld;
  }
  return Property::kNone;
}

bool Converged(const State& state, const Bounds& bounds) {
  const Tables& tables = state.tables;
  if (tables.cursor_epoch != state.watcher.epoch) return false;
  if (tables.cursor_sequence != state.watcher.head) return false;
  for (int p = 0; p < bounds.paths; ++p) {
    const DiskFile& file = state.disk[p];
    const FileRow& row = tables.files[p];
    if (file.unnoticed != 0 || tables.jobs[p].exists != 0) return false;
    if ((row.id != 0) != (file.present != 0)) return false;
    if (row.id == 0) continue;
    if (row.stamp != file.stamp || row.content != file.content) return false;
    if (row.ready == 0 || !IsServed(tables, p)) return false;
  }
  return true;
}

}  // namespace hestia::model
