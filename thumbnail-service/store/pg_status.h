#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_STATUS_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_STATUS_H_

#include <absl/status/status.h>
#include <pqxx/pqxx>

namespace hestia {

// What an SQL error asks the caller to do, by its SQLSTATE (PostgreSQL manual, appendix A):
//   kUnavailable  class 08, 53, 57, and 25006 (read-only): the server is going, full or
//                 standing by: reconnect, repeat
//   kAborted      55P03 (a lock not had in time), 23503 (what was referred to has just been
//                 collected): repeat now
//   kInternal     anything else; the message begins with the SQLSTATE
absl::Status FromSqlError(const pqxx::sql_error& error);

// Runs `fn`, which returns absl::Status or absl::StatusOr, and turns libpqxx's exceptions
// into such codes. This is the one border where they are caught:
//   kUnavailable  connection lost, or the commit's fate unknown: reconnect, repeat. Safe
//                 after an unknown commit because every write here is guarded or idempotent.
//   kAborted      lost a race with another transaction (deadlock, serialization): repeat now.
//                 libpqxx derives these from no sql_error.
// A usage or conversion error of libpqxx is a bug and leaves this function.
template <typename Fn>
auto CallPg(Fn&& fn) -> decltype(fn()) {
  try {
    return fn();
  } catch (const pqxx::broken_connection& e) {
    return absl::UnavailableError(e.what());
  } catch (const pqxx::in_doubt_error& e) {
    return absl::UnavailableError(e.what());
  } catch (const pqxx::statement_completion_unknown& e) {
    return absl::UnavailableError(e.what());
  } catch (const pqxx::transaction_rollback& e) {
    return absl::AbortedError(e.what());
  } catch (const pqxx::sql_error& e) {
    return FromSqlError(e);
  }
}

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_STATUS_H_
