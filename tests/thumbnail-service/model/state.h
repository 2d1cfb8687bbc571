#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_STATE_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_STATE_H_

#include <array>
#include <cstdint>
#include <utility>

#include "thumbnail-service/model/rules.h"

namespace hestia::model {

// One state of everything that takes part: the disk, the watcher, the tables, and what each
// actor has in memory between two transactions.
//
// What is modelled: one library of one or two files with bytes 1 and 2; the watcher's marks,
// epochs and listings (watcher-service/events/journal.cc, feed/frame_builder.cc); the lease
// (store/pg_replica_registry.cc); the ingestor and its transactions (jobs/ingestor.cc,
// store/pg_ingest_store.cc); claim, read, look-up, render, finish, release, rescue and leaving
// (jobs/worker_pool.cc, store/pg_job_queue.cc, jobs/upkeep.cc).
//
// What is not, because the rules treat it as what is modelled or do not touch it:
//   verdicts        one of a content goes the way of a thumbnail: same transaction and guards
//   several recipes made from one decode and stored together
//   frames of many states, credits: one state a frame, one frame on its way
//   subtrees, renames between paths, files with equal bytes
//   the order of the queue, the length of delays, notifications
//   new bytes under an old stamp that are lost with the history: a listing cannot see them
//
// Tokens, ids and versions are only ever compared, so states that differ in their numbers alone
// are one state: Pack numbers them anew, and a number that nobody remembers is given out again.

using Small = std::uint8_t;
inline constexpr int kMaxPaths = 2;
inline constexpr int kMaxReplicas = 2;
inline constexpr int kMaxWorkers = 2;

// One of each path, replica or worker, by its number.
template <typename T, int kCount>
struct Numbered {
  T items[kCount]{};

  constexpr T& operator[](int number) { return items[number]; }
  constexpr const T& operator[](int number) const { return items[number]; }
  constexpr T* begin() { return items; }
  constexpr T* end() { return items + kCount; }
  constexpr const T* begin() const { return items; }
  constexpr const T* end() const { return items + kCount; }
  friend bool operator==(const Numbered&, const Numbered&) = default;
};
template <typename T>
using PerPath = Numbered<T, kMaxPaths>;

// A file on the disk; content and stamp outlive a removal, so that it can come back.
struct DiskFile {
  Small present = 0, content = 0, stamp = 0;
  Small unnoticed = 0;  // the watcher has not seen the last change
  Small closed = 0;     // since then a writer closed it
  Small went = 0;       // or it was away
};

// LibraryFeed and its Journal. Sequences count from 1; 0 is none.
struct Watcher {
  Small epoch = 1, head = 0;
  Small listing_mark = 0;  // of the root
  PerPath<Small> mark{}, rewritten_at{};
  PerPath<Small> gone{};  // the mark is a kGone
};

// A row of `files`; id 0 is none.
struct FileRow {
  Small id = 0, version = 0, stamp = 0, content = 0;
  Small ready = 0, marked = 0;
  Small settled = 0;  // a result of this version took effect: only for the properties

  friend bool operator==(const FileRow&, const FileRow&) = default;
};

// A row of `jobs`.
struct JobRow {
  Small exists = 0, wanted = 0;
  Small claimed = 0, token = 0, by = 0, claimed_version = 0;
  Small delayed = 0;      // run_after lies ahead
  Small answer_lost = 0;  // the claimer does not know: only for the properties

  friend bool operator==(const JobRow&, const JobRow&) = default;
};

struct Tables {
  Small lease_token = 0, lease_holder = 0, lease_expired = 0;  // holder: replica + 1
  Small cursor_epoch = 0, cursor_sequence = 0;                 // epoch 0: none
  PerPath<FileRow> files{};
  PerPath<JobRow> jobs{};
  PerPath<Small> thumbnails{};  // bit c - 1: content c has them
  PerPath<Small> identities{};  // removed_files: see IdentityBit

  friend bool operator==(const Tables&, const Tables&) = default;
};

// Stamp 1 may stand for contents 1 and 2, stamp 2 for content 2 only.
constexpr Small IdentityBit(int stamp, int content) {
  return static_cast<Small>(1 << (stamp == 2 ? 2 : content - 1));
}

enum class FrameKind : Small {
  kNone,
  kState,
  kStateAlone,  // its cursor is stored already: only without kCursorComesWithEffect
  kBegin,
  kEntry,
  kEnd,
  kEndIncomplete,
};

// What the stream has sent and the ingestor not yet stored. Read from the disk when built.
struct Frame {
  Small kind = 0;  // FrameKind
  Small path = 0, present = 0, stamp = 0, rewritten = 0;
  Small epoch = 0, sequence = 0;  // the cursor
};

enum class IngestorPhase : Small { kIdle, kLeased, kStreaming, kCrashed };

// A replica's Ingestor together with the FrameBuilder that serves it.
struct Ingestor {
  Small phase = 0;  // IngestorPhase
  Small token = 0;
  Small told_epoch = 0, told_sequence = 0;  // FrameBuilder::cursor_
  Small listing = 0, next = 0, end_epoch = 0, end_sequence = 0;
  Small after = 0;  // paths before it were compared
  Small wrote = 0;  // rows put by the listing: only without kEndRemovesOnlyTheUnlisted
  Frame frame{};
};

enum class WorkerPhase : Small {
  kIdle,
  kClaimed,
  kRead,
  kRendered,
  kGivingBack,
  kEnding,   // only without kResultEndsItsJob
  kWaiting,  // only without kRetryStaysARow
  kOut,      // crashed, or left in order
};

// A replica's one slot.
struct Worker {
  Small phase = 0;  // WorkerPhase
  Small stopping = 0;
  Small left = 0;  // kOut in order
  Small path = 0, id = 0, token = 0, version = 0, stamp = 0;  // the claim
  Small content = 0, carries = 0;  // what was read; whether thumbnails were made of it
};

// What an ingest transaction does to the rows, decided when it read them. Masks have one bit
// a path.
struct Effect {
  Small unmark = 0, mark = 0, remove = 0;
  Small put = 0, path = 0, stamp = 0, rewritten = 0;
  Small cursor = 0, epoch = 0, sequence = 0;
};

// What may still happen; see Bounds.
struct Allowance {
  Small changes = 0, expiries = 0, replica_crashes = 0, worker_crashes = 0, worker_stops = 0;
  Small false_rescues = 0, lost_claims = 0, troubles = 0, rescans = 0, history_losses = 0;
  Small late_commits = 0, collections = 0;
};

struct State {
  PerPath<DiskFile> disk{};
  Watcher watcher;
  Tables tables;
  Numbered<Ingestor, kMaxReplicas> ingestors{};
  Numbered<Worker, kMaxWorkers> workers{};
  Small late = 0;  // a commit is under way that no client waits for, with its locks
  Effect late_effect;
  Allowance allowed;
};

State Initial(const Bounds& bounds);

// A state in as few words as hold it, tokens, ids and versions numbered in one fixed order.
struct PackedState {
  std::array<std::uint64_t, 5> words{};

  friend bool operator==(const PackedState&, const PackedState&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const PackedState& state) {
    return H::combine(std::move(h), state.words);
  }
};

// Aborts when a field has outgrown its bits.
PackedState Pack(const State& state);
State Unpack(const PackedState& packed);

}  // namespace hestia::model

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_MODEL_STATE_H_
