// How fast the queue is: the real WorkerPool and store on a real PostgreSQL, with a render that
// does nothing, or waits instead of computing.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <absl/flags/flag.h>
#include <absl/hash/hash.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>
#include <absl/time/time.h>
#include <pqxx/pqxx>

#include "common/logging.h"
#include "common/monotonic_clock.h"
#include "common/settings.h"
#include "common/version.h"
#include "tests/support/test_database.h"
#include "thumbnail-service/jobs/worker_pool.h"
#include "thumbnail-service/store/migrator.h"
#include "thumbnail-service/store/pg_ingest_store.h"
#include "thumbnail-service/store/pg_job_queue.h"
#include "thumbnail-service/store/pg_replica_registry.h"

ABSL_FLAG(int, jobs, 50000, "Files to queue, 1 to 10000000");
ABSL_FLAG(int, replicas, 4, "Worker pools, each with its own connections, 1 to 64");
ABSL_FLAG(int, workers, 8, "Slots of each, 1 to 256");
ABSL_FLAG(absl::Duration, render, absl::ZeroDuration(), "What a render waits; 0s: it does nothing");
ABSL_FLAG(int, thumbnail_bytes, 64, "Size of the one thumbnail of each, 1 to 10000000");
ABSL_FLAG(int, rounds, 1, "How often all files are queued and finished, 1 to 10000");
ABSL_FLAG(bool, idle_transaction, false,
          "A transaction is open in another session from the second round on, as a forgotten psql "
          "has it; each round prints its own figures");
ABSL_FLAG(bool, snapshot, false,
          "Measures the ingest of a listing in which nothing changed, instead of the queue");

namespace hestia {
namespace {

constexpr char kDecoder[] = "bench";
constexpr int kFrameStates = 1000;  // as the watcher's frames

double Quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double last = static_cast<double>(values.size() - 1);
  return values[static_cast<std::size_t>(std::lround(share * last))];
}

// Passes everything on and remembers how long claims took.
class TimedQueue final : public JobQueue {
 public:
  explicit TimedQueue(JobQueue& queue) : queue_(queue) {}

  absl::StatusOr<std::vector<ClaimedJob>> Claim(absl::Span<const std::int64_t> libraries,
                                                int most) override {
    const absl::Duration begin = MonotonicNow();
    auto jobs = queue_.Claim(libraries, most);
    if (jobs.ok() && !jobs->empty()) {
      absl::MutexLock lock(&mu_);
      claim_ms_.push_back(absl::ToDoubleMilliseconds(MonotonicNow() - begin));
    }
    return jobs;
  }
  absl::StatusOr<bool> SuspectsWait(absl::Span<const std::int64_t> libraries) override {
    return queue_.SuspectsWait(libraries);
  }
  absl::StatusOr<std::optional<ClaimedJob>> ClaimSuspect(
      absl::Span<const std::int64_t> libraries) override {
    return queue_.ClaimSuspect(libraries);
  }
  absl::StatusOr<ContentStanding> LookUp(const ContentKey& content) override {
    return queue_.LookUp(content);
  }
  absl::StatusOr<std::vector<FinishEffect>> Finish(absl::Span<const JobResult> results) override {
    return queue_.Finish(results);
  }
  absl::Status Release(absl::Span<const JobRetry> retries) override {
    return queue_.Release(retries);
  }
  std::vector<double> TakeClaims() {
    absl::MutexLock lock(&mu_);
    return std::move(claim_ms_);
  }

 private:
  JobQueue& queue_;
  absl::Mutex mu_;
  std::vector<double> claim_ms_ ABSL_GUARDED_BY(mu_);
};

class NamedBytes final : public OpenedSource {
 public:
  explicit NamedBytes(ContentKey key) : key_(key) {}
  const ContentKey& key() const override { return key_; }

 private:
  const ContentKey key_;
};

// Every path has bytes of its own, and every round others.
class NoOpThumbnailer final : public Thumbnailer {
 public:
  NoOpThumbnailer(const std::atomic<int>& round, std::atomic<std::int64_t>& renders)
      : round_(round), renders_(renders) {}

  ReadOutcome Read(std::int64_t, absl::string_view path) override {
    ContentKey key{.digest = {}, .size_bytes = 1000};
    const std::uint64_t halves[] = {absl::HashOf(path, round_.load()),
                                    absl::HashOf(round_.load(), path, 1)};
    std::copy_n(reinterpret_cast<const std::uint8_t*>(halves), key.digest.size(),
                key.digest.begin());
    return ReadOutcome{.stamp = {}, .source = std::make_unique<NamedBytes>(key), .status = {}};
  }
  absl::StatusOr<Rendered> Render(const OpenedSource&,
                                  absl::Span<const StoredRecipe> recipes) override {
    ++renders_;
    const absl::Duration wait = absl::GetFlag(FLAGS_render);
    if (wait > absl::ZeroDuration()) cancelled_.WaitForNotificationWithTimeout(wait);
    Rendered rendered{.source_width_px = 640, .source_height_px = 480, .thumbnails = {}};
    for (const StoredRecipe& recipe : recipes) {
      rendered.thumbnails.push_back(Thumbnail{
          .recipe_id = recipe.id, .format = OutputFormat::kWebp, .width_px = 128, .height_px = 96,
          .data = std::string(static_cast<std::size_t>(absl::GetFlag(FLAGS_thumbnail_bytes)), 'x')});
    }
    return rendered;
  }
  void Cancel() override {
    if (!cancelled_.HasBeenNotified()) cancelled_.Notify();
  }

