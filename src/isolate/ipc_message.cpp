#include "isolate/ipc_message.h"

#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

#include "isolate/fd_packet.h"
#include "media/bytes.h"

namespace parallax {
namespace {

constexpr std::uint32_t kMagic = 0x49584c50;  // "PLXI"
constexpr std::size_t kMostCaps = 4096;
constexpr int kBacklog = 16;
using Type = IpcMessage::Type;

Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return fail(Errc::invalid_argument, "the path of a socket has 1 to " +
                                                std::to_string(sizeof address.sun_path - 1) +
                                                " bytes: " + path);
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

int connect_fd(int fd, const sockaddr_un& address) {
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

UniqueFd new_socket() {
    return UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// What a program that died left there is no longer connected to anything.
Result<> remove_stale(const std::string& path, const sockaddr_un& address) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) return {};
    if (!S_ISSOCK(status.st_mode) || (status.st_uid != ::geteuid() && ::geteuid() != 0)) {
        return fail(Errc::io, path + " exists, and is no socket of this user");
    }
    const UniqueFd probe = new_socket();
    if (!probe) return fail_errno("socket");
    if (connect_fd(probe.get(), address) == 0 || errno == EAGAIN) {
        return fail(Errc::io, path + " is in use by another program", "choose another path");
    }
    if (errno == ECONNREFUSED) ::unlink(path.c_str());
    return {};
}

}  // namespace

Result<std::vector<std::byte>> encode(const IpcMessage& message) {
    ByteWriter out;
    out.put(kMagic);
    out.put(static_cast<std::uint32_t>(message.type));
    out.put(message.number);
    out.put(message.arena.id);
    out.put(message.arena.slot_bytes);
    out.put(message.arena.slot_count);
    out.put(message.place.arena_id);
    out.put(message.place.offset_bytes);
    out.put(message.place.size_bytes);
    out.put_text(message.caps);
    if (message.type == Type::frame) out.put_bytes(serialize(message.meta));
    std::vector<std::byte> bytes = std::move(out).take();
    if (bytes.size() <= IpcMessage::kMostBytes) return bytes;
    return fail(Errc::unsupported, "metadata of " + std::to_string(bytes.size()) +
                                       " bytes does not go over a socket in one message");
}

Result<IpcMessage> decode_ipc(std::span<const std::byte> bytes) {
    constexpr std::size_t kFixedBytes = 64;  // With the length of the caps.
    ByteReader in(bytes);
    IpcMessage message;
    if (in.get<std::uint32_t>() != kMagic) return fail(Errc::corrupt, "no message of Parallax");
    const auto type = in.get<std::uint32_t>();
    if (type < 1 || type > static_cast<std::uint32_t>(Type::eos)) {
        return fail(Errc::corrupt, "a message of unknown type " + std::to_string(type));
    }
    message.type = static_cast<Type>(type);
    message.number = in.get<std::uint64_t>();
    message.arena.id = in.get<std::uint64_t>();
    message.arena.slot_bytes = in.get<std::uint64_t>();
    message.arena.slot_count = in.get<std::uint32_t>();
    message.place.arena_id = in.get<std::uint64_t>();
    message.place.offset_bytes = in.get<std::uint64_t>();
    message.place.size_bytes = in.get<std::uint64_t>();
    message.caps = in.get_text(kMostCaps);
    if (message.type == Type::frame && !in.bad()) {
        message.meta = PX_TRY(parse_meta(bytes.subspan(kFixedBytes + message.caps.size())));
        return message;
    }
    if (in.bad() || !in.at_end()) return fail(Errc::corrupt, "a message that does not check out");
    return message;
}

Result<bool> IpcSocket::send(const IpcMessage& message, int fd) {
    const std::vector<std::byte> bytes = PX_TRY(encode(message));
    const std::span<const int> fds(&fd, fd >= 0 ? 1 : 0);
    return send_packet(fd_.get(), bytes, fds, false);
}

Result<std::optional<IpcSocket::Received>> IpcSocket::receive() {
    std::vector<std::byte> room(IpcMessage::kMostBytes);
    auto packet = PX_TRY(receive_packet(fd_.get(), room, 1, false));
    if (!packet) return std::optional<Received>();
    Received received{.message = PX_TRY(decode_ipc(packet->bytes)), .fd = {}};
    if (!packet->fds.empty()) received.fd = std::move(packet->fds.front());
    return std::optional<Received>(std::move(received));
}

Result<UniqueFd> listen_at(const std::string& path) {
    const sockaddr_un address = PX_TRY(address_of(path));
    PX_TRY(remove_stale(path, address));
    UniqueFd fd = new_socket();
    if (!fd) return fail_errno("socket");
    // Nobody else may connect, from the first moment on.
    if (::fchmod(fd.get(), S_IRUSR | S_IWUSR) != 0) return fail_errno("fchmod");
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return fail(Errc::io, fmt::format("{}: {}", path, ::strerrordesc_np(errno)));
    }
    if (::listen(fd.get(), kBacklog) != 0) return fail_errno("listen");
    return fd;
}

Result<std::optional<IpcSocket>> connect_to(const std::string& path) {
    const sockaddr_un address = PX_TRY(address_of(path));
    UniqueFd fd = new_socket();
    if (!fd) return fail_errno("socket");
    if (connect_fd(fd.get(), address) == 0) {
        PX_TRY(check_peer(fd.get()));
        return std::optional<IpcSocket>(IpcSocket(std::move(fd)));
    }
    if (errno == ENOENT || errno == ECONNREFUSED || errno == EAGAIN) {
        return std::optional<IpcSocket>();
    }
    return fail(Errc::io, fmt::format("{}: {}", path, ::strerrordesc_np(errno)));
}

Result<> check_peer(int fd) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return fail_errno("SO_PEERCRED");
    }
    if (peer.uid == ::geteuid() || peer.uid == 0 || ::geteuid() == 0) return {};
    return fail(Errc::permission, "the other program runs as user " + std::to_string(peer.uid) +
                                      ", this one as " + std::to_string(::geteuid()));
}

}  // namespace parallax
