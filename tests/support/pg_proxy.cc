#include "tests/support/pg_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <utility>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/string_view.h>

namespace hestia::test {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;

// Messages of PostgreSQL's protocol: type, length of what follows with itself, text with NUL.
constexpr absl::string_view kCommitQuery("Q\0\0\0\x0b" "COMMIT\0", 12);
constexpr absl::string_view kCommitDone("C\0\0\0\x0b" "COMMIT\0", 12);

[[noreturn]] void Fail(const std::string& why) {
  std::cerr << "pg-proxy: " << why << "\n";
  std::exit(EXIT_FAILURE);
}

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void SetNonBlocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

// Connected, or invalid.
UniqueFd Connect(const std::string& host, const std::string& port) {
  if (host.empty() || host[0] == '/') {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = absl::StrCat(host, "/.s.PGSQL.", port);
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto* const raw = reinterpret_cast<const sockaddr*>(&address);
    return connect(fd.get(), raw, sizeof(address)) == 0 ? std::move(fd) : UniqueFd();
  }
  const sockaddr_in address = Loopback(std::atoi(port.c_str()));
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto* const raw = reinterpret_cast<const sockaddr*>(&address);
  return connect(fd.get(), raw, sizeof(address)) == 0 ? std::move(fd) : UniqueFd();
}

}  // namespace

PgProxy::PgProxy(const std::string& url, int port)
    : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(url.c_str(), nullptr), PQconninfoFree);
  if (options == nullptr) Fail("cannot read the server's URL");
  const int reuse = 1;
  setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
  sockaddr_in address = Loopback(port);
  socklen_t size = sizeof(address);
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_.get(), raw, size) != 0 || listen(listener_.get(), 128) != 0 ||
      getsockname(listener_.get(), raw, &size) != 0) {
    Fail("cannot listen");
  }
  target_port_ = "5432";
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string keyword = option->keyword;
    if (keyword == "host") {
      target_host_ = option->val;
    } else if (keyword == "port") {
      target_port_ = option->val;
    } else {
      const std::string value = absl::StrReplaceAll(option->val, {{"\\", "\\\\"}, {"'", "\\'"}});
      absl::StrAppend(&url_, keyword, "='", value, "' ");
    }
  }
  absl::StrAppend(&url_, "host=127.0.0.1 sslmode=disable port=", ntohs(address.sin_port));
  thread_ = NamedThread("pg-proxy", [this] { Run(); });
}

PgProxy::~PgProxy() {
  stopping_ = true;
  eventfd_write(wake_.get(), 1);
  thread_.Join();
}

void PgProxy::Set(std::atomic<bool>& what, bool value) {
  what = value;
  eventfd_write(wake_.get(), 1);
}

void PgProxy::Accept() {
  UniqueFd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!client.valid() || refuses_) return;
  UniqueFd server = Connect(target_host_, target_port_);
  if (!server.valid()) return;  // the client sees its connection end
  SetNonBlocking(server.get());
  Connection& connection = connections_.emplace_back();
  connection.ways[0].from = std::move(client);
  connection.ways[1].from = std::move(server);
}

// COMMIT and its answer are so short that each comes in one piece.
void PgProxy::MayCut(Connection& connection, int way) {
  std::string& bytes = connection.ways[way].buffer;
  if (way == 0) {
    if (!absl::StrContains(bytes, kCommitQuery)) return;
    if (swallow_in_ > 0 && --swallow_in_ == 0) connection.committing = true;
  } else if (connection.committing && absl::StrContains(bytes, kCommitDone)) {
    bytes.clear();
    connection.dead = true;
  }
}

// One step of what comes from one side and goes to the other.
void PgProxy::Serve(Connection& connection, int way, bool readable, bool writable) {
  Direction& direction = connection.ways[way];
  const int to = connection.ways[1 - way].from.get();
  if (readable && direction.buffer.empty()) {
    char bytes[kBufferBytes];
    const ssize_t count = read(direction.from.get(), bytes, sizeof(bytes));
    if (count > 0) {
      direction.buffer.assign(bytes, static_cast<std::size_t>(count));
      MayCut(connection, way);
    }
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) connection.dead = true;
    writable = true;
  }
  if (!writable || direction.buffer.empty()) return;
  const ssize_t count = send(to, direction.buffer.data(), direction.buffer.size(), MSG_NOSIGNAL);
  if (count > 0) direction.buffer.erase(0, static_cast<std::size_t>(count));
  if (count < 0 && errno != EAGAIN && errno != EINTR) connection.dead = true;
}

void PgProxy::Run() {
  while (!stopping_) {
    std::vector<pollfd> fds = {{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
    const bool frozen = frozen_;
    if (!frozen) {
      fds.push_back({.fd = listener_.get(), .events = POLLIN, .revents = 0});
      for (Connection& connection : connections_) {
        for (int side = 0; side < 2; ++side) {
          short events = 0;
          if (connection.ways[side].buffer.empty()) events |= POLLIN;
          if (!connection.ways[1 - side].buffer.empty()) events |= POLLOUT;
          fds.push_back({.fd = connection.ways[side].from.get(), .events = events, .revents = 0});
        }
      }
    }
    if (poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) Fail("poll");
    eventfd_t ignored = 0;
    (void)eventfd_read(wake_.get(), &ignored);
    if (frozen) continue;
    std::size_t next = 2;
    for (Connection& connection : connections_) {
      const short client = fds[next++].revents;
      const short server = fds[next++].revents;
      constexpr short kReadable = POLLIN | POLLHUP | POLLERR;
      Serve(connection, 0, (client & kReadable) != 0, (server & POLLOUT) != 0);
      Serve(connection, 1, (server & kReadable) != 0, (client & POLLOUT) != 0);
    }
    if (cuts_.exchange(false)) connections_.clear();
    connections_.remove_if([](const Connection& connection) { return connection.dead; });
    if ((fds[1].revents & POLLIN) != 0) Accept();
  }
}

}  // namespace hestia::test
