#include "tests/support/test_database.h"

#include <libpq-fe.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <memory>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <pqxx/pqxx>

namespace hestia::test {
namespace {

// `url` as a connection string, its database replaced.
std::string WithDatabase(const std::string& url, const std::string& name) {
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(url.c_str(), &problem), PQconninfoFree);
  if (options == nullptr) {
    std::cerr << "HESTIA_TEST_DATABASE_URL cannot be read: " << problem << "\n";
    std::exit(EXIT_FAILURE);
  }
  std::string text = absl::StrCat("dbname=", name);
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    const std::string keyword = option->keyword;
    if (option->val == nullptr || keyword == "dbname") continue;
    const std::string value = absl::StrReplaceAll(option->val, {{"\\", "\\\\"}, {"'", "\\'"}});
    absl::StrAppend(&text, " ", keyword, "='", value, "'");
  }
  return text;
}

void Execute(const std::string& url, const std::string& sql) {
  pqxx::connection connection(url);
  pqxx::nontransaction direct(connection);
  direct.exec(sql);
}

}  // namespace

TestDatabase::TestDatabase() {
  static std::atomic<int> count = 0;
  const char* const server = std::getenv("HESTIA_TEST_DATABASE_URL");
  if (server == nullptr) {
    std::cerr << "HESTIA_TEST_DATABASE_URL is not set; run tests/run.sh, which starts a server\n";
    std::exit(EXIT_FAILURE);
  }
  server_ = server;
  name_ = absl::StrCat("hestia_test_", getpid(), "_", count++);
  Execute(server_, absl::StrCat("DROP DATABASE IF EXISTS ", name_));
  Execute(server_, absl::StrCat("CREATE DATABASE ", name_));
  url_ = WithDatabase(server_, name_);
}

TestDatabase::~TestDatabase() {
  Execute(server_, absl::StrCat("DROP DATABASE ", name_, " WITH (FORCE)"));
}

}  // namespace hestia::test
