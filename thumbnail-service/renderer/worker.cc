#include "thumbnail-service/renderer/worker.h"

#include <cstdlib>
#include <vector>

#include "common/unique_fd.h"
#include "thumbnail-service/renderer/control_socket.h"
#include "thumbnail-service/renderer/jail/jail.h"

namespace hestia {
namespace {
// The result is sealed in size and nothing else can be written, so this need not be exact.
constexpr std::uint64_t kMostFileBytes = std::uint64_t{16} << 30;
}  // namespace

int RunWorker(ImageTask task, DescribeTask describe) {
  wire::Ready ready;
  ready.preamble.kind = wire::Kind::kReady;
  ready.posture = EnterWorkerJail({.file_bytes = kMostFileBytes, .threads = true});
  if (!wire::Send(wire::kControlFd, ready)) return EXIT_FAILURE;
  for (;;) {
    wire::Request request;
    std::vector<UniqueFd> descriptors;
    if (!wire::Receive(wire::kControlFd, request, descriptors)) break;
    if (request.preamble.kind == wire::Kind::kDescribe) {
      if (!SendDescription(request, describe)) break;
      continue;
    }
    if (request.preamble.kind != wire::Kind::kRequest) break;
    if (descriptors.size() != 2 || request.image_count > wire::kMaxImages) return EXIT_FAILURE;
    task(request, descriptors[0].get(), descriptors[1].get());
    wire::Report ended;
    ended.preamble.kind = wire::Kind::kEnded;
    ended.preamble.request_id = request.preamble.request_id;
    if (!wire::Send(wire::kControlFd, ended)) break;
  }
  return EXIT_SUCCESS;
}

}  // namespace hestia
