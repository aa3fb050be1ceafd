#include "app/json.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "parallax/builtin.h"

namespace parallax::app {
namespace {

using Json = nlohmann::json;

// A parsed document, or null and a failed test.
Json read(const std::string& text) {
    const Json json = Json::parse(text, nullptr, false);
    CHECK_FALSE(json.is_discarded());
    CHECK(text.ends_with("\n"));
    return json;
}

// Whatever elements there are: inspect's answers hold together.
TEST_CASE("json: every element lists itself, its pads, and a grant for each path it takes") {
    Registry registry;
    add_builtin_elements(registry);
    const Json list = read(elements_json(registry));
    REQUIRE(list.size() == registry.all().size());
    for (const Factory* factory : registry.all()) {
        const Json json = read(element_json(*factory));
        CHECK(json["name"] == factory->info.name);
        CHECK(json["pads"].size() == factory->pads().pads.size());
        std::size_t paths = 0;
        for (const Json& property : json["properties"]) {
            CHECK(property.contains("default"));
            CHECK_FALSE(property["doc"].get<std::string>().empty());
            const auto type = property["type"].get<std::string>();
            if (type.ends_with("-path") || type == "endpoint") ++paths;
            CHECK((type == "enum") == property.contains("values"));
        }
        CHECK(json["sandbox"].size() == paths);
    }
}

}  // namespace
}  // namespace parallax::app
