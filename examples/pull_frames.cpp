// Frames come out of a graph into the program: a histogram of each, without a copy.
//
//     pull_frames                         shows the brightness of a ball on black, and of SMPTE
//     bars
//
// Shows: AppSink twice: on_frame() lends the graph's own memory for the call; pull() gives a copy
// that stays. Both see pixels by ImageView: rows, strides and format, as negotiated.
#include <array>
#include <cstdio>
#include <string>

#include "parallax/app.h"
#include "parallax/builtin.h"
#include "parallax/pipeline.h"

namespace {

using parallax::AppSink;
using std::chrono::operator""s;

using Histogram = std::array<int, 8>;

Histogram brightness(const parallax::ImageView& picture) {
    Histogram counts{};
    for (int y = 0; y < picture.height(); ++y) {
        const auto* row = picture.samples<std::uint8_t>(y);
        for (int x = 0; x < picture.width(); ++x) ++counts[row[x] / 32U];
    }
    return counts;
}

void show(const Histogram& counts, const parallax::ImageView& picture) {
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const int width = counts[i] * 50 / (picture.width() * picture.height());
        std::printf("  %3zu … %3zu %6d %s\n", i * 32, i * 32 + 31, counts[i],
                    std::string(static_cast<std::size_t>(width), '#').c_str());
    }
}

}  // namespace

int main() {
    parallax::Registry registry;
    parallax::add_builtin_elements(registry);

    auto looked = parallax::Pipeline::from_text(
        "videotestsrc pattern=ball num-buffers=3 ! video/x-raw,format=GRAY8 ! appsink name=out",
        registry);
    if (!looked) return std::puts(to_string(looked.error().front()).c_str()), 2;
    int seen = 0;
    (*looked)->element<AppSink>("out")->on_frame([&](const AppSink::View& frame) {
        const auto picture = frame.image();  // The slot that videotestsrc painted.
        if (!picture) return;
        std::printf("frame %llu at %lld ms, %dx%d, seen where it lies\n",
                    static_cast<unsigned long long>(frame.meta.sequence),
                    static_cast<long long>(frame.meta.pts_ns / 1'000'000), picture->width(),
                    picture->height());
        show(brightness(*picture), *picture);
        ++seen;
    });
    if (const auto done = (*looked)->run(); !done) {
        return std::puts(to_string(done.error()).c_str()), 1;
    }

    auto pulled = parallax::Pipeline::from_text(
        "videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8 ! appsink name=out", registry);
    if (!pulled) return std::puts(to_string(pulled.error().front()).c_str()), 2;
    if (const auto playing = (*pulled)->play(); !playing) return 1;
    auto* out = (*pulled)->element<AppSink>("out");
    while (const auto sample = out->pull(10s)) {
        const auto picture = sample->image();
        if (!picture) return std::puts(to_string(picture.error()).c_str()), 1;
        std::printf("%s, pulled: a copy, ours\n", to_string(sample->format.caps).c_str());
        show(brightness(*picture), *picture);
        ++seen;
    }
    return seen == 4 && out->ended() ? 0 : 1;
}
