#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_PROGRAM_ENVIRONMENT_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_PROGRAM_ENVIRONMENT_H_

namespace hestia {

// The whole environment of a renderer program, for execve(2): nothing of the service's, and for
// glibc that large blocks come in huge pages (its manual, "Memory Allocation Tunables"). A fault
// for each 4 KiB is a tenth of the time of an image that can only be decoded whole. A kernel
// without huge pages gives small ones, and another C library does not know the name.
//
// Thread-safety: any thread. Never to be freed or changed.
inline char* const* ProgramEnvironment() {
  static char huge_pages[] = "GLIBC_TUNABLES=glibc.malloc.hugetlb=1";
  static char* const environment[] = {huge_pages, nullptr};
  return environment;
}

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_PROGRAM_ENVIRONMENT_H_
