// What is read of TIFF, GIF, Photoshop, JPEG 2000 and icon files before OpenImageIO opens them.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "thumbnail-service/renderer/read/early_header.h"
#include "thumbnail-service/renderer/read/icon_directory.h"
#include "thumbnail-service/renderer/refuse.h"

namespace hestia {
namespace {
constexpr std::uint64_t kMost = 1000;

struct Refusal {};

int MakeFile() {
  SetRefusalHandler([](wire::Outcome, const char*) { throw Refusal(); });
  const int file = ::memfd_create("fuzz-header", MFD_CLOEXEC);
  if (file < 0) std::abort();
  return file;
}

void Read(const std::string& path) {
  const std::uint64_t pages = CountTiffPages(path, kMost);
  if (pages < 1 || pages > kMost + 1) std::abort();
  ReadTiffInkSet(path);
  if (RankIcons(path).size() > kMost) std::abort();
  for (const char* reader : {"gif", "jpeg2000"}) {
    try {
      const auto header = ReadEarlyHeader(path, reader, kMost);
      if (!header.has_value() || header->frames < 1 || header->frames > kMost + 1) std::abort();
    } catch (const Refusal&) {
    }
  }
}
}  // namespace
}  // namespace hestia

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = hestia::MakeFile();
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, data, size, 0) < 0) std::abort();
  hestia::Read("/proc/self/fd/" + std::to_string(file));
  return 0;
}
