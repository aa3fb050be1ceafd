// zygote_wire: the messages between a program and its fork server.
//
// Both ends are the same program and trust each other; lengths are checked all the same, so that a
// mistake ends as an error. One message is one packet, descriptors travel beside it.
//
// Threads: pure functions, but for send and receive, which work on the socket they are given.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "isolate/seccomp_filter.h"
#include "parallax/fd.h"
#include "parallax/result.h"
#include "parallax/sandbox_policy.h"

namespace parallax::zygote_wire {

using Bytes = std::vector<std::byte>;

inline constexpr std::size_t kMostFds = 240;     // The kernel sends 253 at once; some are ours.
inline constexpr std::size_t kMostCores = 1024;  // As many as a cpu_set_t has.
inline constexpr std::size_t kOwnFds = 2;        // Crash page and standard error go first.

struct SpawnRequest {
    std::uint64_t id = 0;
    std::string name;
    std::string entry;
    SandboxPolicy policy;
    std::vector<int> cores = {};  // Empty: all.
    bool raised = false;          // As SpawnOptions'.
    Bytes start_up_filter;        // Empty: sandbox=off.
    Bytes final_filter;
};

enum class ReplyKind : std::uint8_t { spawned, failed, exited };

struct Reply {
    ReplyKind kind = ReplyKind::failed;
    std::uint64_t id = 0;
    std::int64_t pid = 0;
    std::int64_t code = 0;
    std::int64_t signal = 0;
    bool out_of_memory = false;
    bool from_spare = false;
    bool cores_held = false;  // By a cgroup.
    std::vector<std::string> missing_layers;
    Error error{Errc::system, {}, {}, {}};
};

Bytes encode(const SpawnRequest& request);
Bytes encode(const Reply& reply);
Result<SpawnRequest> decode_request(std::span<const std::byte> bytes);
Result<Reply> decode_reply(std::span<const std::byte> bytes);

struct Packet {
    Bytes bytes;  // Empty: the other side is gone.
    std::vector<UniqueFd> fds;
};

Result<> send(int socket, std::span<const std::byte> bytes, std::span<const int> fds);
// Nothing when there is no packet and `wait` is false.
Result<std::optional<Packet>> receive(int socket, bool wait);

}  // namespace parallax::zygote_wire
