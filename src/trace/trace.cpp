#include "trace/trace.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace parallax {
namespace {

constexpr std::chrono::milliseconds kPeriod(10);
constexpr std::size_t kChunkBytes = std::size_t{256} << 10U;

std::string json_text(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

double us(std::int64_t ns) { return static_cast<double>(ns) / 1e3; }

// A frame's way over one link. Positions do not come near 2^48.
std::uint64_t flow_of(std::uint64_t link, std::uint64_t position) {
    return link << 48U ^ (position & ((std::uint64_t{1} << 48U) - 1));
}

std::string name_of_thread(std::int64_t pid, std::uint32_t thread) {
    std::ifstream file(fmt::format("/proc/{}/task/{}/comm", pid, thread));
    std::string name;
    std::getline(file, name);
    return name;
}

}  // namespace

Result<std::unique_ptr<Trace>> Trace::open(const std::string& path) {
    UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!file) {
        Failure failure = fail_errno(path);
        failure.error().code = Errc::io;
        return failure;
    }
    auto trace = std::make_unique<Trace>(std::move(file), path);
    trace->thread_ = PX_TRY(Thread::start("plx:trace", [raw = trace.get()] { raw->run(); }));
    return trace;
}

Trace::Trace(UniqueFd file, std::string path)
    : path_(std::move(path)), file_(std::move(file)), text_("{\"traceEvents\":[\n") {}

Trace::~Trace() { (void)close(); }

std::uint64_t Trace::add(StageTrack track, const TraceRing& ring) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t number = next_number_++;
    if (std::ranges::find(named_, track.pid) == named_.end()) {
        named_.push_back(track.pid);
        begin_event();
        text_ += fmt::format(R"({{"ph":"M","name":"process_name","pid":{},"args":{{"name":{}}}}})",
                             track.pid, json_text(track.process));
    }
    sources_.push_back({.number = number,
                        .track = std::move(track),
                        .reader = TraceReader(ring),
                        .taken = {},
                        .last = {},
                        .threads = {}});
    return number;
}

void Trace::remove(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(sources_, number, &Source::number);
    if (found == sources_.end()) return;
    drain(*found);
    sources_.erase(found);
}

Result<> Trace::close() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        wake_.notify_one();
    }
    thread_.join();
    const std::lock_guard lock(mutex_);
    if (file_) {
        text_ += fmt::format(
            "\n],\"displayTimeUnit\":\"ms\",\"otherData\":{{\"lost_events\":{}}}}}\n", lost_);
        write_out();
        file_ = UniqueFd();
    }
    if (error_) return Failure(*error_);
    return {};
}

std::uint64_t Trace::lost() const {
    const std::lock_guard lock(mutex_);
    return lost_;
}

void Trace::run() {
    std::unique_lock lock(mutex_);
    for (bool last = false; !last;) {
        // Rings have no bell: ringing one would cost the stage more than its events do.
        last = wake_.wait_for(lock, kPeriod, [&] { return closing_; });
        for (Source& source : sources_) drain(source);
        if (text_.size() >= kChunkBytes) write_out();
    }
}

void Trace::drain(Source& source) {
    events_.clear();
    lost_ += source.reader.take(events_);
    for (const TraceEvent& event : events_) show(source, event);
}

void Trace::show(Source& source, const TraceEvent& event) {
    const StageTrack& track = source.track;
    switch (event.kind) {
        case TraceEvent::Kind::call:
            if (event.number < track.elements.size()) show_call(source, event);
            return;
        case TraceEvent::Kind::taken:
            if (event.number >= track.inputs.size() || source.taken.size() > track.inputs.size()) {
                return;
            }
            source.taken.push_back(flow_of(track.inputs[event.number], event.position));
            return;
        case TraceEvent::Kind::given:
            if (event.number >= track.outputs.size() || !source.last) return;
            show_arrow(source, *source.last, flow_of(track.outputs[event.number], event.position),
                       true);
            return;
    }
}

void Trace::show_call(Source& source, const TraceEvent& event) {
    name_thread(source, event.thread);
    begin_event();
    fmt::format_to(
        std::back_inserter(text_),
        R"({{"ph":"X","cat":"call","name":{},"pid":{},"tid":{},"ts":{:.3f},"dur":{:.3f},)"
        R"("args":{{"call":{}}}}})",
        json_text(source.track.elements[event.number]), source.track.pid, event.thread,
        us(event.start_ns), us(event.duration_ns), event.position);
    for (const std::uint64_t flow : std::exchange(source.taken, {})) {
        show_arrow(source, event, flow, false);
    }
    source.last = event;
}

// It hangs on the slice that is there at its time: on the end of one, and on the start of another.
void Trace::show_arrow(const Source& source, const TraceEvent& at, std::uint64_t flow,
                       bool begins) {
    begin_event();
    const std::int64_t time_ns = begins ? at.start_ns + at.duration_ns / 2 : at.start_ns;
    fmt::format_to(
        std::back_inserter(text_),
        R"({{"ph":"{}"{},"cat":"link","name":"frame","id":{},"pid":{},"tid":{},"ts":{:.3f}}})",
        begins ? "s" : "f", begins ? "" : R"(,"bp":"e")", flow, source.track.pid, at.thread,
        us(time_ns));
}

void Trace::name_thread(Source& source, std::uint32_t thread) {
    // A hostile stage could name any number of them.
    constexpr std::size_t kMostThreads = 256;
    if (std::ranges::find(source.threads, thread) != source.threads.end()) return;
    if (source.threads.size() >= kMostThreads) return;
    source.threads.push_back(thread);
    std::string name = name_of_thread(source.track.pid, thread);
    // In a process of its own, threads have numbers of its own too.
    if (name.empty()) name = "stage of " + source.track.elements.front();
    begin_event();
    text_ +=
        fmt::format(R"({{"ph":"M","name":"thread_name","pid":{},"tid":{},"args":{{"name":{}}}}})",
                    source.track.pid, thread, json_text(name));
}

void Trace::begin_event() {
    if (shown_++ > 0) text_ += ",\n";
    if (text_.size() >= kChunkBytes) write_out();
}

void Trace::write_out() {
    std::string_view rest = text_;
    while (!rest.empty() && !error_) {
        const ssize_t put = ::write(file_.get(), rest.data(), rest.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) {
            error_ = fail_errno(path_).error();
            error_->code = Errc::io;
        } else {
            rest.remove_prefix(static_cast<std::size_t>(put));
        }
    }
    text_.clear();
}

}  // namespace parallax
