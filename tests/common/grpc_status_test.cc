#include "common/grpc_status.h"

#include <gtest/gtest.h>

#include "common/error_reason.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace hestia {
namespace {

TEST(GrpcStatusTest, CodeAndMessageCrossTheBorderUnchanged) {
  const grpc::Status out = ToGrpc(absl::NotFoundError("no such library"));
  EXPECT_EQ(out.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(out.error_message(), "no such library");
  EXPECT_EQ(FromGrpc(out), absl::NotFoundError("no such library"));
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
}

TEST(GrpcStatusTest, ReasonAndFieldTravelAsStandardErrorDetails) {
  const grpc::Status out =
      ToGrpc(WithReason(absl::InvalidArgumentError("bad path"), "PATH_INVALID", "path"));
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(out.error_details()));
  ASSERT_EQ(details.details_size(), 2);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "PATH_INVALID");
  EXPECT_EQ(info.domain(), "hestia");
  google::rpc::BadRequest bad;
  ASSERT_TRUE(details.details(1).UnpackTo(&bad));
  EXPECT_EQ(bad.field_violations(0).field(), "path");
  EXPECT_EQ(ReasonOf(FromGrpc(out)), "PATH_INVALID");
}

TEST(GrpcStatusTest, DetailsThatAreNotOursAreIgnored) {
  const grpc::Status foreign(grpc::StatusCode::ABORTED, "no", "\xFF\xFF rubbish");
  EXPECT_TRUE(absl::IsAborted(FromGrpc(foreign)));
  EXPECT_EQ(ReasonOf(FromGrpc(foreign)), std::nullopt);
}

}  // namespace
}  // namespace hestia
