#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_TRANSACTIONS_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_TRANSACTIONS_H_

#include "thumbnail-service/model/rules.h"
#include "thumbnail-service/model/state.h"

namespace hestia::model {

// What the transactions do to the tables. Pure functions of what is passed.

// Whether there are thumbnails of the content; content 0 has none.
bool HasThumbnails(const Tables& tables, int path, int content);

// What storing the frame in `ingestor`'s hands would change, as the transaction's own reads
// tell it: PgIngestStore::ApplyStates, BeginListing, ApplyListed, EndListing, without their
// lock of the lease.
Effect PlanFrame(const Tables& tables, const Ingestor& ingestor, const Rules& rules);

// Resume's kClearMarks.
Effect PlanResume(const Tables& tables, const Rules& rules);

// Whether an effect waits for a lock that `late`, a transaction still open, holds. Rows that a
// transaction has only read are not locked.
bool Waits(const Effect& effect, const Effect& late);
// Whether `late` holds the lock of a path's row.
bool Locks(const Effect& late, int path);

// Ids and versions of a path that workers remember, one bit each.
struct Remembered {
  PerPath<Small> ids{}, versions{};
};
Remembered RememberedBy(const Numbered<Worker, kMaxWorkers>& workers);

// Makes the effect true. A path may be known by its identity under two contents, and which of
// them PostgreSQL finds is open: `last` takes the other one.
void Commit(const Effect& effect, const Rules& rules, bool last, const Remembered& remembered,
            Tables& tables);

// What the finish of `worker`'s result did: PgJobQueue::FinishOne.
struct Finished {
  bool stale = false;
  Property broken = Property::kNone;
};
Finished Finish(const Worker& worker, const Rules& rules, Tables& tables);

// kUnclaim's and kRescue's way of ending a claim.
void Unclaim(JobRow& job);

}  // namespace hestia::model

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_TRANSACTIONS_H_
