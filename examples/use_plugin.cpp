// A plugin in a program: load it, see what it brings, run it.
//
//     use_plugin [FOLDER]                 default: where the build puts it
//
// Shows: load_plugins, which opens each file in a child first so that a crashing one costs a line;
// what a Factory tells without making an element; a plugin's element among built-in ones.
// The plugin is plugin/threshold.c, in plain C.
#include <cstdio>

#include "parallax/app.h"
#include "parallax/builtin.h"
#include "parallax/pipeline.h"
#include "parallax/plugin_loader.h"

namespace {

void describe(const parallax::Factory& factory) {
    std::printf("%s: %s (%s)\n", factory.info.name.c_str(), factory.info.doc.c_str(),
                factory.info.family.c_str());
    for (const parallax::Pad& pad : factory.pads().pads) {
        std::printf("  pad %-5s %s\n", pad.name.c_str(), to_string(pad.caps).c_str());
    }
    for (const parallax::PropertySpec& spec : factory.properties()) {
        std::printf("  property %.*s, %g … %g, default %s\n", static_cast<int>(spec.name.size()),
                    spec.name.data(), spec.detail.min, spec.detail.max,
                    parallax::to_string(spec.initial).c_str());
    }
}

// The share of white pixels in what the plugin made of a gradient.
double white_share(const char* line, const parallax::Registry& registry) {
    const auto pipeline = parallax::Pipeline::from_text(line, registry);
    if (!pipeline) return std::puts(to_string(pipeline.error().front()).c_str()), -1;
    double share = -1;
    (*pipeline)->element<parallax::AppSink>("out")->on_frame([&](const auto& frame) {
        std::size_t white = 0;
        for (const std::byte sample : frame.bytes) white += sample == std::byte{255} ? 1U : 0U;
        share = static_cast<double>(white) / static_cast<double>(frame.bytes.size());
    });
    const auto done = (*pipeline)->run();
    if (!done) std::puts(to_string(done.error()).c_str());
    return share;
}

}  // namespace

int main(int argc, char** argv) {
    parallax::Registry registry;
    parallax::add_builtin_elements(registry);
    const std::string folder = argc > 1 ? argv[1] : "../../plugins";
    for (const parallax::BrokenPlugin& broken : load_plugins({folder}, registry)) {
        std::printf("%s is left out: %s\n", broken.path.c_str(), broken.reason.c_str());
    }
    const parallax::Factory* factory = registry.find("threshold");
    if (factory == nullptr) return std::printf("no threshold.so in %s\n", folder.c_str()), 1;
    describe(*factory);

    bool falls = true;
    double before = 1.1;
    for (const char* at : {"64", "128", "192"}) {
        const std::string line =
            "videotestsrc num-buffers=1 pattern=gradient ! threshold at=" + std::string(at) +
            " ! appsink name=out";
        const double share = white_share(line.c_str(), registry);
        std::printf("at=%-4s %5.1f %% of a gradient are white\n", at, share * 100);
        falls = falls && share >= 0 && share < before;
        before = share;
    }
    return falls ? 0 : 1;
}
