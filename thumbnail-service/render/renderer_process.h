#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_RENDERER_PROCESS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_RENDERER_PROCESS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/unique_fd.h"
#include "thumbnail-service/renderer/jail/posture.h"

namespace hestia {

// Which of the things waited for came first.
enum class Waited { kReadable, kTimedOut, kCancelled };

// Waits until `fd` can be read (or its peer is gone), `cancel` can be read, or the
// monotonic clock (common/monotonic_clock.h) reaches `deadline`.
Waited WaitReadable(int fd, int cancel, absl::Duration deadline);

// A renderer program while it runs, with the control socket of renderer/wire.h. It gets
// nothing of our environment, no descriptor but that socket, and no way to write into our logs.
//
// Thread-safety: none. Blocking: Start, until the program says it is ready.
// Ownership: the process is killed and waited for by the destructor, at the latest.
class RendererProcess {
 public:
  // `command` is the program's path and its arguments. `cancel` is a descriptor that becomes
  // readable when nobody wants the result any more.
  //   kUnavailable  RENDERER_UNAVAILABLE, naming the program and the reason.
  //   kCancelled    `cancel` became readable.
  static absl::StatusOr<std::unique_ptr<RendererProcess>> Start(
      const std::vector<std::string>& command, int cancel);
  ~RendererProcess();

  RendererProcess(const RendererProcess&) = delete;
  RendererProcess& operator=(const RendererProcess&) = delete;

  int control() const { return control_.get(); }
  // How far into the jail it says it came.
  const Posture& posture() const { return posture_; }

  // Kills the program if it still runs; returns how it ended, as wait4(2).
  int End();

 private:
  static absl::StatusOr<std::unique_ptr<RendererProcess>> Spawn(
      const std::vector<std::string>& command);
  RendererProcess(pid_t pid, UniqueFd control) : pid_(pid), control_(std::move(control)) {}

  pid_t pid_;
  UniqueFd control_;
  Posture posture_;
  int wait_status_ = 0;
};

// "exit code 1", "signal 11 (Segmentation fault)".
std::string DescribeEnd(int wait_status);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_RENDERER_PROCESS_H_
