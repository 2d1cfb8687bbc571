#ifndef HESTIA_TESTS_E2E_SERVICE_PROCESS_H_
#define HESTIA_TESTS_E2E_SERVICE_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace hestia::test {

// One running service. Its log goes to the test's own stderr.
//
// Errors: a binary that does not come up within a minute fails the test program.
class ServiceProcess {
 public:
  // Starts `binary` with `arguments` and `--address_file`, and waits until it listens.
  // `folder` is where that file is put.
  ServiceProcess(const std::string& binary, std::vector<std::string> arguments,
                 const std::string& folder);
  // Kills it if it still runs.
  ~ServiceProcess();
  ServiceProcess(const ServiceProcess&) = delete;
  ServiceProcess& operator=(const ServiceProcess&) = delete;

  const std::string& address() const { return address_; }
  pid_t pid() const { return pid_; }

  // SIGTERM, then the exit code; 128 + the signal when one ended it.
  int Stop();
  // SIGKILL.
  void Kill();
  // Waits until it has ended by itself; as Stop.
  int AwaitExit();

 private:
  int Wait();

  pid_t pid_ = -1;
  std::string address_;
};

}  // namespace hestia::test

#endif  // HESTIA_TESTS_E2E_SERVICE_PROCESS_H_
