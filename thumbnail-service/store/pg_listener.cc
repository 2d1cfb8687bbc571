#include "thumbnail-service/store/pg_listener.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <utility>

#include <absl/strings/str_cat.h>

#include "common/logging.h"

namespace hestia {
namespace {

class Receiver final : public pqxx::notification_receiver {
 public:
  Receiver(pqxx::connection& connection, const std::string& channel, std::function<void()> call)
      : pqxx::notification_receiver(connection, channel), call_(std::move(call)) {}
  void operator()(const std::string&, int) override { call_(); }

 private:
  const std::function<void()> call_;
};

}  // namespace

PgListener::PgListener(const std::string& url, absl::Duration fallback, Calls calls)
    : fallback_(fallback),
      calls_(std::move(calls)),
      session_(url, {}),
      stop_(eventfd(0, EFD_CLOEXEC)) {
  thread_ = NamedThread("listen", [this] { Run(); });
}

PgListener::~PgListener() { Stop(); }

void PgListener::Stop() {
  eventfd_write(stop_.get(), 1);
  thread_.Join();
}

PgListener::Event PgListener::Await(int socket) {
  pollfd fds[] = {{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                  {.fd = socket, .events = POLLIN, .revents = 0}};
  const int ready =
      poll(fds, socket < 0 ? 1 : 2, static_cast<int>(absl::ToInt64Milliseconds(fallback_)));
  if ((fds[0].revents & POLLIN) != 0) return Event::kStop;
  return ready == 0 ? Event::kTimeout : Event::kReadable;
}

void PgListener::Fallback() {
  calls_.jobs();
  calls_.progress();
}

void PgListener::Run() {
  bool listening = true;  // for one log line per change
  bool stopping = false;
  while (!stopping) {
    const absl::Status status = CallPg([&]() -> absl::Status {
      pqxx::connection& connection = session_.Connect();
      const Receiver jobs(connection, "hestia_jobs", calls_.jobs);
      const Receiver progress(connection, "hestia_progress", calls_.progress);
      listening = true;
      Fallback();  // what came while nobody listened
      while (!stopping) {
        const Event event = Await(connection.sock());
        stopping = event == Event::kStop;
        if (event == Event::kTimeout) Fallback();
        connection.get_notifs();
      }
      return absl::OkStatus();
    });
    session_.Disconnect();
    if (status.ok()) continue;
    if (listening) LogWarning(absl::StrCat("notifications interrupted: ", status.message()));
    listening = false;
    stopping = Await(-1) == Event::kStop;
    Fallback();
  }
}

}  // namespace hestia
