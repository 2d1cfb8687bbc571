#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_POSTURE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_POSTURE_H_

#include <cstdint>

namespace hestia {

// The layers of the jail, in the order in which a process enters them. Bits, because they
// travel in the messages of wire.h.
enum class JailLayer : std::uint32_t {
  kOomVictim = 1 << 0,      // oom_score_adj 1000: out of memory ends a decode, not the database
  kDieWithParent = 1 << 1,  // PDEATHSIG, with the parent looked at again
  kLimits = 1 << 2,         // memory, CPU time, file size, descriptors, no core dump
  kNotDumpable = 1 << 3,    // its memory and descriptors are out of reach through /proc
  kNoNewPrivs = 1 << 4,     // no set-uid program can give it more rights
  kLandlock = 1 << 5,       // no file system, no TCP, no signals to the outside
  kSeccomp = 1 << 6,        // an allow-list of system calls; any other one kills
};

constexpr std::uint32_t Bit(JailLayer layer) { return static_cast<std::uint32_t>(layer); }
constexpr std::uint32_t kAllJailLayers = (1 << 7) - 1;

// How far a process has come.
struct Posture {
  std::uint32_t layers = 0;        // JailLayer bits
  std::uint32_t landlock_abi = 0;  // 0: the kernel has no Landlock, or it is off

  void Reach(JailLayer layer, bool reached) { layers |= reached ? Bit(layer) : 0; }
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_POSTURE_H_
