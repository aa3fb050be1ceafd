// ControlMessage: what the supervisor and a stage's process say to each other beside the frames.
// ControlSocket: one end of the SOCK_SEQPACKET pair that carries them, with descriptors.
//
// One fixed layout serves every type: four numbers and three texts, bounded. What each type uses
// of it stands in docs/protocol.md; what is not used is zero and empty. The supervisor trusts
// nothing that it reads: a message that does not check out, comes in a state that does not know
// it, or brings descriptors, ends the process that sent it.
//
// Threads: send() from any, receive() from one.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "parallax/fd.h"
#include "parallax/result.h"

namespace parallax {

inline constexpr std::uint32_t kProtocolVersion = 3;

struct ControlMessage {
    enum class Type : std::uint32_t {
        // To the stage.
        init = 1,          // a: bytes of the blueprint; descriptors: it, then those it names.
        sealed,            // Its memory cannot be mapped anew for writing: plugins may be loaded.
        play,              // a: running time in ns at the monotonic time b.
        pause,             // a: running time.
        stop,              // A source ends its stream.
        reconfigure,       // A source hands `reconfigure` down.
        set_property,      // a: number of the element; texts: name, value.
        event_up,          // a: type, b: pts, c: duration; text: name. For the last element.
        downstream_done,   // One of those it feeds wants no more.
        input_successor,   // a: input, b: first position, c: bytes of the blueprint; d: question.
        output_successor,  // a: output. The record of the reader that goes on.
        forget_arena,      // a: its id. Nobody looks at it any more.
        ping,              // a: a number that pong gives back.
        finish,            // a: 1 if the stream ended well.
        flush,             // a: its number. Also what a successor missed.
        rest,              // It ended, and another init follows for the same elements.
        // From the stage.
        hello = 100,         // a: kProtocolVersion.
        mapped,              // All memory is mapped.
        ready,               // Elements are configured, the last filter is on. a: its thread.
        post,                // a: severity, b: number of the element; text: what.
        failed,              // a: Errc, b: number of the element; texts: message, hint, context.
        first_frame,         // A sink had its first.
        ended,               // Every channel has its end.
        reconfigure_wanted,  // A source has another format now.
        up_event,            // a: input; b: type, c: pts, d: duration; text: name.
        upstream_done,       // It wants no more of any input.
        property_set,        // a: 1 if it took effect; text: why not.
        pong,                // a: as in ping.
        metric,              // a: number of the element, b: bits of the double; text: name.
        finished,            // Elements have finished.
        rebound,             // a: 0 input, 1 output, 2 arenas; b: which, c: the question.
        flush_wanted,        // An element asks for a flush of the run.
        rested,              // To `rest`: only its elements are left.
        // From a process that only opens an element (opening.h), to init, then init with formats.
        pad_caps,    // a: 0 input, 1 output; b: which; texts: its caps, in pieces.
        opened,      // text: the eight words of its state.
        frame_size,  // a: output; b: bytes, c: burst.
        keeps,       // a: frames that it keeps, b: its latency in frames.
    };
    static constexpr std::size_t kMostText = 8192;
    static constexpr std::size_t kMostBytes = 64U << 10U;
    static constexpr std::size_t kMostFds = 250;  // SCM_MAX_FD is 253.

    Type type{};
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    std::uint64_t c = 0;
    std::uint64_t d = 0;
    std::string text = {};
    std::string more = {};
    std::string rest = {};
    bool operator==(const ControlMessage&) const = default;
};

// Texts are cut to kMostText.
std::vector<std::byte> encode(const ControlMessage& message);
Result<ControlMessage> decode(std::span<const std::byte> bytes);
bool is_known(std::uint32_t type);  // As the word that goes over the socket.
bool is_from_stage(ControlMessage::Type type);

class ControlSocket {
  public:
    struct Pair;
    static Result<Pair> pair();
    explicit ControlSocket(UniqueFd fd) : fd_(std::move(fd)) {}

    // Errc::quota_exceeded when the other side does not read and `wait` is false.
    Result<> send(const ControlMessage& message, std::span<const int> fds = {}, bool wait = true);

    struct Received {
        ControlMessage message;
        std::vector<UniqueFd> fds;
    };
    // The next message; nothing when there is none now and `wait` is false. Errc::peer_died when
    // the other side has closed. With `take_fds` false descriptors are refused by the kernel.
    Result<std::optional<Received>> receive(bool wait, bool take_fds);
    int fd() const { return fd_.get(); }

  private:
    UniqueFd fd_;
    std::vector<std::byte> room_;  // For what comes; made once.
};
struct ControlSocket::Pair {
    ControlSocket ours;
    UniqueFd theirs;
};

}  // namespace parallax
