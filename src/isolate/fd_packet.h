// fd_packet: one message with descriptors, over a SOCK_SEQPACKET socket; cmsg(3), unix(7).
//
// Threads: any; the kernel keeps messages whole. Lifetime: sent descriptors are borrowed, received
// ones belong to who has the packet.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "parallax/fd.h"
#include "parallax/result.h"

namespace parallax {

inline constexpr std::size_t kMostFdsInPacket = 253;  // SCM_MAX_FD

// True when it was sent; false when the other side does not read now and `wait` is false.
// Errc::peer_died when it has gone.
Result<bool> send_packet(int socket, std::span<const std::byte> bytes, std::span<const int> fds,
                         bool wait);

struct FdPacket {
    std::span<const std::byte> bytes;  // Within the room that was given.
    std::vector<UniqueFd> fds;
};
// The next message, or nothing when there is none now and `wait` is false. Errc::peer_died when the
// other side has gone; Errc::corrupt when it is larger than the room or brings more descriptors
// than `most_fds`, which the kernel then closes.
Result<std::optional<FdPacket>> receive_packet(int socket, std::span<std::byte> room,
                                               std::size_t most_fds, bool wait);

}  // namespace parallax
