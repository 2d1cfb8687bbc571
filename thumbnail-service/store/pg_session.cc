#include "thumbnail-service/store/pg_session.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

namespace hestia {
namespace {

// A statement that takes longer is stuck, a lock not had by then will not come, and a
// transaction left open would hold back vacuum for everyone.
constexpr char kTimeouts[] =
    "SET statement_timeout = '60s'; SET lock_timeout = '10s'; "
    "SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = 'warning'";

void AppendQuoted(std::string* literal, absl::string_view value) {
  literal->push_back('"');
  for (const char c : value) {
    if (c == '"' || c == '\\') literal->push_back('\\');
    literal->push_back(c);
  }
  literal->push_back('"');
}

void ForbidReactivation(pqxx::connection& connection) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

}  // namespace

absl::Status FromSqlError(const pqxx::sql_error& error) {
  const std::string state = error.sqlstate();
  const std::string message = absl::StrCat(state, ": ", error.what());
  for (const char* const prefix : {"08", "53", "57", "25006"}) {
    if (absl::StartsWith(state, prefix)) return absl::UnavailableError(message);
  }
  if (absl::StartsWith(state, "40") || state == "55P03") return absl::AbortedError(message);
  return absl::InternalError(message);
}

pqxx::connection& PgSession::Connect() {
  if (connection_ != nullptr && connection_->is_open()) return *connection_;
  connection_ = std::make_unique<pqxx::connection>(url_);
  ForbidReactivation(*connection_);
  {
    pqxx::nontransaction direct(*connection_);
    direct.exec(kTimeouts);
  }
  for (const PgStatement& statement : statements_) {
    connection_->prepare(statement.name, statement.sql);
  }
  return *connection_;
}

std::string PgArray(const std::vector<std::string>& values) {
  std::string literal = "{";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) literal.push_back(',');
    AppendQuoted(&literal, values[i]);
  }
  literal.push_back('}');
  return literal;
}

std::string PgArray(const std::vector<std::int64_t>& values) {
  return absl::StrCat("{", absl::StrJoin(values, ","), "}");
}

std::string PgArray(const std::vector<bool>& values) {
  return absl::StrCat("{",
                      absl::StrJoin(values, ",",
                                    [](std::string* out, bool value) {
                                      out->append(value ? "t" : "f");
                                    }),
                      "}");
}

}  // namespace hestia
