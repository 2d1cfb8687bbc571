#ifndef HESTIA_THUMBNAIL_SERVICE_STORE_PG_SESSION_H_
#define HESTIA_THUMBNAIL_SERVICE_STORE_PG_SESSION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <absl/types/span.h>
#include <pqxx/pqxx>

#include "thumbnail-service/store/pg_status.h"
#include "thumbnail-service/store/pg_watchdog.h"

namespace hestia {

// A prepared statement: its name, and its SQL beside it.
struct PgStatement {
  const char* name;
  const char* sql;
};

// Whether libpq can make sense of a connection string or URL; connects nothing.
//   kInvalidArgument  libpq's own words: tell the user.
absl::Status CheckDatabaseUrl(const std::string& url);

// How long a session's calls may take.
struct PgLimits {
  absl::Duration statement = absl::Seconds(60);  // then the server ends it
  absl::Duration lock = absl::Seconds(10);       // a lock not had by then will not come
  // A whole transaction; then the connection is given up, because nobody is there any more.
  absl::Duration answer = absl::Seconds(75);
  // Every statement looks few keys up by index. Then plans are held to that: one made while the
  // tables were empty would scan them for as long as the connection lives.
  bool few_keys = false;
};

// One connection to PostgreSQL, made when first needed and made anew after it broke. Never
// re-activated silently: libpqxx would lose session state without a word.
//
// Thread-safety: none (a libpqxx connection and all it spawns is one world).
// Blocking: every method waits for the server, as long as its limits say; a connection attempt
//   5 s a host, unless the URL says otherwise.
class PgSession {
 public:
  // `url` is a libpq connection string or URL; `statements` must outlive the session and are
  // prepared with each connection.
  PgSession(const std::string& url, absl::Span<const PgStatement> statements,
            PgLimits limits = {});

  // Runs `fn(pqxx::work&)` in a transaction and commits when it returns OK. `fn` returns
  // absl::Status or absl::StatusOr and may run several times: one that lost a race (kAborted)
  // is repeated at once. Errors: see CallPg; after kUnavailable the next call connects anew.
  template <typename Fn>
  auto Transact(Fn&& fn) -> decltype(fn(std::declval<pqxx::work&>())) {
    return Within<pqxx::work>(std::forward<Fn>(fn));
  }
  // The same for one statement that only reads: without BEGIN and COMMIT, each a round trip.
  template <typename Fn>
  auto Read(Fn&& fn) -> decltype(fn(std::declval<pqxx::nontransaction&>())) {
    return Within<pqxx::nontransaction>(std::forward<Fn>(fn));
  }

  // The connection for LISTEN; connects when there is none. Throws like libpqxx.
  pqxx::connection& Connect();
  void Disconnect() {
    line_.reset();
    connection_.reset();
  }
  // Keeps a call on Connect()'s connection from waiting for ever; Transact has it already.
  PgWatchdog::Expectation ExpectAnswer() { return {*line_, limits_.answer}; }
  // How many connections were made so far. What a session held is gone with each new one.
  int connections() const { return connections_; }

 private:
  // Two transactions that lock the same rows in another order meet rarely, thrice in a row
  // hardly ever.
  static constexpr int kTries = 4;

  template <typename Transaction, typename Fn>
  auto Within(Fn&& fn) -> decltype(fn(std::declval<Transaction&>())) {
    using Result = decltype(fn(std::declval<Transaction&>()));
    for (int tries = 1;; ++tries) {
      Result result = CallPg([&]() -> Result {
        Connect();
        const PgWatchdog::Expectation answer = ExpectAnswer();
        Transaction transaction(*connection_);
        Result inner = fn(transaction);
        if (inner.ok()) transaction.commit();
        return inner;
      });
      if (absl::IsUnavailable(StatusOf(result))) Disconnect();
      if (!absl::IsAborted(StatusOf(result)) || tries == kTries) return result;
    }
  }

  static absl::Status StatusOf(const absl::Status& status) { return status; }
  template <typename T>
  static absl::Status StatusOf(const absl::StatusOr<T>& result) {
    return result.status();
  }

  const std::string url_;
  const absl::Span<const PgStatement> statements_;
  const PgLimits limits_;
  std::unique_ptr<pqxx::connection> connection_;
  std::unique_ptr<PgWatchdog::Line> line_;  // with each connection
  int connections_ = 0;
};

// `text` as a parameter. A NUL would end it there without a word (libpq's text format), and
// another text would be stored or found; so each becomes U+FFFD.
std::string PgText(absl::string_view text);

// A PostgreSQL array literal of text or bigint, for `$n::text[]` and `$n::bigint[]`.
std::string PgArray(const std::vector<std::string>& values);
std::string PgArray(absl::Span<const std::int64_t> values);
std::string PgArray(const std::vector<bool>& values);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_STORE_PG_SESSION_H_
