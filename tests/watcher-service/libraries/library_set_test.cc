#include "watcher-service/libraries/library_set.h"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/error_reason.h"
#include "common/path_text.h"
#include "tests/watcher-service/forced_mode.h"
#include "tests/watcher-service/temp_folder.h"
#include "common/atomic_file.h"

namespace hestia {
namespace {

using testing::ElementsAre;

class LibrarySetTest : public testing::Test {
 protected:
  std::unique_ptr<LibrarySet> Open(std::size_t most = 10) {
    WatchOptions options;
    if (PollingIsForced()) options.mode = WatchMode::kPoll;
    return std::make_unique<LibrarySet>(options, LibraryStore(state_.Full("state")), most);
  }
  static std::vector<std::string> Names(const LibrarySet& set) {
    std::vector<std::string> names;
    for (const auto& library : set.All()) names.push_back(library->library().name);
    return names;
  }

  // What the settings say, and what that comes to here.
  static WatchMode Setting() { return PollingIsForced() ? WatchMode::kPoll : WatchMode::kAuto; }
  static WatchMode Unasked() { return PollingIsForced() ? WatchMode::kPoll : WatchMode::kEvents; }

  TempFolder state_;
  TempFolder one_;
  TempFolder two_;
};

TEST_F(LibrarySetTest, LibrariesAddedWhileRunningComeBackAfterARestart) {
  {
    const auto set = Open();
    ASSERT_TRUE(set->Start({{"configured", one_.path()}}).ok());
    ASSERT_TRUE(set->Add("b", two_.path()).ok());
    ASSERT_TRUE(set->Add("a", one_.path()).ok());
    ASSERT_TRUE(set->Remove("b").ok());
  }
  const auto set = Open();
  ASSERT_TRUE(set->Start({}).ok());
  EXPECT_THAT(Names(*set), ElementsAre("a"));
  EXPECT_FALSE((*set->Find("a"))->configured());
}

TEST_F(LibrarySetTest, ARootWithALineBreakSurvivesTheRestart) {
  one_.MakeDirs("line\nbreak \\x");
  const std::string root = one_.Full("line\nbreak \\x");
  {
    const auto set = Open();
    ASSERT_TRUE(set->Start({}).ok());
    ASSERT_TRUE(set->Add("a", EncodePathText(root)).ok());
  }
  const auto set = Open();
  ASSERT_TRUE(set->Start({}).ok());
  EXPECT_EQ((*set->Find("a"))->library().root, root);
}

TEST_F(LibrarySetTest, AddingTheSameAgainChangesNothing) {
  const auto set = Open();
  ASSERT_TRUE(set->Start({}).ok());
  const auto first = set->Add("a", one_.path());
  const auto second = set->Add("a", one_.path() + "/");
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(*first, *second);
}

TEST_F(LibrarySetTest, EveryMistakeHasItsCodeAndReason) {
  const auto set = Open(/*most=*/1);
  ASSERT_TRUE(set->Start({{"a", one_.path()}}).ok());
  const auto expect = [](const absl::Status& status, absl::StatusCode code, const char* reason) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(ReasonOf(status), reason);
  };
  expect(set->Add("A!", one_.path()).status(), absl::StatusCode::kInvalidArgument,
         "LIBRARY_NAME_INVALID");
  expect(set->Add("b", "relative").status(), absl::StatusCode::kInvalidArgument, "ROOT_INVALID");
  expect(set->Add("b", "/bad\\escape").status(), absl::StatusCode::kInvalidArgument,
         "ROOT_INVALID");
  expect(set->Add("a", two_.path()).status(), absl::StatusCode::kAlreadyExists, "LIBRARY_EXISTS");
  expect(set->Add("b", "/no/such/folder").status(), absl::StatusCode::kNotFound, "ROOT_NOT_FOUND");
  expect(set->Add("b", two_.path()).status(), absl::StatusCode::kResourceExhausted,
         "TOO_MANY_LIBRARIES");
  expect(set->Remove("b"), absl::StatusCode::kNotFound, "LIBRARY_UNKNOWN");
  expect(set->Find("b").status(), absl::StatusCode::kNotFound, "LIBRARY_UNKNOWN");
}

TEST_F(LibrarySetTest, ADamagedStateFileStopsTheStartAndIsLeftAlone) {
  state_.MakeDirs("state");
  state_.Write("state/libraries", "good /tmp\nno-root\n");
  const auto set = Open();
  const absl::Status status = set->Start({});
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("line 2"));
}

