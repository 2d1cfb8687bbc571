// Whatever happens, when it is over every subscriber knows exactly what is on the disk, and on
// the way the stream kept all its promises.
//
// A seed stands for a watcher (in process or the real binary, by events or polled, with roomy or
// tiny buffers) and for a sequence of acts on two libraries and a folder outside; see script.h.
// Meanwhile three subscribers misbehave. Between rounds everything comes to rest; then what each
// of them knows is compared with the disk, and all that was recorded is checked against every
// promise (see history/promises.h).
//
// What is deterministic: the seed alone decides about the watcher's set-up and every act, their
// order, and, since nobody else writes there, what each does to the disk; a seed that failed does
// all of that again. What is not: when, between the acts, the kernel, the watcher and the
// subscribers take their turns, and at which frames the subscribers' manners show.
//
// Settings, from the environment:
//   HESTIA_CONVERGENCE_SEEDS=5000  seeds 0 to 4,999 instead of 200
//   HESTIA_CONVERGENCE_SEED=17     that one alone
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "common/grpc_server.h"
#include "common/grpc_status.h"
#include "hestia/watcher/v1/watcher.grpc.pb.h"
#include "tests/watcher-service/convergence/disk_operator.h"
#include "tests/watcher-service/convergence/recording_subscriber.h"
#include "tests/watcher-service/convergence/script.h"
#include "tests/watcher-service/convergence/watcher_host.h"
#include "tests/watcher-service/history/describe.h"
#include "tests/watcher-service/history/promises.h"

namespace hestia {
namespace {

constexpr unsigned kDefaultSeeds = 200;
constexpr unsigned kBatches = 20;  // tests for ctest to spread over processes

// One seed from its first act to its verdict.
class Trial {
 public:
  explicit Trial(const Script& script)
      : script_(script),
        disk_(recorders_[0], recorders_[1]),
        host_(StartWatcher(script, disk_.Root(Place::kFirst), disk_.Root(Place::kSecond))) {
    const auto address = [this] { return host_->address(); };
    for (int i = 0; i < 3; ++i) {
      const std::size_t library = i == 2 ? 1 : 0;
      subscribers_.push_back(
          {library, std::make_unique<RecordingSubscriber>(recorders_[library], i,
                                                          script.seed * 3 + static_cast<unsigned>(i),
                                                          kLibraries[library], address)});
    }
  }

  void Play() {
    for (const Act& act : script_.acts) {
      if (act.kind == Act::Kind::kCheckpoint) {
        Checkpoint();
      } else {
        Befall(act);
        disk_.Perform(act);
        for (const Subscriber& subscriber : subscribers_) subscriber.ill_mannered->Nudge();
      }
      if (testing::Test::HasFailure()) return;
    }
    disk_.WriteIntoEveryDirectory();
    Checkpoint();
    subscribers_.clear();
    Judge();
  }

 private:
  static constexpr const char* kLibraries[] = {"first", "second"};
  struct Subscriber {
    std::size_t library;
    std::unique_ptr<RecordingSubscriber> ill_mannered;
  };

  template <typename What>
  void NoteBoth(const What& what) {
    for (Recorder& recorder : recorders_) recorder.Note(what);
  }

  void Befall(const Act& act) {
    switch (act.kind) {
      case Act::Kind::kOverflow:
        return host_->Overflow();
      case Act::Kind::kHalt:
        NoteBoth(WatcherHalted{});
        return host_->Halt();
      case Act::Kind::kContinue:
        host_->Continue();
        return NoteBoth(WatcherRuns{});
      case Act::Kind::kRestart:
        NoteBoth(WatcherHalted{});
        host_->Restart();
        return NoteBoth(WatcherRuns{});
      default:
        return;
    }
  }

  // Everything done so far is told, to everyone.
  void Checkpoint() {
    disk_.ExpectNotedIsThere();
    const auto stub = watcher::v1::WatcherService::NewStub(GrpcClientChannel(host_->address()));
    std::vector<Cursor> goals;
    for (std::size_t library = 0; library < 2; ++library) {
      Synced synced;
      ASSERT_TRUE(Sync(*stub, kLibraries[library], synced));
      recorders_[library].Note(synced);
      goals.push_back(synced.cursor);
    }
    for (const Subscriber& each : subscribers_) each.ill_mannered->Reach(goals[each.library]);
    for (const Subscriber& each : subscribers_) EXPECT_TRUE(each.ill_mannered->AwaitReached());
    TakeStats(*stub);
    for (const Subscriber& each : subscribers_) each.ill_mannered->Misbehave();
  }

