#include "graph/other_properties.h"

#include <algorithm>
#include <utility>

namespace parallax {
namespace {

std::vector<Caps> caps_of_pads(const Element& element, const Pads& pads) {
    std::vector<Caps> all;
    all.reserve(pads.pads.size());
    for (const Pad& pad : pads.pads) all.push_back(element.pad_caps(pad));
    return all;
}

// What both sides of the conflict want of its field, as a property's text.
std::vector<std::string> wanted_values(const Conflict& conflict) {
    std::vector<std::string> texts;
    for (const Caps* side : {&conflict.right, &conflict.left}) {
        for (const Structure& structure : side->structures()) {
            const Value* value = structure.find(conflict.field);
            if (value == nullptr) continue;
            std::string text = to_string(fixate(*value));
            if (std::ranges::find(texts, text) == texts.end()) texts.push_back(std::move(text));
        }
    }
    return texts;
}

std::vector<std::string> values_of(const PropertySpec& spec, const Conflict& conflict) {
    if (spec.name == conflict.field) return wanted_values(conflict);
    std::vector<std::string> texts;
    texts.reserve(spec.words.size());
    for (const PropertySpec::Word& word : spec.words) texts.emplace_back(word.name);
    if (spec.type == "boolean") texts = {"true", "false"};
    return texts;
}

}  // namespace

std::vector<PropertyChange> OtherProperties::of(std::size_t n, const Conflict& conflict) {
    const ElementRun& run = *elements_[n];
    std::vector<PropertyChange> all;
    if (!is_likely(run)) return all;
    const std::vector<Caps> before = caps_of_pads(*run.element, run.pads);
    for (const PropertySpec& spec : run.element->properties()) {
        if (spec.detail.read_only) continue;
        const auto now = run.element->property(spec.name);
        for (const std::string& value : values_of(spec, conflict)) {
            if (now && to_string(*now) == value) continue;
            auto change = changed(run, spec.name, value);
            if (!change || (change->transform == nullptr && change->pads == before)) continue;
            all.push_back(*std::move(change));
        }
    }
    return all;
}

// A copy with the same properties says the same: then it also tells what others would make it say.
bool OtherProperties::is_likely(const ElementRun& run) const {
    const auto copy = copy_of(run);
    return copy && caps_of_pads(*copy, run.pads) == caps_of_pads(*run.element, run.pads);
}

std::unique_ptr<Element> OtherProperties::copy_of(const ElementRun& run) const {
    const Factory* factory = registry_.find(run.factory);
    if (factory == nullptr) return nullptr;
    std::unique_ptr<Element> copy = factory->make();
    for (const PropertySpec& spec : run.element->properties()) {
        const auto value = run.element->property(spec.name);
        if (!value || spec.detail.read_only || value == copy->property(spec.name)) continue;
        if (!copy->set_property(spec.name, to_string(*value))) return nullptr;
    }
    return copy;
}

std::optional<PropertyChange> OtherProperties::changed(const ElementRun& run,
                                                       std::string_view property,
                                                       const std::string& value) {
    std::unique_ptr<Element> copy = copy_of(run);
    if (!copy || !copy->set_property(property, value)) return std::nullopt;
    PropertyChange change{.text = "set " + std::string(property) + "=" + value + " of " + run.name,
                          .pads = caps_of_pads(*copy, run.pads)};
    const Copy& kept = copies_.emplace_back(Copy{std::move(copy), run.pads});
    if (run.pads.relation == Relation::transform) {
        change.transform = &transforms_.emplace_back(*kept.element, kept.pads);
    }
    return change;
}

}  // namespace parallax
