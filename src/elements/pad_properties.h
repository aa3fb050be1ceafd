// PadProperties: properties of an element's request pads, in launch text as "sink_0::xpos=10".
//
//     struct CellOptions { … describe() names "sink_%u::xpos" … };
//     PadProperties<CellOptions> pads;
//     if (auto set = pads.set(name, text)) return *std::move(set);
//
// A pad that nothing was set for has the defaults. Numbers and names need not be linked: what is
// set for a pad that never comes is without effect.
//
// Threads: a plain value, used by its element.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parallax/option.h"

namespace parallax::elements {

// "sink_0::xpos" as the pad, "sink_0", and the name that describes it for all, "sink_%u::xpos".
struct PadPropertyName {
    std::string pad;
    std::string pattern;
};
// Nothing for names without "::" or without a number before it.
std::optional<PadPropertyName> pad_property_name(std::string_view name);

template <class Options>
class PadProperties {
  public:
    // Nothing where the name is none of a pad's property.
    std::optional<Result<>> set(std::string_view name, std::string_view text) {
        const auto parts = pad_property_name(name);
        if (!parts) return std::nullopt;
        Options fresh = of(parts->pad);
        Result<> outcome = option::set(fresh, parts->pattern, text);
        if (outcome) {
            pads_[parts->pad] = fresh;
            names_.emplace(name, parts->pattern);
        }
        return outcome;
    }

    std::optional<PropertyValue> get(std::string_view name) const {
        const auto parts = pad_property_name(name);
        return parts ? option::get(of(parts->pad), parts->pattern) : std::nullopt;
    }

    // Those that were set, under their own names, which live as long as this.
    void list_set(std::vector<PropertySpec>& all) const {
        for (PropertySpec spec : option::specs<Options>()) {
            for (const auto& [name, pattern] : names_) {
                if (pattern != spec.name) continue;
                spec.name = name;
                all.push_back(spec);
                spec.name = pattern;
            }
        }
    }

    const Options& of(std::string_view pad) const {
        static constexpr Options kDefaults{};
        const auto found = pads_.find(pad);
        return found == pads_.end() ? kDefaults : found->second;
    }
    bool any_set() const { return !pads_.empty(); }

  private:
    std::map<std::string, Options, std::less<>> pads_;
    std::map<std::string, std::string, std::less<>> names_;  // To their patterns.
};

}  // namespace parallax::elements
