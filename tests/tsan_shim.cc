// Linked into ThreadSanitizer builds only. Debian's libabsl_synchronization is not
// instrumented, so the sanitizer cannot see that absl::Mutex orders anything. These
// definitions take the place of the library's exported functions (which the library itself and
// gRPC also reach through the PLT), call the real ones and say what they order: an unlock
// releases, a lock acquires, a condition is evaluated under the lock.
#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>
#include <dlfcn.h>

extern "C" {
void __tsan_acquire(void*);
void __tsan_release(void*);
void AnnotateIgnoreReadsBegin(const char*, int);
void AnnotateIgnoreReadsEnd(const char*, int);
void AnnotateIgnoreWritesBegin(const char*, int);
void AnnotateIgnoreWritesEnd(const char*, int);
}

// The renderers get nothing of an environment to set this in. They end by _exit in mid-decode, which is
// meant: what they leave behind goes with the process.
extern "C" const char* __tsan_default_options() { return "report_thread_leaks=0"; }

namespace absl {
ABSL_NAMESPACE_BEGIN
namespace {

// What happens inside the real call is the library's own affair.
class Unwatched {
 public:
  Unwatched() {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
  ~Unwatched() {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
};

// The library's function of this mangled name ("debian3" is Debian's inline namespace).
template <typename Function>
__attribute__((no_sanitize("thread"))) Function* Real(const char* symbol) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, symbol));
}

}  // namespace

#define HESTIA_MUTEX(name) "_ZN4absl7debian35Mutex" name

void Mutex::Lock() {
  static auto* const real = Real<void(Mutex*)>(HESTIA_MUTEX("4LockEv"));
  real(this);
  __tsan_acquire(this);
}
void Mutex::Unlock() {
  static auto* const real = Real<void(Mutex*)>(HESTIA_MUTEX("6UnlockEv"));
  __tsan_release(this);
  const Unwatched unwatched;
  real(this);
}
void Mutex::ReaderLock() {
  static auto* const real = Real<void(Mutex*)>(HESTIA_MUTEX("10ReaderLockEv"));
  real(this);
  __tsan_acquire(this);
}
void Mutex::ReaderUnlock() {
  static auto* const real = Real<void(Mutex*)>(HESTIA_MUTEX("12ReaderUnlockEv"));
  __tsan_release(this);
  const Unwatched unwatched;
  real(this);
}
bool Mutex::TryLock() {
  static auto* const real = Real<bool(Mutex*)>(HESTIA_MUTEX("7TryLockEv"));
  const bool locked = real(this);
  if (locked) __tsan_acquire(this);
  return locked;
}
bool Mutex::ReaderTryLock() {
  static auto* const real = Real<bool(Mutex*)>(HESTIA_MUTEX("13ReaderTryLockEv"));
  const bool locked = real(this);
  if (locked) __tsan_acquire(this);
  return locked;
}
void Mutex::Await(const Condition& condition) {
  static auto* const real =
      Real<void(Mutex*, const Condition&)>(HESTIA_MUTEX("5AwaitERKNS0_9ConditionE"));
  __tsan_release(this);
  {
    const Unwatched unwatched;
    real(this, condition);
  }
  __tsan_acquire(this);
}
bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  static auto* const real = Real<bool(Mutex*, const Condition&, Duration)>(
      HESTIA_MUTEX("16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE"));
  __tsan_release(this);
  bool met = false;
  {
    const Unwatched unwatched;
    met = real(this, condition, timeout);
  }
  __tsan_acquire(this);
  return met;
}
bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  static auto* const real = Real<bool(Mutex*, const Condition&, Time)>(
      HESTIA_MUTEX("17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE"));
  __tsan_release(this);
  bool met = false;
  {
    const Unwatched unwatched;
    met = real(this, condition, deadline);
  }
  __tsan_acquire(this);
  return met;
}
void CondVar::Wait(Mutex* mutex) {
  static auto* const real =
      Real<void(CondVar*, Mutex*)>("_ZN4absl7debian37CondVar4WaitEPNS0_5MutexE");
  __tsan_release(mutex);
  real(this, mutex);
  __tsan_acquire(mutex);
}
bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  static auto* const real = Real<bool(CondVar*, Mutex*, Duration)>(
      "_ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE");
  __tsan_release(mutex);
  const bool timed_out = real(this, mutex, timeout);
  __tsan_acquire(mutex);
  return timed_out;
}
bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  static auto* const real = Real<bool(CondVar*, Mutex*, Time)>(
      "_ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  __tsan_release(mutex);
  const bool timed_out = real(this, mutex, deadline);
  __tsan_acquire(mutex);
  return timed_out;
}
void Notification::Notify() {
  static auto* const real =
      Real<void(Notification*)>("_ZN4absl7debian312Notification6NotifyEv");
  __tsan_release(this);
  real(this);
}
void Notification::WaitForNotification() const {
  static auto* const real =
      Real<void(const Notification*)>("_ZNK4absl7debian312Notification19WaitForNotificationEv");
  real(this);
  __tsan_acquire(const_cast<Notification*>(this));
}
bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  static auto* const real = Real<bool(const Notification*, Duration)>(
      "_ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE");
  const bool notified = real(this, timeout);
  if (notified) __tsan_acquire(const_cast<Notification*>(this));
  return notified;
}

#undef HESTIA_MUTEX

ABSL_NAMESPACE_END
}  // namespace absl