 private:
  const std::atomic<int>& round_;
  std::atomic<std::int64_t>& renders_;
  absl::Notification cancelled_;
};

// One replica's part: a pool on connections of its own.
struct BenchReplica {
  BenchReplica(const std::string& url, int number)
      : queue(url, absl::StrCat("bench-", number), kDecoder, 4), timed(queue) {}

  PgJobQueue queue;
  TimedQueue timed;
  WorkCounters counters;
  std::unique_ptr<WorkerPool> pool;
};

class QueueBench {
 public:
  QueueBench() : connection_(database_.url()), ingest_(database_.url(), kDecoder) {
    if (!Migrate(database_.url(), ParseRecipes("small=128").value()).ok()) std::abort();
    PgReplicaRegistry registry(database_.url(), "bench", "bench");
    const WatchedLibrary photos{.name = "photos", .root = "/", .state = "WATCHING"};
    library_ = registry.RegisterLibraries({photos}).value().front().id;
    lease_ = registry.TryLease(library_, absl::Hours(24)).value().value();
  }

  int RunQueue() {
    List(0);
    std::vector<std::unique_ptr<BenchReplica>> replicas;
    for (int i = 0; i < absl::GetFlag(FLAGS_replicas); ++i) {
      replicas.push_back(std::make_unique<BenchReplica>(database_.url(), i));
    }
    const int rounds = absl::GetFlag(FLAGS_rounds);
    std::unique_ptr<pqxx::connection> idle;
    std::unique_ptr<pqxx::work> transaction;
    for (int round = 0; round < rounds; ++round) {
      if (round > 0) List(round);
      if (round == 1 && absl::GetFlag(FLAGS_idle_transaction)) {
        idle = std::make_unique<pqxx::connection>(database_.url());
        transaction = std::make_unique<pqxx::work>(*idle);
        transaction->exec("SELECT txid_current()");
      }
      std::cout << RunRound(round, replicas) << std::endl;
    }
    return 0;
  }

  int RunSnapshot() {
    List(0);
    Execute("UPDATE files SET state = 3; DELETE FROM jobs; VACUUM ANALYZE files; CHECKPOINT");
    const std::int64_t lsn = Number(kWal);
    const long rss = RssKib();
    const absl::Duration begin = MonotonicNow();
    const int changed = List(0);
    const double seconds = absl::ToDoubleSeconds(MonotonicNow() - begin);
    const int files = absl::GetFlag(FLAGS_jobs);
    std::cout << absl::StrFormat(
                     R"({"files": %d, "seconds": %.3f, "files_per_second": %.0f, "queued": %d, )"
                     R"("jobs": %d, "wal_bytes_per_file": %.2f, "rss_growth_kib": %d})",
                     files, seconds, files / seconds, changed, Number("SELECT count(*) FROM jobs"),
                     static_cast<double>(Number(kWal) - lsn) / files, RssKib() - rss)
              << std::endl;
    return 0;
  }

 private:
  static constexpr char kWal[] = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint";

