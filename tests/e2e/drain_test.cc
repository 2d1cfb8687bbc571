// A replica taken out of service while it works, on the real binaries.
#include <string>

#include <absl/strings/str_cat.h>
#include <absl/synchronization/notification.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <grpc/health/v1/health.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <pqxx/pqxx>

#include "common/grpc_server.h"
#include "common/grpc_status.h"
#include "tests/e2e/stack.h"

namespace hestia::test {
namespace {

namespace v1 = thumbnail::v1;
using testing::Each;
using testing::Pair;

constexpr int kFiles = 6;

class DrainTest : public StackTest {
 protected:
  // Drain without `exit`, on the last replica started.
  absl::Status Drain(absl::Duration patience) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + patience));
    v1::DrainResponse response;
    return FromGrpc(thumbnail_stub_->Drain(&context, v1::DrainRequest(), &response));
  }
  bool Serves(const ServiceProcess& service) {
    using Response = grpc::health::v1::HealthCheckResponse;
    PatientContext context;
    const grpc::health::v1::HealthCheckRequest request;
    Response response;
    absl::Notification answered;
    grpc::TemplatedGenericStub<grpc::health::v1::HealthCheckRequest, Response> stub(
        GrpcClientChannel(service.address()));
    stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &request, &response,
                   [&](const grpc::Status& status) {
                     EXPECT_TRUE(status.ok()) << status.error_message();
                     answered.Notify();
                   });
    answered.WaitForNotification();
    return response.status() == Response::SERVING;
  }
  void SetPaused(bool paused) {
    PatientContext context;
    v1::PauseResponse response;
    v1::ResumeResponse resumed;
    const grpc::Status status = paused ? thumbnail_stub_->Pause(&context, {}, &response)
                                       : thumbnail_stub_->Resume(&context, {}, &resumed);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  // The paths that `where` is true of, in order, joined by blanks.
  std::string Paths(const std::string& where) {
    pqxx::connection connection(database_.url());
    pqxx::nontransaction direct(connection);
    return direct
        .exec1(absl::StrCat("SELECT coalesce(string_agg(path, ' ' ORDER BY path), '') FROM files f "
                            "LEFT JOIN jobs j ON j.file_id = f.id WHERE ",
                            where))[0]
        .as<std::string>();
  }
  void AwaitPositive(const std::string& count) {
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    while (Number(count) == 0) ASSERT_LT(absl::Now(), deadline) << count;
  }
};

TEST_F(DrainTest, ABusyReplicaFinishesWhatIsInWorkAndTakesUpNothingElse) {
  StartWatcher();
  StartReplica({"--workers=1"});
  SetPaused(true);
  for (int i = 0; i < kFiles; ++i) Put(absl::StrCat(i, ".jpg"), Photo(i));
  AwaitStats([](const auto& stats) { return stats.pending_jobs() == kFiles; });
  EXPECT_TRUE(Serves(*replicas_[0]));

  // Whoever renders first asks which thumbnails there are, and here waits for the answer.
  pqxx::connection connection(database_.url());
  pqxx::work holding(connection);
  holding.exec("LOCK TABLE thumbnails IN ACCESS EXCLUSIVE MODE");
  SetPaused(false);
  AwaitPositive("SELECT count(*) FROM jobs WHERE claim_token IS NOT NULL");
  AwaitPositive(
      "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
      "AND datname = current_database()");
  const absl::Status busy = Drain(absl::Seconds(2));
  EXPECT_TRUE(absl::IsDeadlineExceeded(busy)) << busy;
  const std::string in_work = Paths("claim_token IS NOT NULL");
  EXPECT_THAT(in_work, testing::Not(testing::IsEmpty()));
  EXPECT_EQ(Paths("state = 1"), "") << "nothing is finished yet";
  EXPECT_FALSE(Serves(*replicas_[0]));
  EXPECT_EQ(Number("SELECT count(*) FROM library_leases WHERE expires_at > now()"), 0);

  holding.commit();
  const absl::Status drained = Drain(absl::Minutes(1));
  EXPECT_TRUE(drained.ok()) << drained;
  EXPECT_EQ(Paths("state = 1"), in_work) << "what was in work, and nothing else";
  EXPECT_EQ(Paths("claim_token IS NOT NULL"), "");

  // It answers yet, and is not moved even by somebody who waits.
  const std::string left = Paths("state = 2");
  ASSERT_FALSE(left.empty());
  {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(2)));
    v1::GetThumbnailRequest request;
    request.set_library("photos");
    request.set_recipe("small");
    request.set_path(left.substr(0, left.find(' ')));
    v1::GetThumbnailResponse response;
    const grpc::Status status = thumbnail_stub_->GetThumbnail(&context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  }
  EXPECT_EQ(Paths("state = 2"), left);
  EXPECT_EQ(Paths("claim_token IS NOT NULL"), "");
  AwaitStats([](const auto& stats) { return stats.processing_jobs() == 0; });

  StartReplica();
  Sync();
  EXPECT_EQ(Files().size(), static_cast<std::size_t>(kFiles));
  EXPECT_THAT(Files(), Each(Pair(testing::_, v1::File::READY)));
  EXPECT_EQ(replicas_[0]->Stop(), 0) << "not asked to, it had not exited";
}

}  // namespace
}  // namespace hestia::test
