#include "app/json.h"

#include <cmath>

#include <nlohmann/json.hpp>

namespace parallax::app {
namespace {

using Json = nlohmann::ordered_json;

// Text from outside may be no UTF-8; the document still must be.
std::string dumped(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json of(const PropertyValue& value) {
    return std::visit([](const auto& v) { return Json(v); }, value);
}

Json detail_of(const PropertySpec& spec) {
    Json json{{"name", spec.name},
              {"type", spec.type},
              {"doc", spec.doc},
              {"default", of(spec.initial)},
              {"unit", spec.detail.unit},
              {"live", spec.detail.live},
              {"read_only", spec.detail.read_only},
              {"required", spec.detail.required}};
    if (std::isfinite(spec.detail.min)) json["min"] = spec.detail.min;
    if (std::isfinite(spec.detail.max)) json["max"] = spec.detail.max;
    for (const auto& word : spec.words) {
        json["values"].push_back({{"name", word.name}, {"doc", word.doc}});
    }
    return json;
}

}  // namespace

std::string elements_json(const Registry& registry) {
    Json json = Json::array();
    for (const Factory* factory : registry.all()) {
        json.push_back({{"name", factory->info.name},
                        {"family", factory->info.family},
                        {"doc", factory->info.doc},
                        {"origin", factory->info.origin}});
    }
    return dumped(json);
}

std::string element_json(const Factory& factory) {
    Json json{{"name", factory.info.name},     {"family", factory.info.family},
              {"doc", factory.info.doc},       {"example", factory.info.example},
              {"origin", factory.info.origin}, {"pads", Json::array()},
              {"properties", Json::array()},   {"sandbox", Json::array()}};
    for (const Pad& pad : factory.pads().pads) {
        json["pads"].push_back({{"name", pad.name},
                                {"direction", pad.direction == PadDirection::sink ? "sink" : "src"},
                                {"presence", pad.is_request() ? "request"
                                             : pad.optional   ? "optional"
                                                              : "always"},
                                {"caps", to_string(pad.caps)}});
    }
    for (const PropertySpec& spec : common_properties()) {
        json["properties"].push_back(detail_of(spec));
    }
    for (const PropertySpec& spec : factory.properties()) {
        json["properties"].push_back(detail_of(spec));
        if (spec.type.ends_with("-path") || spec.type == "endpoint") {
            json["sandbox"].push_back({{"property", spec.name}, {"grant", spec.type}});
        }
    }
    return dumped(json);
}

}  // namespace parallax::app
