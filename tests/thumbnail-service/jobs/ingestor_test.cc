#include "thumbnail-service/jobs/ingestor.h"

#include <algorithm>
#include <deque>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hestia {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

Cursor At(std::uint64_t sequence) { return Cursor{.epoch = 1, .sequence = sequence}; }

Frame Files(std::uint64_t number, std::optional<Cursor> cursor, const std::string& path) {
  Frame frame;
  frame.kind = Frame::Kind::kFiles;
  frame.number = number;
  frame.cursor = cursor;
  frame.files.push_back(ToldFile{.path = path, .present = true, .stamp = {}});
  return frame;
}

Frame Begin(std::uint64_t number) {
  Frame frame;
  frame.kind = Frame::Kind::kListingBegin;
  frame.number = number;
  return frame;
}

Frame End(std::uint64_t number, bool complete, std::optional<Cursor> cursor) {
  Frame frame;
  frame.kind = Frame::Kind::kListingEnd;
  frame.number = number;
  frame.complete = complete;
  frame.cursor = cursor;
  return frame;
}

// What happened, in order, shared by the fakes of feed and store.
class Record {
 public:
  void Add(const std::string& what) {
    absl::MutexLock lock(&mu_);
    lines_.push_back(what);
  }
  bool Await(const std::string& what) {
    absl::MutexLock lock(&mu_);
    const auto there = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
      return std::find(lines_.begin(), lines_.end(), what) != lines_.end();
    };
    return mu_.AwaitWithTimeout(absl::Condition(&there), kPatience);
  }
  std::vector<std::string> lines() {
    absl::MutexLock lock(&mu_);
    return lines_;
  }

 private:
  absl::Mutex mu_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mu_);
};

// Sends its frames, then ends with `last` or, without it, waits for Cancel().
class FakeStream final : public ChangeStream {
 public:
  FakeStream(Record& record, std::deque<Frame> frames, std::optional<absl::Status> last)
      : record_(record), frames_(std::move(frames)), last_(std::move(last)) {}
  absl::StatusOr<Frame> Next() override {
    absl::MutexLock lock(&mu_);
    if (!frames_.empty()) {
      Frame frame = frames_.front();
      frames_.pop_front();
      return frame;
    }
    if (last_.has_value()) return *last_;
    mu_.Await(absl::Condition(&cancelled_));
    return absl::CancelledError("cancelled");
  }
  absl::Status Acknowledge(std::uint64_t number, int) override {
    record_.Add(absl::StrCat("ack ", number));
    return absl::OkStatus();
  }
  void Cancel() override {
    absl::MutexLock lock(&mu_);
    cancelled_ = true;
  }

 private:
  Record& record_;
  absl::Mutex mu_;
  std::deque<Frame> frames_ ABSL_GUARDED_BY(mu_);
  const std::optional<absl::Status> last_;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
};

class FakeFeed final : public ChangeFeed {
 public:
  explicit FakeFeed(Record& record) : record_(record) {}
  void Add(std::deque<Frame> frames, std::optional<absl::Status> last = std::nullopt) {
    streams_.push_back(std::make_unique<FakeStream>(record_, std::move(frames), std::move(last)));
  }
  absl::StatusOr<std::vector<WatchedLibrary>> ListLibraries(absl::Duration) override {
    return std::vector<WatchedLibrary>{};
  }
  std::unique_ptr<ChangeStream> Open(absl::string_view, const std::optional<Cursor>& cursor,
                                     int) override {
    record_.Add(cursor.has_value() ? absl::StrCat("open at ", cursor->sequence) : "open fresh");
    std::unique_ptr<ChangeStream> stream = std::move(streams_.front());
    streams_.pop_front();
    return stream;
  }
  absl::StatusOr<SyncPoint> Sync(absl::string_view, absl::Duration) override { return SyncPoint{}; }

 private:
  Record& record_;
  std::deque<std::unique_ptr<ChangeStream>> streams_;
};

class FakeStore final : public IngestStore {
 public:
  explicit FakeStore(Record& record) : record_(record) {}
  std::optional<absl::Status> fail_states;  // once

  absl::StatusOr<std::optional<Cursor>> Resume(const Lease&) override { return cursor_; }
  absl::StatusOr<IngestEffect> ApplyStates(const Lease&, absl::Span<const ToldFile> files,
                                           const Cursor& cursor) override {
    if (fail_states.has_value()) return *std::exchange(fail_states, std::nullopt);
    record_.Add(absl::StrCat("states ", files[0].path));
    cursor_ = cursor;
    return IngestEffect{};
  }
  absl::Status BeginListing(const Lease&, const OpenListing& listing) override {
    record_.Add(listing.shallow ? "begin shallow" : "begin");
    return absl::OkStatus();
  }
  absl::StatusOr<IngestEffect> ApplyListed(const Lease&, const OpenListing& listing,
                                           absl::Span<const ToldFile> files) override {
    record_.Add(absl::StrCat("listed ", files[0].path, " after '", listing.after, "'"));
    return IngestEffect{};
  }
  absl::StatusOr<IngestEffect> EndListing(const Lease&, const OpenListing& listing,
                                          const ListingProof& proof,
                                          const std::optional<Cursor>& cursor) override {
    record_.Add(absl::StrCat(proof.complete ? "end" : "broken off", " after '", listing.after, "'",
                             proof.unread.empty() ? "" : " but for ",
                             absl::StrJoin(proof.unread, ",")));
    if (cursor.has_value()) cursor_ = cursor;
    return IngestEffect{};
  }
  absl::Status StoreCursor(const Lease&, const Cursor& cursor) override {
    record_.Add(absl::StrCat("cursor ", cursor.sequence));
    return absl::OkStatus();
  }

