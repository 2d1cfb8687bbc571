// A replica that dies, or stops and goes on as a zombie, at each of the named points; then
// another one has to make everything right. HESTIA_CRASH_RUNS=N does each N times, not once.
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <xxhash.h>

#include <cstdlib>

#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/string_view.h>
#include <gmock/gmock.h>
#include <pqxx/pqxx>

#include "tests/e2e/stack.h"

namespace hestia::test {
namespace {

using thumbnail::v1::File;

// A replica with one point armed. Not waited for: it may be gone before it listens.
class Victim {
 public:
  Victim(std::vector<std::string> arguments, const std::string& crash_at) {
    setenv("CRASH_AT", crash_at.c_str(), 1);
    arguments.insert(arguments.begin(), HESTIA_CRASHING_BINARY);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    EXPECT_EQ(posix_spawn(&pid_, argv[0], nullptr, nullptr, argv.data(), environ), 0);
    unsetenv("CRASH_AT");
  }
  ~Victim() {
    if (pid_ > 0) kill(pid_, SIGKILL);
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
  }

  void Send(int signal) const { kill(pid_, signal); }
  // Whether it has died or stopped; AwaitCrash tells how.
  bool HasCrashed() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info,
                  WEXITED | WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid_;
  }
  // Until it has died or stopped. The signal that did it; 0 when it ended by itself.
  int AwaitCrash() {
    int status = 0;
    waitpid(pid_, &status, WUNTRACED);
    if (WIFSTOPPED(status)) return SIGSTOP;
    pid_ = -1;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

 private:
  pid_t pid_ = -1;
};

class Listening final : public pqxx::notification_receiver {
 public:
  explicit Listening(pqxx::connection& connection)
      : pqxx::notification_receiver(connection, "hestia_progress") {}
  void operator()(const std::string&, int) override {}
};

struct Case {
  const char* point;
  const char* action;
};

int SignalOf(absl::string_view action) {
  if (action == "kill") return SIGKILL;
  return action == "abort" ? SIGABRT : SIGSTOP;
}

class CrashTest : public StackTest, public testing::WithParamInterface<Case> {
 protected:
  static constexpr int kFiles = 6;

  std::vector<std::string> Flags() const {
    return {"--thumbnail_listen=127.0.0.1:0", absl::StrCat("--watcher_address=", watcher_->address()),
            absl::StrCat("--database_url=", database_.url()), "--workers=2",
            "--log_level=warning", "--rescue_after=3s",
            absl::StrCat("--renderer_dir=", HESTIA_RENDERER_DIR)};
  }
  std::unique_ptr<Victim> StartVictim() {
    return std::make_unique<Victim>(Flags(), absl::StrCat(GetParam().point, ":", GetParam().action));
  }
  void PutPhoto(int number, int seed) {
    bytes_[absl::StrCat(number, ".jpg")] = Photo(seed, 400, 300);
    Put(absl::StrCat(number, ".jpg"), bytes_[absl::StrCat(number, ".jpg")]);
  }

  // Brings a replica to its armed point.
  std::unique_ptr<Victim> Crash() {
    const absl::string_view point = GetParam().point;
    if (absl::StartsWith(point, "takeover") || absl::StartsWith(point, "rescue")) {
      return CrashOverAnother();
    }
    std::unique_ptr<Victim> victim = StartVictim();
    if (absl::StartsWith(point, "drain") || absl::StartsWith(point, "ingest")) {
      AwaitReadyOrCrash(kFiles, *victim);
      // Told outside of a listing.
      if (absl::StartsWith(point, "ingest")) PutPhoto(kFiles, 1000);
      if (absl::StartsWith(point, "drain")) victim->Send(SIGTERM);
    }
    EXPECT_EQ(victim->AwaitCrash(), SignalOf(GetParam().action));
    return victim;
  }
  // One that holds the lease and claims dies, and the victim takes over.
  std::unique_ptr<Victim> CrashOverAnother() {
    const auto first = std::make_unique<Victim>(Flags(), "claim.committed:stop");
    std::unique_ptr<Victim> other = nullptr;
    {
      // Stopped with jobs in hand; then dead.
      Victim& holder = *first;
      EXPECT_EQ(holder.AwaitCrash(), SIGSTOP);
      holder.Send(SIGKILL);
      other = StartVictim();
    }
    EXPECT_EQ(other->AwaitCrash(), SignalOf(GetParam().action));
    return other;
  }
  // The files that were there first may be told outside of the listing, too: then the victim does
  // not come to the next one.
  void AwaitReadyOrCrash(int files, const Victim& victim) {
    // The victim's own address is not known, so the database is asked, whenever it has news.
    pqxx::connection connection(database_.url());
    const Listening listening(connection);
    for (std::int64_t ready = 0; ready < files && !victim.HasCrashed();
         connection.await_notification(1, 0)) {
      pqxx::nontransaction direct(connection);
      const bool there = !direct.exec("SELECT to_regclass('files')")[0][0].is_null();
      if (there) ready = direct.exec1("SELECT count(*) FROM files WHERE state = 1")[0].as<int>();
    }
  }

