#include "tests/support/own_postgres.h"

#include <cstdio>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gtest/gtest.h>
#include <pqxx/pqxx>

namespace hestia::test {
namespace {

// What `deploy/postgres.sh COMMAND FOLDER` prints.
std::string Run(const std::string& command, const std::string& folder) {
  std::string printed;
  std::FILE* const pipe =
      popen(absl::StrCat("'" HESTIA_POSTGRES_SCRIPT "' ", command, " '", folder, "'").c_str(), "r");
  char buffer[1024];
  while (pipe != nullptr && std::fgets(buffer, sizeof(buffer), pipe) != nullptr) printed += buffer;
  EXPECT_TRUE(pipe != nullptr && pclose(pipe) == 0) << "deploy/postgres.sh " << command;
  return std::string(absl::StripAsciiWhitespace(printed));
}

}  // namespace

OwnPostgres::OwnPostgres() { Start(); }
OwnPostgres::~OwnPostgres() { Stop(); }

void OwnPostgres::Start() { url_ = Run("start", state_.path()); }
void OwnPostgres::Stop() { Run("stop", state_.path()); }

void OwnPostgres::Execute(const std::string& sql) {
  pqxx::connection connection(absl::StrCat(url_, "&options=-cdefault_transaction_read_only%3Doff"));
  pqxx::nontransaction(connection).exec(sql);
}

void OwnPostgres::SetReadOnly(bool read_only) {
  const std::string wanted = read_only ? "on" : "off";
  Execute(absl::StrCat("ALTER SYSTEM SET default_transaction_read_only = ", wanted));
  Execute("SELECT pg_reload_conf()");
  // The server tells standing connections before it takes new ones with the new value.
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  for (std::string is; is != wanted && absl::Now() < deadline;) {
    pqxx::connection connection(url_);
    is = pqxx::nontransaction(connection).exec1("SHOW default_transaction_read_only")[0].c_str();
  }
  ASSERT_LT(absl::Now(), deadline) << "the server did not take up its setting";
}

std::string OwnPostgres::socket_folder() const {
  pqxx::connection connection(url_);
  return pqxx::nontransaction(connection).exec1("SHOW unix_socket_directories")[0].c_str();
}

}  // namespace hestia::test
