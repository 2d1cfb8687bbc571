#include "thumbnail-service/store/pg_listener.h"

#include <absl/synchronization/mutex.h>
#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include "tests/support/pg_proxy.h"
#include "tests/support/test_database.h"

namespace hestia {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

class Calls {
 public:
  void Count() {
    absl::MutexLock lock(&mu_);
    ++count_;
  }
  bool AwaitMoreThan(int count) {
    absl::MutexLock lock(&mu_);
    const auto more = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return count_ > count; };
    return mu_.AwaitWithTimeout(absl::Condition(&more), kPatience);
  }
  int count() {
    absl::MutexLock lock(&mu_);
    return count_;
  }

 private:
  absl::Mutex mu_;
  int count_ ABSL_GUARDED_BY(mu_) = 0;
};

class ListenerTest : public testing::Test {
 protected:
  void Execute(const std::string& sql) {
    pqxx::connection connection(database_.url());
    pqxx::nontransaction(connection).exec(sql);
  }

  test::TestDatabase database_;
  Calls jobs_;
  Calls progress_;
};

TEST_F(ListenerTest, ANotificationReachesItsCall) {
  PgListener listener(database_.url(), {.fallback = absl::Hours(1)},
                      {.jobs = [&] { jobs_.Count(); }, .progress = [&] { progress_.Count(); }});
  ASSERT_TRUE(jobs_.AwaitMoreThan(0)) << "what came before listening";
  Execute("NOTIFY hestia_jobs");
  EXPECT_TRUE(jobs_.AwaitMoreThan(1));
  EXPECT_EQ(progress_.count(), 1);
}

TEST_F(ListenerTest, ItListensAgainAfterItsConnectionWasKilled) {
  PgListener listener(database_.url(), {.fallback = absl::Milliseconds(200)},
                      {.jobs = [&] { jobs_.Count(); }, .progress = [&] { progress_.Count(); }});
  ASSERT_TRUE(jobs_.AwaitMoreThan(0));
  Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
          "WHERE datname = current_database() AND pid <> pg_backend_pid()");
  // Both counts rise together by the fallback; only a notification sets them apart.
  for (int i = 0; i < 100 && jobs_.count() - progress_.count() < 20; ++i) {
    for (int n = 0; n < 10; ++n) Execute("NOTIFY hestia_jobs");
    ASSERT_TRUE(jobs_.AwaitMoreThan(jobs_.count()));
  }
  EXPECT_GE(jobs_.count() - progress_.count(), 20);
}

TEST_F(ListenerTest, WhatIsAnnouncedReachesEveryListenerAndRarelyMoreThanOnce) {
  Calls theirs;
  PgListener listener(database_.url(), {.fallback = absl::Hours(1), .quiet = absl::Seconds(1)},
                      {.jobs = [&] { jobs_.Count(); }, .progress = [&] { progress_.Count(); }});
  PgListener other(database_.url(), {.fallback = absl::Hours(1)},
                   {.jobs = [&] { theirs.Count(); }, .progress = [] {}});
  ASSERT_TRUE(jobs_.AwaitMoreThan(0));
  ASSERT_TRUE(theirs.AwaitMoreThan(0));
  for (int i = 0; i < 1000; ++i) listener.Announce(true, false);
  EXPECT_TRUE(theirs.AwaitMoreThan(1));
  EXPECT_TRUE(jobs_.AwaitMoreThan(1));
  EXPECT_LE(theirs.count(), 1 + 3) << "a thousand in a moment are one or two";
  EXPECT_EQ(progress_.count(), 1) << "what was not announced is not told";
}

// Nothing is announced and no fallback is due: only the probe, for whose sake alone the
// listener has to wake, can notice.
TEST_F(ListenerTest, AConnectionWhoseOtherEndIsGoneWithoutAWordIsNoticed) {
  test::PgProxy proxy(database_.url());
  PgListener listener(proxy.url(),
                      {.fallback = absl::Hours(1), .probe = absl::Milliseconds(100),
                       .answer = absl::Milliseconds(300)},
                      {.jobs = [&] { jobs_.Count(); }, .progress = [&] { progress_.Count(); }});
  ASSERT_TRUE(jobs_.AwaitMoreThan(0));
  proxy.Freeze();
  ASSERT_TRUE(progress_.AwaitMoreThan(1)) << "falls back when the connection is given up";
  proxy.Thaw();
  ASSERT_TRUE(progress_.AwaitMoreThan(2)) << "and listens again";
}

TEST_F(ListenerTest, AnAnnouncementThatIsNotAnsweredGivesTheConnectionUp) {
  test::PgProxy proxy(database_.url());
  PgListener listener(proxy.url(),
                      {.fallback = absl::Hours(1), .probe = absl::Hours(1),
                       .answer = absl::Milliseconds(300)},
                      {.jobs = [&] { jobs_.Count(); }, .progress = [&] { progress_.Count(); }});
  ASSERT_TRUE(jobs_.AwaitMoreThan(0));
  proxy.Freeze();
  listener.Announce(true, false);
  ASSERT_TRUE(progress_.AwaitMoreThan(1)) << "falls back when the connection is given up";
  proxy.Thaw();
  ASSERT_TRUE(progress_.AwaitMoreThan(2)) << "and listens again";
}

TEST_F(ListenerTest, StopEndsAWaitOfAnHour) {
  PgListener listener(database_.url(), {.fallback = absl::Hours(1)}, {.jobs = [] {}, .progress = [] {}});
  listener.Stop();
}

}  // namespace
}  // namespace hestia
