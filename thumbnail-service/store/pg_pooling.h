#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_POOLING_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_POOLING_H_

#include <string>

#include <absl/status/status.h>

namespace hestia {

// Whether a connection of `url` is a session of its own, as it is without a pool and with
// pgbouncer's pool_mode=session.
//   kFailedPrecondition  a pool hands sessions from one connection to the other: a sentence
//                        that says what would break and what to set. Tell the user.
//   otherwise            as PgSession::Transact
absl::Status CheckOwnSessions(const std::string& url);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_POOLING_H_
