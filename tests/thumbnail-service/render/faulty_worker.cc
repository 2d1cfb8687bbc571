// A worker that does what its source says instead of reading it: "spin", "segv", "leave";
// anything else is answered with a verdict that counts the requests of this process.

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "thumbnail-service/renderer/control_socket.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {
namespace {
std::string TextOf(int source) {
  std::array<char, 256> text{};
  const ssize_t size = ::pread(source, text.data(), text.size(), 0);
  return {text.data(), static_cast<std::size_t>(size > 0 ? size : 0)};
}

void Serve(const std::string& wish, int served, int result) {
  const auto wished = [&](const char* word) { return wish.find(word) != std::string::npos; };
  if (wished("spin")) {
    volatile bool spinning = true;
    while (spinning) {
    }
  }
  if (wished("segv")) {
    // The kernel's own action, whatever a sanitizer has set up.
    ::signal(SIGSEGV, SIG_DFL);
    ::raise(SIGSEGV);
  }
  wire::ResultHeader header;
  header.magic = wire::kMagic;
  header.version = wire::kVersion;
  header.outcome = wire::Outcome::kDecodeFailed;
  std::snprintf(header.detail, sizeof(header.detail), "request %d\n\x1b[31m", served);
  if (::pwrite(result, &header, sizeof(header), 0) < 0) ::_exit(1);
  if (wished("leave")) ::_exit(0);
}

int Run() {
  wire::Ready ready;
  if (!wire::Send(wire::kControlFd, ready)) return 1;
  for (int served = 1;; ++served) {
    wire::Request request;
    std::vector<UniqueFd> descriptors;
    if (!wire::Receive(wire::kControlFd, wire::Kind::kRequest, request, descriptors)) return 0;
    Serve(TextOf(descriptors[0].get()), served, descriptors[1].get());
    wire::Ended ended;
    ended.preamble.kind = wire::Kind::kEnded;
    ended.preamble.request_id = request.preamble.request_id;
    if (!wire::Send(wire::kControlFd, ended)) return 0;
  }
}
}  // namespace
}  // namespace hestia

int main() { return hestia::Run(); }
