#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_RULES_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_RULES_H_

#include <cstdint>

#include <absl/strings/string_view.h>

namespace hestia::model {

// The rules that keep the tables true, each with who has to keep it. Each one can be taken out to
// see what it is good for.
enum class Rule {
  // PgIngestStore, kLockLease: every ingest transaction locks the lease by its token.
  kLeaseGuardsIngest,
  // PgIngestStore, WriteCursor: a cursor is stored in the transaction of what it stands for.
  kCursorComesWithEffect,
  // Ingestor, FrameBuilder: between begin and end of a listing no cursor is stored.
  kNoCursorInsideListing,
  // kRemoveMarked: rows that were listed unchanged are not written, yet stay.
  kEndRemovesOnlyTheUnlisted,
  // kClearMarks, ListingMerge: marks of a listing that was cut short mean nothing.
  kMarksEndWithTheirListing,
  // PgJobQueue, kLockClaim: a result counts only under the claim's token,
  kTokenGuardsFinish,
  // and only while no newer version is wanted.
  kVersionGuardsFinish,
  // FinishBatch::Unclaim: a job of which a newer version is wanted stays.
  kVersionGuardsJob,
  // PgJobQueue::Settle: only ingest inserts files.
  kFinishCreatesNoFile,
  // PgJobQueue::Finish: thumbnails in and job gone in one transaction.
  kResultEndsItsJob,
  // kClaim: every claim has a token of its own, also after a rescue.
  kClaimTakesFreshToken,
  // WorkerPool::StoreResults: what may not have been stored is stored again.
  kFinishIsRepeated,
  // kRelease: what is to be tried again waits in the table, not in memory.
  kRetryStaysARow,
  // WorkerPool::Stop, PgReplicaRegistry::Leave: who leaves holds no claim.
  kStopHandsBack,
  // kRescue: no claim outlives its replica, or an answer that was lost.
  kClaimsAreRescued,
  // kCollect: what a file refers to is not collected.
  kCollectionSparesReferenced,

  // The ones below were asked for by this model.

  // PgIngestStore::Resume: a stream is opened only when no transaction of the session before it
  // can commit any more. Its lock of the lease must exclude theirs.
  kResumeAwaitsOwnCommits,
  // PgJobQueue::Settle: a file is READY only when its thumbnails are there.
  kReadyMeansThumbnails,
  // Journal: a file that a writer closed, and that then went and came back, is told as closed by
  // a writer again, since nobody may have read it in between.
  kClosedWriteOutlivesRemoval,
  // FrameBuilder: a listing tells which of its files a writer closed since the cursor, because
  // their own marks are not told after it.
  kListingTellsClosedWrites,
  // kPut: what a stamp stood for before a rewrite is forgotten, in removed_files, too.
  kRewriteForgetsIdentity,
};

// The rules in force.
class Rules {
 public:
  Rules() = default;
  static Rules Without(Rule rule) {
    Rules rules;
    rules.missing_ = Bit(rule);
    return rules;
  }
  bool Keep(Rule rule) const { return (missing_ & Bit(rule)) == 0; }

 private:
  static std::uint32_t Bit(Rule rule) { return std::uint32_t{1} << static_cast<int>(rule); }

  std::uint32_t missing_ = 0;
};

// What must hold. All but the last are checked in every state and on every step.
enum class Property {
  kNone,
  kNoWriteByPastLease,
  kNoCursorInsideSnapshot,
  kCursorNotAhead,
  kResultOfItsVersion,
  kNotResurrected,
  kOneEffectiveFinish,
  kNoLostJob,
  kReadyIsServed,
  kClaimIsHeld,
  // From every state: when faults and changes end, the tables can still come to equal the disk.
  kConverges,
};

// The property as a sentence that was found to be false.
absl::string_view Broken(Property property);

// How much may happen. Whatever is bounded here may happen at any moment, in any order.
struct Bounds {
  int paths = 1;           // 1 or 2; all of them exist in the beginning
  int replicas = 2;        // that compete for the lease
  int workers = 2;         // that claim jobs, each in a replica of its own
  int changes = 0;         // of the disk, all kinds together
  bool same_stamp = false; // one kind of change: new bytes under the old size and time
  int expiries = 0;        // of the lease of a replica that lives: it becomes a zombie
  int replica_crashes = 0; // at most one, or nobody is left
  int worker_crashes = 0;
  int worker_stops = 0;    // orderly ones; crashes and stops together at most one
  int false_rescues = 0;   // of a claim whose worker lives: it becomes a zombie
  int lost_claims = 0;     // claims that were made but not answered
  int troubles = 0;        // reads or renders that are to be tried again
  int rescans = 0;         // listings while the cursor is good
  int history_losses = 0;  // new epochs; with same_stamp not while such a change is untold
  int late_commits = 0;    // commits that the client gave up and the server finishes later
  int collections = 0;     // of contents without files
  bool stream_losses = false;      // at any point, any number
  bool unanswered_commits = false; // at any point, any number
};

}  // namespace hestia::model

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_RULES_H_
