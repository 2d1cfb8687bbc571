// Proves the checks themselves: a history that keeps every promise passes all of them, and for
// each promise histories with one fault of its kind fail it.
#include "tests/watcher-service/history/promises.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include <gmock/gmock.h>

#include "tests/watcher-service/history/disk_timeline.h"

namespace hestia {
namespace {

using testing::ElementsAreArray;
using testing::IsEmpty;

absl::Duration At(double seconds) { return absl::Seconds(seconds); }

FileFact File(std::uint64_t size, std::uint64_t inode) {
  return {size, absl::FromUnixSeconds(1000 + static_cast<std::int64_t>(size)), inode};
}

FileState Present(const std::string& path, const FileFact& file) {
  FileState state;
  state.path = path;
  state.present = true;
  state.size_bytes = file.size_bytes;
  state.modified_at = file.modified_at;
  state.inode = file.inode;
  return state;
}

FileState Absent(const std::string& path) {
  FileState state;
  state.path = path;
  return state;
}

const FileFact kA = File(1, 1);
const FileFact kB = File(2, 2);
const FileFact kC = File(3, 3);
constexpr std::uint64_t kEpoch = 7;

// A history under construction. Frames of work number themselves.
class Writing {
 public:
  template <typename What>
  Writing& Note(double at, What what) {
    history_.push_back({At(at), std::move(what)});
    return *this;
  }
  Writing& Open(double at, int stream, std::optional<Cursor> cursor, std::uint64_t credits) {
    number_ = 0;
    stream_ = stream;
    heard_ = At(at);
    Note(at, StreamOpened{stream, 1, cursor});
    return Note(at, CreditsGranted{stream, credits});
  }
  template <typename Content>
  Writing& Receive(double at, std::optional<std::uint64_t> sequence, Content content) {
    Frame frame;
    if (sequence.has_value()) frame.cursor = Cursor{kEpoch, *sequence};
    frame.content = std::move(content);
    if (frame.IsWork()) ++number_;
    Note(at, FrameReceived{stream_, std::move(frame), number_, heard_});
    heard_ = At(at);
    return *this;
  }
  Writing& End(double at) { return Note(at, StreamEnded{stream_, heard_}); }
  History Done() { return std::move(history_); }

