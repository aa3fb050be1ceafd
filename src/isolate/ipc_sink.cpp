#include <algorithm>
#include <cerrno>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "isolate/ipc_elements.h"

namespace parallax {
namespace {

constexpr std::size_t kMostConsumers = 64;
constexpr int kMessagesAtOnce = 64;  // Of one program, before others have their turn.
constexpr std::int64_t kLookNs = 20'000'000;
using Type = IpcMessage::Type;

}  // namespace

Pads IpcSink::pads() {
    return {.pads = {{"sink", PadDirection::sink}},
            .state = StateClass::opaque,
            .local = true,
            .allocates = false};
}

IpcSink::~IpcSink() {
    if (listener_) ::unlink(options().path.path.c_str());
}

Result<> IpcSink::open() {
    listener_ = PX_TRY(listen_at(options().path.path));
    news_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
    if (!news_) return fail_errno("epoll_create1");
    epoll_event event{.events = EPOLLIN, .data = {.u64 = 0}};
    if (::epoll_ctl(news_.get(), EPOLL_CTL_ADD, listener_.get(), &event) != 0) {
        return fail_errno("epoll_ctl");
    }
    return {};
}

Result<> IpcSink::configure(const Negotiated& formats) {
    caps_ = to_string(formats.in().caps);
    for (const auto& consumer : consumers_) {
        if (consumer->greeted) (void)consumer->socket.send({.type = Type::caps, .caps = caps_});
    }
    return {};
}

// What all programs together look at. A frame that several look at is held once, but programs that
// lag behind each other look at different ones.
std::uint32_t IpcSink::keeps() const {
    return static_cast<std::uint32_t>(options().max_buffers) * 4;
}

void IpcSink::accept_all(Context& context) {
    for (;;) {
        UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!fd) return;
        if (const Result<> peer = check_peer(fd.get()); !peer) {
            context.post(Severity::warning, "turned away: " + to_string(peer.error()));
            continue;
        }
        if (consumers_.size() >= kMostConsumers) {
            context.post(Severity::warning, "turned away: 64 programs look on already");
            continue;
        }
        epoll_event event{.events = EPOLLIN, .data = {.u64 = 0}};
        ::epoll_ctl(news_.get(), EPOLL_CTL_ADD, fd.get(), &event);
        auto consumer = std::make_unique<Consumer>();
        consumer->socket = IpcSocket(std::move(fd));
        if (greet(*consumer)) {
            came_ = true;
            consumers_.push_back(std::move(consumer));
        }
    }
}

Result<> IpcSink::greet(Consumer& consumer) {
    consumer.greeted =
        PX_TRY(consumer.socket.send({.type = Type::hello, .number = kIpcVersion, .caps = caps_}));
    return consumer.greeted ? Result<>{} : fail(Errc::peer_died, "it does not read");
}

void IpcSink::part(Context& context, Consumer& consumer, const std::string& why) {
    consumer.lost = true;
    consumer.held.clear();
    if (!why.empty()) context.post(Severity::warning, "a program was let go of: " + why);
}

void IpcSink::forget_lost() {
    std::erase_if(consumers_, [](const auto& consumer) { return consumer->lost; });
}

void IpcSink::hear(Context& context, Consumer& consumer) {
    for (int count = 0; count < kMessagesAtOnce; ++count) {
        auto received = consumer.socket.receive();
        if (!received) {
            const bool left = received.error().code == Errc::peer_died;
            return part(context, consumer, left ? "" : to_string(received.error()));
        }
        if (!*received) return;
        const IpcMessage& message = (*received)->message;
        const bool sane = message.type == Type::done && message.number >= consumer.done &&
                          message.number <= consumer.given;
        if (!sane) return part(context, consumer, "it gave back what it was not given");
        for (; consumer.done < message.number; ++consumer.done) consumer.held.pop_front();
    }
}

void IpcSink::hear_all(Context& context) {
    accept_all(context);
    for (const auto& consumer : consumers_) hear(context, *consumer);
    forget_lost();
}

