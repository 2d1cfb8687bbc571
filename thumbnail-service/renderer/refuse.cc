#include "thumbnail-service/renderer/refuse.h"

#include <unistd.h>

#include <algorithm>
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

void AllowTimeFor(std::uint32_t width_px, std::uint32_t height_px) {
  if (const SizeHandler handler = size_handler.load()) handler(width_px, height_px);
}

void RefuseUnlessWithin(const HeaderFacts& facts, const wire::Limits& limits,
                        std::uint64_t source_bytes) {
  constexpr std::uint64_t kBytesPerPixel = 4;
  const std::uint64_t width = facts.width_px;
  const std::uint64_t height = facts.height_px;
  if (width == 0 || height == 0) {
    Refuse(wire::Outcome::kDecodeFailed, "the header says %" PRIu64 " x %" PRIu64 " pixels", width,
           height);
  }
  if (width > limits.max_side_px || height > limits.max_side_px) {
    Refuse(wire::Outcome::kTooLarge,
           "%" PRIu64 " x %" PRIu64 " pixels; the longest side allowed is %" PRIu64 " pixels", width,
           height, limits.max_side_px);
  }
  const std::uint64_t most = facts.scaled ? limits.max_scaled_pixels : limits.max_pixels;
  if (width * height > most) {
    Refuse(wire::Outcome::kTooLarge,
           "%" PRIu64 " x %" PRIu64 " = %" PRIu64 " pixels; %" PRIu64 " are allowed", width, height,
           width * height, most);
  }
  if (facts.channels > limits.max_channels) {
    Refuse(wire::Outcome::kTooLarge, "%" PRIu64 " channels; %" PRIu64 " are allowed",
           facts.channels, limits.max_channels);
  }
  if (facts.frames > limits.max_frames) {
    Refuse(wire::Outcome::kTooLarge, "%" PRIu64 " frames or pages; %" PRIu64 " are allowed",
           facts.frames, limits.max_frames);
  }
  const std::uint64_t ratio = width * height * kBytesPerPixel / std::max<std::uint64_t>(source_bytes, 1);
  if (ratio > limits.max_ratio) {
    Refuse(wire::Outcome::kTooLarge,
           "%" PRIu64 " x %" PRIu64 " pixels in %" PRIu64 " bytes are %" PRIu64
           " bytes decoded for each; %" PRIu64 " are allowed",
           width, height, source_bytes, ratio, limits.max_ratio);
  }
  AllowTimeFor(static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height));
}

}  // namespace hestia
