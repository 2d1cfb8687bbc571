#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_CONTROL_SOCKET_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_CONTROL_SOCKET_H_

#include <cstddef>
#include <initializer_list>
#include <vector>

#include "common/unique_fd.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia::wire {

// Packets and descriptors over the SOCK_SEQPACKET pair of wire.h, for both ends.
//
// Thread-safety: none beyond the kernel's. Blocking: as the socket is.

// Sends one packet with copies of `descriptors` (at most three). False when the peer is gone.
bool SendPacket(int socket, const void* data, std::size_t size,
                std::initializer_list<int> descriptors = {});

template <typename Message>
bool Send(int socket, const Message& message, std::initializer_list<int> descriptors = {}) {
  return SendPacket(socket, &message, sizeof(message), descriptors);
}

enum class Received { kPacket, kEof };

// Takes one packet of at most `size` bytes and its descriptors (close-on-exec). `size`
// becomes the packet's real size; longer packets and stray descriptors end as kEof, for
// then the peer speaks another language.
Received ReceivePacket(int socket, void* data, std::size_t& size,
                       std::vector<UniqueFd>& descriptors);

// Takes one packet that must be exactly a `Message`, of this version.
template <typename Message>
bool Receive(int socket, Message& message, std::vector<UniqueFd>& descriptors) {
  std::size_t size = sizeof(message);
  if (ReceivePacket(socket, &message, size, descriptors) != Received::kPacket) return false;
  const Message expected{};
  return size == sizeof(message) && message.preamble.magic == expected.preamble.magic &&
         message.preamble.version == expected.preamble.version;
}

// The same, and it must be of `kind`.
template <typename Message>
bool Receive(int socket, Kind kind, Message& message, std::vector<UniqueFd>& descriptors) {
  return Receive(socket, message, descriptors) && message.preamble.kind == kind;
}

}  // namespace hestia::wire

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_CONTROL_SOCKET_H_
