#include "common/named_thread.h"

#include <pthread.h>

#include <utility>

namespace hestia {
namespace {
constexpr std::size_t kMaxNameBytes = 15;

// noexcept: what nobody foresaw ends the process with the thread's stack still there.
void Run(const std::string& name, const std::function<void()>& body) noexcept {
  pthread_setname_np(pthread_self(), name.substr(0, kMaxNameBytes).c_str());
  body();
}
}  // namespace

NamedThread::NamedThread(std::string name, std::function<void()> body)
    : thread_([name = std::move(name), body = std::move(body)] { Run(name, body); }) {}

NamedThread& NamedThread::operator=(NamedThread&& other) {
  Join();
  thread_ = std::move(other.thread_);
  return *this;
}

NamedThread::~NamedThread() { Join(); }

void NamedThread::Join() {
  if (thread_.joinable()) thread_.join();
}

std::string CurrentThreadName() {
  char name[kMaxNameBytes + 1] = {};
  pthread_getname_np(pthread_self(), name, sizeof(name));
  return name;
}

}  // namespace hestia
