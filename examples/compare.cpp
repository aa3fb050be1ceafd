// Which demosaic comes nearest to the truth? A graph built in code, once for each.
//
//     compare [GAIN]                      GAIN: ISO / 100 of the simulated camera, default 2
//
// Shows: Graph (elements, properties, links by pad), metrics against the simulator's truth, and
// figures out of the report. The same graph as text:
//     rawtestsrc name=camera ! softisp ! metrics name=m  camera.truth ! m.reference
#include <algorithm>
#include <cstdio>
#include <string>

#include "parallax/builtin.h"
#include "parallax/pipeline.h"

namespace {

using parallax::Graph;

Graph graph_for(const std::string& demosaic, const std::string& gain) {
    Graph graph;
    const auto camera = graph.add("rawtestsrc", {{"num-buffers", "2"}, {"gain", gain}});
    const auto size = graph.add_filter(
        parallax::Structure("video/x-bayer").with("width", 512).with("height", 384));
    const auto develop = graph.add("softisp", {{"demosaic", demosaic}});
    const auto judge = graph.add("metrics", {{"name", "judge"}});
    const auto end = graph.add("fakesink");
    graph.link({.from = camera, .from_pad = "src", .to = size});
    graph.link(size, develop);
    graph.link({.from = develop, .to = judge, .to_pad = "sink"});
    graph.link({.from = camera, .from_pad = "truth", .to = judge, .to_pad = "reference"});
    graph.link(judge, end);
    return graph;
}

double figure(const parallax::RunReport& report, const char* name) {
    for (const auto& element : report.elements) {
        for (const auto& [key, value] : element.metrics) {
            if (key == name) return value;
        }
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    parallax::Registry registry;
    parallax::add_builtin_elements(registry);
    std::printf("%-10s %9s %7s %8s\n", "demosaic", "PSNR dB", "SSIM", "dE2000");
    for (const char* demosaic : {"bilinear", "mhc", "rcd"}) {
        auto pipeline =
            parallax::Pipeline::create(graph_for(demosaic, argc > 1 ? argv[1] : "2"), registry);
        if (!pipeline) {
            for (const auto& problem : pipeline.error()) std::puts(to_string(problem).c_str());
            return 2;
        }
        if (const auto done = (*pipeline)->run(); !done) {
            std::puts(to_string(done.error()).c_str());
            return 1;
        }
        const parallax::RunReport report = (*pipeline)->report();
        const double psnr_db = figure(report, "psnr_db");
        std::printf("%-10s %9.2f %7.4f %8.2f\n", demosaic, psnr_db, figure(report, "ssim"),
                    figure(report, "delta_e2000"));
        if (psnr_db < 15) return 1;  // No demosaic is that bad: the graph is wired wrongly.
    }
    return 0;
}
