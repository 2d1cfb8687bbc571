#ifndef HESTIA_COMMON_NAMED_THREAD_H_
#define HESTIA_COMMON_NAMED_THREAD_H_

#include <functional>
#include <string>
#include <thread>

namespace hestia {

// A thread with a name (shown in logs, top and gdb) that is joined when this object dies.
//
// Thread-safety: use it from the owner's thread only.
// Blocking: Join() and the destructor wait for `body`; make it return first (close its
//   channel, signal its eventfd).
// Errors: an exception that leaves `body` ends the process, with its stack in the core.
class NamedThread {
 public:
  // No thread at all until one is assigned.
  NamedThread() = default;

  // Starts `body`. `name` is cut to 15 bytes, the kernel's limit. Every name has a line in
  // ARCHITECTURE.md.
  NamedThread(std::string name, std::function<void()> body);

  NamedThread(NamedThread&&) = default;
  NamedThread& operator=(NamedThread&& other);
  ~NamedThread();

  // Waits until `body` has returned. Idempotent.
  void Join();

 private:
  std::thread thread_;
};

// The calling thread's name as the kernel knows it.
std::string CurrentThreadName();

}  // namespace hestia

#endif  // HESTIA_COMMON_NAMED_THREAD_H_
