#include <algorithm>

#include <poll.h>

#include "base/clock.h"
#include "isolate/ipc_elements.h"

namespace parallax {
namespace {

constexpr std::int64_t kRetryNs = 50'000'000;
constexpr std::int64_t kGreetingNs = 2'000'000;  // Between two looks for a hello.
constexpr std::size_t kMostFrames = 64;          // That a sink may have given and not got back.
using Type = IpcMessage::Type;

}  // namespace

Pads IpcSrc::pads() {
    return {.pads = {{"src", PadDirection::src}},
            .state = StateClass::opaque,
            .local = true,
            .allocates = false};
}

// What the other program sends must be known before formats are agreed on.
Result<> IpcSrc::open() {
    const std::int64_t until = monotonic_ns() + std::int64_t{options().timeout_ms} * 1'000'000;
    for (;;) {
        if (PX_TRY(meet())) break;
        if (monotonic_ns() >= until) {
            return fail(Errc::io, options().path.path + ": nobody listens there",
                        "start the program with the ipcsink, or wait longer by timeout=");
        }
        ::poll(nullptr, 0, static_cast<int>(kRetryNs / 1'000'000));
    }
    lives_.push_back(std::make_unique<Borrows>());
    return {};
}

// False while nobody is there; also who goes again before a word was not there.
Result<bool> IpcSrc::meet() {
    auto connected = PX_TRY(connect_to(options().path.path));
    if (!connected) return false;
    socket_ = *std::move(connected);
    Result<> greeted = await_hello();
    if (greeted) return true;
    socket_ = IpcSocket();
    if (greeted.error().code == Errc::peer_died) return false;
    return Failure(std::move(greeted).error());
}

// False: not yet. Errc::peer_died: it went before it said a word.
Result<bool> IpcSrc::hear_hello() {
    const auto received = PX_TRY(socket_.receive());
    if (!received) return false;
    const IpcMessage& message = received->message;
    if (message.type != Type::hello) {
        return fail(Errc::corrupt, options().path.path + " is no ipcsink's");
    }
    if (message.number != kIpcVersion) {
        return fail(Errc::unsupported, "the other program speaks version " +
                                           std::to_string(message.number) + ", this one version " +
                                           std::to_string(kIpcVersion));
    }
    caps_ = PX_TRY(parse_caps(message.caps));
    greeted_ = true;
    return true;
}

Result<> IpcSrc::await_hello() {
    const std::int64_t until = monotonic_ns() + std::int64_t{options().timeout_ms} * 1'000'000;
    while (!PX_TRY(hear_hello())) {
        if (monotonic_ns() >= until) return fail_mute();
        pollfd news{.fd = socket_.fd(), .events = POLLIN, .revents = 0};
        ::poll(&news, 1, static_cast<int>(kRetryNs / 1'000'000));
    }
    return {};
}

Failure IpcSrc::fail_mute() const {
    return fail(Errc::timed_out, options().path.path + ": the other program says nothing");
}

// All before the oldest frame that is still looked at.
Result<> IpcSrc::give_back() {
    const std::uint64_t released = lives_.back()->released();
    if (released <= told_done_) return {};
    if (PX_TRY(socket_.send({.type = Type::done, .number = released}))) told_done_ = released;
    return {};
}

Result<Flow> IpcSrc::take_frame(Context& context, IpcMessage message) {
    Borrows& life = *lives_.back();
    if (message.number != life.taken() || life.taken() - life.released() >= kMostFrames) {
        return fail(Errc::corrupt, "frames out of order");
    }
    MemoryView bytes;
    if (message.place.size_bytes != 0) bytes = PX_TRY(context.arenas().resolve(message.place));
    if (std::exchange(discont_, false)) message.meta.flags |= frame_flag::discont;
    const std::uint64_t position = life.take();
    return context.hand_on(bytes, {life, position}, std::move(message.meta));
}

// The answer of process(), or nothing when there may be more to take.
Result<std::optional<Flow>> IpcSrc::take(Context& context, IpcSocket::Received received) {
    IpcMessage& message = received.message;
    switch (message.type) {
        case Type::arena:
            if (!context.arenas().knows(message.arena.id)) {
                PX_TRY(context.arenas().add(message.arena, std::move(received.fd)));
            }
            return std::optional<Flow>();
        case Type::caps: {
            Caps caps = PX_TRY(parse_caps(message.caps));
            if (caps == caps_) return std::optional<Flow>();
            caps_ = std::move(caps);
            return Flow::reconfigure;
        }
        case Type::eos:
            return Flow::eos;
        case Type::frame:
            return PX_TRY(take_frame(context, std::move(message)));
        default:
            return fail(Errc::corrupt, "a message that no ipcsink sends");
    }
}

Result<Flow> IpcSrc::gone(Context& context) {
    if (!options().reconnect) {
        return fail(Errc::peer_died, "the other program has gone before its end");
    }
    context.post(Severity::warning, "the other program has gone; waiting for it to come again");
    socket_ = IpcSocket();
    greeted_ = false;
    gone_since_ns_ = monotonic_ns();
    retry_ns_ = kRetryNs;
    return come_again(context);
}

Result<Flow> IpcSrc::try_later(Context& context) {
    socket_ = IpcSocket();
    const std::int64_t waited = monotonic_ns() - gone_since_ns_;
    if (waited > std::int64_t{options().timeout_ms} * 1'000'000) {
        return fail(Errc::timed_out, "the other program did not come again");
    }
    context.wait_until(context.running_time_ns() + retry_ns_);
    retry_ns_ = std::min<std::int64_t>(retry_ns_ * 2, 1'000'000'000);
    return Flow::again;
}

// What is still looked at of the last connection stays mapped; positions begin anew. Never waits
// itself: other stages share the thread.
Result<Flow> IpcSrc::come_again(Context& context) {
    if (context.stopping()) return Flow::eos;
    if (!socket_) {
        auto connected = PX_TRY(connect_to(options().path.path));
        if (!connected) return try_later(context);
        socket_ = *std::move(connected);
        greet_until_ns_ = monotonic_ns() + std::int64_t{options().timeout_ms} * 1'000'000;
    }
    const Caps before = caps_;
    const Result<bool> heard = hear_hello();
    if (!heard && heard.error().code == Errc::peer_died) return try_later(context);
    if (!heard) return Failure(heard.error());
    if (!*heard) {
        if (monotonic_ns() >= greet_until_ns_) return fail_mute();
        context.wait_until(context.running_time_ns() + kGreetingNs);
        return Flow::again;
    }
    std::erase_if(lives_, [](const auto& life) { return life->taken() == life->released(); });
    lives_.push_back(std::make_unique<Borrows>());
    told_done_ = 0;
    discont_ = true;
    return caps_ == before ? Result<Flow>(Flow::more) : Result<Flow>(Flow::reconfigure);
}

Result<Flow> IpcSrc::process(Context& context) {
    if (!greeted_) return come_again(context);
    for (;;) {
        if (const Result<> given = give_back(); !given) return gone(context);
        auto received = socket_.receive();
        if (!received && received.error().code == Errc::peer_died) return gone(context);
        if (!received) return Failure(std::move(received).error());
        if (!*received) {
            context.wait_readable(socket_.fd());
            return Flow::again;
        }
        const std::optional<Flow> answer = PX_TRY(take(context, *std::move(*received)));
        if (answer) return *answer;
    }
}

}  // namespace parallax
