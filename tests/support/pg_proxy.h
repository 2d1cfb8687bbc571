#ifndef HESTIA_TESTS_SUPPORT_PG_PROXY_H_
#define HESTIA_TESTS_SUPPORT_PG_PROXY_H_

#include <atomic>
#include <list>
#include <string>

#include "common/named_thread.h"
#include "common/unique_fd.h"

namespace hestia::test {

// A way to PostgreSQL over TCP that can go bad: frozen, it accepts and acknowledges everything
// and hands nothing on, as a firewall does that forgot a connection. And it can end connections: all,
// new ones, or one just when the server has committed and before the client learns of it.
//
// Thread-safety: every method from any thread. Starts one thread, "pg-proxy".
// Memory: one buffer a direction and connection.
class PgProxy {
 public:
  // `url`: the server, by Unix socket or by address. Listens on loopback; port 0 takes any.
  explicit PgProxy(const std::string& url, int port = 0);
  ~PgProxy();

  // The server's connection string, leading through here.
  const std::string& url() const { return url_; }

  void Freeze() { Set(frozen_, true); }
  void Thaw() { Set(frozen_, false); }

  // Ends all connections there are.
  void Cut() { Set(cuts_, true); }
  // Whether new connections end as soon as they are made.
  void Refuse(bool refuse) { Set(refuses_, refuse); }

  // Hands the nth COMMIT from now on, and when the server has answered it, ends that connection
  // instead of handing the answer back. Once; other connections do not notice.
  void SwallowCommitsAnswer(int nth = 1) { swallow_in_ = nth; }

 private:
  struct Direction {
    UniqueFd from;
    std::string buffer;
    bool ended = false;
  };
  // [0] reads from the client and writes to the server, [1] the other way round.
  struct Connection {
    Direction ways[2];
    bool committing = false;  // its answer is to be swallowed
    bool dead = false;
  };

  void Set(std::atomic<bool>& what, bool value);
  void Run();
  void Accept();
  void Serve(Connection& connection, int way, bool readable, bool writable);
  void MayCut(Connection& connection, int way);

  std::string url_;
  std::string target_host_;
  std::string target_port_;
  UniqueFd listener_;
  UniqueFd wake_;
  std::atomic<bool> frozen_ = false;
  std::atomic<bool> cuts_ = false;
  std::atomic<bool> refuses_ = false;
  std::atomic<int> swallow_in_ = 0;  // that many COMMITs
  std::atomic<bool> stopping_ = false;
  std::list<Connection> connections_;
  NamedThread thread_;
};

}  // namespace hestia::test

#endif  // HESTIA_TESTS_SUPPORT_PG_PROXY_H_
