#include "thumbnail-service/renderer/launcher.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "common/unique_fd.h"
#include "thumbnail-service/renderer/child.h"
#include "thumbnail-service/renderer/control_socket.h"
#include "thumbnail-service/renderer/jail/jail.h"

namespace hestia {
namespace {
// The service kills on time; this is for a launcher that was stopped.
constexpr std::uint64_t kGraceSeconds = 2;

// Where a child says which layers it entered: a page shared with it, which it gives up
// before it reads a byte of its image.
class LayerReport {
 public:
  LayerReport()
      : layers_(static_cast<std::uint32_t*>(::mmap(nullptr, sizeof(std::uint32_t),
                                                   PROT_READ | PROT_WRITE,
                                                   MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    if (layers_ == MAP_FAILED) std::abort();
  }
  void Clear() { *layers_ = 0; }
  std::uint32_t layers() const { return *layers_; }
  void WriteAndGiveUp(std::uint32_t layers) {
    *layers_ = layers;
    ::munmap(layers_, sizeof(std::uint32_t));
  }

 private:
  std::uint32_t* const layers_;
};

struct Child {
  pid_t pid = -1;
  UniqueFd pidfd;
  UniqueFd result;
  std::uint64_t request_id = 0;
  std::uint32_t layers = 0;
};

class Launcher {
 public:
  Launcher(ImageTask task, DescribeTask describe, Learning learning)
      : task_(task), describe_(describe), learning_(learning) {}

  int Run();

 private:
  [[noreturn]] void RunChild(const wire::Request& request, int source, int result);
  // Which layers a process without an image reaches.
  std::uint32_t TryJail();
  bool Launch(const wire::Request& request, int source, UniqueFd result);
  bool TakeRequest();
  bool ReportEnd(Child& child);
  void LearnFrom(const Child& child) const;
  void Serve();

  const ImageTask task_;
  const DescribeTask describe_;
  const Learning learning_;
  const pid_t own_pid_ = ::getpid();
  const std::uint64_t program_bytes_ = MappedBytes();
  SyscallFilter filter_ = SyscallFilter::For(JailedAs::kDecoder);
  LayerReport report_;
  std::uint32_t inherited_layers_ = 0;
  std::vector<Child> children_;
};

void Launcher::RunChild(const wire::Request& request, int source, int result) {
  // The socket is the launcher's: a child that could read it could take the next image.
  ::close(wire::kControlFd);
  // So are the other images' descriptors.
  children_.clear();
  const ProcessLimits limits{.memory_bytes = program_bytes_ + learning_.memory_bytes +
                                             request.limits.max_memory_bytes,
                             .file_bytes = request.result_bytes,
                             .cpu_seconds = request.limits.timeout_seconds + kGraceSeconds};
  const std::uint32_t layers =
      inherited_layers_ | EnterImageJail(own_pid_, limits, filter_).layers;
  report_.WriteAndGiveUp(layers);
  if ((request.required_layers & ~layers) != 0) ::_exit(EXIT_FAILURE);
  if (task_ != nullptr && source >= 0) task_(request, source, result);
  ::_exit(EXIT_SUCCESS);
}

std::uint32_t Launcher::TryJail() {
  wire::Request request;
  request.result_bytes = sizeof(wire::ResultHeader);
  request.limits.max_memory_bytes = std::uint64_t{1} << 30;
  const pid_t pid = ::fork();
  if (pid == 0) RunChild(request, -1, -1);
  wire::Report ended;
  return pid > 0 && WaitFor(pid, ended) ? report_.layers() : 0;
}

bool Launcher::Launch(const wire::Request& request, int source, UniqueFd result) {
  report_.Clear();
  const pid_t pid = ::fork();
  if (pid < 0) return false;
  if (pid == 0) RunChild(request, source, result.get());
  Child child{pid, OpenProcess(pid), std::move(result), request.preamble.request_id};
  wire::Report started;
  started.preamble.kind = wire::Kind::kStarted;
  started.preamble.request_id = child.request_id;
  started.pid = pid;
  if (!child.pidfd.valid() || !wire::Send(wire::kControlFd, started, {child.pidfd.get()})) {
    KillAndWaitFor(pid);
    return false;
  }
  children_.push_back(std::move(child));
  return true;
}

// False when the request cannot be served: then the service starts another launcher.
bool Launcher::TakeRequest() {
  wire::Request request;
  std::vector<UniqueFd> descriptors;
  if (!wire::Receive(wire::kControlFd, request, descriptors)) return false;
  if (request.preamble.kind == wire::Kind::kDescribe) return SendDescription(request, describe_);
  return request.preamble.kind == wire::Kind::kRequest && descriptors.size() == 2 && request.image_count <= wire::kMaxImages &&
         Launch(request, descriptors[0].get(), std::move(descriptors[1]));
}

bool Launcher::ReportEnd(Child& child) {
  wire::Report ended;
  ended.preamble.kind = wire::Kind::kEnded;
  ended.preamble.request_id = child.request_id;
  ended.layers = child.layers;
  if (!WaitFor(child.pid, ended) || !wire::Send(wire::kControlFd, ended)) return false;
  if (ended.wait_status == 0) LearnFrom(child);
  return true;
}

// After the end is told, which somebody waits for.
void Launcher::LearnFrom(const Child& child) const {
  if (learning_.learn == nullptr) return;
  wire::ResultHeader answer;
  if (::pread(child.result.get(), &answer, sizeof(answer), 0) != sizeof(answer)) return;
  if (answer.outcome == wire::Outcome::kRendered) learning_.learn(answer);
}

void Launcher::Serve() {
  std::vector<pollfd> waits;
  for (;;) {
    const bool full = children_.size() >= kMostChildren;
    waits.assign(1, {full ? -1 : wire::kControlFd, POLLIN, 0});
    for (const Child& child : children_) waits.push_back({child.pidfd.get(), POLLIN, 0});
    if (::poll(waits.data(), waits.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    // From the back, so that the indices of those not looked at yet stay true.
    for (std::size_t i = waits.size() - 1; i > 0; --i) {
      if (waits[i].revents == 0) continue;
      Child& ended = children_[i - 1];
      // Only the last one can be the report's: the page is cleared for each.
      if (i == children_.size()) ended.layers = report_.layers();
      if (!ReportEnd(ended)) return;
      children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(i) - 1);
    }
    if (waits[0].revents != 0 && !TakeRequest()) return;
  }
}

int Launcher::Run() {
  wire::Ready ready;
  ready.preamble.kind = wire::Kind::kReady;
  ready.posture = EnterLauncherJail({});
  inherited_layers_ = ready.posture.layers;
  // Wider than its children's, who enter theirs from within this one.
  const bool filtered = SyscallFilter::For(JailedAs::kLauncher).Enter();
  ready.posture.layers = TryJail() & (filtered ? kAllJailLayers : ~Bit(JailLayer::kSeccomp));
  if (!wire::Send(wire::kControlFd, ready)) return EXIT_FAILURE;
  Serve();
  for (const Child& child : children_) ::kill(child.pid, SIGKILL);
  return EXIT_SUCCESS;
}
}  // namespace

int RunLauncher(ImageTask task, DescribeTask describe, Learning learning) {
  return Launcher(task, describe, learning).Run();
}

}  // namespace hestia
