// IpcMessage: what ipcsink and ipcsrc say to each other; IpcSocket: over which.
//
// Two programs of possibly different builds, neither trusting the other: the first message names
// the version, every one is bounded and checked, and descriptors come only with an arena.
//
// Threads: one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "memory/arena_table.h"
#include "parallax/fd.h"
#include "parallax/meta.h"

namespace parallax {

inline constexpr std::uint32_t kIpcVersion = 1;

struct IpcMessage {
    enum class Type : std::uint32_t {
        hello = 1,  // number: kIpcVersion. From the sink with its caps.
        caps,       // What follows has these caps.
        arena,      // With its descriptor: frames will lie there.
        frame,      // number: its position, from 0, to be given back in a `done`.
        done,       // number: all frames before that position are not looked at any more.
        eos,        // Nothing more will come.
    };
    static constexpr std::size_t kMostBytes = 64U << 10U;

    Type type{};
    std::uint64_t number = 0;
    ArenaShape arena = {};
    ArenaPlace place = {};
    std::string caps = {};
    Meta meta = {};
};

// Errc::unsupported when it is longer than kMostBytes: metadata that no message carries.
Result<std::vector<std::byte>> encode(const IpcMessage& message);
Result<IpcMessage> decode_ipc(std::span<const std::byte> bytes);

class IpcSocket {
  public:
    IpcSocket() = default;
    explicit IpcSocket(UniqueFd fd) : fd_(std::move(fd)) {}

    // True when it was sent, false when the other side does not read now. Never waits.
    Result<bool> send(const IpcMessage& message, int fd = -1);
    struct Received {
        IpcMessage message;
        UniqueFd fd;
    };
    // The next message, or nothing now; Errc::peer_died when the other side has gone.
    Result<std::optional<Received>> receive();

    explicit operator bool() const { return static_cast<bool>(fd_); }
    int fd() const { return fd_.get(); }

  private:
    UniqueFd fd_;
};

// --- Paths.

// A listening socket there. What a dead program left is replaced; a living one's is Errc::io, and
// so is anything that is no socket of this user.
Result<UniqueFd> listen_at(const std::string& path);
// Nothing when nobody listens there yet.
Result<std::optional<IpcSocket>> connect_to(const std::string& path);
// Of this user or root: nobody else may see frames, or send any.
Result<> check_peer(int fd);

}  // namespace parallax
