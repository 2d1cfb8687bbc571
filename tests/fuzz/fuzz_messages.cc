// Packets on the control socket, as either end may get them from the other: a first byte that
// says how many descriptors come along, then the packet.

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "common/unique_fd.h"
#include "thumbnail-service/renderer/control_socket.h"
#include "thumbnail-service/renderer/wire.h"

namespace {
constexpr std::size_t kMostDescriptors = 8;

void SendRaw(int socket, const std::uint8_t* data, std::size_t size, std::size_t descriptors) {
  std::array<int, kMostDescriptors> fds{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(fds))> control{};
  iovec piece{const_cast<std::uint8_t*>(data), size};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  if (descriptors > 0) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors);
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int) * descriptors);
    fds.fill(socket);
    std::memcpy(CMSG_DATA(part), fds.data(), sizeof(int) * descriptors);
  }
  if (::sendmsg(socket, &header, MSG_NOSIGNAL) < 0) std::abort();
}

template <typename Message>
void ReceiveAs(const std::uint8_t* data, std::size_t size, std::size_t count) {
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) std::abort();
  const hestia::UniqueFd sender(pair[0]);
  const hestia::UniqueFd receiver(pair[1]);
  SendRaw(sender.get(), data, size, count);
  Message message;
  std::vector<hestia::UniqueFd> descriptors;
  const bool taken = hestia::wire::Receive(receiver.get(), message, descriptors);
  // What is taken for a message is one, whole, with no more descriptors than any message has.
  if (taken && (size != sizeof(message) || descriptors.size() > 3 ||
                std::memcmp(data, &hestia::wire::kMagic, sizeof(hestia::wire::kMagic)) != 0)) {
    std::abort();
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 4096) return 0;
  const std::size_t count = data[0] % (kMostDescriptors + 1);
  ReceiveAs<hestia::wire::Request>(data + 1, size - 1, count);
  ReceiveAs<hestia::wire::Report>(data + 1, size - 1, count);
  ReceiveAs<hestia::wire::Ready>(data + 1, size - 1, count);
  ReceiveAs<hestia::wire::StartWorker>(data + 1, size - 1, count);
  return 0;
}
