// AppSrc, AppSink: the program's own ends of a graph, "appsrc" and "appsink" in launch text.
//
//     auto* in = pipeline->element<AppSrc>("appsrc0");
//     auto* out = pipeline->element<AppSink>("appsink0");
//     PX_TRY(pipeline->play());
//     in->push(picture, meta, 1s);
//     in->end_of_stream();
//     while (auto sample = out->pull(1s)) use(*sample);
//
// Without a copy: frames are made in memory that the graph takes as it is, an arena of the program,
// and looked at where they lie.
//
//     CpuArena arena = PX_TRY(CpuArena::create({.slot_bytes = …, .slot_count = 8}));
//     Slot slot = *arena.acquire();
//     make_picture(slot.bytes());
//     in->push(std::move(slot), picture_bytes, meta, 1s);
//     out->view_frames();                       // before play()
//     while (auto view = out->pull_view(1s)) look_at(view->frame.bytes);
//
// Both hold a bounded number of frames, and every wait has an end. A program that pulls no more
// must say so by stop() of the pipeline, or set `drop`: a full AppSink holds its graph back.
//
// After flush() of the pipeline nothing is pulled any more that was pushed before, though it waited
// in one of these already, and everything that is pushed then comes.
//
// Threads: push, end_of_stream, pull and ended from any thread; callbacks are set before play(),
// run on the stage's thread, and must not wait for the pipeline.
// Lifetime: both belong to their Pipeline.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "parallax/element.h"
#include "parallax/meta.h"
#include "parallax/segment.h"

namespace parallax {

struct AppSrcOptions {
    Caps caps = Caps::any();
    int max_buffers = 8;
    std::uint64_t max_frame_bytes = std::uint64_t{1} << 20;
    bool do_timestamp = false;

    static constexpr auto describe() {
        return std::tuple{Option{"caps", &AppSrcOptions::caps, "what the program pushes"},
                          Option{"max-buffers",
                                 &AppSrcOptions::max_buffers,
                                 "most frames that wait for the graph",
                                 {.min = 1, .max = 100'000}},
                          Option{"max-frame-bytes",
                                 &AppSrcOptions::max_frame_bytes,
                                 "largest frame, where caps are not those of raw pictures",
                                 {.min = 1, .max = 1 << 30, .unit = "bytes"}},
                          Option{"do-timestamp", &AppSrcOptions::do_timestamp,
                                 "a frame without pts gets the running time"}};
    }
};

class AppSrc final : public ElementWith<AppSrcOptions> {
  public:
    enum class Push : std::uint8_t {
        taken,
        full,   // For all the time we were willing to wait.
        ended,  // After end_of_stream(), or when the pipeline is over: stop pushing.
    };
    // Copies the frame. Raw pictures have exactly the size of their caps.
    Push push(std::span<const std::byte> frame, const Meta& meta = {},
              std::chrono::nanoseconds patience = {});
    // The first `size_bytes` of a slot, which goes back to its arena when nobody in the graph looks
    // at it any more. A slot that is not taken is given back at once.
    Push push(Slot frame, std::size_t size_bytes, const Meta& meta = {},
              std::chrono::nanoseconds patience = {});
    // What is pushed from now on is of this format: the run agrees anew when it comes to it.
    void set_caps(const Caps& caps);
    // What was pushed before still goes through.
    void end_of_stream();

    // Instead of pushing: called whenever the graph has room, to fill the graph's own memory.
    // Answers how many bytes of it are the frame, or nothing at the end of the stream.
    using Fill = std::move_only_function<std::optional<std::size_t>(MemoryViewMut, Meta&)>;
    void on_fill(Fill fill);

    AppSrc();
    ~AppSrc() override;
    static Pads pads();
    Result<> open() override;
    Caps pad_caps(const Pad&) const override;
    Result<> configure(const Negotiated& formats) override;
    std::size_t output_bytes(std::size_t pad, const Negotiated& formats) const override;
    void set_waker(std::move_only_function<void()> wake) override;
    void flush_begins(std::uint64_t number) override;
    Result<Flow> process(Context& context) override;
    Result<bool> event(Context& context, const Event& event) override;
    Result<> finish(bool complete) override;

  private:
    struct State;  // What several threads touch.
    struct Item;
    template <class Make>
    Push push_made(std::chrono::nanoseconds patience, Make&& make);
    Result<Flow> process_fill(Context& context);
    Result<Flow> process_item(Context& context, Item item);
    Result<> check_size(std::size_t size_bytes, std::size_t most_bytes) const;
    void stamp(Context& context);

    std::unique_ptr<State> state_;
    Fill fill_;
    Caps caps_ = Caps::any();        // Of what is pushed now.
    std::size_t picture_bytes_ = 0;  // 0: not raw pictures.
    std::uint64_t frames_ = 0;
};

struct AppSinkOptions {
    Caps caps = Caps::any();
    int max_buffers = 16;
    bool drop = false;
    bool sync = false;

    static constexpr auto describe() {
        return std::tuple{
            Option{"caps", &AppSinkOptions::caps, "what the program takes"},
            Option{"max-buffers",
                   &AppSinkOptions::max_buffers,
                   "most frames that wait for the program",
                   {.min = 1, .max = 100'000}},
            Option{"drop", &AppSinkOptions::drop, "when full, drop the oldest; else wait"},
            Option{"sync", &AppSinkOptions::sync, "take frames at their pts, not before"}};
    }
};

class AppSink final : public ElementWith<AppSinkOptions> {
  public:
    struct Sample {  // A copy: yours.
        std::vector<std::byte> bytes;
        Meta meta;
        PadFormat format;
        Result<ImageView> image() const { return picture(format, bytes); }
    };
    // The oldest frame that waits, or nothing: when none came in that time, or when none will.
    std::optional<Sample> pull(std::chrono::nanoseconds patience = {});
    // True once the stream is over and everything was pulled.
    bool ended() const;

    // Instead of pull(): frames where they lie. Said before play(); `at_once` is how many of them
    // the program looks at at a time, beside the max-buffers that wait. The graph waits for the
    // oldest of them when others come; what is kept beyond these numbers is copied, and counted.
    void view_frames(std::uint32_t at_once = 1);
    struct Viewed {
        KeptFrame frame;  // Drop it, on any thread, to give its memory back.
        PadFormat format;
    };
    std::optional<Viewed> pull_view(std::chrono::nanoseconds patience = {});

    // Instead of pulling: called with each frame as it comes; it is valid for that call.
    struct View {
        MemoryView bytes;
        const Meta& meta;
        const PadFormat& format;
        Result<ImageView> image() const { return picture(format, bytes); }
    };
    using Look = std::move_only_function<void(const View&)>;
    void on_frame(Look look);

    AppSink();
    ~AppSink() override;
    static Pads pads();
    Caps pad_caps(const Pad&) const override { return options().caps; }
    Result<> configure(const Negotiated& formats) override;
    std::uint32_t keeps() const override;
    void set_waker(std::move_only_function<void()> wake) override;
    void flush_begins(std::uint64_t number) override;
    Result<Flow> process(Context& context) override;
    Result<bool> event(Context& context, const Event& event) override;
    Result<Flow> drain(Context& context) override;
    Result<> finish(bool complete) override;

  private:
    // The bytes as pixels; fails where the caps are not those of raw pictures.
    static Result<ImageView> picture(const PadFormat& format, MemoryView bytes);

    struct State;
    std::unique_ptr<State> state_;
    Look look_;
    std::uint32_t views_at_once_ = 0;  // 0: pull() makes copies.
    PadFormat format_;
};

}  // namespace parallax
