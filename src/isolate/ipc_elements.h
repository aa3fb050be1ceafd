// ipcsink, ipcsrc: join two programs by the path of a socket. Frames cross without a copy.
//
//     parallax-launch "videotestsrc ! ipcsink path=/run/user/1000/frames"
//     parallax-launch "ipcsrc path=/run/user/1000/frames ! videoconvert ! fakesink"
//
// The sink lets any number of programs in, also late ones and those that come again; each sees the
// frames from then on. A program that looks at max-buffers frames and gives none back holds the
// sink up for `timeout`, then it is let go of; with `drop` it misses frames instead, counted. It
// may die, lie or fall silent: the producer goes on.
//
// The memory is the producer's, mapped read-only here: nobody else can write it. Both programs run
// as one user, or one of them as root.
//
// Threads: as elements. They stay in the program's own process.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "exec/frame.h"
#include "isolate/ipc_message.h"
#include "parallax/element.h"
#include "parallax/kept_frame.h"

namespace parallax {

struct IpcSinkOptions {
    WritePath path;
    int max_buffers = 4;
    bool drop = false;
    bool wait_for_connection = true;
    int timeout_ms = 1000;

    static constexpr auto describe() {
        return std::tuple{
            Option{"path",
                   &IpcSinkOptions::path,
                   "of the socket that is made there",
                   {.required = true}},
            Option{"max-buffers",
                   &IpcSinkOptions::max_buffers,
                   "most frames that one program looks at, at a time",
                   {.min = 1, .max = 64}},
            Option{
                "drop", &IpcSinkOptions::drop,
                "a program that holds max-buffers frames misses the next; else it is waited for"},
            Option{"wait-for-connection", &IpcSinkOptions::wait_for_connection,
                   "the first frame waits until somebody has come"},
            Option{"timeout",
                   &IpcSinkOptions::timeout_ms,
                   "for how long a program may hold the others up",
                   {.min = 1, .max = 3'600'000, .unit = "ms"}}};
    }
};

class IpcSink final : public ElementWith<IpcSinkOptions> {
  public:
    static Pads pads();
    ~IpcSink() override;
    Result<> open() override;
    Result<> configure(const Negotiated& formats) override;
    std::uint32_t keeps() const override;
    Result<Flow> process(Context& context) override;
    Result<Flow> drain(Context& context) override;
    Result<> finish(bool complete) override;

  private:
    struct Consumer {
        IpcSocket socket;
        std::vector<std::uint64_t> arenas;  // That it knows.
        std::deque<KeptFrame> held;         // That it looks at, oldest first.
        std::uint64_t given = 0;            // Position of the next one.
        std::uint64_t done = 0;
        std::int64_t full_since_ns = 0;
        bool greeted = false;
        bool lost = false;
    };
    void accept_all(Context& context);
    void hear_all(Context& context);
    void hear(Context& context, Consumer& consumer);
    Result<> greet(Consumer& consumer);
    Result<bool> give(Context& context, Consumer& consumer, const KeptFrame& frame,
                      const ArenaPlace& place);
    Result<bool> offer(Context& context);
    bool someone_full(Context& context);
    void part(Context& context, Consumer& consumer, const std::string& why);
    void forget_lost();
    Flow wait(Context& context);

    UniqueFd listener_;
    UniqueFd news_;  // epoll of all sockets.
    std::string caps_ = "ANY";
    std::vector<std::unique_ptr<Consumer>> consumers_;
    bool came_ = false;  // Somebody, at some time.
};

struct IpcSrcOptions {
    ReadPath path;
    int timeout_ms = 10'000;
    bool reconnect = true;

    static constexpr auto describe() {
        return std::tuple{
            Option{"path", &IpcSrcOptions::path, "of the socket of an ipcsink", {.required = true}},
            Option{"timeout",
                   &IpcSrcOptions::timeout_ms,
                   "how long to wait for the other program",
                   {.min = 0, .max = 3'600'000, .unit = "ms"}},
            Option{"reconnect", &IpcSrcOptions::reconnect,
                   "when the other program has gone, wait for it to come again"}};
    }
};

class IpcSrc final : public ElementWith<IpcSrcOptions> {
  public:
    static Pads pads();
    Result<> open() override;
    Caps pad_caps(const Pad&) const override { return caps_; }
    std::size_t output_bytes(std::size_t, const Negotiated&) const override { return 0; }
    Result<Flow> process(Context& context) override;

  private:
    Result<bool> hear_hello();
    Result<> await_hello();
    Failure fail_mute() const;
    Result<std::optional<Flow>> take(Context& context, IpcSocket::Received received);
    Result<Flow> take_frame(Context& context, IpcMessage message);
    Result<Flow> gone(Context& context);
    Result<Flow> come_again(Context& context);
    Result<Flow> try_later(Context& context);
    Result<> give_back();
    Result<bool> meet();

    IpcSocket socket_;
    Caps caps_ = Caps::any();
    std::vector<std::unique_ptr<Borrows>> lives_;  // One for each connection; the last is current.
    std::uint64_t told_done_ = 0;
    std::int64_t retry_ns_ = 0;
    std::int64_t gone_since_ns_ = 0;
    bool greeted_ = false;             // By who is at the other end of the socket,
    std::int64_t greet_until_ns_ = 0;  // or it has so long.
    bool discont_ = false;
};

}  // namespace parallax
