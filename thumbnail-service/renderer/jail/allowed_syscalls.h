#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_ALLOWED_SYSCALLS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_ALLOWED_SYSCALLS_H_

// Every system call that a jailed process may make, by its libseccomp name. Any other one
// ends it with SIGSYS. A name that the kernel's architecture does not have is passed over.
//
// To add one, say whom it is for. What opens files, makes sockets or processes, or reaches
// another process does not belong here.
namespace hestia {

// A decoder: memory, its two descriptors, time, its end.
constexpr const char* kDecoderCalls[] = {
    "read", "readv", "pread64", "preadv", "write", "writev", "pwrite64", "lseek", "close",
    "fstat", "newfstatat",                             // newfstatat: fstat(2) of glibc
    "brk", "mmap", "munmap", "mremap", "mprotect", "madvise",
    "futex", "sched_yield", "sched_getaffinity",       // locks and thread counts of C++ libraries
    "clock_gettime", "clock_nanosleep", "nanosleep", "gettimeofday", "time",
    "getpid", "gettid", "rt_sigprocmask", "rt_sigaction", "rt_sigreturn",  // abort(3)
    "getrandom", "restart_syscall", "pause", "exit", "exit_group",
};

// Libraries probe for these, and go on when they are refused (EACCES).
constexpr const char* kRefusedCalls[] = {
    "openat2", "ioctl", "prlimit64", "getrlimit", "sched_setaffinity", "sched_setscheduler",
    "get_mempolicy", "setpriority",
};

// The same, where nothing may be opened at all.
constexpr const char* kRefusedToDecoder[] = {
    "open", "openat", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "stat",
    "lstat", "statx", "getcwd", "getdents64", "sysinfo", "uname", "prctl",
};

// The OpenImageIO worker, beside the decoder's: its control socket, and the threads that some
// of its libraries start and name. In syscall_filter.cc: clone only with CLONE_THREAD, prctl
// only for a thread's name, and the read-only opening of files, which Landlock confines to
// the library folders.
constexpr const char* kWorkerCalls[] = {
    "recvmsg", "sendmsg", "set_robust_list", "rseq", "sigaltstack", "dup", "fcntl",
    "access", "faccessat", "faccessat2", "readlink", "readlinkat", "stat", "lstat", "statx",
    "getcwd", "getdents64", "sysinfo", "uname",
};

// The launcher of one-image processes, beside the decoder's: it starts them and waits for
// them, and they enter their own jail by these.
constexpr const char* kLauncherCalls[] = {
    "recvmsg", "sendmsg", "poll", "ppoll", "clone", "fork", "vfork", "set_robust_list", "rseq",
    "wait4", "kill", "pidfd_open", "getppid", "prctl", "prlimit64", "setrlimit", "seccomp",
};

// Sanitizers' runtimes; part of sanitized builds only.
constexpr const char* kSanitizerCalls[] = {
    "sigaltstack", "readlink", "open", "openat", "prctl", "getppid", "ioctl", "prlimit64",
    "getrlimit", "personality", "set_robust_list", "rseq", "fcntl", "dup", "dup2", "pipe2",
    "gettid", "getuid", "geteuid", "tgkill", "uname", "process_vm_readv", "sysinfo",
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_JAIL_ALLOWED_SYSCALLS_H_
