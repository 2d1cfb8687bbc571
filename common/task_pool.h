#ifndef HESTIA_COMMON_TASK_POOL_H_
#define HESTIA_COMMON_TASK_POOL_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "common/bounded_channel.h"
#include "common/named_thread.h"

namespace hestia {

// A few threads that run what gRPC reactions must not: anything that blocks.
//
// Thread-safety: TryRun from any thread; Stop from the owner's.
// Memory: at most `capacity` tasks wait.
class TaskPool {
 public:
  using Task = std::function<void()>;

  // Starts `threads` threads named `name`-0, `name`-1, …
  TaskPool(const std::string& name, int threads, std::size_t capacity);
  ~TaskPool();

  // Never blocks. False when full or stopping; `task` is then dropped, so tell the caller
  // RESOURCE_EXHAUSTED or UNAVAILABLE.
  bool TryRun(Task task);

  // Runs what was accepted, then joins. Idempotent.
  void Stop();

 private:
  BoundedChannel<Task> tasks_;
  std::vector<NamedThread> threads_;
};

}  // namespace hestia

#endif  // HESTIA_COMMON_TASK_POOL_H_