  static long RssKib() {
    long pages = 0;
    if (FILE* const file = fopen("/proc/self/statm", "r")) {
      if (fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
      fclose(file);
    }
    return pages * 4;
  }

  std::int64_t Number(const std::string& sql) {
    return pqxx::nontransaction(connection_).exec1(sql)[0].as<std::int64_t>();
  }
  void Execute(const std::string& sql) {
    // One by one: VACUUM and CHECKPOINT want no transaction around them.
    std::size_t begin = 0;
    while (begin < sql.size()) {
      const std::size_t end = std::min(sql.find(';', begin), sql.size());
      pqxx::nontransaction(connection_).exec(sql.substr(begin, end - begin));
      begin = end + 1;
    }
  }

  // One listing of all files, as the watcher tells it; another round's have another mtime.
  int List(int round) {
    int queued = 0;
    const int files = absl::GetFlag(FLAGS_jobs);
    OpenListing listing;
    if (!ingest_.BeginListing(lease_, listing).ok()) std::abort();
    for (int first = 0; first < files; first += kFrameStates) {
      std::vector<ToldFile> told;
      for (int i = first; i < std::min(first + kFrameStates, files); ++i) {
        told.push_back(ToldFile{
            .path = absl::StrFormat("2024/%04d/IMG_%07d.jpg", i / 500, i),
            .present = true,
            .stamp = {.size_bytes = 1000, .mtime_ns = round + 1,
                      .inode = static_cast<std::uint64_t>(i + 1)}});
      }
      const auto effect = ingest_.ApplyListed(lease_, listing, told);
      if (!effect.ok()) std::abort();
      queued += effect->queued;
      listing.after = told.back().path;
    }
    const Cursor end{.epoch = 1, .sequence = static_cast<std::uint64_t>(round + 1)};
    if (!ingest_.EndListing(lease_, listing, {.complete = true, .unread = {}}, end).ok()) {
      std::abort();
    }
    return queued;
  }

  std::string RunRound(int round, std::vector<std::unique_ptr<BenchReplica>>& replicas) {
    round_ = round;
    renders_ = 0;
    Execute("CHECKPOINT");
    const std::int64_t lsn = Number(kWal);
    const absl::Duration begin = MonotonicNow();
    for (const auto& replica : replicas) {
      std::vector<std::unique_ptr<Thumbnailer>> slots;
      for (int i = 0; i < absl::GetFlag(FLAGS_workers); ++i) {
        slots.push_back(std::make_unique<NoOpThumbnailer>(round_, renders_));
      }
      replica->pool = std::make_unique<WorkerPool>(
          WorkerPool::Options{}, replica->timed, replica->counters,
          [this] { return std::vector<std::int64_t>{library_}; }, std::move(slots));
    }
    const int jobs = absl::GetFlag(FLAGS_jobs);
    AwaitFinished(replicas, static_cast<std::int64_t>(jobs) * (round + 1));
    const double seconds = absl::ToDoubleSeconds(MonotonicNow() - begin);
    std::vector<double> claims;
    for (const auto& replica : replicas) {
      replica->pool->Stop(absl::Seconds(10));
      const std::vector<double> more = replica->timed.TakeClaims();
      claims.insert(claims.end(), more.begin(), more.end());
    }
    const double wal = static_cast<double>(Number(kWal) - lsn) / jobs;
    return absl::StrFormat(
        R"({"round": %d, "jobs": %d, "replicas": %d, "workers": %d, "seconds": %.3f, )"
        R"("jobs_per_second": %.0f, "executions": %d, "claims": %d, "claim_p50_ms": %.2f, )"
        R"("claim_p99_ms": %.2f, "claim_max_ms": %.2f, "wal_bytes_per_job": %.0f, )"
        R"("left_over": %d})",
        round, jobs, static_cast<int>(replicas.size()), absl::GetFlag(FLAGS_workers), seconds,
        jobs / seconds, renders_.load(), static_cast<int>(claims.size()), Quantile(claims, 0.5),
        Quantile(claims, 0.99), Quantile(claims, 1),
        wal - absl::GetFlag(FLAGS_thumbnail_bytes), Number("SELECT count(*) FROM jobs"));
  }

  // Asks the counters, not the database, so that waiting costs it nothing.
  static void AwaitFinished(const std::vector<std::unique_ptr<BenchReplica>>& replicas,
                            std::int64_t jobs) {
    const absl::Notification never;
    while (true) {
      std::int64_t finished = 0;
      for (const auto& replica : replicas) {
        finished += replica->counters.Read(MonotonicNow()).completed_jobs;
      }
      if (finished >= jobs) return;
      never.WaitForNotificationWithTimeout(absl::Milliseconds(5));
    }
  }

  test::TestDatabase database_;
  pqxx::connection connection_;
  PgIngestStore ingest_;
  std::int64_t library_ = 0;
  Lease lease_;
  std::atomic<int> round_ = 0;
  std::atomic<std::int64_t> renders_ = 0;
};

}  // namespace
}  // namespace hestia

int main(int argc, char** argv) {
  hestia::ReadSettingsOrExit(
      argc, argv,
      {"bench-queue", "Queues files and finishes them with a render that does nothing.",
       hestia::kVersion, "HESTIA_TEST_DATABASE_URL=… bench-queue [--jobs=N] [--replicas=N]\n"},
      [](hestia::SettingErrors& errors) {
        const auto check = [&](const char* flag, int value, int most) {
          if (value < 1 || value > most) errors.Add(flag, absl::StrCat("must be 1 to ", most));
        };
        check("jobs", absl::GetFlag(FLAGS_jobs), 10'000'000);
        check("replicas", absl::GetFlag(FLAGS_replicas), 64);
        check("workers", absl::GetFlag(FLAGS_workers), 256);
        check("rounds", absl::GetFlag(FLAGS_rounds), 10'000);
        check("thumbnail_bytes", absl::GetFlag(FLAGS_thumbnail_bytes), 10'000'000);
      });
  if (!hestia::SetUpLogging("warning").ok()) return 1;
  hestia::QueueBench bench;
  return absl::GetFlag(FLAGS_snapshot) ? bench.RunSnapshot() : bench.RunQueue();
}
