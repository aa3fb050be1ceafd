#include "isolate/fd_packet.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include <sys/socket.h>

#include "base/check.h"

namespace parallax {
namespace {

using Room = std::array<std::byte, CMSG_SPACE(kMostFdsInPacket * sizeof(int))>;

std::vector<UniqueFd> taken(msghdr& header) {
    std::vector<UniqueFd> fds;
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr;
         part = CMSG_NXTHDR(&header, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        std::vector<int> numbers((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        std::memcpy(numbers.data(), CMSG_DATA(part), numbers.size() * sizeof(int));
        for (const int number : numbers) fds.emplace_back(number);
    }
    return fds;
}

constexpr int kMostShortages = 100;
constexpr timespec kShortage{.tv_sec = 0, .tv_nsec = 10'000'000};

// The kernel has no memory for a message just now: who may wait tries again for a second.
bool passes(int& shortages) {
    if (++shortages > kMostShortages) return false;
    ::nanosleep(&kShortage, nullptr);
    return true;
}

Failure gone() { return fail(Errc::peer_died, "the other side has gone"); }

}  // namespace

Result<bool> send_packet(int socket, std::span<const std::byte> bytes, std::span<const int> fds,
                         bool wait) {
    PX_CHECK(fds.size() <= kMostFdsInPacket);
    iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) Room room;
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (!fds.empty()) {
        header.msg_control = room.data();
        header.msg_controllen = CMSG_SPACE(fds.size_bytes());
        cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
    }
    int shortages = 0;
    while (::sendmsg(socket, &header, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT)) < 0) {
        if (errno == EINTR) continue;
        if (errno == EPIPE || errno == ECONNRESET) return gone();
        const bool short_of_memory = errno == ENOBUFS || errno == ENOMEM;
        if (wait && short_of_memory && passes(shortages)) continue;
        if (errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS) return false;
        return fail_errno("sendmsg");
    }
    return true;
}

Result<std::optional<FdPacket>> receive_packet(int socket, std::span<std::byte> room,
                                               std::size_t most_fds, bool wait) {
    PX_CHECK(most_fds <= kMostFdsInPacket);
    iovec part{room.data(), room.size()};
    alignas(cmsghdr) Room control;
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (most_fds > 0) {
        header.msg_control = control.data();
        header.msg_controllen = CMSG_SPACE(most_fds * sizeof(int));
    }
    ssize_t count = 0;
    do {
        count = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    } while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN) return std::optional<FdPacket>();
    if (count < 0 && errno != ECONNRESET) return fail_errno("recvmsg");
    if (count <= 0) return gone();
    FdPacket packet{.bytes = room.first(static_cast<std::size_t>(count)), .fds = taken(header)};
    if ((header.msg_flags & MSG_TRUNC) != 0) return fail(Errc::corrupt, "a message too long");
    if ((header.msg_flags & MSG_CTRUNC) != 0 || packet.fds.size() > most_fds) {
        return fail(Errc::corrupt, "descriptors that nobody asked for");
    }
    return std::optional<FdPacket>(std::move(packet));
}

}  // namespace parallax
