#include "thumbnail-service/store/pg_ingest_store.h"

#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "common/crash_point.h"
#include "thumbnail-service/jobs/listing_merge.h"
#include "thumbnail-service/store/pg_ingest_sql.h"
#include "thumbnail-service/store/pg_known_files.h"

namespace hestia {
namespace {

// What a listing told has no sequence of its own yet: it is older than any later cursor.
constexpr std::uint64_t kListedSequence = 0;
constexpr int kRemovalBatch = 5000;

absl::Status LockLease(pqxx::work& tx, const Lease& lease,
                       const PgStatement& statement = kLockLease) {
  const pqxx::result row = tx.exec_prepared(statement.name, lease.library_id, lease.token);
  if (!row.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the lease with token ", lease.token, " is another replica's now"));
}

void WriteCursor(pqxx::work& tx, const Lease& lease, const Cursor& cursor) {
  tx.exec_prepared(kStoreCursor.name, lease.library_id, Signed(cursor.epoch),
                   Signed(cursor.sequence));
  tx.exec_prepared(kNotifyProgress.name);
}

int Count(const pqxx::result& result) { return result[0][0].as<int>(); }

void Remove(pqxx::work& tx, const Lease& lease, const ToldFile& told, IngestEffect& effect) {
  effect.removed += Count(tx.exec_prepared(kRemovePaths.name, lease.library_id,
                                           PgArray(std::vector<std::string>{told.path})));
  if (!told.subtree_absent) return;
  effect.removed += Count(tx.exec_prepared(kRemoveSubtree.name, lease.library_id,
                                           FirstBeneath(told.path), PastBeneath(told.path)));
}

}  // namespace

PgIngestStore::PgIngestStore(const std::string& url, std::string decoder_version,
                             MassRemoval mass_removal)
    : session_(url, kIngestStatements),
      decoder_version_(std::move(decoder_version)),
      mass_removal_(mass_removal) {}

absl::StatusOr<std::optional<Cursor>> PgIngestStore::Resume(const Lease& lease) {
  return session_.Transact([&](pqxx::work& tx) -> absl::StatusOr<std::optional<Cursor>> {
    if (absl::Status status = LockLease(tx, lease, kLockLeaseAlone); !status.ok()) return status;
    tx.exec_prepared(kClearMarks.name, lease.library_id);
    const pqxx::result row = tx.exec_prepared(kLoadCursor.name, lease.library_id);
    if (row.empty() || row[0][0].is_null()) return std::optional<Cursor>();
    return std::optional<Cursor>(Cursor{.epoch = Unsigned(row[0][0].as<std::int64_t>()),
                                        .sequence = Unsigned(row[0][1].as<std::int64_t>())});
  });
}

// Order matters between a path's appearance and its parent's removal, so states are applied
// in runs: present ones together, each removal by itself.
absl::StatusOr<IngestEffect> PgIngestStore::ApplyStates(const Lease& lease,
                                                        absl::Span<const ToldFile> files,
                                                        const Cursor& cursor) {
  return session_.Transact([&](pqxx::work& tx) -> absl::StatusOr<IngestEffect> {
    if (absl::Status status = LockLease(tx, lease); !status.ok()) return status;
    IngestEffect effect;
    std::vector<std::string> all_paths;
    for (const ToldFile& file : files) all_paths.push_back(file.path);
    tx.exec_prepared(kLockPaths.name, lease.library_id, PgArray(all_paths));
    std::size_t begin = 0;
    while (begin < files.size()) {
      std::size_t end = begin;
      absl::flat_hash_set<absl::string_view> paths;
      while (end < files.size() && files[end].present && paths.insert(files[end].path).second) {
        ++end;
      }
      if (end == begin) {
        Remove(tx, lease, files[begin], effect);
        ++begin;
        continue;
      }
      const absl::Status status = PutUnlessKnown(tx, lease, files.subspan(begin, end - begin),
                                                 cursor.sequence, effect);
      if (!status.ok()) return status;
      begin = end;
    }
    if (effect.queued > 0) tx.exec_prepared(kNotifyJobs.name);
    WriteCursor(tx, lease, cursor);
    HESTIA_CRASH_POINT("ingest.before_commit");
    return effect;
  });
}

absl::Status PgIngestStore::PutUnlessKnown(pqxx::work& tx, const Lease& lease,
                                           absl::Span<const ToldFile> files,
                                           std::uint64_t sequence, IngestEffect& effect) {
  std::vector<std::string> paths;
  for (const ToldFile& file : files) paths.push_back(file.path);
  absl::flat_hash_map<std::string, KnownFile> known;
  for (const pqxx::row row : tx.exec_prepared(kFindByPath.name, lease.library_id, PgArray(paths))) {
    KnownFile file = ToKnownFile(row);
    file.unread = row[7].as<bool>();
    std::string path = file.path;
    known.emplace(std::move(path), std::move(file));
  }
  std::vector<const ToldFile*> changed;
  std::vector<std::int64_t> returned;
  for (const ToldFile& file : files) {
    const auto found = known.find(file.path);
    // An event on a file that could not be read may be the permission it lacked.
    if (found == known.end() || DemandsWork(file, found->second) || found->second.unread) {
      changed.push_back(&file);
    } else if (found->second.marked) {
      returned.push_back(found->second.id);
    }
  }
  SetMarks(tx, returned, false);
  return Put(tx, lease, changed, JobClass::kLive, sequence, effect);
}

absl::Status PgIngestStore::Put(pqxx::work& tx, const Lease& lease,
                                const std::vector<const ToldFile*>& files, JobClass job_class,
                                std::uint64_t sequence, IngestEffect& effect) {
  if (files.empty()) return absl::OkStatus();
  std::vector<std::string> paths;
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> times;
  std::vector<std::int64_t> inodes;
  std::vector<bool> rewritten;
  for (const ToldFile* file : files) {
    paths.push_back(file->path);
    sizes.push_back(file->stamp.size_bytes);
    times.push_back(file->stamp.mtime_ns);
    inodes.push_back(Signed(file->stamp.inode));
    rewritten.push_back(file->rewritten);
  }
  tx.exec_prepared(kLockPaths.name, lease.library_id, PgArray(paths));
  const pqxx::result counts = tx.exec_prepared(
      kPut.name, lease.library_id, PgArray(paths), PgArray(sizes), PgArray(times), PgArray(inodes),
      PgArray(rewritten), Signed(sequence), OrderKey(absl::Now(), job_class), decoder_version_);
  effect.queued += counts[0][0].as<int>();
  effect.taken_over += counts[0][1].as<int>();
  return absl::OkStatus();
}

absl::Status PgIngestStore::BeginListing(const Lease& lease, const OpenListing& listing) {
  return session_.Transact([&](pqxx::work& tx) -> absl::Status {
    if (absl::Status status = LockLease(tx, lease); !status.ok()) return status;
    tx.exec_prepared(kClearMarks.name, lease.library_id);
    if (!listing.scope.empty()) {
      // What is listed is a directory, so no file lies at the scope's own path.
      tx.exec_prepared(kRemovePaths.name, lease.library_id,
                       PgArray(std::vector<std::string>{listing.scope}));
    } else if (!listing.shallow) {
      tx.exec_prepared(kSetListing.name, lease.library_id, true);
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<IngestEffect> PgIngestStore::ApplyListed(const Lease& lease,
                                                        const OpenListing& listing,
                                                        absl::Span<const ToldFile> files) {
  return session_.Transact([&](pqxx::work& tx) -> absl::StatusOr<IngestEffect> {
    IngestEffect effect;
    if (absl::Status status = LockLease(tx, lease); !status.ok()) return status;
    if (files.empty()) return effect;
    ListingMerge merge(files);
    ReadKnown(tx, lease, listing, files.back().path, [&](const KnownFile& known) { merge.Add(known); });
    merge.Finish();
    SetMarks(tx, merge.missing_ids(), true);
    SetMarks(tx, merge.returned_ids(), false);
    std::vector<const ToldFile*> changed;
    for (const std::size_t index : merge.changed()) changed.push_back(&files[index]);
    const absl::Status status =
        Put(tx, lease, changed, JobClass::kBackfill, kListedSequence, effect);
    if (!status.ok()) return status;
    if (effect.queued > 0) tx.exec_prepared(kNotifyJobs.name);
    return effect;
  });
}

absl::StatusOr<IngestEffect> PgIngestStore::EndListing(const Lease& lease,
                                                       const OpenListing& listing,
                                                       const ListingProof& proof,
                                                       const std::optional<Cursor>& cursor) {
  IngestEffect effect;
  if (proof.complete) {
    const absl::StatusOr<bool> too_many = MarkGone(lease, listing, proof);
    if (!too_many.ok()) return too_many.status();
    const absl::StatusOr<int> count = *too_many ? HoldMarked(lease) : RemoveMarked(lease);
    if (!count.ok()) return count.status();
    (*too_many ? effect.held : effect.removed) = *count;
  }
  // A listing of everything is also the time to try again what could not even be opened.
  const bool whole = proof.complete && listing.scope.empty() && !listing.shallow;
  const absl::Status ended = session_.Transact([&](pqxx::work& tx) -> absl::Status {
    if (absl::Status status = LockLease(tx, lease); !status.ok()) return status;
    tx.exec_prepared(kClearMarks.name, lease.library_id);
    tx.exec_prepared(kSetListing.name, lease.library_id, false);
    if (whole) {
      effect.queued = Count(tx.exec_prepared(kRetryUnreadable.name, lease.library_id,
                                             OrderKey(absl::Now(), JobClass::kBackfill)));
      if (effect.queued > 0) tx.exec_prepared(kNotifyJobs.name);
    }
    if (cursor.has_value()) WriteCursor(tx, lease, *cursor);
    HESTIA_CRASH_POINT("listing_end.before_commit");
    return absl::OkStatus();
  });
  if (!ended.ok()) return ended;
  return effect;
}

absl::StatusOr<bool> PgIngestStore::MarkGone(const Lease& lease, const OpenListing& listing,
                                             const ListingProof& proof) {
  return session_.Transact([&](pqxx::work& tx) -> absl::StatusOr<bool> {
    if (absl::Status status = LockLease(tx, lease); !status.ok()) return status;
    MarkRest(tx, lease, listing);
    if (!Spare(tx, lease, proof.unread)) {
      tx.exec_prepared(kClearMarks.name, lease.library_id);
      return false;
    }
    const std::int64_t marked =
        tx.exec_prepared1(kCountMarked.name, lease.library_id)[0].as<std::int64_t>();
    if (marked <= mass_removal_.files) return false;
    const std::int64_t all =
        tx.exec_prepared1(kCountFiles.name, lease.library_id)[0].as<std::int64_t>();
    return static_cast<double>(marked) > mass_removal_.share * static_cast<double>(all);
  });
}

absl::StatusOr<int> PgIngestStore::HoldMarked(const Lease& lease) {
  return session_.Transact([&](pqxx::work& tx) -> absl::StatusOr<int> {
    if (absl::Status status = LockLease(tx, lease); !status.ok()) return status;
    return Count(tx.exec_prepared(kHoldMarked.name, lease.library_id));
  });
}

// In batches: all at once would outlast the lease. What is left when one fails is found again
// by the snapshot that follows.
absl::StatusOr<int> PgIngestStore::RemoveMarked(const Lease& lease) {
  int removed = 0;
  while (true) {
    const absl::StatusOr<int> batch =
        session_.Transact([&](pqxx::work& tx) -> absl::StatusOr<int> {
          if (absl::Status status = LockLease(tx, lease); !status.ok()) return status;
          return Count(tx.exec_prepared(kRemoveMarked.name, lease.library_id, kRemovalBatch));
        });
    if (!batch.ok()) return batch.status();
    removed += *batch;
    if (*batch < kRemovalBatch) return removed;
  }
}

absl::Status PgIngestStore::StoreCursor(const Lease& lease, const Cursor& cursor) {
  return session_.Transact([&](pqxx::work& tx) -> absl::Status {
    if (absl::Status status = LockLease(tx, lease); !status.ok()) return status;
    WriteCursor(tx, lease, cursor);
    return absl::OkStatus();
  });
}

}  // namespace hestia
