// A worker that does what its source says instead of reading it: "spin", "segv", "leave",
// "escape <way>;",
// "early" (answers for the next image, too), "other" (answers for another image), "grow",
// "abort below <bytes>;" (where it may have no more memory),
// "fine" (answers, the source's width being the number of requests this process has served);
// "environment" (answers with a verdict that tells it);
// anything else is answered with a verdict that counts the requests of this process.

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/thumbnail-service/jail/escapes.h"
#include "tests/thumbnail-service/render/answer.h"
#include "thumbnail-service/renderer/control_socket.h"
#include "thumbnail-service/renderer/description.h"
#include "thumbnail-service/renderer/wire.h"
#include "thumbnail-service/renderer/worker.h"

namespace hestia {
namespace {
int served = 0;
const pid_t launcher = ::getppid();

std::string TextOf(int source) {
  std::array<char, 256> text{};
  const ssize_t size = ::pread(source, text.data(), text.size(), 0);
  return {text.data(), static_cast<std::size_t>(size > 0 ? size : 0)};
}

void SayEnded(std::uint64_t request_id) {
  wire::Report ended;
  ended.preamble.kind = wire::Kind::kEnded;
  ended.preamble.request_id = request_id;
  wire::Send(wire::kControlFd, ended);
}

void* MapNothing(std::size_t size, int protection) {
  return ::mmap(nullptr, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void Serve(const wire::Request& request, int source, int result) {
  ++served;
  const std::string wish = TextOf(source);
  const auto wished = [&](const char* word) { return wish.find(word) != std::string::npos; };
  if (wished("spin")) {
    volatile bool spinning = true;
    while (spinning) {
    }
  }
  if (const std::size_t at = wish.find("escape "); at != std::string::npos) {
    TryEscape(wish.substr(at + 7, wish.find(';', at) - at - 7),
              {source, result, static_cast<long>(request.result_bytes), launcher});
  }
  if (wished("segv")) {
    // The kernel's own action, whatever a sanitizer has set up.
    ::signal(SIGSEGV, SIG_DFL);
    *static_cast<volatile char*>(MapNothing(1, PROT_NONE)) = 1;
  }
  if (const std::size_t at = wish.find("abort below "); at != std::string::npos) {
    if (request.limits.max_memory_bytes < std::stoull(wish.substr(at + 12))) std::abort();
  }
  if (wished("grow")) {
    constexpr std::size_t kSize = std::size_t{300} << 20;
    std::memset(MapNothing(kSize, PROT_READ | PROT_WRITE), 1, kSize);
  }
  if (wished("fine")) {
    wire::ResultHeader header = TinyAnswer(request);
    header.source_width_px = static_cast<std::uint32_t>(served);
    const std::string image = TinyWebp();
    if (::pwrite(result, image.data(), image.size(), sizeof(header)) < 0) ::_exit(1);
    if (::pwrite(result, &header, sizeof(header), 0) < 0) ::_exit(1);
    return;
  }
  if (wished("environment")) {
    const wire::ResultHeader told = TellEnvironment();
    if (::pwrite(result, &told, sizeof(told), 0) < 0) ::_exit(1);
    return;
  }
  wire::ResultHeader header;
  header.magic = wire::kMagic;
  header.version = wire::kVersion;
  header.outcome = wire::Outcome::kDecodeFailed;
  std::snprintf(header.detail, sizeof(header.detail), "request %d\n\x1b[31m", served);
  if (::pwrite(result, &header, sizeof(header), 0) < 0) ::_exit(1);
  if (wished("leave")) ::_exit(0);
  if (wished("early")) {
    SayEnded(request.preamble.request_id);
    SayEnded(request.preamble.request_id + 1);
  }
  if (wished("other")) SayEnded(request.preamble.request_id + 1);
}

// Fills the name to its last byte, so that no NUL ends it.
void DescribeWithoutEnd(wire::Description& description) {
  AddFormat(description, "TIFF", "libtiff 4.5.0");
  std::memset(description.formats[0].name, 'T', sizeof(description.formats[0].name));
}
}  // namespace
}  // namespace hestia

int main() { return hestia::RunWorker(hestia::Serve, hestia::DescribeWithoutEnd); }
