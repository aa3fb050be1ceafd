// JSON of reports and plans, with the names that the contract fixes.
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "parallax/report.h"

namespace parallax {
namespace {

using Json = nlohmann::ordered_json;

// Text from outside may be no UTF-8; the document still must be.
std::string dumped(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json of(const PropertyValue& value) {
    return std::visit([](const auto& v) { return Json(v); }, value);
}

Json of(const Problem& problem) {
    Json json{{"class", problem.kind}, {"element", problem.element}, {"text", problem.text},
              {"line", problem.line},  {"column", problem.column},   {"names", problem.names},
              {"hint", problem.hint}};
    if (!problem.reason.empty()) json["reason"] = problem.reason;
    if (!problem.field.empty()) {
        json["field"] = problem.field;
        json["left"] = problem.left;
        json["right"] = problem.right;
    }
    if (!problem.path.empty()) json["path"] = problem.path;
    return json;
}

Json of(std::span<const Problem> problems) {
    Json json = Json::array();
    for (const Problem& problem : problems) json.push_back(of(problem));
    return json;
}

Json of(const std::vector<ConverterPlan>& converters) {
    Json json = Json::array();
    for (const ConverterPlan& converter : converters) {
        json.push_back({{"name", converter.name},
                        {"factory", converter.factory},
                        {"link", converter.link},
                        {"links", converter.links},
                        {"reason", converter.reason},
                        {"cost", converter.cost}});
    }
    return json;
}

Json of(const ElementReport& element) {
    const LatencyReport& l = element.latency_us;
    Json json{{"name", element.name},
              {"factory", element.factory},
              {"pid", element.pid},
              {"group", element.group},
              {"isolated", element.isolated},
              {"frames_in", element.frames_in},
              {"frames_out", element.frames_out},
              {"dropped", element.dropped},
              {"poisoned", element.poisoned},
              {"restarts", element.restarts},
              {"busy_s", element.busy_s},
              {"latency_us",
               {{"p50", l.p50}, {"p90", l.p90}, {"p99", l.p99}, {"p999", l.p999}, {"max", l.max}}}};
    if (element.metrics.empty()) return json;
    for (const auto& [name, value] : element.metrics) {
        json["metrics"][name] = std::isfinite(value) ? Json(value) : Json(nullptr);
    }
    return json;
}

}  // namespace

std::string to_json(const RunReport& report) {
    Json json{{"schema", 1},
              {"status", report.status},
              {"wall_s", report.wall_s},
              {"cpu_s", report.cpu_s},
              {"peak_rss_bytes", report.peak_rss_bytes},
              {"elements", Json::array()},
              {"links", Json::array()},
              {"converters", of(report.converters)},
              {"negotiation_us", report.negotiation_us},
              {"first_frame_ms", report.first_frame_ms},
              {"events", Json::array()},
              {"errors", of(report.errors)}};
    for (const ElementReport& element : report.elements) json["elements"].push_back(of(element));
    for (const LinkReport& link : report.links) {
        json["links"].push_back({{"from", link.from},
                                 {"to", link.to},
                                 {"caps", link.caps},
                                 {"memory", link.memory},
                                 {"capacity", link.capacity},
                                 {"high_water", link.high_water},
                                 {"depth", link.depth},
                                 {"bytes_copied", link.bytes_copied}});
    }
    for (const EventReport& event : report.events) {
        json["events"].push_back({{"t_ms", event.t_ms},
                                  {"element", event.element},
                                  {"kind", event.kind},
                                  {"text", event.text}});
    }
    return dumped(json);
}

std::string to_json(const PlanReport& plan, std::span<const Problem> problems) {
    Json json{
        {"elements", Json::array()},         {"links", Json::array()},   {"filters", Json::array()},
        {"converters", of(plan.converters)}, {"notes", Json::array()},   {"stages", Json::array()},
        {"arenas", Json::array()},           {"sandbox", Json::array()}, {"errors", of(problems)}};
    for (const ElementPlan& element : plan.elements) {
        Json properties = Json::object();
        for (const auto& [name, value] : element.properties) properties[name] = of(value);
        json["elements"].push_back({{"name", element.name},
                                    {"factory", element.factory},
                                    {"properties", std::move(properties)}});
    }
    for (const LinkPlan& link : plan.links) {
        json["links"].push_back({{"from", link.from},
                                 {"to", link.to},
                                 {"caps", link.caps},
                                 {"memory", link.memory},
                                 {"crosses_process", link.crosses_process},
                                 {"capacity", link.capacity},
                                 {"frame_bytes", link.frame_bytes},
                                 {"bytes_copied_per_frame", link.bytes_copied_per_frame}});
    }
    for (const NotePlan& note : plan.notes) {
        json["notes"].push_back({{"link", note.link}, {"text", note.text}});
    }
    for (const FilterPlan& filter : plan.filters) {
        json["filters"].push_back({{"name", filter.name}, {"caps", filter.caps}});
    }
    for (const SandboxPlan& sandbox : plan.sandbox) {
        json["sandbox"].push_back({{"element", sandbox.element},
                                   {"process", sandbox.process},
                                   {"preset", sandbox.preset},
                                   {"read_paths", sandbox.read_paths},
                                   {"write_paths", sandbox.write_paths},
                                   {"endpoints", sandbox.endpoints},
                                   {"devices", sandbox.devices},
                                   {"memory_max_bytes", sandbox.memory_max_bytes},
                                   {"cpu_quota", sandbox.cpu_quota},
                                   {"pids_max", sandbox.pids_max}});
    }
    for (const StagePlan& stage : plan.stages) {
        json["stages"].push_back({{"group", stage.group}, {"elements", stage.elements}});
    }
    for (const ArenaPlan& arena : plan.arenas) {
        json["arenas"].push_back({{"element", arena.element},
                                  {"pad", arena.pad},
                                  {"slot_bytes", arena.slot_bytes},
                                  {"slots", arena.slots}});
    }
    return dumped(json);
}

}  // namespace parallax
