#include "isolate/control_message.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <unistd.h>

#include "media/bytes.h"

namespace parallax {
namespace {

constexpr std::uint32_t kMagic = 0x43584c50;  // "PLXC"
using Type = ControlMessage::Type;

void put_cut(ByteWriter& out, std::string_view text) {
    out.put_text(text.substr(0, ControlMessage::kMostText));
}

// Room for the descriptors of one message, as recvmsg(2) wants it.
struct alignas(cmsghdr) FdRoom {
    std::array<std::byte, CMSG_SPACE(sizeof(int) * ControlMessage::kMostFds)> bytes{};
};

std::vector<UniqueFd> taken(msghdr& header) {
    std::vector<UniqueFd> fds;
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr;
         part = CMSG_NXTHDR(&header, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
            fds.emplace_back(fd);
        }
    }
    return fds;
}

}  // namespace

bool is_from_stage(Type type) { return type >= Type::hello && type <= Type::rebound; }

bool is_known(Type type) {
    return (type >= Type::init && type <= Type::finish) || is_from_stage(type);
}

std::vector<std::byte> encode(const ControlMessage& message) {
    ByteWriter out;
    out.reserve(64 + message.text.size() + message.more.size() + message.rest.size());
    out.put(kMagic);
    out.put(static_cast<std::uint32_t>(message.type));
    for (const std::uint64_t number : {message.a, message.b, message.c, message.d}) {
        out.put(number);
    }
    put_cut(out, message.text);
    put_cut(out, message.more);
    put_cut(out, message.rest);
    return std::move(out).take();
}

Result<ControlMessage> decode(std::span<const std::byte> bytes) {
    ByteReader in(bytes);
    if (in.get<std::uint32_t>() != kMagic) return fail(Errc::corrupt, "no control message");
    ControlMessage message;
    message.type = static_cast<Type>(in.get<std::uint32_t>());
    for (std::uint64_t* number : {&message.a, &message.b, &message.c, &message.d}) {
        *number = in.get<std::uint64_t>();
    }
    message.text = in.get_text(ControlMessage::kMostText);
    message.more = in.get_text(ControlMessage::kMostText);
    message.rest = in.get_text(ControlMessage::kMostText);
    if (in.bad() || !in.at_end()) {
        return fail(Errc::corrupt, "a control message that does not check out");
    }
    if (!is_known(message.type)) {
        return fail(Errc::corrupt, "a control message of unknown type " +
                                       std::to_string(static_cast<std::uint32_t>(message.type)));
    }
    return message;
}

Result<ControlSocket::Pair> ControlSocket::pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return fail_errno("socketpair");
    }
    return Pair{ControlSocket(UniqueFd(ends[0])), UniqueFd(ends[1])};
}

Result<> ControlSocket::send(const ControlMessage& message, std::span<const int> fds, bool wait) {
    if (fds.size() > ControlMessage::kMostFds) {
        return fail(Errc::quota_exceeded, "more descriptors than one message carries");
    }
    std::vector<std::byte> bytes = encode(message);
    iovec part{bytes.data(), bytes.size()};
    FdRoom room;
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (!fds.empty()) {
        header.msg_control = &room;
        header.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
        cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
        std::memcpy(CMSG_DATA(rights), fds.data(), sizeof(int) * fds.size());
    }
    for (;;) {
        const int flags = MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT);
        if (::sendmsg(fd_.get(), &header, flags) >= 0) return {};
        if (errno == EINTR) continue;
        if (errno == EPIPE || errno == ECONNRESET) {
            return fail(Errc::peer_died, "the other side has gone");
        }
        if (errno == EAGAIN) return fail(Errc::quota_exceeded, "the other side does not read");
        return fail_errno("sendmsg");
    }
}

Result<std::optional<ControlSocket::Received>> ControlSocket::receive(bool wait, bool take_fds) {
    room_.resize(ControlMessage::kMostBytes);
    iovec part{room_.data(), room_.size()};
    FdRoom room;
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (take_fds) {
        header.msg_control = &room;
        header.msg_controllen = sizeof room;
    }
    ssize_t count = 0;
    do {
        count = ::recvmsg(fd_.get(), &header, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    } while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN) return std::optional<Received>();
    if (count < 0 && errno == ECONNRESET) count = 0;
    if (count < 0) return fail_errno("recvmsg");
    if (count == 0) return fail(Errc::peer_died, "the other side has gone");
    Received received;
    if (take_fds) received.fds = taken(header);
    if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        return fail(Errc::corrupt, (header.msg_flags & MSG_TRUNC) != 0
                                       ? "a control message that is too long"
                                       : "descriptors that nobody asked for");
    }
    received.message = PX_TRY(decode(std::span(room_).first(static_cast<std::size_t>(count))));
    return std::optional<Received>(std::move(received));
}

}  // namespace parallax
