#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_INGEST_STORE_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_INGEST_STORE_H_

#include <string>
#include <vector>

#include "thumbnail-service/jobs/ingest_store.h"
#include "thumbnail-service/jobs/order_key.h"
#include "thumbnail-service/store/pg_session.h"

namespace hestia {

// Ingest's transactions on PostgreSQL; see jobs/ingest_store.h for the contract. A file that
// turns up takes its content over by identity: (inode, size, mtime) of a row that is there or
// was removed within the grace period. Everything else becomes PENDING with a job.
//
// Thread-safety: none; one instance per ingesting thread.
// Memory: one frame and one page of rows.
class PgIngestStore final : public IngestStore {
 public:
  // `decoder_version`: only its verdicts are taken over with a content.
  PgIngestStore(const std::string& url, std::string decoder_version,
                MassRemoval mass_removal = {});

  absl::StatusOr<std::optional<Cursor>> Resume(const Lease& lease) override;
  absl::StatusOr<IngestEffect> ApplyStates(const Lease& lease, absl::Span<const ToldFile> files,
                                           const Cursor& cursor) override;
  absl::Status BeginListing(const Lease& lease, const OpenListing& listing) override;
  absl::StatusOr<IngestEffect> ApplyListed(const Lease& lease, const OpenListing& listing,
                                           absl::Span<const ToldFile> files) override;
  absl::StatusOr<IngestEffect> EndListing(const Lease& lease, const OpenListing& listing,
                                          const ListingProof& proof,
                                          const std::optional<Cursor>& cursor) override;
  absl::Status StoreCursor(const Lease& lease, const Cursor& cursor) override;

 private:
  absl::Status Put(pqxx::work& tx, const Lease& lease, const std::vector<const ToldFile*>& files,
                   JobClass job_class, std::uint64_t sequence, IngestEffect& effect);
  absl::Status PutUnlessKnown(pqxx::work& tx, const Lease& lease,
                              absl::Span<const ToldFile> files, std::uint64_t sequence,
                              IngestEffect& effect);

  PgSession session_;
  // Marks what the listing proves gone; whether that is so much that it must be held.
  absl::StatusOr<bool> MarkGone(const Lease& lease, const OpenListing& listing,
                                const ListingProof& proof);
  absl::StatusOr<int> HoldMarked(const Lease& lease);
  absl::StatusOr<int> RemoveMarked(const Lease& lease);

  const std::string decoder_version_;
  const MassRemoval mass_removal_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_INGEST_STORE_H_
