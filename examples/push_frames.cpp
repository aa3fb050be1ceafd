// Frames that the program makes itself go through a graph: a plasma, written as a Y4M film.
//
//     push_frames [FRAMES]                writes plasma.y4m; play it with mpv or ffplay
//
// Shows: AppSrc twice: push() copies a frame of ours; on_fill() paints into the graph's own memory.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "parallax/app.h"
#include "parallax/builtin.h"
#include "parallax/pipeline.h"

namespace {

using parallax::AppSrc;
using std::chrono::operator""s;

constexpr int kWidth = 160;
constexpr int kHeight = 120;
constexpr const char* kLine =
    "appsrc name=in caps=video/x-raw,format=GRAY8,width=160,height=120,framerate=25/1 "
    "! videoconvert ! video/x-raw,format=I420 ! y4menc ! filesink location=plasma.y4m";

// Rows of 160 bytes need no padding (rows are padded to 4), so the picture is one run of pixels.
void paint(parallax::MemoryViewMut pixels, int number, parallax::Meta& meta) {
    const double t = number / 25.0;
    for (int y = 0; y < kHeight; ++y) {
        for (int x = 0; x < kWidth; ++x) {
            const double wave =
                std::sin(x / 12.0 + t * 3) + std::sin(std::hypot(x - 80, y - 60) / 9 - t * 5);
            pixels[static_cast<std::size_t>(y * kWidth + x)] =
                static_cast<std::byte>(127 + 60 * wave);
        }
    }
    meta.pts_ns = number * 40'000'000LL;
    meta.duration_ns = 40'000'000;
}

int failed(const parallax::Result<>& result) {
    if (!result) std::puts(to_string(result.error()).c_str());
    return result ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const int frames = argc > 1 ? std::atoi(argv[1]) : 25;
    parallax::Registry registry;
    parallax::add_builtin_elements(registry);

    for (const bool fill : {false, true}) {
        auto made = parallax::Pipeline::from_text(kLine, registry);
        if (!made) return std::puts(to_string(made.error().front()).c_str()), 2;
        parallax::Pipeline& pipeline = **made;
        auto* in = pipeline.element<AppSrc>("in");
        int number = 0;
        if (fill) {  // Called on a thread of the graph, whenever there is room.
            in->on_fill([&](parallax::MemoryViewMut out,
                            parallax::Meta& meta) -> std::optional<std::size_t> {
                if (number == frames) return std::nullopt;  // The end of the stream.
                paint(out, number++, meta);
                return out.size();
            });
            if (failed(pipeline.run())) return 1;
        } else {
            if (failed(pipeline.play())) return 1;
            std::vector<std::byte> picture(std::size_t{kWidth} * kHeight);
            for (; number < frames; ++number) {
                parallax::Meta meta;
                paint(picture, number, meta);
                if (in->push(picture, meta, 10s) != AppSrc::Push::taken) break;
            }
            in->end_of_stream();
            if (failed(pipeline.run())) return 1;  // Plays already: waits for the end.
        }
        const parallax::RunReport report = pipeline.report();
        std::printf("%-9s %d frames, the runtime copied %llu bytes of them\n",
                    fill ? "on_fill():" : "push():", number,
                    static_cast<unsigned long long>(report.links.front().bytes_copied));
        if (report.elements.back().frames_in == 0) return 1;
    }
    return 0;
}