 private:
  History history_;
  int stream_ = 0;
  std::uint64_t number_ = 0;
  absl::Duration heard_;
};

using States = std::vector<FileState>;

// "a" is overwritten so quickly that its size and time stay, "b" goes, "c" comes; later, on a
// second stream of the subscriber, "c" goes.
History Clean() {
  return Writing()
      .Note(0, DiskStep{At(0), {{"a", kA}, {"d/b", kB}}, {}})
      .Open(1, 1, std::nullopt, 10)
      .Receive(1.1, std::nullopt, ListingBegin{"", ListingReason::kFirstContact, false})
      .Receive(1.2, std::nullopt, States{Present("a", kA), Present("d/b", kB)})
      .Receive(1.3, 100, ListingEnd{"", true, "", 2, {}})
      .Receive(1.5, 100, Bookmark{0})
      .Note(2, DiskStep{At(1.9), {{"a", kA}}, {kA.inode}})
      .Note(2.05, DiskStep{At(2.01), {{"d/b", std::nullopt}, {"c", kC}}, {kC.inode}})
      .Note(2.1, Synced{At(2.06), {kEpoch, 110}})
      .Receive(2.2, 105, States{Present("a", kA)})
      .Note(2.21, FrameAcknowledged{1, 4})
      .Receive(2.3, 110, States{Absent("d/b"), Present("c", kC)})
      .Receive(3, 110, Bookmark{0})
      .Note(3.1, StatsTaken{16, 16})
      .Note(3.15, Synced{At(3.12), {kEpoch, 110}})
      .End(3.2)
      .Open(3.3, 2, Cursor{kEpoch, 110}, 1)
      .Note(3.5, DiskStep{At(3.4), {{"c", std::nullopt}}, {}})
      .Note(3.58, Synced{At(3.55), {kEpoch, 115}})
      .Receive(3.6, 115, States{Absent("c")})
      .Done();
}

template <typename What>
What& Find(History& history, const std::function<bool(const What&)>& wanted) {
  for (HistoryEntry& entry : history) {
    auto* const what = std::get_if<What>(&entry.what);
    if (what != nullptr && wanted(*what)) return *what;
  }
  ADD_FAILURE() << "the clean history has no such entry";
  return std::get<What>(history.front().what);
}

// The frame of work `number`, or the bookmark after it.
Frame& Work(History& history, int stream, std::uint64_t number, bool work = true) {
  return Find<FrameReceived>(history, [&](const FrameReceived& received) {
           return received.stream == stream && received.number == number &&
                  received.frame.IsWork() == work;
         }).frame;
}
States& StatesOf(History& history, int stream, std::uint64_t number) {
  return std::get<States>(Work(history, stream, number).content);
}

// One more frame of work on stream 1, behind number `before`; those that follow count on.
void Insert(History& history, std::uint64_t before, std::optional<std::uint64_t> sequence,
            std::variant<States, ListingBegin, ListingEnd, Bookmark> content) {
  auto place = history.end();
  for (auto entry = history.begin(); entry != history.end(); ++entry) {
    auto* const received = std::get_if<FrameReceived>(&entry->what);
    if (received == nullptr || received->stream != 1) continue;
    if (received->number > before) ++received->number;
    if (received->number == before && received->frame.IsWork()) place = entry + 1;
  }
  ASSERT_NE(place, history.end());
  const absl::Duration at = (place - 1)->at;
  FrameReceived received{1, Frame{}, before + 1, at};
  if (sequence.has_value()) received.frame.cursor = Cursor{kEpoch, *sequence};
  received.frame.content = std::move(content);
  history.insert(place, {at, std::move(received)});
}

struct Fault {
  const char* name;
  std::function<void(History&)> bring_in;
  std::vector<Promise> broken;
};

class PromisesTest : public testing::TestWithParam<Fault> {};

TEST(PromisesCleanTest, AHistoryWithoutFaultKeepsThemAll) {
  EXPECT_THAT(CheckAll(Clean(), Terms{}), IsEmpty());
}

TEST_P(PromisesTest, AFaultBreaksThePromiseOfItsKind) {
  History history = Clean();
  GetParam().bring_in(history);
  std::vector<Promise> broken;
  std::string sentences;
  for (const Violation& violation : CheckAll(history, Terms{})) {
    broken.push_back(violation.promise);
    EXPECT_FALSE(violation.sentence.empty());
    sentences += violation.sentence + "\n";
  }
  EXPECT_THAT(broken, ElementsAreArray(GetParam().broken)) << sentences;
}

const Fault kFaults[] = {
    {"EntriesOutOfOrder",
     [](History& h) { std::swap(StatesOf(h, 1, 2)[0], StatesOf(h, 1, 2)[1]); },
     {Promise::kOrdered}},
    {"ASequenceThatFalls",
     [](History& h) { Work(h, 1, 4).cursor->sequence = 99; },
     {Promise::kOrdered, Promise::kBookmarkable}},
    {"AFrameNumberLeftOut",
     [](History& h) {
       Find<FrameReceived>(h, [](const FrameReceived& r) { return r.number == 4; }).number = 5;
     },
     {Promise::kOrdered}},
    {"ACursorInsideAListing",
     [](History& h) { Work(h, 1, 2).cursor = Cursor{kEpoch, 50}; },
     {Promise::kOrdered, Promise::kResumable}},
    {"AListingThatMiscounts",
     [](History& h) { std::get<ListingEnd>(Work(h, 1, 3).content).file_count = 3; },
     {Promise::kOrdered}},
    {"AListingInsideAListing",
     [](History& h) {
       Insert(h, 1, std::nullopt, ListingBegin{"", ListingReason::kFirstContact, false});
     },
     {Promise::kOrdered}},
    {"AListingEndedAsAnother",
     [](History& h) { std::get<ListingEnd>(Work(h, 1, 3).content).scope = "d"; },
     {Promise::kOrdered}},
    {"APathTwiceInAListing",
     [](History& h) {
       Insert(h, 2, std::nullopt, States{Present("d/b", kB)});
       std::get<ListingEnd>(Work(h, 1, 4).content).file_count = 3;
     },
     {Promise::kUnique}},
    {"AMarkTwice", [](History& h) { Work(h, 1, 5).cursor->sequence = 105; }, {Promise::kUnique}},
    {"APathTwiceInAFrame",
     [](History& h) { StatesOf(h, 1, 4).push_back(StatesOf(h, 1, 4).front()); },
     {Promise::kUnique}},
    {"AStateThatNeverWas",
     [](History& h) { StatesOf(h, 1, 2)[0].size_bytes = 9; },
     {Promise::kTrue}},
    {"AStateOfThePast",
     [](History& h) { StatesOf(h, 2, 1).push_back(Present("d/b", kB)); },
     {Promise::kTrue, Promise::kConverging}},
    {"ASubtreeSaidToBeEmptyThatIsNot",
     [](History& h) {
       StatesOf(h, 1, 2)[1] = Absent("d");
       StatesOf(h, 1, 2)[1].subtree_absent = true;
     },
     {Promise::kTrue, Promise::kFresh}},
    {"AnOverwriteNotTold",
     [](History& h) { StatesOf(h, 1, 4) = {Present("d/b", kB)}; },
     {Promise::kReliable}},
    {"AChangeNotTold",
     [](History& h) { StatesOf(h, 1, 5).pop_back(); },
     {Promise::kReliable, Promise::kConverging}},
    {"ANewEpochWithoutASnapshot",
     [](History& h) { Work(h, 2, 1).cursor->epoch = 8; },
     {Promise::kResumable}},
    {"ASnapshotForTheWrongReason",
     [](History& h) {
       std::get<ListingBegin>(Work(h, 1, 1).content).reason = ListingReason::kOverflow;
     },
     {Promise::kResumable}},
    {"NoSnapshotOnFirstContact",
     [](History& h) { std::get<ListingBegin>(Work(h, 1, 1).content).shallow = true; },
     {Promise::kResumable}},
    {"OldNewsOnResuming",
     [](History& h) {
       Find<StreamOpened>(h, [](const StreamOpened& s) { return s.stream == 2; }).cursor->sequence =
           115;
     },
     {Promise::kResumable}},
    {"NewsFromBeforeABookmark",
     [](History& h) { Work(h, 1, 3, /*work=*/false).cursor->sequence = 105; },
     {Promise::kBookmarkable}},
    {"ABookmarkBeforeAnEarlierOne",
     [](History& h) {
       Frame earlier;
       earlier.cursor = Cursor{kEpoch, 109};
       earlier.content = Bookmark{0};
       const auto stats = std::find_if(h.begin(), h.end(), [](const HistoryEntry& entry) {
         return std::holds_alternative<StatsTaken>(entry.what);
       });
       ASSERT_NE(stats, h.end());
       h.insert(stats, {At(3.05), FrameReceived{1, earlier, 5, At(3.05)}});
     },
     {Promise::kBookmarkable}},
    {"ALongSilence",
     [](History& h) {
       Find<StreamEnded>(h, [](const StreamEnded&) { return true; });
       for (HistoryEntry& entry : h) {
         if (std::holds_alternative<StreamEnded>(entry.what)) entry.at = At(4.01);
       }
     },
     {Promise::kBookmarkable}},
    {"AFileLeftOutOfAListing",
     [](History& h) {
       StatesOf(h, 1, 2).pop_back();
       std::get<ListingEnd>(Work(h, 1, 3).content).file_count = 1;
     },
     {Promise::kFresh}},
    {"AFrameWithoutACredit",
     [](History& h) {
       Find<CreditsGranted>(h, [](const CreditsGranted& g) { return g.stream == 1; }).credits = 4;
     },
     {Promise::kBounded}},
    {"AFrameOfMoreStatesThanAllowed",
     [](History& h) {
       States& states = StatesOf(h, 1, 4);
       while (states.size() <= kMaxFrameStates) {
         states.push_back(Absent("never/" + std::to_string(states.size())));
       }
     },
     {Promise::kBounded}},
    {"AnEmptyFrame",
     [](History& h) {
       h.insert(h.end() - 1, h.back());
       auto& empty = std::get<FrameReceived>((h.end() - 2)->what);
       empty.frame.content = States{};
       empty.frame.cursor = Cursor{kEpoch, 114};
       std::get<FrameReceived>(h.back().what).number = 2;
       Find<CreditsGranted>(h, [](const CreditsGranted& g) { return g.stream == 2; }).credits = 2;
     },
     {Promise::kBounded}},
    {"AJournalOverItsCapacity",
     [](History& h) {
       Find<StatsTaken>(h, [](const StatsTaken&) { return true; }).journal_marks = 17;
     },
     {Promise::kBounded}},
    {"ConvergingTooLate",
     [](History& h) {
       h.back().at = At(5.6);
       std::get<FrameReceived>(h.back().what).asked = At(5.6);
     },
     {Promise::kConverging}},
    {"NeverConverging",
     [](History& h) {
       Find<Synced>(h, [](const Synced& s) { return s.cursor.sequence == 115; }).cursor.sequence =
           116;
     },
     {Promise::kConverging}},
    {"AFileThatStaysKnown",
     [](History& h) { StatesOf(h, 2, 1) = {Absent("d")}; },
     {Promise::kReliable, Promise::kConverging}},
};

INSTANTIATE_TEST_SUITE_P(Faults, PromisesTest, testing::ValuesIn(kFaults),
                         [](const testing::TestParamInfo<Fault>& fault) {
                           return std::string(fault.param.name);
                         });

TEST(PromisesGraceTest, ASilenceWhileTheWatcherWasHaltedIsNoFault) {
  History history = Clean();
  history.erase(history.end() - 1);
  for (HistoryEntry& entry : history) {
    if (std::holds_alternative<StreamEnded>(entry.what)) entry.at = At(13);
  }
  EXPECT_TRUE(CheckBookmarkable(history, Terms{}).has_value());
  history.push_back({At(3.1), WatcherHalted{}});
  history.push_back({At(12.9), WatcherRuns{}});
  EXPECT_FALSE(CheckBookmarkable(history, Terms{}).has_value());
}

TEST(PromisesGraceTest, WhereFilesArePolledAnOverwriteThatLeavesNoTraceNeedNotBeTold) {
  History history = Clean();
  StatesOf(history, 1, 4) = {Present("d/b", kB)};
  EXPECT_THAT(CheckAll(history, {.closes_are_seen = false}), IsEmpty());
}

TEST(PromisesGraceTest, AReplacedRootMayBeToldOfUntilSyncAnswers) {
  History history = Clean();
  // An empty directory lies at the root since 2.12; what is told at 2.2 is of the one before.
  DiskStep away{At(2.11), {{"a", std::nullopt}}, {}, false, true};
  const auto told = history.begin() + 10;
  ASSERT_TRUE(std::holds_alternative<FrameReceived>(told->what));
  history.insert(told, {At(2.12), away});
  std::get<CreditsGranted>(history[2].what).credits = 3;
  history.insert(history.begin() + 11, {At(2.13), CreditsGranted{1, 7}});
  EXPECT_FALSE(CheckTrue(history).has_value());
  std::get<DiskStep>(history[10].what).root_changed = false;
  EXPECT_TRUE(CheckTrue(history).has_value());
}

TEST(DiskTimelineTest, ATimeBetweenIsTrueOnlyWhileAFileIsCutToNothing) {
  const FileFact before = File(2, 1);
  const FileFact after{0, before.modified_at + absl::Milliseconds(3), 1};
  const FileFact between{0, before.modified_at + absl::Milliseconds(2), 1};
  const FileFact later{0, after.modified_at + absl::Milliseconds(1), 1};
  DiskStep start;
  start.changed["f"] = before;
  DiskStep cut;
  cut.began = At(4);
  cut.changed["f"] = after;
  const DiskTimeline timeline({{At(1), start}, {At(5), cut}});
  EXPECT_TRUE(timeline.MayHaveBeen("f", between, At(4.5), At(6)));
  EXPECT_FALSE(timeline.MayHaveBeen("f", between, At(2), At(3)));
  EXPECT_FALSE(timeline.MayHaveBeen("f", between, At(6), At(7)));
  EXPECT_FALSE(timeline.MayHaveBeen("f", later, At(4.5), At(6)));
  cut.changed["f"]->size_bytes = 5;
  const FileFact grown{5, between.modified_at, 1};
  EXPECT_FALSE(DiskTimeline({{At(1), start}, {At(5), cut}})
                   .MayHaveBeen("f", grown, At(4.5), At(6))) << "it was not cut";
}
}  // namespace
}  // namespace hestia
