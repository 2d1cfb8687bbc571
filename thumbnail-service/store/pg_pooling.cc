#include "thumbnail-service/store/pg_pooling.h"

#include "thumbnail-service/store/pg_session.h"

namespace hestia {
namespace {

// A pool may by chance give two connections different backends; hardly so often in a row.
constexpr int kLooks = 5;

absl::StatusOr<int> BackendOf(pqxx::work& tx) {
  return tx.exec1("SELECT pg_backend_pid()")[0].as<int>();
}

}  // namespace

absl::Status CheckOwnSessions(const std::string& url) {
  PgSession first(url, {});
  PgSession second(url, {});
  for (int look = 0; look < kLooks; ++look) {
    const absl::StatusOr<int> one = first.Transact(BackendOf);
    if (!one.ok()) return one.status();
    const absl::StatusOr<int> other = second.Transact(BackendOf);
    if (!other.ok()) return other.status();
    // Both are connected, so with sessions of their own they cannot have the same backend.
    if (*one != *other) continue;
    return absl::FailedPreconditionError(
        "database_url leads through a connection pool in transaction (or statement) mode. This "
        "service keeps state in its sessions, and all of it would break: the advisory lock that "
        "tells a dead replica, LISTEN for prompt work, prepared statements, and time limits made "
        "by SET. Set pool_mode = session for this database, or connect to PostgreSQL directly");
  }
  return absl::OkStatus();
}

}  // namespace hestia
