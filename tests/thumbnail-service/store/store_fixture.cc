#include "tests/thumbnail-service/store/store_fixture.h"

#include <algorithm>

#include <absl/time/clock.h>

#include "thumbnail-service/store/migrator.h"

namespace hestia::test {
namespace {

constexpr char kReplica[] = "replica-a";
constexpr char kDecoder[] = "decoder-1";

std::vector<StoredRecipe> MigrateAndLoad(const std::string& url) {
  const std::vector<Recipe> seed = ParseRecipes("small=128,medium=256,large=512").value();
  const absl::Status status = Migrate(url, seed);
  EXPECT_TRUE(status.ok()) << status;
  return PgRecipeBook(url, kDecoder, 1).Current().value();
}

}  // namespace

StoreTest::StoreTest()
    : recipes_(MigrateAndLoad(database_.url())),
      registry_(database_.url(), kReplica, "test:1"),
      queue_(database_.url(), kReplica, kDecoder, 2),
      catalog_(database_.url(), kDecoder, 2),
      steering_(database_.url(), 1),
      recipe_book_(database_.url(), kDecoder, 1),
      explainer_(database_.url(), kDecoder, 1),
      ingest_(database_.url(), kDecoder) {
  const WatchedLibrary photos{.name = "photos", .root = "/p", .state = "WATCHING"};
  library_ = registry_.RegisterLibraries({photos}).value().front().id;
  EXPECT_TRUE(registry_.Beat(WorkFigures{}, 2, "").ok());
  lease_ = registry_.TryLease(library_, absl::Seconds(60)).value().value();
}

std::int64_t StoreTest::Number(const std::string& sql) {
  pqxx::connection connection(database_.url());
  pqxx::nontransaction direct(connection);
  return direct.exec1(sql)[0].as<std::int64_t>();
}

void StoreTest::Execute(const std::string& sql) {
  pqxx::connection connection(database_.url());
  pqxx::nontransaction direct(connection);
  direct.exec(sql);
}

void StoreTest::AwaitBlockedSession(int sessions) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (Number("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                "AND datname = current_database()") < sessions) {
    ASSERT_LT(absl::Now(), deadline) << "nobody waits, or too few";
  }
}

std::vector<ClaimedJob> StoreTest::ClaimAll() {
  return queue_.Claim({library_}, 10'000).value();
}

JobResult StoreTest::Result(const ClaimedJob& job, const std::string& content) {
  JobResult result{.job = job};
  ContentKey key{.digest = {}, .size_bytes = job.stamp.size_bytes};
  std::copy_n(content.begin(), std::min<std::size_t>(content.size(), key.digest.size()),
              key.digest.begin());
  result.content = key;
  result.source_width_px = 640;
  result.source_height_px = 480;
  for (const StoredRecipe& recipe : recipes_) {
    result.thumbnails.push_back(Thumbnail{.recipe_id = recipe.id,
                                          .format = OutputFormat::kWebp,
                                          .width_px = recipe.recipe.box_px,
                                          .height_px = 1,
                                          .data = std::string("RIFF\0webp", 9)});
  }
  return result;
}

void StoreTest::RenderAll(const std::string& bytes_of_all) {
  for (const ClaimedJob& job : ClaimAll()) {
    const auto effect = queue_.Finish({Result(job, bytes_of_all.empty() ? job.path : bytes_of_all)});
    ASSERT_TRUE(effect.ok()) << effect.status();
    ASSERT_EQ(effect->front(), FinishEffect::kStored);
  }
}

IngestEffect StoreTest::ListPieces(OpenListing listing, const std::vector<ToldFile>& files,
                                   const ListingProof& proof) {
  absl::Status status = ingest_.BeginListing(lease_, listing);
  EXPECT_TRUE(status.ok()) << status;
  for (std::size_t i = 0; i < files.size(); i += 2) {
    const auto piece = absl::MakeConstSpan(files).subspan(i, 2);
    status = ingest_.ApplyListed(lease_, listing, piece).status();
    EXPECT_TRUE(status.ok()) << status;
    listing.after = piece.back().path;
  }
  const auto effect = ingest_.EndListing(lease_, listing, proof, NextCursor());
  EXPECT_TRUE(effect.ok()) << effect.status();
  return effect.value_or(IngestEffect{});
}

std::string StoreTest::Paths() {
  pqxx::connection connection(database_.url());
  pqxx::nontransaction direct(connection);
  return direct.exec1("SELECT coalesce(string_agg(path, ' ' ORDER BY path), '') FROM files")[0]
      .as<std::string>();
}

IngestEffect StoreTest::Tell(const std::vector<ToldFile>& files) {
  const auto effect = ingest_.ApplyStates(lease_, files, NextCursor());
  EXPECT_TRUE(effect.ok()) << effect.status();
  return effect.value_or(IngestEffect{});
}

ToldFile StoreTest::Present(const std::string& path, std::uint64_t inode, std::int64_t mtime_ns) {
  return ToldFile{.path = path,
                  .present = true,
                  .stamp = {.size_bytes = 1000, .mtime_ns = mtime_ns, .inode = inode}};
}

ToldFile StoreTest::Absent(const std::string& path, bool subtree) {
  return ToldFile{.path = path, .present = false, .stamp = {}, .subtree_absent = subtree};
}

}  // namespace hestia::test
