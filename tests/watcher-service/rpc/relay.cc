#include "tests/watcher-service/rpc/relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

namespace hestia {
namespace {

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

// False at the end of either side.
bool Pass(int from, int to) {
  std::array<char, 16 << 10> buffer;
  const ssize_t got = read(from, buffer.data(), buffer.size());
  for (ssize_t sent = 0; sent < got;) {
    const ssize_t put =
        send(to, buffer.data() + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
    if (put <= 0) return false;
    sent += put;
  }
  return got > 0;
}

}  // namespace

Relay::Relay(int port)
    : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), stop_(eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address = Loopback(0);
  EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(listen(listener_.get(), 1), 0);
  thread_ = NamedThread("relay", [this, port] { Run(port); });
}

Relay::~Relay() {
  const std::uint64_t one = 1;
  EXPECT_EQ(write(stop_.get(), &one, sizeof(one)), static_cast<ssize_t>(sizeof(one)));
  thread_.Join();
}

std::string Relay::address() const {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  EXPECT_EQ(getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
}

void Relay::Run(int port) {
  std::array<pollfd, 3> ready = {{{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}, {}}};
  poll(ready.data(), 2, -1);
  if (ready[0].revents != 0) return;
  const UniqueFd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const UniqueFd server(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = Loopback(port);
  EXPECT_EQ(connect(server.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ready[1] = {client.get(), POLLIN, 0};
  ready[2] = {server.get(), POLLIN, 0};
  while (true) {
    poll(ready.data(), ready.size(), -1);
    if (ready[0].revents != 0) return;
    if (dead_) break;
    if (ready[1].revents != 0 && !Pass(client.get(), server.get())) return;
    if (ready[2].revents != 0 && !Pass(server.get(), client.get())) return;
  }
  // Both connections stay open and silent.
  poll(ready.data(), 1, -1);
}

}  // namespace hestia