// Whether somebody must give a frame back before the next; who does not in time is let go of.
bool IpcSink::someone_full(Context& context) {
    if (options().drop) return false;
    const std::int64_t now = monotonic_ns();
    bool full = false;
    for (const auto& consumer : consumers_) {
        if (std::cmp_less(consumer->held.size(), options().max_buffers)) {
            consumer->full_since_ns = 0;
            continue;
        }
        if (consumer->full_since_ns == 0) consumer->full_since_ns = now;
        const std::int64_t patience = std::int64_t{options().timeout_ms} * 1'000'000;
        if (now - consumer->full_since_ns > patience) {
            part(context, *consumer,
                 "it gave no frame back for " + std::to_string(options().timeout_ms) + " ms");
        } else {
            full = true;
        }
    }
    forget_lost();
    return full;
}

Flow IpcSink::wait(Context& context) {
    context.wait_readable(news_.get());
    context.wait_until(context.running_time_ns() + kLookNs);
    return Flow::again;
}

Result<bool> IpcSink::give(Context& context, Consumer& consumer, const KeptFrame& frame,
                           const ArenaPlace& place) {
    if (place.size_bytes != 0 &&
        std::ranges::find(consumer.arenas, place.arena_id) == consumer.arenas.end()) {
        const auto shared = context.arenas().shared(place.arena_id);
        if (!shared) return fail(Errc::unsupported, "a frame in memory that is not the run's");
        const IpcMessage news{.type = Type::arena, .arena = shared->shape};
        if (!PX_TRY(consumer.socket.send(news, shared->fd))) return false;
        consumer.arenas.push_back(place.arena_id);
    }
    return consumer.socket.send(
        {.type = Type::frame, .number = consumer.given, .place = place, .meta = frame.meta});
}

// The frame at hand, to everybody who has room for it.
// False when so many are looked at already that it could not be held for them.
Result<bool> IpcSink::offer(Context& context) {
    ArenaPlace place;
    if (!context.in().empty()) {
        const auto found = context.arenas().locate(context.in());
        if (!found) {
            return fail(Errc::unsupported,
                        "a frame in memory of the program's own cannot be shared",
                        "push it by appsrc as a copy");
        }
        place = *found;
    }
    const KeptFrame frame = context.keep();
    if (frame.bytes.data() != context.in().data()) {  // A copy, of which others know nothing.
        if (options().drop) context.count_dropped();
        return options().drop;
    }
    for (const auto& consumer : consumers_) {
        const bool room = std::cmp_less(consumer->held.size(), options().max_buffers);
        const Result<bool> given = room ? give(context, *consumer, frame, place) : false;
        if (!given && given.error().code == Errc::unsupported) return Failure(given.error());
        if (!given) {
            part(context, *consumer, "");
        } else if (*given) {
            ++consumer->given;
            consumer->held.push_back(frame);
        } else {
            context.count_dropped();
        }
    }
    forget_lost();
    return true;
}

Result<Flow> IpcSink::process(Context& context) {
    hear_all(context);
    const bool alone = consumers_.empty() && options().wait_for_connection && !came_;
    if ((alone || someone_full(context)) && !context.stopping()) return wait(context);
    if (!PX_TRY(offer(context)) && !context.stopping()) return wait(context);
    return Flow::more;
}

// Until all is given back, or nobody may be waited for any longer.
Result<Flow> IpcSink::drain(Context& context) {
    hear_all(context);
    const std::int64_t now = monotonic_ns();
    bool waiting = false;
    for (const auto& consumer : consumers_) {
        if (consumer->full_since_ns == 0) consumer->full_since_ns = now;
        const std::int64_t patience = std::int64_t{options().timeout_ms} * 1'000'000;
        const bool late = now - consumer->full_since_ns > patience;
        if (!consumer->held.empty() && !late) waiting = true;
    }
    if (waiting) return wait(context);
    for (const auto& consumer : consumers_) {
        (void)consumer->socket.send({.type = Type::eos});
        consumer->held.clear();
    }
    return Flow::eos;
}

Result<> IpcSink::finish(bool) {
    consumers_.clear();
    if (std::exchange(listener_, UniqueFd())) ::unlink(options().path.path.c_str());
    return {};
}

}  // namespace parallax
