#include "tests/watcher-service/convergence/watcher_host.h"

#include <signal.h>

#include <optional>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>
#include <gtest/gtest.h>

#include "common/grpc_server.h"
#include "tests/e2e/service_process.h"
#include "tests/watcher-service/temp_folder.h"
#include "watcher-service/libraries/library_set.h"
#include "watcher-service/rpc/watcher_service.h"

namespace hestia {
namespace {

constexpr absl::Duration kQuiet = absl::Milliseconds(5);
constexpr absl::Duration kStill = absl::Milliseconds(50);

class InProcessWatcher final : public WatcherHost {
 public:
  InProcessWatcher(const Script& script, const std::string& first, const std::string& second)
      : libraries_(OptionsFor(script), LibraryStore(""), 2), service_(libraries_, ServiceOptions{}) {
    EXPECT_TRUE(libraries_.Start({{"first", first}, {"second", second}}).ok());
    EXPECT_TRUE(libraries_.AwaitFirstWalks());
    auto server = GrpcServer::Start("127.0.0.1:0", kWatcherServiceName, &service_);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  ~InProcessWatcher() override {
    service_.RefuseStreams();
    libraries_.End(StoppingStatus());
    server_->Stop(absl::Seconds(3));
    service_.Stop();
  }

  std::string address() override { return server_->address(); }
  void Overflow() override { (*libraries_.Find("first"))->InjectOverflow(); }
  void Halt() override { FAIL() << "only a process can be halted"; }
  void Continue() override { FAIL() << "only a process can be halted"; }
  void Restart() override { FAIL() << "only a process can be killed"; }

 private:
  static WatchOptions OptionsFor(const Script& script) {
    WatchOptions options;
    options.ignore = ParseIgnorePolicy("*.tmp");
    options.timing.quiet = kQuiet;
    options.timing.still = kStill;
    options.event_capacity = script.event_capacity;
    options.journal.max_marks = script.journal_capacity;
    // As small a place to settle in as there is to remember.
    options.settle_capacity = script.journal_capacity;
    options.root_check_interval = absl::Milliseconds(20);
    options.reconcile_interval = absl::ZeroDuration();
    options.mode = script.polled ? WatchMode::kPoll : WatchMode::kAuto;
    options.poll_interval = absl::Milliseconds(200);
    return options;
  }

  LibrarySet libraries_;
  WatcherService service_;
  std::unique_ptr<GrpcServer> server_;
};

class WatcherProgram final : public WatcherHost {
 public:
  WatcherProgram(const Script& script, const std::string& first, const std::string& second)
      : arguments_({absl::StrCat("--libraries=first=", first, ",second=", second),
                    "--watcher_listen=127.0.0.1:0", "--ignore=*.tmp", "--log_level=error",
                    absl::StrCat("--settle_quiet=", absl::FormatDuration(kQuiet)),
                    absl::StrCat("--settle_still=", absl::FormatDuration(kStill)),
                    absl::StrCat("--event_capacity=", script.event_capacity),
                    absl::StrCat("--journal_capacity=", script.journal_capacity),
                    "--reconcile_interval=0", "--poll_interval=1s",
                    script.polled ? "--watch_mode=poll" : "--watch_mode=auto"}) {
    Start();
  }

  std::string address() override {
    absl::MutexLock lock(&mu_);
    return process_->address();
  }
  void Overflow() override { FAIL() << "nothing reaches into a process"; }
  void Halt() override { kill(process_->pid(), SIGSTOP); }
  void Continue() override { kill(process_->pid(), SIGCONT); }
  void Restart() override {
    absl::MutexLock lock(&mu_);
    process_->Kill();
    Start();
  }

 private:
  void Start() {
    process_.emplace(HESTIA_WATCHER_PROGRAM, arguments_, run_.path());
  }

  const std::vector<std::string> arguments_;
  TempFolder run_;
  absl::Mutex mu_;
  std::optional<test::ServiceProcess> process_;
};

}  // namespace

std::unique_ptr<WatcherHost> StartWatcher(const Script& script, const std::string& first,
                                          const std::string& second) {
  if (script.program) return std::make_unique<WatcherProgram>(script, first, second);
  return std::make_unique<InProcessWatcher>(script, first, second);
}

}  // namespace hestia
