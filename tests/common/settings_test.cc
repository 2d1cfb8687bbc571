#include "common/settings.h"

#include <absl/flags/flag.h>
#include <absl/flags/reflection.h>
#include <absl/strings/match.h>
#include <absl/time/time.h>
#include <gtest/gtest.h>

ABSL_FLAG(int, test_count, 3, "A number, for the test.");
ABSL_FLAG(absl::Duration, test_wait, absl::Seconds(1), "A time, for the test.");
ABSL_FLAG(bool, test_switch, false, "A switch, for the test.");

namespace hestia {
namespace {

class SettingsTest : public testing::Test {
 private:
  absl::FlagSaver saver_;
};

TEST_F(SettingsTest, EnvironmentIsReadAndTheCommandLineWins) {
  SettingErrors errors;
  ReadSettings({"HESTIA_TEST_COUNT=5", "HESTIA_TEST_WAIT=2m", "OTHER=1"},
               {"--test_count=7", "--test_switch"}, errors);
  EXPECT_TRUE(errors.empty()) << errors.Describe();
  EXPECT_EQ(absl::GetFlag(FLAGS_test_count), 7);
  EXPECT_EQ(absl::GetFlag(FLAGS_test_wait), absl::Minutes(2));
  EXPECT_TRUE(absl::GetFlag(FLAGS_test_switch));
}

TEST_F(SettingsTest, AValueMayFollowAsAnArgumentOfItsOwn) {
  SettingErrors errors;
  ReadSettings({}, {"--test_count", "9"}, errors);
  EXPECT_TRUE(errors.empty()) << errors.Describe();
  EXPECT_EQ(absl::GetFlag(FLAGS_test_count), 9);
}

TEST_F(SettingsTest, AllErrorsAreReportedTogetherByName) {
  SettingErrors errors;
  ReadSettings({"HESTIA_TEST_COUNT=many"}, {"--test_wait=soon", "--unheard_of=1", "stray"}, errors);
  const std::string text = errors.Describe();
  for (const char* part : {"--test_count (HESTIA_TEST_COUNT)", "\"many\"", "--test_wait", "\"soon\"",
                           "--unheard_of", "stray"}) {
    EXPECT_TRUE(absl::StrContains(text, part)) << text;
  }
}

TEST_F(SettingsTest, VariablesOfTheOtherServiceAreNoError) {
  SettingErrors errors;
  ReadSettings({"HESTIA_SOMETHING_ELSE=1"}, {}, errors);
  EXPECT_TRUE(errors.empty()) << errors.Describe();
}

TEST_F(SettingsTest, HelpNamesEverySettingWithVariableAndDefault) {
  const std::string help = HelpText({.name = "p", .summary = "s", .version = "1", .examples = "e\n"});
  EXPECT_TRUE(absl::StrContains(help, "--test_count"));
  EXPECT_TRUE(absl::StrContains(help, "HESTIA_TEST_COUNT"));
  EXPECT_TRUE(absl::StrContains(help, "Default: 3"));
  EXPECT_FALSE(absl::StrContains(help, "flagfile")) << "abseil's own flags are not ours";
}

}  // namespace
}  // namespace hestia
