#include "parallax/app.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <utility>

#include "elements/sync_wait.h"

namespace parallax {

// --- Source

struct AppSrc::Item {
    std::vector<std::byte> bytes = {};
    Slot slot = {};  // Instead of the bytes.
    std::size_t size_bytes = 0;
    Meta meta = {};
    std::optional<Caps> caps = {};  // No frame: what follows is of another format.
};

struct AppSrc::State {
    std::mutex mutex;  // Guards all below.
    std::condition_variable room;
    std::deque<Item> items;
    std::size_t frames = 0;                     // Among them.
    std::vector<std::vector<std::byte>> spare;  // Memory of items gone by, to be used again.
    bool ending = false;
    std::uint64_t flushes_begun = 0;  // Of the run; and how many have come to this source.
    std::uint64_t flushes_seen = 0;
    std::uint64_t forgotten = 0;  // Frames, not counted yet.
    std::move_only_function<void()> wake = [] {};

    // What is handed on now would fall with what was handed on before.
    bool in_flush() const { return flushes_seen < flushes_begun; }
};

AppSrc::AppSrc() : state_(std::make_unique<State>()) {}
AppSrc::~AppSrc() = default;

Pads AppSrc::pads() {
    return {.pads = {{"src", PadDirection::src}}, .state = StateClass::opaque, .local = true};
}

Result<> AppSrc::open() {
    caps_ = options().caps;
    return {};
}

Caps AppSrc::pad_caps(const Pad&) const { return caps_; }

// Waits for room; `make` then says what is pushed.
template <class Make>
AppSrc::Push AppSrc::push_made(std::chrono::nanoseconds patience, Make&& make) {
    State& s = *state_;
    std::unique_lock lock(s.mutex);
    const auto limit = static_cast<std::size_t>(options().max_buffers);
    const bool room = s.room.wait_for(lock, patience, [&] { return s.ending || s.frames < limit; });
    if (s.ending) return Push::ended;
    if (!room) return Push::full;
    s.items.push_back(make());
    ++s.frames;
    s.wake();
    return Push::taken;
}

AppSrc::Push AppSrc::push(std::span<const std::byte> frame, const Meta& meta,
                          std::chrono::nanoseconds patience) {
    return push_made(patience, [&] {
        Item item{.size_bytes = frame.size(), .meta = meta};
        auto& spare = state_->spare;
        if (!spare.empty()) {
            item.bytes = std::move(spare.back());
            spare.pop_back();
        }
        item.bytes.assign(frame.begin(), frame.end());
        return item;
    });
}

AppSrc::Push AppSrc::push(Slot frame, std::size_t size_bytes, const Meta& meta,
                          std::chrono::nanoseconds patience) {
    return push_made(patience, [&] {
        return Item{.slot = std::move(frame), .size_bytes = size_bytes, .meta = meta};
    });
}

void AppSrc::set_caps(const Caps& caps) {
    const std::lock_guard lock(state_->mutex);
    state_->items.push_back({.caps = caps});
    state_->wake();
}

void AppSrc::end_of_stream() {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
    state_->room.notify_all();
    state_->wake();
}

void AppSrc::on_fill(Fill fill) { fill_ = std::move(fill); }

void AppSrc::set_waker(std::move_only_function<void()> wake) {
    const std::lock_guard lock(state_->mutex);
    state_->wake = std::move(wake);
}

// Changes of format stay: what is pushed next is of the last one.
void AppSrc::flush_begins(std::uint64_t number) {
    State& s = *state_;
    const std::lock_guard lock(s.mutex);
    s.flushes_begun = std::max(s.flushes_begun, number);
    s.forgotten += std::erase_if(s.items, [](const Item& item) {
        return !item.caps && (item.meta.flags & frame_flag::piece) == 0;
    });
    s.frames = static_cast<std::size_t>(
        std::ranges::count_if(s.items, [](const Item& item) { return !item.caps; }));
    s.room.notify_all();
}

Result<bool> AppSrc::event(Context& context, const Event& event) {
    if (event.type != Event::Type::flush) return false;
    const std::lock_guard lock(state_->mutex);
    state_->flushes_seen = std::max(state_->flushes_seen, event.number);
    context.count_dropped(std::exchange(state_->forgotten, 0));
    return false;
}

Result<> AppSrc::configure(const Negotiated& formats) {
    {
        // What was under way has come to its end, with or without an event.
        const std::lock_guard lock(state_->mutex);
        state_->flushes_seen = state_->flushes_begun;
    }
    const auto& image = formats.out().image;
    picture_bytes_ = image ? image->size_bytes : 0;
    return {};
}

std::size_t AppSrc::output_bytes(std::size_t, const Negotiated&) const {
    return picture_bytes_ != 0 ? picture_bytes_
                               : static_cast<std::size_t>(options().max_frame_bytes);
}

Result<Flow> AppSrc::process(Context& context) {
    if (!context.linked()) return Flow::eos;
    if (fill_) return process_fill(context);
    Item item;
    {
        const std::lock_guard lock(state_->mutex);
        const bool held = state_->in_flush();
        if (held || state_->items.empty()) {
            if (!held && state_->ending) return Flow::eos;
            context.wait_for_wake();
            return Flow::again;
        }
        item = std::move(state_->items.front());
        state_->items.pop_front();
        if (!item.caps) --state_->frames;
        state_->room.notify_one();
    }
    if (!item.caps) return process_item(context, std::move(item));
    caps_ = *std::move(item.caps);
    return Flow::reconfigure;
}

Result<Flow> AppSrc::process_item(Context& context, Item item) {
    context.out_meta() = std::move(item.meta);
    context.out_meta().sequence = frames_;
    if (item.slot) {
        PX_TRY(check_size(item.size_bytes, item.slot.bytes().size()));
        stamp(context);
        return context.commit(std::move(item.slot), item.size_bytes);
    }
    const MemoryViewMut out = context.out();
    PX_TRY(check_size(item.size_bytes, out.size()));
    std::ranges::copy(item.bytes, out.begin());
    context.count_copied(item.size_bytes);
    {
        const std::lock_guard lock(state_->mutex);
        state_->spare.push_back(std::move(item.bytes));
    }
    stamp(context);
    return context.commit(item.size_bytes);
}

Result<Flow> AppSrc::process_fill(Context& context) {
    if (const std::lock_guard lock(state_->mutex); state_->in_flush()) {
        context.wait_for_wake();
        return Flow::again;
    }
    Meta& meta = context.out_meta();
    meta.sequence = frames_;
    const MemoryViewMut out = context.out();
    const auto size_bytes = fill_(out, meta);
    if (!size_bytes) return Flow::eos;
    PX_TRY(check_size(*size_bytes, out.size()));
    stamp(context);
    return context.commit(*size_bytes);
}

Result<> AppSrc::check_size(std::size_t size_bytes, std::size_t most_bytes) const {
    const bool wrong_size = picture_bytes_ != 0 && size_bytes != picture_bytes_;
    if (!wrong_size && size_bytes <= most_bytes) return {};
    return fail(Errc::invalid_argument,
                "a frame of " + std::to_string(size_bytes) + " bytes was pushed, expected " +
                    (wrong_size ? "" : "at most ") +
                    std::to_string(wrong_size ? picture_bytes_ : most_bytes),
                wrong_size ? "give whole pictures, as the caps say" : "raise max-frame-bytes");
}

void AppSrc::stamp(Context& context) {
    Meta& meta = context.out_meta();
    if (options().do_timestamp && meta.pts_ns == kNoTimeNs) {
        meta.pts_ns = context.running_time_ns();
    }
    ++frames_;
}

Result<> AppSrc::finish(bool) {
    end_of_stream();
    return {};
}

// --- Sink

struct AppSink::State {
    std::mutex mutex;  // Guards all below.
    std::condition_variable news;
    std::deque<Sample> samples;
    std::deque<Viewed> views;  // Instead of the samples.
    bool ending = false;
    std::uint64_t flushes_begun = 0;  // Of the run; and how many have come to this sink.
    std::uint64_t flushes_seen = 0;
    std::uint64_t forgotten = 0;  // Frames, not counted yet.
    std::move_only_function<void()> wake = [] {};

