#include "tests/thumbnail-service/jail/escapes.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "thumbnail-service/renderer/wire.h"

namespace hestia {
namespace {
// A raw call, so that no library softens it. Nearly all attempts are one that must not work.
template <long number, long... arguments>
bool Call(const Cell&) {
  return ::syscall(number, arguments...) >= 0;
}

bool Opens(const char* path, int flags) {
  const long fd = ::syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
  return fd >= 0;
}

bool ReadsSecret(const Cell&) { return Opens("/etc/passwd", O_RDONLY); }
bool WritesFile(const Cell&) { return Opens("/tmp/hestia-escaped", O_WRONLY | O_CREAT); }
bool ReadsOwnMemory(const Cell&) { return Opens("/proc/self/mem", O_RDONLY); }
bool ReadsInit(const Cell&) { return Opens("/proc/1/environ", O_RDONLY); }
bool ReadsParent(const Cell& cell) {
  char path[64];
  std::snprintf(path, sizeof(path), "/proc/%d/mem", cell.parent);
  return Opens(path, O_RDONLY);
}
bool ListsRoot(const Cell&) { return Opens("/", O_RDONLY | O_DIRECTORY); }
bool OpensBeneath(const Cell&) {
  open_how how{};
  return ::syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", &how, sizeof(how)) >= 0;
}
bool Unlinks(const Cell&) { return ::syscall(SYS_unlinkat, AT_FDCWD, "/tmp/x", 0) >= 0; }
bool MakesFolder(const Cell&) { return ::syscall(SYS_mkdirat, AT_FDCWD, "/tmp/x", 0700) >= 0; }
bool Renames(const Cell&) {
  return ::syscall(SYS_renameat2, AT_FDCWD, "/tmp/x", AT_FDCWD, "/tmp/y", 0) >= 0;
}
bool Links(const Cell&) { return ::syscall(SYS_symlinkat, "/", AT_FDCWD, "/tmp/x") >= 0; }
bool ChangesMode(const Cell&) { return ::syscall(SYS_fchmodat, AT_FDCWD, "/tmp", 0777) >= 0; }
bool ChangesFolder(const Cell&) { return ::syscall(SYS_chdir, "/") >= 0; }
bool ChangesRoot(const Cell&) { return ::syscall(SYS_chroot, "/") >= 0; }
bool Mounts(const Cell&) { return ::syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, nullptr) >= 0; }
bool Execs(const Cell&) {
  char* const arguments[] = {nullptr};
  return ::syscall(SYS_execve, "/bin/sh", arguments, arguments) >= 0;
}
bool ExecsDescriptor(const Cell& cell) {
  char* const arguments[] = {nullptr};
  return ::syscall(SYS_execveat, cell.source, "", arguments, arguments, AT_EMPTY_PATH) >= 0;
}
bool MakesMemoryFile(const Cell&) { return ::syscall(SYS_memfd_create, "x", 0) >= 0; }
bool Forks(const Cell&) { return ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0; }
bool ForksInNamespace(const Cell&) {
  return ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) >= 0;
}
bool ReadsOtherMemory(const Cell&) {
  return ::syscall(SYS_process_vm_readv, 1, nullptr, 0, nullptr, 0, 0) >= 0;
}
// Signal 0 asks whether it would be allowed, should the jail ever fail to refuse it.
bool SignalsOwnGroup(const Cell&) { return ::syscall(SYS_kill, 0, 0) >= 0; }
bool SignalsAll(const Cell&) { return ::syscall(SYS_kill, -1, 0) >= 0; }
bool StopsItself(const Cell&) {
  return ::syscall(SYS_tgkill, ::getpid(), ::syscall(SYS_gettid), SIGSTOP) >= 0;
}
bool KillsItsParent(const Cell& cell) {
  return ::syscall(SYS_kill, cell.parent, SIGKILL) >= 0;
}
bool AbortsAnother(const Cell&) { return ::syscall(SYS_tgkill, 1, 1, 0) >= 0; }
bool OutlivesParent(const Cell&) { return ::syscall(SYS_prctl, PR_SET_PDEATHSIG, 0) >= 0; }
bool BecomesDumpable(const Cell&) { return ::syscall(SYS_prctl, PR_SET_DUMPABLE, 1) >= 0; }
bool RaisesLimit(const Cell&) {
  const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
  return ::syscall(SYS_prlimit64, 0, RLIMIT_AS, &none, nullptr) >= 0;
}
bool ReadsControl(const Cell&) {
  char byte = 0;
  return ::syscall(SYS_read, wire::kControlFd, &byte, 0) >= 0;
}
// Only a worker has the socket; what it says there is not believed (renderer_faults_test.cc).
bool SpeaksOnControl(const Cell&) {
  return ::syscall(SYS_sendto, wire::kControlFd, "x", 1, MSG_NOSIGNAL, nullptr, 0) >= 0;
}
bool WritesSource(const Cell& cell) { return ::pwrite(cell.source, "x", 1, 0) >= 0; }
bool MapsSourceForWriting(const Cell& cell) {
  return ::mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, cell.source, 0) != MAP_FAILED;
}
bool GrowsResult(const Cell& cell) {
  return ::syscall(SYS_ftruncate, cell.result, cell.result_bytes + 4096) >= 0;
}
bool UnsealsResult(const Cell& cell) {
  return ::syscall(SYS_fcntl, cell.result, F_ADD_SEALS, 0) >= 0;
}
// Takes and touches memory until there is no more.
bool TakesAllMemory(const Cell&) {
  constexpr std::size_t kPiece = std::size_t{16} << 20;
  for (int pieces = 0; pieces < 4096; ++pieces) {
    void* piece = ::mmap(nullptr, kPiece, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (piece == MAP_FAILED) return false;
    std::memset(piece, 1, kPiece);
  }
  return true;
}
#if defined(__x86_64__)
// The 32-bit way into the kernel, where call numbers mean something else: 20 is getpid.
bool CallsBy32Bits(const Cell&) {
  long result = 20;
  asm volatile("int $0x80" : "+a"(result) : : "memory");
  return result >= 0;
}
bool CallsByX32(const Cell& cell) { return Call<0x40000000 + SYS_getpid>(cell); }
#endif

constexpr auto kKilled = Fate::kKilled;
constexpr auto kRefused = Fate::kRefused;

constexpr Escape kEscapes[] = {
    {"ReadsASecret", ReadsSecret, kRefused, kRefused},
    {"ReadsItsOwnMemory", ReadsOwnMemory, kRefused, kRefused},
    {"ReadsItsParent", ReadsParent, kRefused, kRefused},
    {"ReadsInit", ReadsInit, kRefused, kRefused},
    {"ListsTheRoot", ListsRoot, kRefused, kRefused},
    {"WritesAFile", WritesFile, kRefused, kKilled},
    {"OpensBeneath", OpensBeneath, kRefused, kRefused},
    {"Unlinks", Unlinks, kKilled, kKilled},
    {"MakesAFolder", MakesFolder, kKilled, kKilled},
    {"Renames", Renames, kKilled, kKilled},
    {"Links", Links, kKilled, kKilled},
    {"ChangesAMode", ChangesMode, kKilled, kKilled},
    {"ChangesFolder", ChangesFolder, kKilled, kKilled},
    {"ChangesRoot", ChangesRoot, kKilled, kKilled},
    {"Mounts", Mounts, kKilled, kKilled},
    {"Unshares", Call<SYS_unshare, CLONE_NEWUSER>, kKilled, kKilled},
    {"JoinsANamespace", Call<SYS_setns, 0, 0>, kKilled, kKilled},
    {"MakesASocket", Call<SYS_socket, 2, 1, 0>, kKilled, kKilled},
    {"MakesALocalSocket", Call<SYS_socket, 1, 1, 0>, kKilled, kKilled},
    {"Connects", Call<SYS_connect, 0, 0, 0>, kKilled, kKilled},
    {"Binds", Call<SYS_bind, 0, 0, 0>, kKilled, kKilled},
    {"Execs", Execs, kKilled, kKilled},
    {"ExecsADescriptor", ExecsDescriptor, kKilled, kKilled},
    {"MakesAMemoryFile", MakesMemoryFile, kKilled, kKilled},
    {"Forks", Forks, kKilled, kKilled},
    {"ForksInANamespace", ForksInNamespace, kKilled, kKilled},
    {"Traces", Call<SYS_ptrace, 0, 0, 0, 0>, kKilled, kKilled},
    {"ReadsOthersMemory", ReadsOtherMemory, kKilled, kKilled},
    {"OpensAProcess", Call<SYS_pidfd_open, 1, 0>, kKilled, kKilled},
    {"StealsADescriptor", Call<SYS_pidfd_getfd, 0, 0, 0>, kKilled, kKilled},
    {"KillsItsParent", KillsItsParent, kKilled, kKilled},
    {"SignalsItsGroup", SignalsOwnGroup, kKilled, kKilled},
    {"SignalsEverybody", SignalsAll, kKilled, kKilled},
    {"StopsItself", StopsItself, kKilled, kKilled},
    {"AbortsAnother", AbortsAnother, kKilled, kKilled},
    {"OutlivesItsParent", OutlivesParent, kRefused, kKilled},
    {"BecomesDumpable", BecomesDumpable, kRefused, kKilled},
    {"RaisesALimit", RaisesLimit, kRefused, kRefused},
    {"LeavesSeccomp", Call<SYS_seccomp, 0, 0, 0>, kKilled, kKilled},
    {"LoadsBpf", Call<SYS_bpf, 0, 0, 0>, kKilled, kKilled},
    {"OpensPerf", Call<SYS_perf_event_open, 0, 0, 0, 0, 0>, kKilled, kKilled},
    {"SetsUpIoUring", Call<SYS_io_uring_setup, 1, 0>, kKilled, kKilled},
    {"HandlesFaults", Call<SYS_userfaultfd, 0>, kKilled, kKilled},
    {"ReadsKeys", Call<SYS_keyctl, 0, 0, 0>, kKilled, kKilled},
    {"SharesMemory", Call<SYS_shmget, 1, 4096, 0>, kKilled, kKilled},
    {"SetsTheClock", Call<SYS_settimeofday, 0, 0>, kKilled, kKilled},
    {"BecomesAnother", Call<SYS_setuid, 0>, kKilled, kKilled},
    {"ChangesPersonality", Call<SYS_personality, 0>, kKilled, kKilled},
    {"ReadsTheControlSocket", ReadsControl, kRefused, Fate::kUntried},
    {"SpeaksOnTheControlSocket", SpeaksOnControl, kKilled, kKilled},
    {"WritesItsSource", WritesSource, kRefused, kRefused},
    {"MapsItsSourceForWriting", MapsSourceForWriting, kRefused, kRefused},
    {"GrowsItsResult", GrowsResult, kKilled, kKilled},
    {"UnsealsItsResult", UnsealsResult, kKilled, kRefused},
    {"TakesAllMemory", TakesAllMemory, kRefused, kRefused},
#if defined(__x86_64__)
    {"CallsBy32Bits", CallsBy32Bits, kKilled, kKilled},
    {"CallsByX32", CallsByX32, kKilled, kKilled},
#endif
};
}  // namespace

std::span<const Escape> Escapes() { return kEscapes; }

void TryEscape(const std::string& name, const Cell& cell) {
  for (const Escape& escape : kEscapes) {
    if (name == escape.name) ::_exit(escape.attempt(cell) ? kEscapedCode : kRefusedCode);
  }
  std::abort();
}

}  // namespace hestia