 private:
  Record& record_;
  std::optional<Cursor> cursor_;
};

class IngestorTest : public testing::Test {
 protected:
  Record record_;
  FakeFeed feed_{record_};
  std::unique_ptr<FakeStore> store_ = std::make_unique<FakeStore>(record_);
};

TEST_F(IngestorTest, AFrameIsAcknowledgedAfterItIsStored) {
  feed_.Add({Files(1, At(5), "a")});
  Ingestor ingestor("photos", Lease{}, feed_, std::move(store_));
  ASSERT_TRUE(record_.Await("ack 1"));
  EXPECT_THAT(record_.lines(), testing::ElementsAre("open fresh", "states a", "ack 1"));
}

TEST_F(IngestorTest, PiecesOfAListingGoOnWhereTheLastOneEnded) {
  feed_.Add({Begin(1), Files(2, std::nullopt, "a"), Files(3, std::nullopt, "b"), End(4, true, At(9))});
  Ingestor ingestor("photos", Lease{}, feed_, std::move(store_));
  ASSERT_TRUE(record_.Await("ack 4"));
  EXPECT_THAT(record_.lines(),
              testing::ElementsAre("open fresh", "begin", "ack 1", "listed a after ''", "ack 2",
                                   "listed b after 'a'", "ack 3", "end after 'b'", "ack 4"));
}

TEST_F(IngestorTest, HowFarAListingReachesAndWhatItCouldNotReadIsHandedOn) {
  Frame begin = Begin(1);
  begin.shallow = true;
  Frame end = End(2, true, At(9));
  end.unread = {"d", "e/f"};
  feed_.Add({begin, end, Begin(3)});
  Ingestor ingestor("photos", Lease{}, feed_, std::move(store_));
  ASSERT_TRUE(record_.Await("ack 3"));
  EXPECT_THAT(record_.lines(),
              testing::ElementsAre("open fresh", "begin shallow", "ack 1",
                                   "end after '' but for d,e/f", "ack 2", "begin", "ack 3"));
}

TEST_F(IngestorTest, ABrokenStreamIsResumedAtTheStoredCursor) {
  feed_.Add({Files(1, At(5), "a")}, absl::UnavailableError("watcher restarted"));
  feed_.Add({Files(1, At(6), "b")});
  Ingestor ingestor("photos", Lease{}, feed_, std::move(store_));
  ASSERT_TRUE(record_.Await("states b"));
  EXPECT_THAT(record_.lines(), testing::Contains("open at 5"));
}

TEST_F(IngestorTest, AFrameThatCouldNotBeStoredIsNotAcknowledgedAndComesAgain) {
  store_->fail_states = absl::UnavailableError("database away");
  feed_.Add({Files(1, At(5), "a")});
  feed_.Add({Files(1, At(5), "a")});
  Ingestor ingestor("photos", Lease{}, feed_, std::move(store_));
  ASSERT_TRUE(record_.Await("ack 1"));
  EXPECT_THAT(record_.lines(),
              testing::ElementsAre("open fresh", "open fresh", "states a", "ack 1"));
}

TEST_F(IngestorTest, ALostLeaseEndsIngest) {
  store_->fail_states = absl::FailedPreconditionError("another replica's");
  feed_.Add({Files(1, At(5), "a")});
  // Opened when the frame failed, had it gone on.
  feed_.Add({Files(1, At(5), "a")});
  Ingestor ingestor("photos", Lease{}, feed_, std::move(store_));
  ASSERT_TRUE(ingestor.AwaitEnd(kPatience));
  EXPECT_THAT(record_.lines(), testing::ElementsAre("open fresh"));
}

TEST_F(IngestorTest, ABookmarkAdvancesTheCursorOnlyOutsideAListing) {
  Frame inside;
  inside.cursor = At(7);
  Frame outside;
  outside.cursor = At(10);
  feed_.Add({Begin(1), inside, End(2, false, std::nullopt), outside});
  Ingestor ingestor("photos", Lease{}, feed_, std::move(store_));
  ASSERT_TRUE(record_.Await("cursor 10"));
  EXPECT_THAT(record_.lines(), testing::Not(testing::Contains("cursor 7")));
  EXPECT_THAT(record_.lines(), testing::Contains("broken off after ''"));
}

}  // namespace
}  // namespace hestia
