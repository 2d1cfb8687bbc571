#include "thumbnail-service/renderer/oiio_worker.h"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "common/unique_fd.h"
#include "thumbnail-service/render/image_format.h"
#include "thumbnail-service/renderer/control_socket.h"
#include "thumbnail-service/renderer/process_limits.h"
#include "thumbnail-service/renderer/read/oiio_reader.h"
#include "thumbnail-service/renderer/refuse.h"
#include "thumbnail-service/renderer/thumbnails.h"

namespace hestia {
namespace {
// For the refusal handler, which gets no other context: the request in work.
int verdict_fd = -1;

void WriteVerdictAndExit(wire::Outcome outcome, const char* detail) {
  ResultMemory::WriteVerdict(verdict_fd, outcome, detail);
  ::_exit(EXIT_SUCCESS);
}

void Serve(const wire::Request& request, int source, int result) {
  verdict_fd = result;
  LimitProcess(request, Serves::kManyImages);
  const auto reader = OiioReader(static_cast<ImageFormat>(request.format));
  const std::string path = "/proc/self/fd/" + std::to_string(source);
  Decoded decoded = ReadByOiio(path, std::string(reader.data(), reader.size()), DemandOf(request));
  ResultMemory memory(result, request.result_bytes);
  MakeThumbnails(std::move(decoded), request, memory);
  ClearAlarm();
}
}  // namespace

int RunOiioWorker() {
  PreferAsOomVictim();
  SetUpOiio();
  SetRefusalHandler(WriteVerdictAndExit);
  wire::Ready ready;
  ready.preamble.kind = wire::Kind::kReady;
  if (!wire::Send(wire::kControlFd, ready)) return EXIT_FAILURE;
  for (;;) {
    wire::Request request;
    std::vector<UniqueFd> descriptors;
    if (!wire::Receive(wire::kControlFd, wire::Kind::kRequest, request, descriptors)) break;
    if (descriptors.size() != 2) return EXIT_FAILURE;
    Serve(request, descriptors[0].get(), descriptors[1].get());
    wire::Ended ended;
    ended.preamble.kind = wire::Kind::kEnded;
    ended.preamble.request_id = request.preamble.request_id;
    if (!wire::Send(wire::kControlFd, ended)) break;
  }
  return EXIT_SUCCESS;
}

}  // namespace hestia