TEST_F(LibrarySetTest, AStateFolderThatCannotBeWrittenAddsNothing) {
  const auto set = Open();
  ASSERT_TRUE(set->Start({}).ok());
  state_.Remove("state");
  EXPECT_EQ(set->Add("a", one_.path()).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(set->All().empty());
}

TEST_F(LibrarySetTest, OnAClashOfNamesTheConfigurationWins) {
  {
    const auto set = Open();
    ASSERT_TRUE(set->Start({}).ok());
    ASSERT_TRUE(set->Add("a", one_.path()).ok());
  }
  const auto set = Open();
  ASSERT_TRUE(set->Start({{"a", two_.path()}}).ok());
  EXPECT_EQ((*set->Find("a"))->library().root, two_.path());
}

TEST_F(LibrarySetTest, ALibraryHiddenByAConfiguredOneOfItsNameIsStillRemembered) {
  {
    const auto set = Open();
    ASSERT_TRUE(set->Start({}).ok());
    ASSERT_TRUE(set->Add("a", one_.path()).ok());
  }
  {
    const auto set = Open();
    ASSERT_TRUE(set->Start({{"a", two_.path()}}).ok());
    ASSERT_TRUE(set->Add("b", two_.path()).ok());
  }
  const auto set = Open();
  ASSERT_TRUE(set->Start({}).ok());
  EXPECT_THAT(Names(*set), ElementsAre("a", "b"));
  EXPECT_EQ((*set->Find("a"))->library().root, one_.path());
}

TEST_F(LibrarySetTest, TheModeAskedForTakesEffectAtOnceAndIsRemembered) {
  {
    const auto set = Open();
    ASSERT_TRUE(set->Start({}).ok());
    const auto library = *set->Add("a", one_.path());
    ASSERT_TRUE(set->AwaitFirstWalks());
    EXPECT_EQ(library->status().mode, Unasked());
    ASSERT_EQ(*set->Add("a", one_.path(), WatchMode::kPoll), library);
    ASSERT_TRUE(library->AwaitMode(absl::InfiniteDuration()));
    EXPECT_EQ(library->status().mode, WatchMode::kPoll);
    EXPECT_EQ(library->status().watched_directories, 0U);
    ASSERT_EQ(*set->Add("a", one_.path(), WatchMode::kEvents), library);
    ASSERT_TRUE(library->AwaitMode(absl::InfiniteDuration()));
    EXPECT_EQ(library->status().mode, WatchMode::kEvents);
    ASSERT_EQ(*set->Add("a", one_.path(), WatchMode::kPoll), library);
  }
  const auto set = Open();
  ASSERT_TRUE(set->Start({}).ok());
  ASSERT_TRUE(set->AwaitFirstWalks());
  EXPECT_EQ((*set->Find("a"))->status().forced, WatchMode::kPoll);
  EXPECT_EQ((*set->Find("a"))->status().mode, WatchMode::kPoll);
}

TEST_F(LibrarySetTest, TheModeAskedForOfAConfiguredLibraryIsRememberedWhileItHasItsRoot) {
  const auto start = [this](const std::vector<LibraryRoot>& configured) {
    auto set = Open();
    EXPECT_TRUE(set->Start(configured).ok());
    return set;
  };
  const auto forced = [](const LibrarySet& set) {
    EXPECT_TRUE(set.AwaitFirstWalks());
    return (*set.Find("a"))->status().forced;
  };
  ASSERT_TRUE(start({{"a", one_.path()}})->Add("a", one_.path(), WatchMode::kPoll).ok());
  EXPECT_EQ(forced(*start({{"a", one_.path()}})), WatchMode::kPoll);
  EXPECT_EQ(forced(*start({{"a", two_.path()}})), Setting());
  EXPECT_TRUE(start({})->All().empty()) << "the configuration alone says what is watched";
  ASSERT_TRUE(start({{"a", one_.path()}})->Add("a", one_.path()).ok());
  EXPECT_EQ(forced(*start({{"a", one_.path()}})), Setting());
}

TEST_F(LibrarySetTest, LibrariesThatShareDirectoriesAreNamed) {
  one_.MakeDirs("inner/most");
  const auto set = Open();
  ASSERT_TRUE(set->Start({{"outer", one_.path()},
                          {"inner", one_.Full("inner")},
                          {"same", one_.path()},
                          {"apart", two_.path()}})
                  .ok());
  ASSERT_TRUE(set->AwaitFirstWalks());
  const auto overlaps = set->Overlaps();
  EXPECT_THAT(overlaps.at("outer"), ElementsAre("inner", "same"));
  EXPECT_THAT(overlaps.at("inner"), ElementsAre("outer", "same"));
  EXPECT_FALSE(overlaps.contains("apart"));
}

TEST_F(LibrarySetTest, RemovingEndsStreamsWithNotFound) {
  const auto set = Open();
  ASSERT_TRUE(set->Start({{"a", one_.path()}}).ok());
  const std::shared_ptr<LibraryWatch> library = *set->Find("a");
  ASSERT_TRUE(set->Remove("a").ok());
  EXPECT_EQ(library->feed().closed().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(library->feed().closed()), "LIBRARY_UNKNOWN");
}

TEST(AtomicFileTest, ReplacesTheWholeContent) {
  const TempFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder.Full("f"), "a long first content").ok());
  ASSERT_TRUE(WriteFileAtomically(folder.Full("f"), "short").ok());
  std::ostringstream content;
  content << std::ifstream(folder.Full("f")).rdbuf();
  EXPECT_EQ(content.str(), "short");
}

TEST(AtomicFileTest, AFolderThatIsNotThereIsAnErrorThatNamesIt) {
  const absl::Status status = WriteFileAtomically("/no/such/folder/f", "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("/no/such/folder"));
}

}  // namespace
}  // namespace hestia
