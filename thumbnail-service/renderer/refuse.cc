#include "thumbnail-service/renderer/refuse.h"

#include <unistd.h>

#include <atomic>
#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace hestia {
namespace {
std::atomic<RefusalHandler> refusal_handler = nullptr;
std::atomic<SizeHandler> size_handler = nullptr;
std::atomic_flag refused = ATOMIC_FLAG_INIT;

[[noreturn]] void End(wire::Outcome outcome, const char* detail) {
  if (refused.test_and_set()) {
    // Another thread is writing its verdict and will end the process.
    for (;;) ::pause();
  }
  // Cleared when the handler throws, as it may in a program that goes on afterwards.
  const struct Clear {
    ~Clear() { refused.clear(); }
  } clear;
  if (const RefusalHandler handler = refusal_handler.load()) handler(outcome, detail);
  std::abort();
}
}  // namespace

void SetRefusalHandler(RefusalHandler handler) {
  refusal_handler = handler;
  std::set_new_handler([] { RefuseForMemory(); });
}

void Refuse(wire::Outcome outcome, const char* format, ...) {
  char detail[sizeof(wire::ResultHeader::detail)];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(detail, sizeof(detail), format, arguments);
  va_end(arguments);
  End(outcome, detail);
}

void RefuseForMemory() {
  End(wire::Outcome::kNeedsMemory, "needs more memory than one image may use");
}

void SetSizeHandler(SizeHandler handler) { size_handler = handler; }

void RefuseUnlessWithin(std::uint64_t width_px, std::uint64_t height_px, std::uint64_t max_pixels,
                        std::uint64_t max_side_px) {
  if (width_px == 0 || height_px == 0) {
    Refuse(wire::Outcome::kDecodeFailed, "the header says %" PRIu64 " x %" PRIu64 " pixels",
           width_px, height_px);
  }
  if (width_px > max_side_px || height_px > max_side_px) {
    Refuse(wire::Outcome::kTooLarge,
           "%" PRIu64 " x %" PRIu64 " pixels; the longest side allowed is %" PRIu64 " pixels",
           width_px, height_px, max_side_px);
  }
  if (width_px * height_px > max_pixels) {
    Refuse(wire::Outcome::kTooLarge,
           "%" PRIu64 " x %" PRIu64 " = %" PRIu64 " pixels; %" PRIu64 " are allowed", width_px,
           height_px, width_px * height_px, max_pixels);
  }
  if (const SizeHandler handler = size_handler.load()) {
    handler(static_cast<std::uint32_t>(width_px), static_cast<std::uint32_t>(height_px));
  }
}

}  // namespace hestia
