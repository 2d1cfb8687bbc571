#include "common/task_pool.h"

#include <optional>
#include <utility>

#include <absl/strings/str_cat.h>

namespace hestia {

TaskPool::TaskPool(const std::string& name, int threads, std::size_t capacity) : tasks_(capacity) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back(absl::StrCat(name, "-", i), [this] {
      while (std::optional<Task> task = tasks_.Pop()) (*task)();
    });
  }
}

TaskPool::~TaskPool() { Stop(); }

bool TaskPool::TryRun(Task task) {
  return tasks_.TryPush(std::move(task)) == PushResult::kAccepted;
}

void TaskPool::Stop() {
  tasks_.Close();
  for (NamedThread& thread : threads_) thread.Join();
}

}  // namespace hestia
