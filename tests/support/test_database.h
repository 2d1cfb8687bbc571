#ifndef HESTIA_TESTS_SUPPORT_TEST_DATABASE_H_
#define HESTIA_TESTS_SUPPORT_TEST_DATABASE_H_

#include <string>

namespace hestia::test {

// A database of one's own on the server that HESTIA_TEST_DATABASE_URL names (tests/run.sh
// starts one), made empty and dropped again.
//
// Errors: without the variable, or when the server refuses, the process ends with a message
// that says so: a test that cannot run must not pass.
class TestDatabase {
 public:
  TestDatabase();
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  // A libpq connection string of the new database.
  const std::string& url() const { return url_; }

 private:
  std::string server_;
  std::string name_;
  std::string url_;
};

}  // namespace hestia::test

#endif  // HESTIA_TESTS_SUPPORT_TEST_DATABASE_H_
