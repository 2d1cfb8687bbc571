// thumbnail-renderer with faults on request: a source that contains "FAULT:<word>" makes
// the decode misbehave that way; every other one is rendered properly.

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/thumbnail-service/jail/escapes.h"
#include "tests/thumbnail-service/render/answer.h"
#include "thumbnail-service/renderer/image_child.h"
#include "thumbnail-service/renderer/launcher.h"
#include "thumbnail-service/renderer/worker_launcher.h"

namespace hestia {
namespace {
std::string FaultIn(const wire::Request& request, int source) {
  void* bytes = ::mmap(nullptr, request.source_bytes, PROT_READ, MAP_PRIVATE, source, 0);
  if (bytes == MAP_FAILED) return "";
  const std::string text(static_cast<const char*>(bytes), request.source_bytes);
  ::munmap(bytes, request.source_bytes);
  const std::size_t at = text.find("FAULT:");
  return at == std::string::npos ? "" : text.substr(at + 6, text.find(';', at) - at - 6);
}

void Write(int result, const void* data, std::size_t size, off_t offset) {
  if (::pwrite(result, data, size, offset) != static_cast<ssize_t>(size)) std::abort();
}

// An answer that is right but for what the fault spoils.
void Lie(const std::string& fault, const wire::Request& request, int result) {
  const std::string image = TinyWebp();
  wire::ResultHeader header = TinyAnswer(request);
  if (fault == "old") header.version = wire::kVersion + 1;
  if (fault == "outcome") header.outcome = static_cast<wire::Outcome>(99);
  if (fault == "count") header.image_count = 4096;
  if (fault == "huge") header.source_width_px = header.source_height_px = 0xffffffffU;
  if (fault == "longhash") header.thumbhash_bytes = 26;
  if (fault == "endlesshash") header.thumbhash_bytes = 0xffffffff;
  if (fault == "nohash") header.thumbhash_bytes = 0;
  if (fault == "crookedhash") header.thumbhash[3] = 3;
  if (fault == "colour") header.has_dominant = 1, header.dominant = 0x1000000;
  for (wire::ResultImage& one : header.images) {
    if (fault == "outside") one.offset = request.result_bytes - 5;
    if (fault == "overflow") one.offset = ~std::uint64_t{0} - 5;
    if (fault == "long") one.size_bytes = ~std::uint64_t{0};
    if (fault == "dimensions") one.width_px = 6;
    if (fault == "empty") one.size_bytes = 0;
  }
  Write(result, &header, sizeof(header), 0);
  Write(result, fault == "magic" ? std::string(30, 'x').data() : image.data(), image.size(),
        sizeof(header));
  if (fault == "toolarge") Write(result, "\xff\x3f", 2, sizeof(header) + 26);
}

// By the kernel's own action, whatever a sanitizer has set up.
void WriteWhereNothingIs() {
  ::signal(SIGSEGV, SIG_DFL);
  void* nothing = ::mmap(nullptr, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *static_cast<volatile char*>(nothing) = 1;
}

const pid_t launcher = ::getpid();

void Misbehave(const std::string& fault, const wire::Request& request, int source, int result) {
  if (fault.rfind("escape ", 0) == 0) {
    TryEscape(fault.substr(7),
              {source, result, static_cast<long>(request.result_bytes), launcher});
  }
  if (fault == "fat") {
    // Much to take apart when it is killed.
    constexpr std::size_t kSize = std::size_t{1} << 30;
    void* much = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (much != MAP_FAILED) std::memset(much, 1, kSize);
  }
  if (fault == "spin" || fault == "fat") {
    volatile bool spinning = true;
    while (spinning) {
    }
  }
  if (fault == "sleep") {
    for (;;) ::pause();
  }
  if (fault == "segv") WriteWhereNothingIs();
  if (fault == "abort") std::abort();
  if (fault == "exit") ::_exit(7);
  if (fault == "silent") return;
  if (fault == "environment") {
    const wire::ResultHeader told = TellEnvironment();
    return Write(result, &told, sizeof(told), 0);
  }
  if (fault == "noise") {
    const std::string noise(request.result_bytes, '\xa5');
    return Write(result, noise.data(), noise.size(), 0);
  }
  Lie(fault, request, result);
}

void RenderOrMisbehave(const wire::Request& request, int source, int result) {
  const std::string fault = FaultIn(request, source);
  if (fault.empty()) return RenderImage(request, source, result);
  Misbehave(fault, request, source, result);
}

void DescribeTooMuch(wire::Description& description) { description.count = wire::kMaxFormats + 1; }
}  // namespace
}  // namespace hestia

int main(int count, char** arguments) {
  return count == 2 ? hestia::RunWorkerLauncher(arguments[1])
                    : hestia::RunLauncher(hestia::RenderOrMisbehave, hestia::DescribeTooMuch);
}
