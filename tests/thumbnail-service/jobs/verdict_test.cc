#include "thumbnail-service/jobs/verdict.h"

#include <gtest/gtest.h>

#include "common/error_reason.h"

namespace hestia {
namespace {

TEST(VerdictTest, ContentErrorsAreVerdictsAtOnceWithTheirDetail) {
  const FailedAttempt failed =
      Judge(WithReason(absl::InvalidArgumentError("cut short after 3 rows"), "DECODE_FAILED"));
  ASSERT_TRUE(failed.verdict.has_value());
  EXPECT_EQ(failed.verdict->code, "DECODE_FAILED");
  EXPECT_EQ(failed.verdict->detail, "cut short after 3 rows");
  EXPECT_FALSE(failed.try_once_more);
}

TEST(VerdictTest, CrashesAndTimeoutsDeserveOneMoreTry) {
  for (const char* reason : {"DECODER_CRASHED", "TIMED_OUT"}) {
    const FailedAttempt failed = Judge(WithReason(absl::AbortedError("signal 11"), reason));
    EXPECT_TRUE(failed.try_once_more) << reason;
    ASSERT_TRUE(failed.verdict.has_value()) << reason;
    EXPECT_EQ(failed.verdict->code, reason);
  }
}

TEST(VerdictTest, AFileThatMayNotBeReadIsUnreadable) {
  EXPECT_EQ(Judge(absl::PermissionDeniedError("EACCES")).verdict->code, "UNREADABLE");
  EXPECT_EQ(Judge(absl::FailedPreconditionError("a FIFO")).verdict->code, "UNREADABLE");
}

TEST(VerdictTest, AFileThatWentOrChangedIsTriedAgainWithoutCharge) {
  for (const absl::Status& status : {absl::NotFoundError("gone"), absl::AbortedError("changed")}) {
    const FailedAttempt failed = Judge(status);
    EXPECT_FALSE(failed.verdict.has_value());
    EXPECT_TRUE(failed.free_of_charge);
  }
}

TEST(VerdictTest, TroubleOfTheMomentIsTriedAgainAndCharged) {
  const FailedAttempt failed = Judge(absl::UnavailableError("EIO"));
  EXPECT_FALSE(failed.verdict.has_value());
  EXPECT_FALSE(failed.free_of_charge);
}

}  // namespace
}  // namespace hestia
