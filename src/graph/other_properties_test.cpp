#include "graph/other_properties.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/known_elements.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

// What is offered of one element that stands alone.
std::vector<std::string> offered(const std::string& factory, const std::string& property,
                                 const std::string& value) {
    const Registry registry = known_elements();
    const Factory* made = registry.find(factory);
    REQUIRE(made != nullptr);
    ElementRun run;
    run.name = "it";
    run.factory = factory;
    run.pads = made->pads();
    run.element = made->make();
    REQUIRE(run.element->set_property(property, value));
    const std::vector<const ElementRun*> elements{&run};
    std::vector<std::string> texts;
    for (const PropertyChange& change : OtherProperties(registry, elements).of(0, Conflict{})) {
        CHECK(change.pads.size() == run.pads.pads.size());
        texts.push_back(change.text);
    }
    return texts;
}

bool holds(const std::vector<std::string>& all, const std::string& one) {
    return std::ranges::find(all, one) != all.end();
}

TEST_CASE("other properties: all other words of an enum are offered, and not the one that is set") {
    const auto texts = offered("softisp", "tone", "linear");
    CHECK_FALSE(holds(texts, "set tone=linear of it"));
    CHECK(std::ranges::any_of(
        texts, [](const std::string& text) { return text.starts_with("set tone="); }));
}

TEST_CASE("other properties: what changes nothing of the formats is not offered") {
    for (const std::string& text : offered("filesrc", "location", "/none.png")) {
        CHECK_MESSAGE(false, text);
    }
}

}  // namespace
}  // namespace parallax
