#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_LANDLOCK_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_LANDLOCK_H_

#include <cstdint>
#include <span>

namespace hestia {

// Landlock: rights that a process gives up for itself and everything it will start.
//
// Thread-safety: of EnterLandlock's effect, none: it binds the calling thread and what that
//   one starts, so call it while there is no other.

// The ABI that this kernel offers; 0 when it has none.
std::uint32_t LandlockAbi();

// Gives up every right that `abi` knows of: files, TCP ports, signals and abstract sockets
// outside of the domain. What lies beneath `readable` (files and folders; those that do not
// exist are passed over) can still be read and executed. Needs no_new_privs. False when the
// kernel refuses: then nothing is given up.
bool EnterLandlock(std::uint32_t abi, std::span<const char* const> readable);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_LANDLOCK_H_