    static bool is_piece(const Meta& meta) { return (meta.flags & frame_flag::piece) != 0; }
    void forget() {
        forgotten +=
            std::erase_if(samples, [](const Sample& each) { return !is_piece(each.meta); });
        forgotten +=
            std::erase_if(views, [](const Viewed& each) { return !is_piece(each.frame.meta); });
    }

    void end() {
        const std::lock_guard lock(mutex);
        ending = true;
        news.notify_all();
    }

    // The first of a queue, once there is one; nothing at the end, or when patience is.
    template <class T>
    std::optional<T> take(std::deque<T>& queue, std::chrono::nanoseconds patience) {
        std::unique_lock lock(mutex);
        news.wait_for(lock, patience, [&] { return ending || !queue.empty(); });
        if (queue.empty()) return std::nullopt;
        std::optional<T> first = std::move(queue.front());
        queue.pop_front();
        wake();
        return first;
    }
};

AppSink::AppSink() : state_(std::make_unique<State>()) {}
AppSink::~AppSink() = default;

Pads AppSink::pads() {
    return {.pads = {{"sink", PadDirection::sink}},
            .state = StateClass::opaque,
            .local = true,
            .allocates = false};
}

std::optional<AppSink::Sample> AppSink::pull(std::chrono::nanoseconds patience) {
    return state_->take(state_->samples, patience);
}

void AppSink::view_frames(std::uint32_t at_once) { views_at_once_ = std::max(at_once, 1U); }

std::optional<AppSink::Viewed> AppSink::pull_view(std::chrono::nanoseconds patience) {
    return state_->take(state_->views, patience);
}

std::uint32_t AppSink::keeps() const {
    if (views_at_once_ == 0) return 0;
    return static_cast<std::uint32_t>(options().max_buffers) + views_at_once_;
}

Result<ImageView> AppSink::picture(const PadFormat& format, MemoryView bytes) {
    if (format.image) return view_image(*format.image, bytes);
    return fail(Errc::invalid_argument, "no pictures come here but " + to_string(format.caps),
                "put a decoder before the appsink");
}

bool AppSink::ended() const {
    const std::lock_guard lock(state_->mutex);
    return state_->ending && state_->samples.empty() && state_->views.empty();
}

void AppSink::on_frame(Look look) { look_ = std::move(look); }

void AppSink::set_waker(std::move_only_function<void()> wake) {
    const std::lock_guard lock(state_->mutex);
    state_->wake = std::move(wake);
}

void AppSink::flush_begins(std::uint64_t number) {
    State& s = *state_;
    const std::lock_guard lock(s.mutex);
    s.flushes_begun = std::max(s.flushes_begun, number);
    s.forget();
    s.wake();
}

Result<bool> AppSink::event(Context& context, const Event& event) {
    if (event.type != Event::Type::flush) return false;
    State& s = *state_;
    const std::lock_guard lock(s.mutex);
    s.flushes_seen = std::max(s.flushes_seen, event.number);
    context.count_dropped(std::exchange(s.forgotten, 0));
    return false;
}

Result<> AppSink::configure(const Negotiated& formats) {
    {
        const std::lock_guard lock(state_->mutex);
        state_->flushes_seen = state_->flushes_begun;  // As of an AppSrc.
    }
    format_ = formats.in();
    return {};
}

Result<Flow> AppSink::process(Context& context) {
    const Meta& meta = context.in_meta();
    if (options().sync && elements::early(context)) return Flow::again;
    const MemoryView in = context.in();
    State& s = *state_;
    std::unique_lock lock(s.mutex);
    if (s.flushes_seen < s.flushes_begun && !State::is_piece(meta)) {  // It was made before.
        context.count_dropped();
        return Flow::more;
    }
    if (look_) {
        lock.unlock();
        look_({.bytes = in, .meta = meta, .format = format_});
        return Flow::more;
    }
    if (s.samples.size() + s.views.size() >= static_cast<std::size_t>(options().max_buffers)) {
        if (!options().drop) {
            context.wait_for_wake();
            return Flow::again;
        }
        if (views_at_once_ > 0) s.views.pop_front();
        if (views_at_once_ == 0) s.samples.pop_front();
        context.count_dropped();
    }
    if (views_at_once_ > 0) {
        s.views.push_back({.frame = context.keep(), .format = format_});
    } else {
        s.samples.push_back({.bytes = {in.begin(), in.end()}, .meta = meta, .format = format_});
        context.count_copied(in.size());
    }
    s.news.notify_one();
    return Flow::more;
}

Result<Flow> AppSink::drain(Context&) {
    state_->end();
    return Flow::eos;
}

Result<> AppSink::finish(bool) {
    state_->end();
    return {};
}

}  // namespace parallax
