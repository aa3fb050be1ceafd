// A run under the hands of its program: change a property, pause, go on, stop.
//
//     live_control
//
// Shows: set_property() of live properties between two frames, property(), pause() and play(),
// running time that stands still while paused, flush() of what is under way, and what is refused
// because it is not live.
#include <cstdio>

#include "parallax/app.h"
#include "parallax/builtin.h"
#include "parallax/pipeline.h"

namespace {

using parallax::AppSink;
using parallax::Pipeline;
using std::chrono::operator""s;

struct Seen {
    int mean = -1;
    std::uint64_t sequence = 0;
};

// The mean of the next frame; -1 when none comes.
Seen next(AppSink& out) {
    const auto sample = out.pull(10s);
    if (!sample || sample->bytes.empty()) return {};
    std::uint64_t sum = 0;
    for (const std::byte value : sample->bytes) sum += std::to_integer<unsigned>(value);
    return {static_cast<int>(sum / sample->bytes.size()), sample->meta.sequence};
}

// Frames that were already under way are as they were; so wait for the first of another kind.
bool becomes(AppSink& out, int mean) {
    for (int i = 0; i < 1000; ++i) {
        const Seen seen = next(out);
        if (seen.mean == mean)
            return std::printf("  frame %llu has mean %d\n",
                               static_cast<unsigned long long>(seen.sequence), mean),
                   true;
        if (seen.mean < 0) return false;
    }
    return false;
}

}  // namespace

int main() {
    parallax::Registry registry;
    parallax::add_builtin_elements(registry);
    auto made = Pipeline::from_text(
        "videotestsrc name=camera pattern=white ! video/x-raw,format=GRAY8,width=64,height=48 "
        "! appsink name=out max-buffers=2",
        registry);
    if (!made) return std::puts(to_string(made.error().front()).c_str()), 2;
    Pipeline& pipeline = **made;
    auto& out = *pipeline.element<AppSink>("out");
    if (const auto playing = pipeline.play(); !playing)
        return std::puts(to_string(playing.error()).c_str()), 1;

    std::printf("playing, white:\n");
    if (!becomes(out, 255)) return 1;

    std::printf("pattern=black while it plays:\n");
    if (const auto set = pipeline.set_property("camera", "pattern", "black"); !set) return 1;
    if (!becomes(out, 0)) return 1;

    std::printf("paused; what waits in the sink can still be pulled:\n");
    pipeline.pause();
    int waiting = 0;
    while (out.pull()) ++waiting;
    std::printf("  %d frames waited\n", waiting);

    std::printf("pattern=white while it is paused, and on:\n");
    if (const auto set = pipeline.set_property("camera", "pattern", "white"); !set) return 1;
    pipeline.flush();  // Whatever is under way is black.
    const auto now = pipeline.property("camera", "pattern");
    std::printf("  it says %s\n",
                now ? parallax::to_string(*now).c_str() : to_string(now.error()).c_str());
    if (const auto on = pipeline.play(); !on) return 1;
    const Seen first = next(out);
    if (first.mean != 255) return 1;
    std::printf("  frame %llu is the next, and white\n",
                static_cast<unsigned long long>(first.sequence));

    std::printf("num-buffers=1 while it plays:\n");
    const auto refused = pipeline.set_property("camera", "num-buffers", "1");
    if (refused) return 1;
    std::printf("  %s\n", to_string(refused.error()).c_str());

    pipeline.stop();  // Else it would go on for ever.
    while (out.pull(10s)) {
    }
    const auto done = pipeline.run();
    std::printf("stopped: %s\n",
                done ? pipeline.report().status.c_str() : to_string(done.error()).c_str());
    return done ? 0 : 1;
}
