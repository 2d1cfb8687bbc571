#ifndef HESTIA_TESTS_THUMBNAIL_SERVICE_STORE_STORE_FIXTURE_H_
#define HESTIA_TESTS_THUMBNAIL_SERVICE_STORE_STORE_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include "tests/support/test_database.h"
#include "thumbnail-service/store/pg_catalog.h"
#include "thumbnail-service/store/pg_explainer.h"
#include "thumbnail-service/store/pg_ingest_store.h"
#include "thumbnail-service/store/pg_job_queue.h"
#include "thumbnail-service/store/pg_recipe_book.h"
#include "thumbnail-service/store/pg_replica_registry.h"
#include "thumbnail-service/store/pg_steering.h"

namespace hestia::test {

// A migrated database with one library, "photos", whose lease this replica holds.
class StoreTest : public testing::Test {
 protected:
  StoreTest();

  // One number out of one SELECT.
  std::int64_t Number(const std::string& sql);
  void Execute(const std::string& sql);
  // Until so many sessions of this database wait for a lock.
  void AwaitBlockedSession(int sessions = 1);

  // Claims all jobs there are and finishes each with its content and three thumbnails, or
  // with a verdict.
  void RenderAll(const std::string& bytes_of_all = "");
  std::vector<ClaimedJob> ClaimAll();
  // A result whose bytes are `content` (16 bytes or fewer).
  JobResult Result(const ClaimedJob& job, const std::string& content);

  // Ingests a listing in pieces of two files; answers what its end did.
  IngestEffect ListPieces(OpenListing listing, const std::vector<ToldFile>& files,
                          const ListingProof& proof);
  // The paths of all rows, in order, joined by blanks.
  std::string Paths();
  IngestEffect Tell(const std::vector<ToldFile>& files);
  Cursor NextCursor() { return Cursor{.epoch = 0xFEDCBA9876543210u, .sequence = ++sequence_}; }

  static ToldFile Present(const std::string& path, std::uint64_t inode, std::int64_t mtime_ns = 1);
  static ToldFile Absent(const std::string& path, bool subtree = false);

  TestDatabase database_;
  std::vector<StoredRecipe> recipes_;
  PgReplicaRegistry registry_;
  PgJobQueue queue_;
  PgCatalog catalog_;
  PgSteering steering_;
  PgRecipeBook recipe_book_;
  PgExplainer explainer_;
  PgIngestStore ingest_;
  std::int64_t library_ = 0;
  Lease lease_;
  std::uint64_t sequence_ = 100;
};

}  // namespace hestia::test

#endif  // HESTIA_TESTS_THUMBNAIL_SERVICE_STORE_STORE_FIXTURE_H_
