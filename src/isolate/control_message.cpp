#include "isolate/control_message.h"

#include <array>

#include <sys/socket.h>
#include <unistd.h>

#include "isolate/fd_packet.h"
#include "media/bytes.h"

namespace parallax {
namespace {

constexpr std::uint32_t kMagic = 0x43584c50;  // "PLXC"
using Type = ControlMessage::Type;

void put_cut(ByteWriter& out, std::string_view text) {
    out.put_text(text.substr(0, ControlMessage::kMostText));
}

}  // namespace

bool is_from_stage(Type type) { return type >= Type::hello && type <= Type::keeps; }

bool is_known(std::uint32_t word) {
    const auto within = [word](Type first, Type last) {
        return word >= static_cast<std::uint32_t>(first) &&
               word <= static_cast<std::uint32_t>(last);
    };
    return within(Type::init, Type::rest) || within(Type::hello, Type::keeps);
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
    const auto type = in.get<std::uint32_t>();
    if (!is_known(type)) {
        return fail(Errc::corrupt, "a control message of unknown type " + std::to_string(type));
    }
    message.type = static_cast<Type>(type);
    for (std::uint64_t* number : {&message.a, &message.b, &message.c, &message.d}) {
        *number = in.get<std::uint64_t>();
    }
    message.text = in.get_text(ControlMessage::kMostText);
    message.more = in.get_text(ControlMessage::kMostText);
    message.rest = in.get_text(ControlMessage::kMostText);
    if (in.bad() || !in.at_end()) {
        return fail(Errc::corrupt, "a control message that does not check out");
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
    if (PX_TRY(send_packet(fd_.get(), encode(message), fds, wait))) return {};
    return fail(Errc::quota_exceeded, "the other side does not read");
}

Result<std::optional<ControlSocket::Received>> ControlSocket::receive(bool wait, bool take_fds) {
    room_.resize(ControlMessage::kMostBytes);
    const std::size_t most_fds = take_fds ? ControlMessage::kMostFds : 0;
    auto packet = PX_TRY(receive_packet(fd_.get(), room_, most_fds, wait));
    if (!packet) return std::optional<Received>();
    Received received{.message = PX_TRY(decode(packet->bytes)), .fds = std::move(packet->fds)};
    return std::optional<Received>(std::move(received));
}

}  // namespace parallax
