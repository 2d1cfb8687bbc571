#include "thumbnail-service/store/pg_listener.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include <absl/random/random.h>
#include <absl/strings/str_cat.h>

#include "common/backoff.h"
#include "common/logging.h"
#include "common/monotonic_clock.h"

namespace hestia {
namespace {

constexpr Backoff kReconnect{.base = absl::Milliseconds(100), .cap = absl::Seconds(2)};

class Receiver final : public pqxx::notification_receiver {
 public:
  Receiver(pqxx::connection& connection, const std::string& channel, std::function<void()> call)
      : pqxx::notification_receiver(connection, channel), call_(std::move(call)) {}
  void operator()(const std::string&, int) override { call_(); }

 private:
  const std::function<void()> call_;
};

void Execute(pqxx::connection& connection, const char* sql) {
  pqxx::nontransaction(connection).exec(sql);
}

}  // namespace

PgListener::PgListener(const std::string& url, Options options, Calls calls)
    : options_(options),
      calls_(std::move(calls)),
      session_(url, {}, PgLimits{.statement = options.answer, .lock = options.answer,
                                 .answer = options.answer}),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  thread_ = NamedThread("listen", [this] { Run(); });
}

PgListener::~PgListener() { Stop(); }

void PgListener::Stop() {
  stopping_ = true;
  eventfd_write(wake_.get(), 1);
  thread_.Join();
}

void PgListener::Announce(bool jobs, bool progress) {
  bool fresh = false;
  if (jobs) fresh |= !jobs_to_tell_.exchange(true);
  if (progress) fresh |= !progress_to_tell_.exchange(true);
  if (fresh) eventfd_write(wake_.get(), 1);
}

PgListener::Event PgListener::Await(int socket, absl::Duration timeout) {
  pollfd fds[] = {{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                  {.fd = socket, .events = POLLIN, .revents = 0}};
  const int ready =
      poll(fds, socket < 0 ? 1 : 2, static_cast<int>(absl::ToInt64Milliseconds(
                                        absl::Ceil(timeout, absl::Milliseconds(1)))));
  eventfd_t ignored = 0;
  const bool woken = (fds[0].revents & POLLIN) != 0 && eventfd_read(wake_.get(), &ignored) == 0;
  if (stopping_) return Event::kStop;
  if ((fds[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0) return Event::kReadable;
  return woken && ready > 0 ? Event::kAnnounce : Event::kTimeout;
}

absl::Duration PgListener::UntilAnnouncement(absl::Duration now) const {
  if (!jobs_to_tell_ && !progress_to_tell_) return absl::InfiniteDuration();
  return std::max(told_at_ + options_.quiet - now, absl::ZeroDuration());
}

void PgListener::SendAnnouncements(pqxx::connection& connection) {
  const bool jobs = jobs_to_tell_.exchange(false);
  const bool progress = progress_to_tell_.exchange(false);
  told_at_ = MonotonicNow();
  const PgWatchdog::Expectation answer = session_.ExpectAnswer();
  if (jobs && progress) {
    Execute(connection, "NOTIFY hestia_jobs; NOTIFY hestia_progress");
  } else if (jobs || progress) {
    Execute(connection, jobs ? "NOTIFY hestia_jobs" : "NOTIFY hestia_progress");
  }
}

void PgListener::Fallback() {
  calls_.jobs();
  calls_.progress();
}

void PgListener::Listen() {
  pqxx::connection& connection = session_.Connect();
  std::unique_ptr<Receiver> jobs;
  std::unique_ptr<Receiver> progress;
  {
    const PgWatchdog::Expectation answer = session_.ExpectAnswer();
    jobs = std::make_unique<Receiver>(connection, "hestia_jobs", calls_.jobs);
    progress = std::make_unique<Receiver>(connection, "hestia_progress", calls_.progress);
  }
  if (!std::exchange(listening_, true)) LogInfo("notifications come again");
  Fallback();  // what came while nobody listened
  absl::Duration heard_at = MonotonicNow();
  absl::Duration next_fallback = heard_at + options_.fallback;
  while (true) {
    const absl::Duration now = MonotonicNow();
    const absl::Duration until_due =
        std::max(std::min(next_fallback, heard_at + options_.probe) - now, absl::ZeroDuration());
    const Event event = Await(connection.sock(), std::min(until_due, UntilAnnouncement(now)));
    if (event == Event::kStop) {
      const PgWatchdog::Expectation answer = session_.ExpectAnswer();
      jobs.reset();
      progress.reset();
      return;
    }
    if (event == Event::kReadable) {
      connection.get_notifs();
      heard_at = MonotonicNow();
    }
    if (UntilAnnouncement(MonotonicNow()) <= absl::ZeroDuration()) {
      SendAnnouncements(connection);
      connection.get_notifs();
      heard_at = MonotonicNow();
    }
    if (MonotonicNow() - heard_at >= options_.probe) {
      const PgWatchdog::Expectation answer = session_.ExpectAnswer();
      Execute(connection, "SELECT 1");
      heard_at = MonotonicNow();
    }
    if (MonotonicNow() >= next_fallback) {
      Fallback();
      next_fallback = MonotonicNow() + options_.fallback;
    }
  }
}

void PgListener::Run() {
  absl::BitGen random;
  int failures = 0;
  while (!stopping_) {
    const int connections = session_.connections();
    const absl::Status status = CallPg([&]() -> absl::Status {
      Listen();
      return absl::OkStatus();
    });
    session_.Disconnect();
    if (status.ok()) return;
    if (std::exchange(listening_, false)) {
      LogWarning(absl::StrCat("notifications interrupted: ", status.message()));
    }
    failures = session_.connections() > connections ? 0 : failures + 1;
    const absl::Duration again = MonotonicNow() + kReconnect.Delay(failures, random);
    // An announcement wakes it too, and waits for the connection.
    while (!stopping_ && MonotonicNow() < again) {
      Await(-1, std::min(again - MonotonicNow(), options_.fallback));
    }
    Fallback();
  }
}

}  // namespace hestia
