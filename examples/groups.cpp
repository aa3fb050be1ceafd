// Who computes where: resource groups own threads, elements choose a group, a report tells.
//
//     groups > report.json                the summary goes to standard error
//
// Shows: Pipeline::Options::groups with cores and nice, group= of an element, the plan's stages
// before anything runs, and the run's report as JSON.
#include <cstdio>
#include <string>

#include <sched.h>

#include "parallax/builtin.h"
#include "parallax/pipeline.h"

namespace {

// A core this process may use: pinning to another would be refused, by name.
int some_core() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 0;
    int core = 0;
    while (core < CPU_SETSIZE - 1 && !CPU_ISSET(core, &allowed)) ++core;
    return core;
}

int failed(const parallax::Error& error) {
    std::fprintf(stderr, "%s\n", to_string(error).c_str());
    return 1;
}

}  // namespace

int main() {
    parallax::Registry registry;
    parallax::add_builtin_elements(registry);
    // Cameras must not wait for files: one pinned thread for them, a polite one for the encoder.
    const parallax::Pipeline::Options options{
        .groups = {{.name = "camera", .threads = 1, .cores = {some_core()}},
                   {.name = "files", .threads = 1, .nice = 10}}};
    auto made = parallax::Pipeline::from_text(
        "videotestsrc name=camera group=camera num-buffers=30 ! queue name=buffer group=files "
        "! jpegenc name=encoder group=files ! filesink group=files location=frames.mjpeg",
        registry, options);
    if (!made) {
        for (const auto& problem : made.error())
            std::fprintf(stderr, "%s\n", to_string(problem).c_str());
        return 2;
    }
    parallax::Pipeline& pipeline = **made;
    if (const auto ready = pipeline.prepare(); !ready) return failed(ready.error());
    for (const parallax::StagePlan& stage : pipeline.plan().stages) {
        std::string names;
        for (const std::string& name : stage.elements) names += " " + name;
        std::fprintf(stderr, "a thread of %-7s runs%s\n", stage.group.c_str(), names.c_str());
    }
    if (const auto done = pipeline.run(); !done) return failed(done.error());
    const parallax::RunReport report = pipeline.report();
    for (const parallax::LinkReport& link : report.links) {
        if (link.capacity == 0) continue;  // A plain call inside a stage.
        std::fprintf(stderr, "between %s and %s at most %u of %u frames waited\n",
                     link.from.c_str(), link.to.c_str(), link.high_water, link.capacity);
    }
    std::fputs(to_json(report).c_str(), stdout);
    for (const parallax::ElementReport& element : report.elements) {
        const char* wanted = element.name == "camera" ? "camera" : "files";
        if (element.group != wanted) return 1;
    }
    return 0;
}
