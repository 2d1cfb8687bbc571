#ifndef HESTIA_TESTS_SUPPORT_OWN_POSTGRES_H_
#define HESTIA_TESTS_SUPPORT_OWN_POSTGRES_H_

#include <string>

#include "tests/watcher-service/temp_folder.h"

namespace hestia::test {

// A PostgreSQL server of the test's own, for what must not be done to the one that all tests
// share: made by deploy/postgres.sh, started, stopped and deleted with this object.
//
// Thread-safety: none. Blocking: every method waits for the server; the first start some seconds.
// Errors: a server that does not obey fails the test.
class OwnPostgres {
 public:
  OwnPostgres();
  ~OwnPostgres();
  OwnPostgres(const OwnPostgres&) = delete;
  OwnPostgres& operator=(const OwnPostgres&) = delete;

  void Start();
  // Ends every connection with it.
  void Stop();

  // From its return on the server writes or, like a standby, refuses to, in new and in standing
  // connections.
  void SetReadOnly(bool read_only);
  // Writes if need be although it is read-only.
  void Execute(const std::string& sql);

  const std::string& url() const { return url_; }
  // As `host` of a connection string; user and database are hestia, the port 5432.
  std::string socket_folder() const;

 private:
  TempFolder state_;
  std::string url_;
};

}  // namespace hestia::test

#endif  // HESTIA_TESTS_SUPPORT_OWN_POSTGRES_H_
