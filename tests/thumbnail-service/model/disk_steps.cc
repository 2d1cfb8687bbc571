#include "thumbnail-service/model/step.h"

namespace hestia::model {
namespace {

// Whatever changes a file is seen by the kernel; the watcher takes its time.
void ChangeFile(const State& from, int path, Act act, Emit emit) {
  Successor to{.state = from, .step = {act, 0, static_cast<Small>(path), 0}, .fault = true};
  --to.state.allowed.changes;
  DiskFile& file = to.state.disk[path];
  file.unnoticed = 1;
  switch (act) {
    case Act::kRewrite:
      file.stamp = 2;
      [[fallthrough]];
    case Act::kRewriteUnderOldStamp:
      file.content = 2;
      file.closed = 1;
      break;
    case Act::kRemove:
      file.present = 0;
      file.went = 1;
      break;
    default:
      file.present = 1;
  }
  emit(to);
}

// Journal::Gone, Journal::File or both, as the kernel's events come.
void Notice(const State& from, const Rules& rules, int path, Emit emit) {
  Successor to{.state = from, .step = {Act::kNotice, 0, static_cast<Small>(path), 0}};
  Watcher& watcher = to.state.watcher;
  DiskFile& file = to.state.disk[path];
  watcher.mark[path] = ++watcher.head;
  Small& rewritten_at = watcher.rewritten_at[path];
  // What was told meanwhile may have been that it is gone: then nobody has read it yet.
  if (!rules.Keep(Rule::kClosedWriteOutlivesRemoval)) {
    if (file.went != 0) rewritten_at = 0;
  } else if (rewritten_at != 0 && (file.went != 0 || watcher.gone[path] != 0)) {
    rewritten_at = watcher.head;
  }
  if (file.closed != 0) rewritten_at = watcher.head;
  watcher.gone[path] = file.present != 0 ? 0 : 1;
  file.unnoticed = file.closed = file.went = 0;
  emit(to);
}

// Whether every closed write was told to a consumer that could still read the file. Of others no
// rule can know once the history is lost, unless they changed the stamp.
bool ClosedWritesAreTold(const State& state, int path) {
  const DiskFile& file = state.disk[path];
  const Watcher& watcher = state.watcher;
  if (file.closed != 0 || file.went != 0 || watcher.gone[path] != 0) return false;
  return watcher.rewritten_at[path] == 0 ||
         (state.tables.cursor_epoch == watcher.epoch &&
          watcher.rewritten_at[path] <= state.tables.cursor_sequence);
}

void LoseHistory(const State& from, const Bounds& bounds, Emit emit) {
  for (int p = 0; bounds.same_stamp && p < bounds.paths; ++p) {
    if (!ClosedWritesAreTold(from, p)) return;
  }
  Successor to{.state = from, .step = {Act::kLoseHistory}, .fault = true};
  --to.state.allowed.history_losses;
  Watcher& watcher = to.state.watcher;
  watcher = {.epoch = static_cast<Small>(watcher.epoch + 1),
             .head = static_cast<Small>(watcher.head + 1)};
  for (int p = 0; p < bounds.paths; ++p) {
    DiskFile& file = to.state.disk[p];
    file.unnoticed = file.closed = file.went = 0;
  }
  emit(to);
}

}  // namespace

void DiskSteps(const State& from, const Rules& rules, const Bounds& bounds, Emit emit) {
  for (int p = 0; p < bounds.paths; ++p) {
    const DiskFile& file = from.disk[p];
    if (file.unnoticed != 0) Notice(from, rules, p, emit);
    if (from.allowed.changes == 0) continue;
    if (file.present == 0) {
      ChangeFile(from, p, Act::kReturn, emit);
      continue;
    }
    ChangeFile(from, p, Act::kRemove, emit);
    if (file.content == 2) continue;
    ChangeFile(from, p, Act::kRewrite, emit);
    if (bounds.same_stamp) ChangeFile(from, p, Act::kRewriteUnderOldStamp, emit);
  }
  if (from.allowed.rescans > 0) {
    Successor to{.state = from, .step = {Act::kRescan}, .fault = true};
    --to.state.allowed.rescans;
    to.state.watcher.listing_mark = ++to.state.watcher.head;
    emit(to);
  }
  if (from.allowed.history_losses > 0) LoseHistory(from, bounds, emit);
}

}  // namespace hestia::model
