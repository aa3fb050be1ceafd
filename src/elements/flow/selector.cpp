#include "elements/flow/selector.h"

#include <algorithm>

namespace parallax::elements {

// --- Which pad

Result<> ActivePad::configure(const std::vector<PadFormat>& pads, std::string& name,
                              std::uint64_t& number) {
    pads_.clear();
    for (const PadFormat& pad : pads) pads_.push_back(pad.linked ? pad.pad : std::string());
    if (!name.empty()) return follow_name(name, number);
    if (number < pads_.size()) name = pads_[number];
    return {};
}

Result<> ActivePad::change(std::string_view changed, std::string& name,
                           std::uint64_t& number) const {
    Result<> followed;
    if (changed == "active-pad") followed = follow_name(name, number);
    name = number < pads_.size() ? pads_[number] : std::string();  // Also after a wrong name.
    return followed;
}

Result<> ActivePad::follow_name(const std::string& name, std::uint64_t& number) const {
    const auto found = std::ranges::find(pads_, name);
    if (name.empty() || found == pads_.end()) {
        return fail(Errc::invalid_argument, "no linked pad called \"" + name + "\"",
                    "linked are: " + names());
    }
    number = static_cast<std::uint64_t>(found - pads_.begin());
    return {};
}

std::string ActivePad::names() const {
    std::string text;
    for (const std::string& pad : pads_) {
        if (!pad.empty()) text += (text.empty() ? "" : ", ") + pad;
    }
    return text.empty() ? "none" : text;
}

// --- selector

Pads Selector::pads() {
    return {.pads = {{"sink_%u", PadDirection::sink}, {"src", PadDirection::src}},
            .relation = Relation::pass_through,
            .policy = InputPolicy::any,
            .forwards = true,
            .local = true,
            .allocates = false};
}

Result<> Selector::configure(const Negotiated& formats) {
    return active_.configure(formats.inputs, options().active_pad, options().active);
}

std::optional<InputPolicy> Selector::input_policy() const {
    return options().sync_streams ? InputPolicy::oldest : InputPolicy::any;
}

Result<> Selector::property_changed(std::string_view name) {
    return active_.change(name, options().active_pad, options().active);
}

Result<Flow> Selector::process(Context& context) {
    const std::size_t from = context.active_input();
    if (from == options().active) return context.forward(0, from);
    context.count_dropped();
    return Flow::more;
}

// --- output-selector

Pads OutputSelector::pads() {
    return {.pads = {{"sink", PadDirection::sink}, {"src_%u", PadDirection::src}},
            .relation = Relation::pass_through,
            .forwards = true,
            .local = true,
            .allocates = false};
}

Result<> OutputSelector::configure(const Negotiated& formats) {
    return active_.configure(formats.outputs, options().active_pad, options().active);
}

Result<Flow> OutputSelector::process(Context& context) {
    if (!context.linked(options().active)) context.count_dropped();
    return context.forward(options().active);
}

Result<> OutputSelector::property_changed(std::string_view name) {
    return active_.change(name, options().active_pad, options().active);
}

}  // namespace parallax::elements
