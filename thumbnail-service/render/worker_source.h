#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_WORKER_SOURCE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_WORKER_SOURCE_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/unique_fd.h"
#include "thumbnail-service/render/jail_posture.h"
#include "thumbnail-service/render/renderer_process.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {

// One OpenImageIO process, with the control socket of renderer/wire.h.
//
// Thread-safety: none. Ownership: the process is killed by the destructor, and waited for by
// the launcher that made it.
class Worker {
 public:
  Worker(pid_t pid, UniqueFd process, UniqueFd control, UniqueFd status)
      : pid_(pid),
        process_(std::move(process)),
        control_(std::move(control)),
        status_(std::move(status)) {}
  ~Worker() { Kill(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  int control() const { return control_.get(); }
  void Kill();
  // Kills it if it still runs; how it ended and what it used. nullopt: nobody knows.
  std::optional<wire::Report> End();

  // Memory it has in use now; 0 where /proc does not tell.
  std::uint64_t ResidentBytes() const;
  // Limits the address space to what is mapped now and `bytes` more; no later limit can be
  // larger.
  bool LimitMemory(std::uint64_t bytes);
  // The same for the next image, within that limit.
  bool LimitNextImage(std::uint64_t bytes);

 private:
  const pid_t pid_;
  const UniqueFd process_;  // pidfd
  const UniqueFd control_;
  const UniqueFd status_;
  std::uint64_t most_mapped_ = 0;  // the limit; 0: none was set
};

// Where the slots of a service get their OpenImageIO processes from. One is always kept in
// reserve from the first on, because the program needs 0.3 s to start.
//
// Thread-safety: every method from any thread.
// Blocking: Take until a worker is ready, at once while the reserve is; at most 30 s.
// Processes: the launcher, and one worker more than were taken and not destroyed.
class WorkerSource {
 public:
  // `launcher` is the program that starts `program`. A worker gets `memory_bytes` for its
  // images.
  WorkerSource(std::string launcher, std::string program, std::uint64_t memory_bytes,
               JailMode mode)
      : launcher_program_(std::move(launcher)),
        program_(std::move(program)),
        memory_bytes_(memory_bytes),
        mode_(mode) {}

  // Starts the launcher, but no worker, and says how far into its jail a worker will come.
  //   kUnavailable  RENDERER_UNAVAILABLE, as Renderer::Prepare
  absl::StatusOr<Posture> Prepare(int cancel) ABSL_LOCKS_EXCLUDED(mu_);

  // A worker that is ready, the reserve if there is one, and another one into reserve.
  //   kUnavailable  RENDERER_UNAVAILABLE, as Renderer::Prepare
  //   kCancelled    `cancel` became readable.
  absl::StatusOr<std::unique_ptr<Worker>> Take(int cancel) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  absl::Status EnsureLauncher(int cancel) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<std::unique_ptr<Worker>> StartWorker(int cancel)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<std::unique_ptr<Worker>> ReserveOrNew(int cancel) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status AwaitReady(Worker& worker, int cancel) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status Unavailable(absl::string_view why) const;

  const std::string launcher_program_;
  const std::string program_;
  const std::uint64_t memory_bytes_;
  const JailMode mode_;

  absl::Mutex mu_;
  std::unique_ptr<RendererProcess> launcher_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<Worker> reserve_ ABSL_GUARDED_BY(mu_);  // started, perhaps not ready yet
  std::uint64_t last_request_ ABSL_GUARDED_BY(mu_) = 0;
  // What the first worker reached; those after it must, too.
  std::uint32_t required_layers_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_WORKER_SOURCE_H_
