#include "thumbnail-service/model/transactions.h"

namespace hestia::model {
namespace {

Small Bit(int path) { return static_cast<Small>(1 << path); }

Small MarkedRows(const Tables& tables) {
  Small rows = 0;
  for (int p = 0; p < kMaxPaths; ++p) {
    if (tables.files[p].marked != 0) rows |= Bit(p);
  }
  return rows;
}

// Rows at or behind `from` and before `to`, in order of path.
Small RowsBetween(const Tables& tables, int from, int to) {
  Small rows = 0;
  for (int p = from; p < to; ++p) {
    if (tables.files[p].id != 0) rows |= Bit(p);
  }
  return rows;
}

void PutFile(const Frame& frame, Effect& effect) {
  effect.put = 1;
  effect.path = frame.path;
  effect.stamp = frame.stamp;
  effect.rewritten = frame.rewritten;
}

void WriteCursor(int epoch, int sequence, Effect& effect) {
  effect.cursor = 1;
  effect.epoch = static_cast<Small>(epoch);
  effect.sequence = static_cast<Small>(sequence);
}

// PutUnlessKnown, and what ListingMerge makes of a listed file.
void PlanPresent(const Tables& tables, const Frame& frame, const Rules& rules, Effect& effect) {
  const FileRow& row = tables.files[frame.path];
  if (row.id == 0 || row.stamp != frame.stamp || frame.rewritten != 0) {
    PutFile(frame, effect);
  } else if (row.marked != 0 && rules.Keep(Rule::kMarksEndWithTheirListing)) {
    effect.unmark |= Bit(frame.path);
  }
}

void PlanEnd(const Tables& tables, const Ingestor& ingestor, const Rules& rules, Effect& effect) {
  effect.remove = MarkedRows(tables) | RowsBetween(tables, ingestor.after, kMaxPaths);
  if (!rules.Keep(Rule::kEndRemovesOnlyTheUnlisted)) {
    effect.remove = static_cast<Small>(RowsBetween(tables, 0, kMaxPaths) & ~ingestor.wrote);
  }
  WriteCursor(ingestor.frame.epoch, ingestor.frame.sequence, effect);
}

void Remove(int path, Tables& tables) {
  FileRow& row = tables.files[path];
  if (row.content != 0) tables.identities[path] |= IdentityBit(row.stamp, row.content);
  row = {};
  tables.jobs[path] = {};
}

// The content that is known by its stamp, 0 if none.
Small FindIdentity(Small identities, int stamp, bool last) {
  Small found = 0;
  for (int content = 1; content <= 2; ++content) {
    if (stamp == 2 && content == 1) continue;
    if ((identities & IdentityBit(stamp, content)) == 0) continue;
    if (found == 0 || last) found = static_cast<Small>(content);
  }
  return found;
}

// The smallest number above 0 that is not taken.
Small Fresh(unsigned taken) {
  Small number = 1;
  while ((taken >> number & 1) != 0) ++number;
  return number;
}

// kPut: row, identity, job.
void Put(const Effect& effect, const Rules& rules, bool last, const Remembered& remembered,
         Tables& tables) {
  const int p = effect.path;
  FileRow& row = tables.files[p];
  Small& identities = tables.identities[p];
  const Small content = effect.rewritten != 0 ? 0 : FindIdentity(identities, effect.stamp, last);
  if (row.content != 0 && row.stamp != effect.stamp) {
    identities |= IdentityBit(row.stamp, row.content);
  }
  if (effect.rewritten != 0 && rules.Keep(Rule::kRewriteForgetsIdentity)) {
    identities &= static_cast<Small>(
        effect.stamp == 2 ? ~IdentityBit(2, 2) : ~(IdentityBit(1, 1) | IdentityBit(1, 2)));
  }
  JobRow& job = tables.jobs[p];
  if (row.id == 0) row = {.id = Fresh(remembered.ids[p])};
  row.version = Fresh(remembered.versions[p] | 1U << row.version | 1U << job.claimed_version);
  row.stamp = effect.stamp;
  row.content = content;
  row.ready = HasThumbnails(tables, p, content) ? 1 : 0;
  row.marked = 0;
  row.settled = 0;
  if (row.ready != 0) {
    job = {};
    return;
  }
  job.exists = 1;
  job.wanted = row.version;
  job.delayed = 0;
}

void EndJob(bool newer_wanted, JobRow& job) {
  if (newer_wanted) return Unclaim(job);
  job = {};
}

}  // namespace

bool HasThumbnails(const Tables& tables, int path, int content) {
  return content != 0 && (tables.thumbnails[path] >> (content - 1) & 1) != 0;
}

Effect PlanFrame(const Tables& tables, const Ingestor& ingestor, const Rules& rules) {
  const Frame& frame = ingestor.frame;
  Effect effect;
  switch (static_cast<FrameKind>(frame.kind)) {
    case FrameKind::kNone:
      break;
    case FrameKind::kState:
      WriteCursor(frame.epoch, frame.sequence, effect);
      [[fallthrough]];
    case FrameKind::kStateAlone:
      if (frame.present != 0) {
        PlanPresent(tables, frame, rules, effect);
      } else {
        effect.remove = RowsBetween(tables, frame.path, frame.path + 1);
      }
      break;
    case FrameKind::kBegin:
    case FrameKind::kEndIncomplete:
      effect = PlanResume(tables, rules);
      break;
    case FrameKind::kEntry:
      effect.mark = RowsBetween(tables, ingestor.after, frame.path);
      PlanPresent(tables, frame, rules, effect);
      break;
    case FrameKind::kEnd:
      PlanEnd(tables, ingestor, rules, effect);
      break;
  }
  return effect;
}

Effect PlanResume(const Tables& tables, const Rules& rules) {
  Effect effect;
  if (rules.Keep(Rule::kMarksEndWithTheirListing)) effect.unmark = MarkedRows(tables);
  return effect;
}

bool Locks(const Effect& late, int path) {
  const bool put = late.put != 0 && late.path == path;
  return put || ((late.unmark | late.mark | late.remove) & Bit(path)) != 0;
}

bool Waits(const Effect& effect, const Effect& late) {
  if (effect.cursor != 0 && late.cursor != 0) return true;
  for (int p = 0; p < kMaxPaths; ++p) {
    if (Locks(effect, p) && Locks(late, p)) return true;
  }
  return false;
}

Remembered RememberedBy(const Numbered<Worker, kMaxWorkers>& workers) {
  Remembered remembered;
  for (const Worker& worker : workers) {
    remembered.ids[worker.path] |= static_cast<Small>(1 << worker.id);
    remembered.versions[worker.path] |= static_cast<Small>(1 << worker.version);
  }
  return remembered;
}

void Commit(const Effect& effect, const Rules& rules, bool last, const Remembered& remembered,
            Tables& tables) {
  for (int p = 0; p < kMaxPaths; ++p) {
    if ((effect.unmark & Bit(p)) != 0) tables.files[p].marked = 0;
    if ((effect.mark & Bit(p)) != 0) tables.files[p].marked = 1;
    if ((effect.remove & Bit(p)) != 0) Remove(p, tables);
  }
  if (effect.put != 0) Put(effect, rules, last, remembered, tables);
  if (effect.cursor != 0) {
    tables.cursor_epoch = effect.epoch;
    tables.cursor_sequence = effect.sequence;
  }
}

Finished Finish(const Worker& worker, const Rules& rules, Tables& tables) {
  FileRow& row = tables.files[worker.path];
  JobRow& job = tables.jobs[worker.path];
  if (row.id != worker.id) {
    if (rules.Keep(Rule::kFinishCreatesNoFile) || row.id != 0) return {.stale = true};
    row = {.id = worker.id, .version = worker.version, .stamp = worker.stamp};
    job = {.exists = 1, .wanted = worker.version, .claimed = 1, .token = worker.token,
           .claimed_version = worker.version};
  }
  const bool ours = job.claimed != 0 && job.token == worker.token;
  if (job.exists == 0 || (!ours && rules.Keep(Rule::kTokenGuardsFinish))) return {.stale = true};
  const bool outdated = job.wanted != job.claimed_version;
  if (outdated && rules.Keep(Rule::kVersionGuardsFinish)) {
    EndJob(rules.Keep(Rule::kVersionGuardsJob), job);
    return {};
  }
  Finished finished;
  if (worker.version != row.version) finished.broken = Property::kResultOfItsVersion;
  if (row.settled != 0) finished.broken = Property::kOneEffectiveFinish;
  row.content = worker.content;
  if (worker.carries != 0) {
    tables.thumbnails[worker.path] |= static_cast<Small>(1 << (worker.content - 1));
  }
  const bool served = HasThumbnails(tables, worker.path, worker.content);
  row.ready = served || !rules.Keep(Rule::kReadyMeansThumbnails) ? 1 : 0;
  if (!served) {
    Unclaim(job);
    return finished;
  }
  row.settled = 1;
  if (rules.Keep(Rule::kResultEndsItsJob)) {
    EndJob(outdated && rules.Keep(Rule::kVersionGuardsJob), job);
  }
  return finished;
}

void Unclaim(JobRow& job) {
  job.claimed = 0;
  job.token = 0;
  job.by = 0;
  job.claimed_version = 0;
  job.answer_lost = 0;
}

}  // namespace hestia::model
