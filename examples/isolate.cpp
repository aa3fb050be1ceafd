// Elements in sandboxed processes, one of them this program's own; one is killed, and no frame is
// lost.
//
//     isolate
//
// Shows: stage_main_if_requested, make_isolation, place with ExecutionMode, messages, RunReport.
#include <csignal>
#include <cstdio>

#include "parallax/app.h"
#include "parallax/builtin.h"
#include "parallax/isolation.h"

namespace {

// Reads its frames, and hands them on as they are.
class Glance final : public parallax::ElementWith<parallax::NoOptions> {
  public:
    static parallax::Pads pads() {
        return {
            .pads = {{"sink", parallax::PadDirection::sink}, {"src", parallax::PadDirection::src}},
            .relation = parallax::Relation::pass_through,
            .forwards = true};
    }
    parallax::Result<parallax::Flow> process(parallax::Context& context) override {
        return context.forward();
    }
};

constexpr const char* kLine =
    "videotestsrc num-buffers=200 pattern=ball ! video/x-raw,format=GRAY8,width=320,height=240 ! "
    "glance name=g ! identity sleep-time=2000 ! appsink name=out";

std::uint64_t frames(const parallax::RunReport& report, const char* name) {
    for (const auto& element : report.elements) {
        if (element.name == name) return element.frames_out + element.frames_in;
    }
    return 0;
}

parallax::Result<bool> play(const parallax::Registry& registry) {
    auto isolation = PX_TRY(parallax::make_isolation({}));
    auto graph = parallax::parse_launch(kLine, registry);
    if (!graph) return parallax::fail(parallax::Errc::invalid_argument, graph.error().front().text);
    parallax::place(parallax::ExecutionMode::Isolated{}, registry, *graph);
    auto pipeline = parallax::Pipeline::create(*graph, registry, {.isolation = isolation.get()});
    if (!pipeline) {
        return parallax::fail(parallax::Errc::invalid_argument, pipeline.error().front().text);
    }
    std::uint64_t next = 0;
    bool in_order = true;
    (*pipeline)->element<parallax::AppSink>("out")->on_frame(
        [&](const auto& view) { in_order = in_order && view.meta.sequence == next++; });
    PX_TRY((*pipeline)->play());
    bool killed = false;
    for (bool over = false; !over;) {
        const auto message = (*pipeline)->wait(std::chrono::milliseconds(20));
        if (message && !message->text.empty()) {
            std::printf("%s: %s\n", message->element.c_str(), message->text.c_str());
        }
        over = message && message->kind == parallax::Pipeline::Message::Kind::ended;
        const parallax::RunReport now = (*pipeline)->report();
        if (killed || frames(now, "g") < 40) continue;
        for (const auto& element : now.elements) {
            if (element.name == "g") killed = ::kill(static_cast<pid_t>(element.pid), SIGKILL) == 0;
        }
    }
    for (const auto& element : (*pipeline)->report().elements) {
        std::printf("  %-14s process %s, started %llu times\n", element.name.c_str(),
                    element.isolated ? "of its own" : "of the program",
                    static_cast<unsigned long long>(element.restarts + 1));
    }
    std::printf("%llu of 200 frames came, %s\n", static_cast<unsigned long long>(next),
                in_order ? "each once and in order" : "NOT in order");
    return in_order && next == 200;
}

}  // namespace

int main(int argc, char** argv) {
    parallax::Registry registry;
    parallax::add_builtin_elements(registry);
    registry.add<Glance>({.name = "glance", .family = "example", .doc = "", .example = ""});
    if (const auto exit = parallax::stage_main_if_requested(argc, argv, registry)) return *exit;
    const auto good = play(registry);
    if (!good) std::printf("%s\n", to_string(good.error()).c_str());
    return good && *good ? 0 : 1;
}
