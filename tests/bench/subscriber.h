#ifndef HESTIA_TESTS_BENCH_SUBSCRIBER_H_
#define HESTIA_TESTS_BENCH_SUBSCRIBER_H_

#include <cstdint>
#include <memory>
#include <string>

#include <absl/functional/function_ref.h>
#include <grpcpp/client_context.h>

#include "hestia/watcher/v1/watcher.grpc.pb.h"

namespace hestia::bench {

// One Subscribe stream of library "bench", from a snapshot on.
//
// Thread-safety: none. A stream that ends by itself ends the program.
class Subscriber {
 public:
  using Response = watcher::v1::SubscribeResponse;

  Subscriber(const std::string& address, std::uint32_t credits);
  ~Subscriber();

  // Takes one frame; acknowledges a frame of work, and grants another when `grant`.
  const Response& Next(bool grant = true);
  void Grant(std::uint32_t credits);
  // Takes frames until `seen` says so.
  void Until(absl::FunctionRef<bool(const Response&)> seen);
  // Takes frames until everything done before is told, each to `each`.
  void Sync(absl::FunctionRef<void(const Response&)> each);

 private:
  const std::unique_ptr<watcher::v1::WatcherService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<
      grpc::ClientReaderWriter<watcher::v1::SubscribeRequest, watcher::v1::SubscribeResponse>>
      stream_;
  Response response_;
  std::uint64_t epoch_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace hestia::bench

#endif  // HESTIA_TESTS_BENCH_SUBSCRIBER_H_
