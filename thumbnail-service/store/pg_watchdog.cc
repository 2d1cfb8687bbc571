#include "thumbnail-service/store/pg_watchdog.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "common/logging.h"
#include "common/monotonic_clock.h"

namespace hestia {
namespace {
// Limits are seconds, so a quarter late is early enough, and calls cost no wake-up.
constexpr absl::Duration kLook = absl::Milliseconds(250);
}  // namespace

PgWatchdog& PgWatchdog::Process() {
  static PgWatchdog watchdog;
  return watchdog;
}

PgWatchdog::PgWatchdog() {
  thread_ = NamedThread("db-watch", [this] { Run(); });
}

PgWatchdog::~PgWatchdog() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.Join();
}

void PgWatchdog::Run() {
  absl::MutexLock lock(&mu_);
  while (!mu_.AwaitWithTimeout(absl::Condition(&stopping_), kLook)) {
    ShutOverdueLocked(MonotonicNow());
  }
}

void PgWatchdog::ShutOverdueLocked(absl::Duration now) {
  for (Line* line : lines_) {
    const std::int64_t due = line->due_ns_.load(std::memory_order_relaxed);
    if (due == 0 || absl::ToInt64Nanoseconds(now) < due) continue;
    LogWarning("database does not answer, giving the connection up");
    shutdown(line->socket_.get(), SHUT_RDWR);
    line->due_ns_ = 0;
  }
}

PgWatchdog::Line::Line(int socket) : socket_(fcntl(socket, F_DUPFD_CLOEXEC, 0)) {
  PgWatchdog& watchdog = Process();
  absl::MutexLock lock(&watchdog.mu_);
  watchdog.lines_.insert(this);
}

PgWatchdog::Line::~Line() {
  PgWatchdog& watchdog = Process();
  absl::MutexLock lock(&watchdog.mu_);
  watchdog.lines_.erase(this);
}

void PgWatchdog::Line::Expect(absl::Duration limit) {
  due_ns_.store(absl::ToInt64Nanoseconds(MonotonicNow() + limit), std::memory_order_relaxed);
}

void PgWatchdog::Line::Answered() { due_ns_.store(0, std::memory_order_relaxed); }

}  // namespace hestia
