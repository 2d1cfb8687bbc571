#include "deploy/progress/progress_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hestia {
namespace {

using ::testing::HasSubstr;

void AddLibrary(thumbnail::v1::GetStatsResponse& stats, const std::string& name,
                const std::string& state, std::uint64_t files, std::uint64_t ready) {
  thumbnail::v1::LibraryStats& library = *stats.add_libraries();
  library.set_library(name);
  library.set_state(state);
  library.set_files(files);
  library.set_ready_files(ready);
  library.set_ingest_replica_id("a replica");
}

TEST(ProgressOfTest, AddsUpTheAskedLibrariesAndLeavesOthersOut) {
  thumbnail::v1::GetStatsResponse stats;
  AddLibrary(stats, "photos", "WATCHING", 10, 4);
  AddLibrary(stats, "scans", "DEGRADED", 5, 5);
  AddLibrary(stats, "of-an-earlier-run", "DETACHED", 1000, 1000);
  stats.mutable_libraries(0)->set_failed_files(2);
  stats.set_throughput_per_second(2.5);

  const ScanProgress progress = ProgressOf(stats, {"photos", "scans"});

  EXPECT_EQ(progress.found, 15u);
  EXPECT_EQ(progress.done, 9u);
  EXPECT_EQ(progress.failed, 2u);
  EXPECT_EQ(progress.files_per_second, 2.5);
  EXPECT_FALSE(progress.still_finding);
}

TEST(ProgressOfTest, ALibraryThatTheDatabaseDoesNotKnowYetIsStillFinding) {
  thumbnail::v1::GetStatsResponse stats;
  AddLibrary(stats, "photos", "WATCHING", 10, 10);
  EXPECT_TRUE(ProgressOf(stats, {"photos", "scans"}).still_finding);
}

TEST(ProgressOfTest, ALibraryThatIsBeingListedOrThatNobodyIngestsIsStillFinding) {
  thumbnail::v1::GetStatsResponse listing;
  AddLibrary(listing, "photos", "WATCHING", 10, 10);
  listing.mutable_libraries(0)->set_listing(true);
  EXPECT_TRUE(ProgressOf(listing, {"photos"}).still_finding);

  thumbnail::v1::GetStatsResponse orphaned;
  AddLibrary(orphaned, "photos", "WATCHING", 10, 10);
  orphaned.mutable_libraries(0)->clear_ingest_replica_id();
  EXPECT_TRUE(ProgressOf(orphaned, {"photos"}).still_finding);
}

TEST(ProgressLineTest, ForecastsFromThePaceOnceEverythingIsFound) {
  const ScanProgress progress = {.found = 12345,
                                 .done = 10000,
                                 .failed = 45,
                                 .files_per_second = 100.0,
                                 .still_finding = false};
  EXPECT_EQ(ProgressLine(progress),
            "12,345 found   10,000 done   45 failed   100.0 files/s   0:23 left");
}

TEST(ProgressLineTest, ForecastsNothingWhileFilesAreStillFound) {
  const ScanProgress progress = {.found = 999, .done = 1, .files_per_second = 1.0};
  EXPECT_THAT(ProgressLine(progress), HasSubstr("999 found"));
  EXPECT_THAT(ProgressLine(progress), HasSubstr("still finding"));
}

TEST(ProgressLineTest, ForecastsNothingWithoutAPace) {
  const ScanProgress progress = {.found = 10, .still_finding = false};
  EXPECT_THAT(ProgressLine(progress), HasSubstr("time left unknown"));
}

TEST(ProgressLineTest, NothingLeftNeedsNoTimeEvenWhenCountsRaceEachOther) {
  const ScanProgress progress = {.found = 10, .done = 11, .still_finding = false};
  EXPECT_THAT(ProgressLine(progress), HasSubstr("0:00 left"));
}

TEST(ProgressLineTest, TellsHoursWhereMinutesAreTooMany) {
  const ScanProgress progress = {.found = 7384, .files_per_second = 1.0, .still_finding = false};
  EXPECT_THAT(ProgressLine(progress), HasSubstr("2:03:04 left"));
}

TEST(SummaryLineTest, CountsOneFileAsOne) {
  EXPECT_EQ(SummaryLine({.found = 1, .done = 1}, absl::Seconds(82)),
            "1 file: 1 ready, 0 failed, in 1:22");
  EXPECT_EQ(SummaryLine({.found = 1000000, .done = 999999, .failed = 1}, absl::Seconds(5)),
            "1,000,000 files: 999,999 ready, 1 failed, in 0:05");
}

}  // namespace
}  // namespace hestia
