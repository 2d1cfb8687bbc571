#include "watcher-service/tree/inotify_reader.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include <absl/strings/str_cat.h>

#include "common/monotonic_clock.h"

namespace hestia {
namespace {

// Neither OPEN nor ACCESS: reading the files, as renderers do, must make no event.
constexpr std::uint32_t kMask = IN_CLOSE_WRITE | IN_CREATE | IN_MODIFY | IN_MOVED_FROM |
                                IN_MOVED_TO | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF |
                                IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;
constexpr std::size_t kReadBytes = 64 << 10;

// More than kManyEvents within kWindow is a burst, and then a wake-up for every few events would
// cost more than the events: they gather in the kernel's queue, for kLongestGather at most and
// until about kGathered are there. The queue has 16,384 places.
constexpr absl::Duration kWindow = absl::Milliseconds(20);
constexpr std::uint64_t kManyEvents = 64;
constexpr absl::Duration kLongestGather = absl::Milliseconds(10);
constexpr std::int64_t kGathered = 2048;

}  // namespace

absl::StatusOr<std::unique_ptr<InotifyReader>> InotifyReader::Create(const std::string& thread_name,
                                                                     std::size_t capacity) {
  UniqueFd inotify(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify.valid()) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot get an inotify instance: ", strerror(errno),
                     "; raise fs.inotify.max_user_instances or the limit of open files"));
  }
  UniqueFd wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake.valid()) {
    return absl::ResourceExhaustedError(absl::StrCat("cannot get an eventfd: ", strerror(errno),
                                                     "; raise the limit of open files"));
  }
  std::unique_ptr<InotifyReader> reader(
      new InotifyReader(std::move(inotify), std::move(wake), capacity));
  reader->thread_ = NamedThread(thread_name, [self = reader.get()] { self->Run(); });
  return reader;
}

InotifyReader::InotifyReader(UniqueFd inotify, UniqueFd wake, std::size_t capacity)
    : inotify_(std::move(inotify)), wake_(std::move(wake)), buffer_(capacity) {}

InotifyReader::~InotifyReader() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  WakeReader();
  thread_.Join();
}

int InotifyReader::Watch(int directory_fd) {
  // By descriptor, because a path could lead elsewhere by now.
  const std::string path = absl::StrCat("/proc/self/fd/", directory_fd);
  const int wd = inotify_add_watch(inotify_.get(), path.c_str(), kMask);
  return wd >= 0 ? wd : -errno;
}

void InotifyReader::Unwatch(int wd) {
  // Fails when the directory is already deleted, which is as good.
  inotify_rm_watch(inotify_.get(), wd);
}

EventBuffer::Batch InotifyReader::Take(absl::Duration timeout) {
  absl::MutexLock lock(&mu_);
  mu_.AwaitWithTimeout(absl::Condition(this, &InotifyReader::SomethingLocked), timeout);
  woken_ = false;
  return buffer_.Take();
}

std::uint64_t InotifyReader::RequestFlush() {
  std::uint64_t number = 0;
  {
    absl::MutexLock lock(&mu_);
    number = ++requested_;
  }
  WakeReader();
  return number;
}

void InotifyReader::Wake() {
  absl::MutexLock lock(&mu_);
  woken_ = true;
}

void InotifyReader::InjectOverflow() {
  absl::MutexLock lock(&mu_);
  buffer_.Overflow();
}

std::uint64_t InotifyReader::event_count() const {
  absl::MutexLock lock(&mu_);
  return event_count_;
}

void InotifyReader::Run() {
  absl::Duration gather = absl::ZeroDuration();
  while (true) {
    Await(gather);
    std::uint64_t wakes = 0;
    const bool woken = read(wake_.get(), &wakes, sizeof(wakes)) > 0;
    std::uint64_t promised = 0;
    {
      absl::MutexLock lock(&mu_);
      if (stopping_) return;
      promised = requested_;
    }
    // The request was read before the queue, so the queue holds all that came before it.
    while (DrainKernelQueue()) {
    }
    gather = TimeToGather();
    if (!woken) continue;
    absl::MutexLock lock(&mu_);
    buffer_.MarkFlushed(promised);
  }
}

void InotifyReader::Await(absl::Duration gather) {
  std::array<pollfd, 2> ready = {{{wake_.get(), POLLIN, 0}, {inotify_.get(), POLLIN, 0}}};
  if (gather > absl::ZeroDuration()) {
    const timespec limit = absl::ToTimespec(gather);
    if (ppoll(ready.data(), 1, &limit, nullptr) > 0) return;
  }
  // Blocks until the kernel or WakeReader() has something; EINTR only costs a round.
  poll(ready.data(), ready.size(), -1);
}

absl::Duration InotifyReader::TimeToGather() {
  const absl::Duration now = MonotonicNow();
  const std::uint64_t count = event_count();
  const absl::Duration took = now - window_began_;
  const std::uint64_t came = count - window_count_;
  if (took > kWindow) {
    window_began_ = now;
    window_count_ = count;
  }
  if (came <= kManyEvents) return absl::ZeroDuration();
  return std::min(kLongestGather, took * kGathered / static_cast<std::int64_t>(came));
}

bool InotifyReader::DrainKernelQueue() {
  alignas(inotify_event) std::array<char, kReadBytes> bytes;
  const ssize_t got = read(inotify_.get(), bytes.data(), bytes.size());
  if (got <= 0) return false;
  absl::MutexLock lock(&mu_);
  event_count_ += buffer_.Append({bytes.data(), static_cast<std::size_t>(got)});
  return true;
}

bool InotifyReader::SomethingLocked() const { return woken_ || buffer_.HasNews(); }

void InotifyReader::WakeReader() {
  const std::uint64_t one = 1;
  // Can only fail when the counter is full, and then the reader is being woken anyway.
  if (write(wake_.get(), &one, sizeof(one)) < 0) return;
}

}  // namespace hestia
