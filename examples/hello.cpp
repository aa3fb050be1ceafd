// A launch line as a program: simulate a raw frame, develop it, write it as a JPEG.
//
//     hello ["LAUNCH LINE"]
//
// Shows: Registry, Pipeline::from_text with all that is wrong at once, Pipeline::run, RunReport.
#include <cstdio>

#include "parallax/builtin.h"
#include "parallax/pipeline.h"

namespace {

constexpr const char* kLine =
    "rawtestsrc num-buffers=1 seed=7 gain=4 ! softisp quality=best ! jpegenc "
    "! filesink location=hello.jpg";

int play(const char* line, const parallax::Registry& registry) {
    auto pipeline = parallax::Pipeline::from_text(line, registry);
    if (!pipeline) {
        for (const parallax::Problem& problem : pipeline.error()) {
            std::printf("  %s\n", to_string(problem).c_str());
        }
        return 2;
    }
    if (const auto done = (*pipeline)->run(); !done) {
        std::printf("  %s\n", to_string(done.error()).c_str());
        return 1;
    }
    const parallax::RunReport report = (*pipeline)->report();
    for (const parallax::ElementReport& element : report.elements) {
        std::printf("  %-10s %llu in, %llu out, %.1f ms of processor time\n", element.name.c_str(),
                    static_cast<unsigned long long>(element.frames_in),
                    static_cast<unsigned long long>(element.frames_out), element.busy_s * 1e3);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    parallax::Registry registry;  // The elements this program knows.
    parallax::add_builtin_elements(registry);
    if (argc > 1) return play(argv[1], registry);

    std::printf("a line with two mistakes:\n");
    if (play("rawtestsrc ! softips quality=bets", registry) != 2) return 1;
    std::printf("the line itself:\n");
    return play(kLine, registry);
}
