#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/grpc_server.h"
#include "common/monotonic_clock.h"
#include "hestia/watcher/v1/watcher.grpc.pb.h"
#include "tests/watcher-service/forced_mode.h"
#include "tests/watcher-service/temp_folder.h"

namespace hestia {
namespace {

using testing::HasSubstr;

// The real binary, with its output in a file.
class ProgramTest : public testing::Test {
 protected:
  void TearDown() override {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  void Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), HESTIA_WATCHER_PROGRAM);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, run_.Full("out").c_str(), O_WRONLY | O_CREAT,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    ASSERT_EQ(posix_spawn(&pid_, HESTIA_WATCHER_PROGRAM, &actions, nullptr, argv.data(), environ),
              0);
    posix_spawn_file_actions_destroy(&actions);
  }

  int Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  std::string Output() const {
    std::ostringstream text;
    text << std::ifstream(run_.Full("out")).rdbuf();
    return text.str();
  }

  // Starts a service on a free port and waits until it tells its address.
  std::string Serve(std::vector<std::string> arguments) {
    arguments.push_back("--watcher_listen=127.0.0.1:0");
    arguments.push_back("--address_file=" + run_.Full("address"));
    if (PollingIsForced()) {
      arguments.insert(arguments.end(), {"--watch_mode=poll", "--poll_interval=200ms"});
    }
    Run(std::move(arguments));
    std::string address;
    // The file appears whole; until then there is nothing else to wait on but its name.
    while (!(std::ifstream(run_.Full("address")) >> address) &&
           waitpid(pid_, nullptr, WNOHANG) == 0) {
      sched_yield();
    }
    return address;
  }

  TempFolder run_;
  TempFolder photos_;
  pid_t pid_ = 0;
};

TEST_F(ProgramTest, SigtermEndsItInOrderWhileAStreamIsOpen) {
  photos_.Write("a", "x");
  const std::string address = Serve({"--libraries=photos=" + photos_.path()});
  const auto stub = watcher::v1::WatcherService::NewStub(GrpcClientChannel(address));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  watcher::v1::WatchRequest request;
  request.set_library("photos");
  const auto stream = stub->Watch(&context, request);
  watcher::v1::WatchResponse response;
  ASSERT_TRUE(stream->Read(&response));
  const absl::Duration asked = MonotonicNow();
  kill(pid_, SIGTERM);
  while (stream->Read(&response)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Wait(), 0) << Output();
  EXPECT_LT(MonotonicNow() - asked, absl::Seconds(10));
  EXPECT_THAT(Output(), HasSubstr("stopping signal=SIGTERM"));
}

TEST_F(ProgramTest, SigtermEndsItWhileFilesPourInAndAClientDoesNotRead) {
  const std::string address = Serve({"--libraries=photos=" + photos_.path()});
  const auto stub = watcher::v1::WatcherService::NewStub(GrpcClientChannel(address));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  watcher::v1::WatchRequest request;
  request.set_library("photos");
  const auto stream = stub->Watch(&context, request);
  for (int i = 0; i < 20'000; ++i) {
    photos_.Write("f" + std::to_string(i), "");
    if (i == 10'000) kill(pid_, SIGTERM);
  }
  EXPECT_EQ(Wait(), 0) << Output();
}

TEST_F(ProgramTest, AllWrongSettingsAreToldTogether) {
  Run({"--libraries=Bad Name=x", "--max_streams=0", "--settle_quiet=1h", "--log_level=loud",
       "--watcher_listen=nowhere"});
  EXPECT_EQ(Wait(), 2);
  for (const char* const flag :
       {"--libraries", "--max_streams", "--settle_quiet", "--log_level", "--watcher_listen"}) {
    EXPECT_THAT(Output(), HasSubstr(flag));
  }
}

TEST_F(ProgramTest, HelpAndVersionAreNoErrors) {
  Run({"--help"});
  EXPECT_EQ(Wait(), 0);
  EXPECT_THAT(Output(), HasSubstr("HESTIA_LIBRARIES"));
  Run({"--version"});
  EXPECT_EQ(Wait(), 0);
  EXPECT_THAT(Output(), HasSubstr("watcher-service"));
}

TEST_F(ProgramTest, APortThatIsTakenIsAnError) {
  const std::string address = Serve({});
  const pid_t first = pid_;
  Run({"--watcher_listen=" + address});
  EXPECT_EQ(Wait(), 1);
  EXPECT_THAT(Output(), HasSubstr(address));
  pid_ = first;
}

}  // namespace
}  // namespace hestia
