#include "graph/negotiate_links.h"

#include <algorithm>

namespace parallax {
namespace {

class Links {
  public:
    Links(const std::vector<const ElementRun*>& elements, std::vector<PlannedLink>& links)
        : elements_(elements), links_(links) {}

    Result<> solve() {
        for (const PlannedLink& link : links_) {
            Caps both = intersect(offered(link.from, link.from_pad, PadDirection::src),
                                  offered(link.to, link.to_pad, PadDirection::sink));
            if (both.is_empty()) return conflict(link);
            caps_.push_back(std::move(both));
        }
        PX_TRY(propagate());
        std::vector<std::string> names;
        for (const ElementRun* run : elements_) names.push_back(run->name);
        for (const std::size_t node : PX_TRY(flow_order(elements_.size(), links_, names))) {
            for (std::size_t l = 0; l < links_.size(); ++l) {
                if (links_[l].from != node || is_fixed(caps_[l])) continue;
                caps_[l] = Caps(choose(caps_[l]));
                PX_TRY(propagate());
            }
        }
        for (std::size_t l = 0; l < links_.size(); ++l) {
            links_[l].caps = choose(caps_[l]);
        }
        return {};
    }

  private:
    const Pad& pad(std::size_t node, std::size_t number, PadDirection direction) const {
        const ElementRun& run = *elements_[node];
        const auto& index = direction == PadDirection::sink ? run.input_pads : run.output_pads;
        return run.pads.pads[index[number]];
    }
    Caps offered(std::size_t node, std::size_t number, PadDirection direction) const {
        return elements_[node]->element->pad_caps(pad(node, number, direction));
    }

    // Sizes and rates get what people expect, not the smallest of a range.
    static Structure choose(const Caps& caps) {
        if (caps.is_any()) return Structure("ANY");
        Structure chosen = caps.structures().front();
        const auto prefer = [&](std::string_view field, const Value& target) {
            if (const Value* value = chosen.find(field)) {
                if (const auto best = nearest(*value, target)) chosen.set(field, *best);
            }
        };
        prefer("width", 640);
        prefer("height", 480);
        prefer("framerate", Fraction(30, 1));
        return fixate(std::move(chosen));
    }

    Result<> propagate() {
        for (bool changed = true; changed;) {
            changed = false;
            for (std::size_t a = 0; a < links_.size(); ++a) {
                for (std::size_t b = 0; b < links_.size(); ++b) {
                    if (a != b) changed = PX_TRY(narrow(a, b)) || changed;
                }
            }
        }
        return {};
    }

    // What link `a` says about link `b`, if they meet at an element.
    Result<bool> narrow(std::size_t a, std::size_t b) {
        if (links_[a].to == links_[b].from) {
            return narrow_at(a, PadDirection::sink, b, PadDirection::src);
        }
        if (links_[a].from == links_[b].to) {
            return narrow_at(a, PadDirection::src, b, PadDirection::sink);
        }
        if (links_[a].from == links_[b].from) {
            return narrow_at(a, PadDirection::src, b, PadDirection::src);
        }
        if (links_[a].to == links_[b].to) {
            return narrow_at(a, PadDirection::sink, b, PadDirection::sink);
        }
        return false;
    }

    Result<bool> narrow_at(std::size_t a, PadDirection side_a, std::size_t b, PadDirection side_b) {
        const PlannedLink& la = links_[a];
        const PlannedLink& lb = links_[b];
        const std::size_t node = side_a == PadDirection::sink ? la.to : la.from;
        const ElementRun& run = *elements_[node];
        if (run.pads.relation == Relation::independent || caps_[a].is_any()) return false;
        Caps allowed = caps_[a];
        if (run.pads.relation == Relation::transform) {
            const Pad& from =
                pad(node, side_a == PadDirection::sink ? la.to_pad : la.from_pad, side_a);
            const Pad& to =
                pad(node, side_b == PadDirection::sink ? lb.to_pad : lb.from_pad, side_b);
            allowed = run.element->transform(from, caps_[a], to);
        }
        Caps both = intersect(caps_[b], allowed);
        if (both.is_empty()) {
            return fail(Errc::no_common_format,
                        run.name + " cannot have " + to_string(caps_[a]) + " on one pad and " +
                            to_string(caps_[b]) + " on another (" + end_name(la, side_a) + " and " +
                            end_name(lb, side_b) + ")",
                        "put videoconvert or videoscale between them");
        }
        if (both == caps_[b]) return false;
        // The same set in another order is no news to spread, but what is preferred has changed.
        const bool narrower = !is_subset(caps_[b], both);
        caps_[b] = std::move(both);
        return narrower;
    }

    // The element at the far end of a link, as seen from the side that meets.
    const std::string& end_name(const PlannedLink& link, PadDirection side) const {
        return elements_[side == PadDirection::sink ? link.from : link.to]->name;
    }

    Result<> conflict(const PlannedLink& link) const {
        return fail(Errc::no_common_format,
                    elements_[link.from]->name + " and " + elements_[link.to]->name +
                        " have no format in common: " +
                        to_string(offered(link.from, link.from_pad, PadDirection::src)) +
                        " meets " + to_string(offered(link.to, link.to_pad, PadDirection::sink)),
                    "put videoconvert or videoscale between them");
    }

    const std::vector<const ElementRun*>& elements_;
    std::vector<PlannedLink>& links_;
    std::vector<Caps> caps_;
};

}  // namespace

Result<> negotiate_links(const std::vector<const ElementRun*>& elements,
                         std::vector<PlannedLink>& links) {
    return Links(elements, links).solve();
}

}  // namespace parallax
