#include "thumbnail-service/renderer/first_use.h"

#include <atomic>

namespace hestia {
namespace {
std::atomic<std::uint32_t> used = 0;
}

void NoteUse(Library library) {
  used.fetch_or(static_cast<std::uint32_t>(library), std::memory_order_relaxed);
}

std::uint32_t LibrariesUsed() { return used.load(std::memory_order_relaxed); }

}  // namespace hestia
