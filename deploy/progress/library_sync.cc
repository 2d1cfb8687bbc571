#include "deploy/progress/library_sync.h"

#include <algorithm>

#include <absl/random/random.h>
#include <absl/time/clock.h>
#include <grpcpp/client_context.h>
#include <hestia/thumbnail/v1/thumbnail.grpc.pb.h>

#include "common/backoff.h"
#include "common/grpc_status.h"

namespace hestia {
namespace {

constexpr Backoff kBetweenAttempts = {.base = absl::Milliseconds(200), .cap = absl::Seconds(2)};

absl::Status SyncOnce(thumbnail::v1::ThumbnailService::Stub& stub, const std::string& library,
                      absl::Time deadline) {
  grpc::ClientContext context;
  if (deadline != absl::InfiniteFuture()) context.set_deadline(absl::ToChronoTime(deadline));
  context.set_wait_for_ready(true);
  thumbnail::v1::SyncRequest request;
  request.set_library(library);
  thumbnail::v1::SyncResponse response;
  return FromGrpc(stub.Sync(&context, request, &response));
}

}  // namespace

absl::Status SyncLibrary(const std::shared_ptr<grpc::Channel>& channel, const std::string& library,
                         absl::Time deadline, absl::Duration grace) {
  const auto stub = thumbnail::v1::ThumbnailService::NewStub(channel);
  const absl::Time known_by = absl::Now() + grace;
  absl::BitGen random;
  for (int attempt = 0;; ++attempt) {
    const absl::Status status = SyncOnce(*stub, library, deadline);
    const bool worth_another =
        absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
        // A replica that has only just started has not told the database of its libraries.
        (absl::IsNotFound(status) && absl::Now() < known_by);
    if (!worth_another) return status;
    const absl::Duration pause = kBetweenAttempts.Delay(attempt, random);
    if (absl::Now() + pause >= deadline) return status;
    absl::SleepFor(pause);
  }
}

}  // namespace hestia
