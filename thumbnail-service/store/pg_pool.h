#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_POOL_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_POOL_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/types/span.h>

#include "thumbnail-service/store/pg_session.h"

namespace hestia {

// A fixed number of sessions for threads that need one now and then.
//
// Thread-safety: Transact and Read from any thread.
// Blocking: waits for a free session, then for the server.
class PgPool {
 public:
  // Connects nothing yet. `statements` must outlive the pool.
  PgPool(const std::string& url, absl::Span<const PgStatement> statements, int size,
         PgLimits limits = {}) {
    for (int i = 0; i < size; ++i) {
      sessions_.push_back(std::make_unique<PgSession>(url, statements, limits));
    }
  }

  // As PgSession::Transact, on whichever session is free.
  template <typename Fn>
  auto Transact(Fn&& fn) -> decltype(fn(std::declval<pqxx::work&>())) {
    std::unique_ptr<PgSession> session = Borrow();
    auto result = session->Transact(std::forward<Fn>(fn));
    Return(std::move(session));
    return result;
  }
  // As PgSession::Read, on whichever session is free.
  template <typename Fn>
  auto Read(Fn&& fn) -> decltype(fn(std::declval<pqxx::nontransaction&>())) {
    std::unique_ptr<PgSession> session = Borrow();
    auto result = session->Read(std::forward<Fn>(fn));
    Return(std::move(session));
    return result;
  }

 private:
  std::unique_ptr<PgSession> Borrow() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(this, &PgPool::FreeLocked));
    std::unique_ptr<PgSession> session = std::move(sessions_.back());
    sessions_.pop_back();
    return session;
  }
  void Return(std::unique_ptr<PgSession> session) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    sessions_.push_back(std::move(session));
  }
  bool FreeLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_) { return !sessions_.empty(); }

  absl::Mutex mu_;
  std::vector<std::unique_ptr<PgSession>> sessions_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_POOL_H_
