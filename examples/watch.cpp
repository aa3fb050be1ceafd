// What a program sees of a run: messages, progress, errors, and how it ends one.
//
//     watch                               three runs: a good one, an endless one, a failing one
//
// Shows: play() and wait(), messages with their severity, progress out of report(), stop() of a
// stream that would never end, and an error with its hint; wait() always comes back.
#include <cstdio>

#include "parallax/builtin.h"
#include "parallax/pipeline.h"

namespace {

using parallax::Pipeline;
using std::chrono::operator""ms;

void show(const Pipeline::Message& message) {
    const bool error = message.kind == Pipeline::Message::Kind::error;
    std::printf("  %s%s: %s\n", error ? "ERROR " : "", message.element.c_str(),
                message.text.c_str());
    if (!message.hint.empty()) std::printf("    hint: %s\n", message.hint.c_str());
}

std::uint64_t frames_at(const Pipeline& pipeline, const char* name) {
    for (const auto& element : pipeline.report().elements) {
        if (element.name == name) return element.frames_in;
    }
    return 0;
}

// Runs `line` and ends it after `most` frames at the element called end.
std::string watch(const char* line, std::uint64_t most, const parallax::Registry& registry) {
    std::printf("%s\n", line);
    auto made = Pipeline::from_text(line, registry);
    if (!made) return std::puts(to_string(made.error().front()).c_str()), "wrong";
    Pipeline& pipeline = **made;
    // What cannot even begin is told here: a file that is missing, formats that cannot meet.
    if (const auto playing = pipeline.play(); !playing) {
        std::printf("  does not start: %s\n", to_string(playing.error()).c_str());
        return "refused";
    }
    bool stopped = false;
    for (;;) {
        const auto message = pipeline.wait(20ms);
        const std::uint64_t frames = frames_at(pipeline, "end");
        if (!message) {  // Nothing happened: a good moment for a progress bar.
            std::printf("  … frame %llu\n", static_cast<unsigned long long>(frames));
        } else if (message->kind == Pipeline::Message::Kind::ended) {
            break;
        } else {
            show(*message);
        }
        if (frames >= most && !stopped) {
            std::printf("  enough: the source ends, what is under way still arrives\n");
            pipeline.stop();
            stopped = true;
        }
    }
    const parallax::RunReport report = pipeline.report();
    std::printf("  %s\n", report.status.c_str());
    return report.status;
}

}  // namespace

int main() {
    parallax::Registry registry;
    parallax::add_builtin_elements(registry);
    const bool good =
        watch("fakesrc num-buffers=3 ! fakesink name=end silent=false", 1000, registry) == "eos";
    const bool endless =
        watch("videotestsrc is-live=true ! fakesink name=end", 3, registry) == "eos";
    const bool fails =
        watch("fakesrc ! identity error-after=5 ! fakesink name=end", 1000, registry) == "error";
    const bool refused =
        watch("filesrc location=missing.raw ! fakesink name=end", 1000, registry) == "refused";
    return good && endless && fails && refused ? 0 : 1;
}
