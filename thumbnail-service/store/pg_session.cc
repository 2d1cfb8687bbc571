#include "thumbnail-service/store/pg_session.h"

#include <libpq-fe.h>

#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_replace.h>

namespace hestia {
namespace {

// No transaction here waits for anything but its own statements. One that does belongs to a
// process that stands still, and its locks keep the others from taking over.
std::string Timeouts(const PgLimits& limits) {
  return absl::StrCat("SET statement_timeout = ", absl::ToInt64Milliseconds(limits.statement),
                      "; SET lock_timeout = ", absl::ToInt64Milliseconds(limits.lock),
                      "; SET idle_in_transaction_session_timeout = '5s'"
                      "; SET client_min_messages = 'warning'; SET jit = off",
                      limits.few_keys ? "; SET enable_seqscan = off; SET enable_hashjoin = off"
                                        "; SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan"
                                      : "");
}

// Without these a machine that vanished is noticed after a quarter of an hour.
constexpr std::pair<const char*, const char*> kConnectionDefaults[] = {
    {"connect_timeout", "5"},     {"keepalives_idle", "10"},      {"keepalives_interval", "5"},
    {"keepalives_count", "2"},    {"tcp_user_timeout", "15000"}};

// `url` as a connection string with what it leaves out of kConnectionDefaults. One that libpq
// cannot parse is left to its own error message.
std::string WithDefaults(const std::string& url) {
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(url.c_str(), nullptr), PQconninfoFree);
  if (options == nullptr) return url;
  absl::flat_hash_map<std::string, std::string> values(std::begin(kConnectionDefaults),
                                                       std::end(kConnectionDefaults));
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) values[option->keyword] = option->val;
  }
  std::string text;
  for (const auto& [keyword, value] : values) {
    absl::StrAppend(&text, keyword, "='",
                    absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"'", "\\'"}}), "' ");
  }
  return text;
}

constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

void AppendQuoted(std::string* literal, absl::string_view value) {
  literal->push_back('"');
  for (const char c : value) {
    if (c == '\0') {
      literal->append(kReplacement.data(), kReplacement.size());
      continue;
    }
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
  if (state == "55P03" || state == "23503") return absl::AbortedError(message);
  return absl::InternalError(message);
}

absl::Status CheckDatabaseUrl(const std::string& url) {
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(url.c_str(), &problem), PQconninfoFree);
  const std::unique_ptr<char, void (*)(void*)> owned(problem, PQfreemem);
  if (options != nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "cannot be understood: ", absl::StripAsciiWhitespace(problem == nullptr ? "" : problem),
      "; write it like postgresql://hestia:secret@db/hestia"));
}

PgSession::PgSession(const std::string& url, absl::Span<const PgStatement> statements,
                     PgLimits limits)
    : url_(WithDefaults(url)), statements_(statements), limits_(limits) {}

pqxx::connection& PgSession::Connect() {
  if (connection_ != nullptr && connection_->is_open()) return *connection_;
  Disconnect();
  connection_ = std::make_unique<pqxx::connection>(url_);
  ++connections_;
  line_ = std::make_unique<PgWatchdog::Line>(connection_->sock());
  const PgWatchdog::Expectation answer = ExpectAnswer();
  ForbidReactivation(*connection_);
  {
    pqxx::nontransaction direct(*connection_);
    direct.exec(Timeouts(limits_));
  }
  for (const PgStatement& statement : statements_) {
    connection_->prepare(statement.name, statement.sql);
  }
  return *connection_;
}

std::string PgText(absl::string_view text) {
  std::string whole(text);
  for (std::size_t nul = 0; (nul = whole.find('\0', nul)) != std::string::npos;) {
    whole.replace(nul, 1, kReplacement.data(), kReplacement.size());
  }
  return whole;
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

std::string PgArray(absl::Span<const std::int64_t> values) {
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
