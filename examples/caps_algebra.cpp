// Caps are sets of formats, and links are where two sets meet.
//
//     caps_algebra                        the steps of a negotiation, by hand
//     caps_algebra A B                    what A and B have in common
//
// Shows: parse_caps, building caps in code, intersect, is_subset, simplify, fixate, nearest, and
// the layout of the picture that comes out of it.
#include <cstdio>

#include "parallax/caps.h"
#include "parallax/video_caps.h"

namespace {

using parallax::Caps;
using parallax::IntRange;
using parallax::Result;
using parallax::Structure;

void show(const char* what, const Caps& caps) {
    std::printf("%-28s %s\n", what, to_string(caps).c_str());
}

Result<> by_hand() {
    // A camera has two modes, and likes the first better. An encoder takes NV12 or I420.
    Caps camera;
    camera.append(Structure("video/x-raw")
                      .with("format", parallax::one_of("YUY2", "NV12"))
                      .with("width", 1920)
                      .with("height", 1080));
    camera.append(Structure("video/x-raw")
                      .with("format", "NV12")
                      .with("width", IntRange{16, 1280, 16})
                      .with("height", IntRange{16, 720, 8}));
    const Caps encoder = PX_TRY(
        parallax::parse_caps("video/x-raw,format={I420,NV12},width=[2,1280,2],height=[2,1024,2]"));
    show("the camera offers", camera);
    show("the encoder takes", encoder);

    const Caps both = intersect(camera, encoder);
    show("both", both);
    std::printf("%-28s %s\n", "both is within the encoder's",
                is_subset(both, encoder) ? "yes" : "no");

    // One format must be chosen: the smallest by the plain rule, or near to what a user wants.
    const auto plain = fixate(both);
    const auto wide = nearest(both, "width", 650);
    if (!plain || !wide)
        return parallax::fail(parallax::Errc::no_common_format, "they do not meet");
    show("fixated", *plain);
    show("width near 650", *wide);

    const auto chosen = fixate(*wide);
    const auto layout = PX_TRY(layout_from_caps(chosen->structures().front()));
    std::printf("%-28s %dx%d, %zu bytes, rows of %zu\n", "a frame of it", layout.width,
                layout.height, layout.size_bytes, layout.stride_bytes[0]);

    // Kinds never meet: 30 is a number, 30/1 a fraction.
    const auto number = PX_TRY(parallax::parse_caps("video/x-raw,framerate=30"));
    const auto fraction = PX_TRY(parallax::parse_caps("video/x-raw,framerate=30/1"));
    show("framerate 30 and 30/1", intersect(number, fraction));
    show("simplified",
         simplify(PX_TRY(parallax::parse_caps(
             "video/x-raw,width=[1,99];video/x-raw,width=[100,200];video/x-raw,width=7"))));
    const auto wrong = parallax::parse_caps("video/x-raw,width=[5,1]");
    if (wrong) return parallax::fail(parallax::Errc::corrupt, "an empty range was taken");
    std::printf("%-28s %s\n", "width=[5,1]", to_string(wrong.error()).c_str());
    return {};
}

Result<> of_two(const char* a, const char* b) {
    const Caps left = PX_TRY(parallax::parse_caps(a).context(a));
    const Caps right = PX_TRY(parallax::parse_caps(b).context(b));
    show("both", intersect(left, right));
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    const Result<> done = argc == 3 ? of_two(argv[1], argv[2]) : by_hand();
    if (!done) std::printf("%s\n", to_string(done.error()).c_str());
    return done ? 0 : 1;
}
