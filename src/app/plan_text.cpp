#include "app/plan_text.h"

#include <map>

#include <fmt/core.h>

#include "base/one_line.h"

namespace parallax::app {
namespace {

std::string element_of(const std::string& pad) { return pad.substr(0, pad.rfind('.')); }

std::string escaped(const std::string& text) {
    std::string safe;
    for (const char c : text) {
        if (c == '"' || c == '\\') safe += '\\';
        safe += c;
    }
    return safe;
}

// "video/x-raw\nformat=RGB\n…": one field a line, so that edges stay narrow.
std::string folded(const std::string& caps) {
    std::string text;
    int depth = 0;
    for (const char c : caps) {
        depth += c == '{' || c == '[' || c == '(' ? 1 : 0;
        depth -= c == '}' || c == ']' || c == ')' ? 1 : 0;
        if (c == ',' && depth == 0)
            text += "\\n";
        else
            text += escaped(std::string(1, c));
    }
    return text;
}

// "  isp: process, minimal-compute; reads /data/a.dng"
std::string sandbox_line(const SandboxPlan& sandbox) {
    std::string text =
        fmt::format("  {}: {}, {}", sandbox.element, sandbox.process, sandbox.preset);
    const auto add = [&](std::string_view verb, const std::vector<std::string>& names) {
        for (const std::string& name : names) text += fmt::format("; {} {}", verb, one_line(name));
    };
    add("reads", sandbox.read_paths);
    add("writes", sandbox.write_paths);
    add("connects to", sandbox.endpoints);
    add("uses", sandbox.devices);
    if (sandbox.memory_max_bytes != 0) {
        text += fmt::format("; at most {} bytes", sandbox.memory_max_bytes);
    }
    if (sandbox.cpu_quota != 0) text += fmt::format("; at most {} cores", sandbox.cpu_quota);
    return text + "\n";
}

}  // namespace

std::string plan_text(const PlanReport& plan) {
    std::string text = "elements\n";
    for (const ElementPlan& element : plan.elements) {
        text += fmt::format("  {} ({})", element.name, element.factory);
        for (const auto& [name, value] : element.properties) {
            text += fmt::format(" {}={}", name, one_line(to_string(value)));
        }
        text += "\n";
    }
    text += "links\n";
    for (const LinkPlan& link : plan.links) {
        text +=
            fmt::format("  {} -> {}\n      {} ({})", link.from, link.to, link.caps, link.memory);
        if (link.frame_bytes != 0) {
            text += fmt::format(", {} bytes a frame, {} copied", link.frame_bytes,
                                link.bytes_copied_per_frame);
        }
        if (link.capacity != 0) {
            text += fmt::format(", a channel of {} frames", link.capacity);
        } else if (!plan.stages.empty()) {
            text += ", a call";
        }
        if (link.crosses_process) text += ", to another process";
        text += "\n";
    }
    if (!plan.filters.empty()) text += "filters\n";
    for (const FilterPlan& filter : plan.filters) {
        text += fmt::format("  {}: {}\n", filter.name, filter.caps);
    }
    if (!plan.converters.empty()) text += "converters put in\n";
    for (const ConverterPlan& converter : plan.converters) {
        text += fmt::format("  {} in {}\n      because {} (cost {})\n", converter.name,
                            converter.link, converter.reason, converter.cost);
    }
    if (!plan.notes.empty()) text += "notes\n";
    for (const NotePlan& note : plan.notes) {
        text += fmt::format("  {}\n      {}\n", one_line(note.link), one_line(note.text));
    }
    if (!plan.stages.empty()) text += "stages\n";
    for (std::size_t s = 0; s < plan.stages.size(); ++s) {
        text += fmt::format("  {} in group {}:", s, plan.stages[s].group);
        for (const std::string& element : plan.stages[s].elements) text += " " + element;
        text += "\n";
    }
    if (!plan.arenas.empty()) text += "arenas\n";
    for (const ArenaPlan& arena : plan.arenas) {
        text +=
            fmt::format("  {}: {} slots of {} bytes\n", arena.pad, arena.slots, arena.slot_bytes);
    }
    if (!plan.sandbox.empty()) text += "sandboxes\n";
    for (const SandboxPlan& sandbox : plan.sandbox) text += sandbox_line(sandbox);
    return text;
}

std::string plan_dot(const PlanReport& plan) {
    std::string text =
        "digraph plan {\n  rankdir=LR;\n  graph [fontname=\"sans-serif\", color=\"#8899aa\"];\n"
        "  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"sans-serif\"];\n"
        "  edge [fontname=\"sans-serif\", fontsize=9];\n";
    for (std::size_t s = 0; s < plan.stages.size(); ++s) {
        text += fmt::format(
            "  subgraph cluster_{} {{\n    label=\"stage {} · group {}\";\n"
            "    style=rounded;\n",
            s, s, escaped(plan.stages[s].group));
        for (const std::string& element : plan.stages[s].elements) {
            text += fmt::format("    \"{}\";\n", escaped(element));
        }
        text += "  }\n";
    }
    for (const LinkPlan& link : plan.links) {
        text +=
            fmt::format("  \"{}\" -> \"{}\" [label=\"{}{}\"{}];\n", escaped(element_of(link.from)),
                        escaped(element_of(link.to)), folded(link.caps),
                        link.capacity == 0 ? "" : fmt::format("\\n≤ {} frames", link.capacity),
                        link.capacity == 0 ? "" : ", style=bold");
    }
    return text + "}\n";
}

}  // namespace parallax::app