  // Every file has the thumbnails of the bytes that lie on the disk now.
  void ExpectWhole() {
    const auto files = Files();
    EXPECT_EQ(files.size(), bytes_.size());
    for (const auto& [path, state] : files) EXPECT_EQ(state, File::READY) << path;
    pqxx::connection connection(database_.url());
    pqxx::nontransaction direct(connection);
    for (const pqxx::row row : direct.exec(
             "SELECT path, encode(digest, 'hex'), (SELECT count(*) FROM thumbnails n "
             "WHERE n.content_id = c.id) FROM files JOIN contents c ON c.id = content_id")) {
      const std::string& bytes = bytes_[row[0].as<std::string>()];
      XXH128_canonical_t digest;
      XXH128_canonicalFromHash(&digest, XXH3_128bits(bytes.data(), bytes.size()));
      const absl::string_view raw(reinterpret_cast<const char*>(digest.digest),
                                  sizeof(digest.digest));
      EXPECT_EQ(row[1].as<std::string>(), absl::BytesToHexString(raw)) << row[0].c_str();
      EXPECT_EQ(row[2].as<int>(), 3) << row[0].c_str();
    }
    EXPECT_EQ(Number("SELECT count(*) FROM jobs"), 0);
    EXPECT_EQ(Number("SELECT count(*) FROM failures"), 0);
  }

  std::map<std::string, std::string> bytes_;
};

TEST_P(CrashTest, NothingIsLostAndNothingStaleIsWritten) {
  const char* const setting = std::getenv("HESTIA_CRASH_RUNS");
  int runs = 1;
  ASSERT_TRUE(setting == nullptr || absl::SimpleAtoi(setting, &runs));
  StartWatcher();
  for (int run = 0; run < runs; ++run) {
    SCOPED_TRACE(absl::StrCat("run ", run));
    Execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    for (int i = 0; i < kFiles; ++i) PutPhoto(i, run * 100 + i);
    const std::unique_ptr<Victim> victim = Crash();
    // While it stands still, one of the files changes: what it has in hand is stale.
    PutPhoto(0, run * 100 + 50);
    StartReplica({"--rescue_after=3s"});
    Sync();
    ExpectWhole();
    if (SignalOf(GetParam().action) == SIGSTOP) {
      victim->Send(SIGCONT);
      // It ends what it was at, under tokens of the past, and registers anew or leaves.
      const bool leaving = absl::StartsWith(GetParam().point, "drain");
      if (leaving) {
        EXPECT_EQ(victim->AwaitCrash(), 0);
      } else {
        AwaitStats([](const auto& stats) { return stats.replicas_size() == 2; });
      }
      PutPhoto(1, run * 100 + 51);
      Sync();
      ExpectWhole();
    }
    EXPECT_EQ(replicas_.back()->Stop(), 0);
    replicas_.clear();
  }
}

constexpr Case kCases[] = {
    {"ingest.before_commit", "kill"},      {"ingest.before_commit", "abort"},
    {"ingest.before_commit", "stop"},      {"ingest.committed", "kill"},
    {"ingest.committed", "abort"},         {"ingest.committed", "stop"},
    {"listing.committed", "kill"},         {"listing.committed", "abort"},
    {"listing.committed", "stop"},         {"listing_end.before_commit", "kill"},
    {"listing_end.before_commit", "abort"}, {"listing_end.before_commit", "stop"},
    {"claim.before_commit", "kill"},       {"claim.before_commit", "abort"},
    {"claim.before_commit", "stop"},       {"claim.committed", "kill"},
    {"claim.committed", "abort"},          {"claim.committed", "stop"},
    {"render.begun", "kill"},              {"render.begun", "abort"},
    {"render.begun", "stop"},              {"render.done", "kill"},
    {"render.done", "abort"},              {"render.done", "stop"},
    {"finish.before_commit", "kill"},      {"finish.before_commit", "abort"},
    {"finish.before_commit", "stop"},      {"finish.committed", "kill"},
    {"finish.committed", "abort"},         {"finish.committed", "stop"},
    {"drain.begun", "kill"},               {"drain.begun", "abort"},
    {"drain.begun", "stop"},               {"drain.leaving", "kill"},
    {"drain.leaving", "abort"},            {"drain.leaving", "stop"},
    {"takeover.before_commit", "kill"},    {"takeover.before_commit", "abort"},
    {"takeover.before_commit", "stop"},    {"takeover.committed", "kill"},
    {"takeover.committed", "abort"},       {"takeover.committed", "stop"},
    {"rescue.before_commit", "kill"},      {"rescue.before_commit", "abort"},
    {"rescue.before_commit", "stop"}};

INSTANTIATE_TEST_SUITE_P(AtEachPoint, CrashTest, testing::ValuesIn(kCases), [](const auto& of) {
  return absl::StrReplaceAll(absl::StrCat(of.param.point, "_", of.param.action), {{".", "_"}});
});

}  // namespace
}  // namespace hestia::test
