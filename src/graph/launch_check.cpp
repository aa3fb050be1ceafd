#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "graph/launch_text.h"
#include "graph/near_word.h"
#include "parallax/pipeline.h"
#include "parallax/registry.h"

namespace parallax {
namespace {

// What is known of a factory, asked once for each.
struct Known {
    const Factory* factory = nullptr;
    std::vector<PropertySpec> properties;
    Pads pads;
};

// `src_%u` takes src_0, src_1 …, and its own name: the next free one.
bool matches(const Pad& pad, std::string_view name) {
    if (pad.name == name) return true;
    const std::size_t percent = pad.name.find('%');
    if (percent == std::string::npos || !name.starts_with(pad.name.substr(0, percent))) {
        return false;
    }
    name.remove_prefix(percent);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return !name.empty() && name.size() <= 9 && std::ranges::all_of(name, is_digit);
}

// `sink_%u::xpos` stands for sink_0::xpos, sink_1::xpos …
bool names_property(std::string_view pattern, std::string_view key) {
    const std::size_t percent = pattern.find("%u");
    if (percent == std::string_view::npos) return pattern == key;
    const std::string_view rest = pattern.substr(percent + 2);
    if (key.size() <= percent + rest.size() ||
        key.substr(0, percent) != pattern.substr(0, percent) || !key.ends_with(rest)) {
        return false;
    }
    key.remove_prefix(percent);
    key.remove_suffix(rest.size());
    return key.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_required(const PropertySpec& spec) { return spec.detail.required; }

class Checker {
  public:
    Checker(const LaunchText& launch, const Registry& registry, const LaunchNames& names)
        : launch_(launch), registry_(registry), names_(names), used_(launch.elements.size()) {}

    std::vector<TextError> run() {
        for (const ElementText& element : launch_.elements) {
            if (errors_.size() > kMaxLaunchErrors) break;
            check_element(element);
        }
        for (const LinkText& link : launch_.links) {
            if (errors_.size() > kMaxLaunchErrors) break;
            check_end(link.from, link.place, PadDirection::src);
            check_end(link.to, link.place, PadDirection::sink);
        }
        return std::move(errors_);
    }

  private:
    const Known* known(const std::string& factory);
    void check_element(const ElementText& element);
    void check_property(const ElementText& element, const Known& known,
                        const PropertyText& property, Element& scratch);
    void check_required(const ElementText& element, const PropertySpec& spec,
                        const Element& scratch);
    void check_common(const ElementText& element, const PropertyText& property);
    void check_end(const EndpointText& end, const TextPlace& link_place, PadDirection direction);
    void check_named_pad(const EndpointText& end, const Known& known, PadDirection direction);
    void check_room(const EndpointText& end, const TextPlace& link_place, PadDirection direction);
    std::vector<std::string_view> factory_names() const;
    void error(TextError wrong) { errors_.push_back(std::move(wrong)); }

    const LaunchText& launch_;
    const Registry& registry_;
    const LaunchNames& names_;
    std::map<std::string, Known, std::less<>> known_;
    // Links on each element's static pads that name none, and the pads named so far.
    struct Use {
        std::size_t unnamed_src = 0;
        std::size_t unnamed_sink = 0;
        std::vector<std::string> named;
    };
    std::vector<Use> used_;
    std::vector<TextError> errors_;
};

const Known* Checker::known(const std::string& factory) {
    const auto [place, fresh] = known_.try_emplace(factory);
    if (fresh) {
        if (const Factory* found = registry_.find(factory)) {
            place->second = {found, found->properties(), found->pads()};
        }
    }
    return place->second.factory ? &place->second : nullptr;
}

std::vector<std::string_view> Checker::factory_names() const {
    std::vector<std::string_view> names;
    for (const Factory* factory : registry_.all()) names.push_back(factory->info.name);
    return names;
}

void Checker::check_element(const ElementText& element) {
    const Known* what = known(element.factory);
    if (what == nullptr) {
        const auto near = nearest_words(element.factory, factory_names());
        error({.fault = TextFault::no_such_element,
               .text = "no element called " + element.factory,
               .place = element.place,
               .element = element.name,
               .names = near,
               .hint = near.empty() ? "list them with parallax-inspect"
                                    : "did you mean " + near.front() + "?"});
        return;
    }
    const bool some_required =
        names_.complete && std::ranges::any_of(what->properties, is_required);
    if (element.properties.empty() && !some_required) return;
    const auto scratch = what->factory->make();
    for (const PropertyText& property : element.properties) {
        check_property(element, *what, property, *scratch);
    }
    if (!names_.complete) return;
    for (const PropertySpec& spec : what->properties) {
        if (is_required(spec)) check_required(element, spec, *scratch);
    }
}

// One that is left out is missed at the element, one that is set to nothing at the nothing.
void Checker::check_required(const ElementText& element, const PropertySpec& spec,
                             const Element& scratch) {
    const std::string name(spec.name);
    const std::optional<PropertyValue> value = scratch.property(name);
    if (!value || !to_string(*value).empty()) return;
    const auto set = std::ranges::find(element.properties.rbegin(), element.properties.rend(), name,
                                       &PropertyText::key);
    const bool left_out = set == element.properties.rend();
    error({.fault = TextFault::bad_value,
           .text = left_out ? element.factory + " needs a " + name : name + ": is empty",
           .place = left_out ? element.place : set->value_place,
           .element = element.name,
           .names = {name},
           .hint = "set " + name + "=" + (spec.type.ends_with("path") ? "FILE" : "VALUE")});
}

void Checker::check_property(const ElementText& element, const Known& known,
                             const PropertyText& property, Element& scratch) {
    if (std::ranges::find(common_properties(), property.key, &PropertySpec::name) !=
        common_properties().end()) {
        return check_common(element, property);
    }
    const auto spec = std::ranges::find_if(known.properties, [&](const PropertySpec& each) {
        return names_property(each.name, property.key);
    });
    if (spec == known.properties.end()) {
        std::vector<std::string_view> names;
        for (const PropertySpec& each : known.properties) names.push_back(each.name);
        for (const PropertySpec& each : common_properties()) names.push_back(each.name);
        error({.fault = TextFault::no_such_property,
               .text = element.factory + " has no property called " + property.key,
               .place = property.key_place,
               .element = element.name,
               .names = nearest_words(property.key, names),
               .hint = suggest(property.key, names)});
        return;
    }
    const auto set = scratch.set_property(property.key, property.value);
    if (set) return;
    const bool caps = spec->type == "caps";
    error({.fault = caps ? TextFault::bad_caps : TextFault::bad_value,
           .text = property.key + ": " + set.error().message,
           .place = spec->detail.read_only ? property.key_place : property.value_place,
           .element = element.name,
           .names = {},
           .hint = set.error().hint});
}

// Properties that every element takes: their values are names of what the caller knows.
void Checker::check_common(const ElementText& element, const PropertyText& property) {
    const auto wrong = [&](std::string text, std::vector<std::string> near, std::string hint) {
        error({.fault = TextFault::bad_value,
               .text = std::move(text),
               .place = property.value_place,
               .element = element.name,
               .names = std::move(near),
               .hint = std::move(hint)});
    };
    if (property.key == "group" && names_.groups) {
        std::vector<std::string_view> known(names_.groups->begin(), names_.groups->end());
        known.emplace_back("default");
        if (std::ranges::find(known, property.value) != known.end()) return;
        return wrong("group: no resource group called " + property.value,
                     nearest_words(property.value, known), suggest(property.value, known));
    }
    if (property.key != "sandbox" || names_.check_sandbox == nullptr || property.value.empty()) {
        return;
    }
    // A policy that cannot be read is no fault of the text, and told where it is needed.
    const Result<> known = names_.check_sandbox(property.value);
    if (known || known.error().code != Errc::invalid_argument) return;
    wrong("sandbox: " + to_string(known.error()), {}, known.error().hint);
}

void Checker::check_end(const EndpointText& end, const TextPlace& link_place,
                        PadDirection direction) {
    if (end.element == EndpointText::kUnresolved) return;
    const ElementText& element = launch_.elements[end.element];
    const Known* what = known(element.factory);
    if (what == nullptr) return;
    if (!end.pad.empty()) {
        check_named_pad(end, *what, direction);
    } else {
        check_room(end, link_place, direction);
    }
}

void Checker::check_named_pad(const EndpointText& end, const Known& known, PadDirection direction) {
    const ElementText& element = launch_.elements[end.element];
    const auto wrong = [&](std::string text, std::string hint, std::vector<std::string> near = {}) {
        error({.fault = TextFault::link,
               .text = std::move(text),
               .place = end.place,
               .element = element.name,
               .names = std::move(near),
               .hint = std::move(hint)});
    };
    const auto& pads = known.pads.pads;
    const auto pad = std::ranges::find_if(pads, [&](const Pad& p) { return matches(p, end.pad); });
    if (pad == pads.end()) {
        std::vector<std::string_view> names;
        for (const Pad& each : pads) names.push_back(each.name);
        return wrong(element.name + " has no pad called " + end.pad, suggest(end.pad, names),
                     nearest_words(end.pad, names));
    }
    if (pad->direction != direction) {
        const bool wants_src = direction == PadDirection::src;
        return wrong(element.name + "." + end.pad + " is a " + (wants_src ? "sink" : "src") +
                         " pad, and a link " + (wants_src ? "comes from a src" : "goes to a sink") +
                         " pad",
                     "");
    }
    auto& named = used_[end.element].named;
    if (end.pad.find('%') == std::string::npos) {
        if (std::ranges::find(named, end.pad) != named.end()) {
            return wrong(element.name + "." + end.pad + " is linked already",
                         direction == PadDirection::src ? "put a tee behind it" : "");
        }
        named.push_back(end.pad);
    }
}

// A link that names no pad needs one of its direction that is still free.
void Checker::check_room(const EndpointText& end, const TextPlace& link_place,
                         PadDirection direction) {
    const ElementText& element = launch_.elements[end.element];
    const bool src = direction == PadDirection::src;
    std::size_t room = 0;
    std::size_t taken = 0;
    Use& use = used_[end.element];
    for (const Pad& pad : known(element.factory)->pads.pads) {
        if (pad.direction != direction) continue;
        if (pad.is_request()) return;
        ++room;
        if (std::ranges::find(use.named, pad.name) != use.named.end()) ++taken;
    }
    if (taken + (src ? use.unnamed_src : use.unnamed_sink)++ < room) return;
    const std::string kind = src ? "src" : "sink";
    const std::string text = room == 0 ? element.name + " has no " + kind + " pad"
                                       : element.name + " has no free " + kind + " pad left";
    std::string hint;
    if (room == 0) hint = src ? "a sink ends a chain" : "a source begins a chain";
    if (room > 0 && src) hint = "put a tee behind it to give its frames to several";
    if (room > 0 && !src) hint = "put a funnel or a compositor before it to join several";
    error({.fault = TextFault::link,
           .text = text,
           .place = room == 0 ? end.place : link_place,
           .element = element.name,
           .names = {},
           .hint = hint});
}

}  // namespace

std::vector<TextError> check_launch(const LaunchText& launch, const Registry& registry,
                                    const LaunchNames& names) {
    return Checker(launch, registry, names).run();
}

LaunchRead read_launch(std::string_view text, const Registry& registry, const LaunchNames& names) {
    LaunchRead read = read_launch(text);
    std::ranges::move(check_launch(read.launch, registry, names), std::back_inserter(read.errors));
    sort_errors(read.errors, kMaxLaunchErrors);
    return read;
}

}  // namespace parallax
