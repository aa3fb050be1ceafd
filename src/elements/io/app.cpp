#include "parallax/app.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>

namespace parallax {

// --- Source

struct AppSrc::State {
    struct Item {
        std::vector<std::byte> bytes;
        Meta meta;
    };
    std::mutex mutex;  // Guards all below.
    std::condition_variable room;
    std::deque<Item> items;
    std::vector<std::vector<std::byte>> spare;  // Memory of items gone by, to be used again.
    bool ending = false;
    std::move_only_function<void()> wake = [] {};
};

AppSrc::AppSrc() : state_(std::make_unique<State>()) {}
AppSrc::~AppSrc() = default;

Pads AppSrc::pads() { return {.pads = {{"src", PadDirection::src}}, .state = StateClass::opaque}; }

AppSrc::Push AppSrc::push(std::span<const std::byte> frame, const Meta& meta,
                          std::chrono::nanoseconds patience) {
    State& s = *state_;
    std::unique_lock lock(s.mutex);
    const auto limit = static_cast<std::size_t>(options().max_buffers);
    const bool room =
        s.room.wait_for(lock, patience, [&] { return s.ending || s.items.size() < limit; });
    if (s.ending) return Push::ended;
    if (!room) return Push::full;
    std::vector<std::byte> bytes;
    if (!s.spare.empty()) {
        bytes = std::move(s.spare.back());
        s.spare.pop_back();
    }
    bytes.assign(frame.begin(), frame.end());
    s.items.push_back({std::move(bytes), meta});
    s.wake();
    return Push::taken;
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

Result<> AppSrc::configure(const Negotiated& formats) {
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
    State::Item item;
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->items.empty()) {
            if (state_->ending) return Flow::eos;
            context.wait_for_wake();
            return Flow::again;
        }
        item = std::move(state_->items.front());
        state_->items.pop_front();
        state_->room.notify_one();
    }
    const std::size_t size_bytes = item.bytes.size();
    const std::uint64_t sequence = frames_;
    context.out_meta() = std::move(item.meta);
    context.out_meta().sequence = sequence;
    const MemoryViewMut out = context.out();
    if (size_bytes <= out.size()) std::ranges::copy(item.bytes, out.begin());
    context.count_copied(size_bytes);
    {
        const std::lock_guard lock(state_->mutex);
        state_->spare.push_back(std::move(item.bytes));
    }
    return commit(context, size_bytes);
}

Result<Flow> AppSrc::process_fill(Context& context) {
    const std::uint64_t sequence = frames_;
    Meta& meta = context.out_meta();
    meta.sequence = sequence;
    const auto size_bytes = fill_(context.out(), meta);
    return size_bytes ? commit(context, *size_bytes) : Flow::eos;
}

Result<Flow> AppSrc::commit(Context& context, std::size_t size_bytes) {
    const std::size_t most_bytes = context.out().size();
    const bool wrong_size = picture_bytes_ != 0 && size_bytes != picture_bytes_;
    if (wrong_size || size_bytes > most_bytes) {
        return fail(Errc::invalid_argument,
                    "a frame of " + std::to_string(size_bytes) + " bytes was pushed, expected " +
                        (wrong_size ? "" : "at most ") + std::to_string(most_bytes),
                    wrong_size ? "give whole pictures, as the caps say" : "raise max-frame-bytes");
    }
    Meta& meta = context.out_meta();
    if (options().do_timestamp && meta.pts_ns == kNoTimeNs) {
        meta.pts_ns = context.running_time_ns();
    }
    ++frames_;
    return context.commit(size_bytes);
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
    bool ending = false;
    std::move_only_function<void()> wake = [] {};

    void end() {
        const std::lock_guard lock(mutex);
        ending = true;
        news.notify_all();
    }
};

AppSink::AppSink() : state_(std::make_unique<State>()) {}
AppSink::~AppSink() = default;

Pads AppSink::pads() {
    return {
        .pads = {{"sink", PadDirection::sink}}, .state = StateClass::opaque, .allocates = false};
}

std::optional<AppSink::Sample> AppSink::pull(std::chrono::nanoseconds patience) {
    State& s = *state_;
    std::unique_lock lock(s.mutex);
    s.news.wait_for(lock, patience, [&] { return s.ending || !s.samples.empty(); });
    if (s.samples.empty()) return std::nullopt;
    std::optional<Sample> sample = std::move(s.samples.front());
    s.samples.pop_front();
    s.wake();
    return sample;
}

Result<ImageView> AppSink::picture(const PadFormat& format, MemoryView bytes) {
    if (format.image) return view_image(*format.image, bytes);
    return fail(Errc::invalid_argument, "no pictures come here but " + to_string(format.caps),
                "put a decoder before the appsink");
}

bool AppSink::ended() const {
    const std::lock_guard lock(state_->mutex);
    return state_->ending && state_->samples.empty();
}

void AppSink::on_frame(Look look) { look_ = std::move(look); }

void AppSink::set_waker(std::move_only_function<void()> wake) {
    const std::lock_guard lock(state_->mutex);
    state_->wake = std::move(wake);
}

Result<> AppSink::configure(const Negotiated& formats) {
    format_ = formats.in();
    return {};
}

Result<Flow> AppSink::process(Context& context) {
    const Meta& meta = context.in_meta();
    if (options().sync && meta.pts_ns > context.running_time_ns()) {
        context.wait_until(meta.pts_ns);
        return Flow::again;
    }
    const MemoryView in = context.in();
    if (look_) {
        look_({.bytes = in, .meta = meta, .format = format_});
        return Flow::more;
    }
    const std::lock_guard lock(state_->mutex);
    auto& samples = state_->samples;
    if (samples.size() >= static_cast<std::size_t>(options().max_buffers)) {
        if (!options().drop) {
            context.wait_for_wake();
            return Flow::again;
        }
        samples.pop_front();
        context.count_dropped();
    }
    samples.push_back({.bytes = {in.begin(), in.end()}, .meta = meta, .format = format_});
    context.count_copied(in.size());
    state_->news.notify_one();
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
