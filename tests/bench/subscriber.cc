#include "tests/bench/subscriber.h"

#include <cstdlib>
#include <iostream>

#include "common/grpc_server.h"

namespace hestia::bench {
namespace {
using watcher::v1::SubscribeRequest;
}  // namespace

Subscriber::Subscriber(const std::string& address, std::uint32_t credits)
    : stub_(watcher::v1::WatcherService::NewStub(GrpcClientChannel(address))) {
  context_.set_wait_for_ready(true);
  stream_ = stub_->Subscribe(&context_);
  SubscribeRequest request;
  request.mutable_open()->set_library("bench");
  request.set_grant_credits(credits);
  stream_->Write(request);
}

Subscriber::~Subscriber() {
  context_.TryCancel();
  stream_->Finish();
}

const Subscriber::Response& Subscriber::Next(bool grant) {
  if (!stream_->Read(&response_)) {
    std::cerr << "the stream ended: " << stream_->Finish().error_message() << "\n";
    std::exit(EXIT_FAILURE);
  }
  if (response_.has_cursor()) {
    epoch_ = response_.cursor().epoch();
    sequence_ = response_.cursor().sequence();
  }
  if (response_.has_bookmark()) return response_;
  SubscribeRequest request;
  request.set_ack_frame_number(response_.frame_number());
  request.set_grant_credits(grant ? 1 : 0);
  stream_->Write(request);
  return response_;
}

void Subscriber::Grant(std::uint32_t credits) {
  SubscribeRequest request;
  request.set_grant_credits(credits);
  stream_->Write(request);
}

void Subscriber::Until(absl::FunctionRef<bool(const Response&)> seen) {
  while (!seen(Next())) {
  }
}

void Subscriber::Sync(absl::FunctionRef<void(const Response&)> each) {
  watcher::v1::SyncRequest request;
  request.set_library("bench");
  watcher::v1::SyncResponse point;
  grpc::ClientContext context;
  if (const grpc::Status status = stub_->Sync(&context, request, &point); !status.ok()) {
    std::cerr << "Sync: " << status.error_message() << "\n";
    std::exit(EXIT_FAILURE);
  }
  // A history that was lost meanwhile has a later epoch, whose snapshot tells everything.
  while (epoch_ != point.cursor().epoch() || sequence_ < point.cursor().sequence()) {
    each(Next());
  }
}

}  // namespace hestia::bench
