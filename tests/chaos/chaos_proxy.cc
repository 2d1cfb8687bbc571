// A way to PostgreSQL that goes half-open on SIGUSR1 and recovers on SIGUSR2: chaos-proxy URL.
// Prints the URL that leads through it; SIGTERM ends it.
#include <signal.h>

#include <iostream>

#include "tests/support/pg_proxy.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "chaos-proxy URL\n";
    return 2;
  }
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGUSR1, SIGUSR2, SIGTERM, SIGINT}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  hestia::test::PgProxy proxy(argv[1]);
  std::cout << proxy.url() << std::endl;
  while (true) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal == SIGUSR1) {
      proxy.Freeze();
    } else if (signal == SIGUSR2) {
      proxy.Thaw();
    } else {
      return 0;
    }
  }
}
