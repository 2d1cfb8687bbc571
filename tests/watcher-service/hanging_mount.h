#ifndef HESTIA_TESTS_WATCHER_SERVICE_HANGING_MOUNT_H_
#define HESTIA_TESTS_WATCHER_SERVICE_HANGING_MOUNT_H_

#include <sys/types.h>

#include <string>

namespace hestia {

// bindfs on a folder, a process of its own, so that it can be stopped: then every look at what it
// serves hangs, as with a file server that is away.
//
// Thread-safety: none. Needs the right to mount; see own_namespaces.h.
class HangingMount {
 public:
  HangingMount(const std::string& from, const std::string& to);
  // Lets it go on and unmounts it.
  ~HangingMount();
  HangingMount(const HangingMount&) = delete;
  HangingMount& operator=(const HangingMount&) = delete;

  bool mounted() const { return mounted_; }
  void Hang() const;
  void Resume() const;

 private:
  const std::string at_;
  pid_t pid_ = -1;
  bool mounted_ = false;
};

// Waits until a thread of the process, whose name begins so, looks at files: where those hang,
// until it hangs. False: it did not within a minute.
bool AwaitLookOf(pid_t process, const std::string& thread);
// Whether one does right now.
bool LooksAtFiles(pid_t process, const std::string& thread);

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_HANGING_MOUNT_H_