  static bool Sync(watcher::v1::WatcherService::Stub& stub, const std::string& library,
                   Synced& synced) {
    const absl::Time deadline = absl::Now() + absl::Minutes(1);
    while (true) {
      grpc::ClientContext context;
      context.set_deadline(absl::ToChronoTime(deadline));
      // A connection begun while the watcher was halted may have failed.
      context.set_wait_for_ready(true);
      watcher::v1::SyncRequest request;
      request.set_library(library);
      watcher::v1::SyncResponse response;
      synced.asked = MonotonicNow();
      const absl::Status status = FromGrpc(stub.Sync(&context, request, &response));
      synced.cursor = {response.cursor().epoch(), response.cursor().sequence()};
      // A root that was put back is noticed a moment later.
      if (status.code() == absl::StatusCode::kFailedPrecondition) continue;
      EXPECT_TRUE(status.ok()) << status;
      // Nobody writes: everything that settles must have been waited for.
      EXPECT_EQ(response.settling_files(), 0U) << library;
      return status.ok();
    }
  }

  void TakeStats(watcher::v1::WatcherService::Stub& stub) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    watcher::v1::GetStatsResponse stats;
    ASSERT_TRUE(stub.GetStats(&context, {}, &stats).ok());
    for (int library = 0; library < stats.libraries_size(); ++library) {
      recorders_[static_cast<std::size_t>(library)].Note(StatsTaken{
          stats.libraries(library).journal_marks(), stats.libraries(library).journal_capacity()});
    }
  }

  void Judge() {
    Terms terms;
    // Neither a busy machine nor a sanitizer is a broken promise.
    terms.grace = absl::Seconds(30);
    terms.closes_are_seen = !script_.polled;
    for (std::size_t library = 0; library < 2; ++library) {
      const History history = recorders_[library].Take();
      EXPECT_THAT(CheckAll(history, terms), testing::IsEmpty())
          << "library " << kLibraries[library] << "\n"
          << Describe(history);
    }
  }

  const Script& script_;
  Recorder recorders_[2];
  DiskOperator disk_;
  std::unique_ptr<WatcherHost> host_;
  std::vector<Subscriber> subscribers_;  // they ask the host
};

std::optional<unsigned> FromEnvironment(const char* name) {
  const char* const text = std::getenv(name);
  unsigned number = 0;
  if (text == nullptr || !absl::SimpleAtoi(text, &number)) return std::nullopt;
  return number;
}

class ConvergenceTest : public testing::TestWithParam<unsigned> {
 protected:
  // The seeds of this batch.
  static std::vector<unsigned> Seeds() {
    std::vector<unsigned> seeds;
    if (const std::optional<unsigned> one = FromEnvironment("HESTIA_CONVERGENCE_SEED")) {
      if (*one % kBatches == GetParam()) seeds.push_back(*one);
      return seeds;
    }
    const unsigned count = FromEnvironment("HESTIA_CONVERGENCE_SEEDS").value_or(kDefaultSeeds);
    for (unsigned seed = GetParam(); seed < count; seed += kBatches) seeds.push_back(seed);
    return seeds;
  }
};

TEST_P(ConvergenceTest, WhenWritesStopEverySubscriberKnowsExactlyWhatIsOnTheDisk) {
  const std::vector<unsigned> seeds = Seeds();
  if (seeds.empty()) GTEST_SKIP() << "the seed asked for is another batch's";
  for (const unsigned seed : seeds) {
    const Script script = ScriptOf(seed);
    Trial(script).Play();
    ASSERT_FALSE(HasFailure()) << "again: HESTIA_CONVERGENCE_SEED=" << seed
                               << " ctest -R ConvergenceTest\n"
                               << Describe(script);
  }
}

INSTANTIATE_TEST_SUITE_P(Batches, ConvergenceTest, testing::Range(0U, kBatches));

TEST(ConvergenceScriptTest, ASeedAlwaysStandsForTheSameActs) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    EXPECT_EQ(Describe(ScriptOf(seed)), Describe(ScriptOf(seed)));
    EXPECT_NE(Describe(ScriptOf(seed)), Describe(ScriptOf(seed + 1)));
  }
}

TEST(ConvergenceScriptTest, EveryKindOfActOccursAmongTheDefaultSeeds) {
  std::vector<bool> seen(static_cast<std::size_t>(Act::Kind::kCheckpoint) + 1);
  for (unsigned seed = 0; seed < kDefaultSeeds; ++seed) {
    for (const Act& act : ScriptOf(seed).acts) seen[static_cast<std::size_t>(act.kind)] = true;
  }
  EXPECT_THAT(seen, testing::Each(true));
}

}  // namespace
}  // namespace hestia
