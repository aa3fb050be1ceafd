#include "graph/assemble.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/core.h>

#include "graph/converters.h"
#include "media/conflict.h"
#include "media/remedy.h"

namespace parallax {
namespace {

class Assembler {
  public:
    Assembler(const Graph& graph, const Registry& registry) : graph_(graph), registry_(registry) {}

    Assembly run() {
        std::set<std::string_view> names;
        for (const Graph::Node& node : graph_.nodes()) {
            if (!names.insert(node.name).second) {
                problem({.kind = "duplicate-name",
                         .element = node.name,
                         .text = "two elements are called " + node.name,
                         .names = {node.name},
                         .hint = "give one of them another name="},
                        node);
            }
            make(node);
        }
        if (!assembly_.problems.empty()) return std::move(assembly_);  // Links need the elements.
        for (const Graph::Link& link : graph_.links()) find_pads(link);
        for (auto& run : assembly_.elements) number_pads(*run);
        check_linked();
        return std::move(assembly_);
    }

  private:
    template <class Place>
    void problem(Problem what, const Place& place) {
        what.line = place.position.line;
        what.column = place.position.column;
        assembly_.problems.push_back(std::move(what));
    }

    void make(const Graph::Node& node) {
        auto run = std::make_unique<ElementRun>();
        run->name = node.name;
        run->factory = node.factory;
        linked_.emplace_back();
        numbers_.emplace_back();
        const Factory* factory = registry_.find(node.factory);
        if (factory == nullptr) {
            std::vector<std::string> names;
            for (const Factory* each : registry_.all()) names.push_back(each->info.name);
            auto near = nearest_names(node.factory, names);
            problem({.kind = "no-such-element",
                     .element = node.name,
                     .text = "no element called " + node.factory,
                     .names = near,
                     .hint = near.empty() ? "parallax-inspect lists them all"
                                          : "did you mean " + near.front() + "?"},
                    node);
        } else {
            run->element = factory->make();
            run->pads = factory->pads();
            linked_.back().resize(run->pads.pads.size(), false);
            numbers_.back().resize(run->pads.pads.size(), 0);
            set_properties(node, *factory, *run);
        }
        assembly_.elements.push_back(std::move(run));
    }

    void set_properties(const Graph::Node& node, const Factory& factory, ElementRun& run) {
        for (const auto& [key, text] : node.properties) {
            const Result<> set = run.element->set_property(key, text);
            if (set) continue;
            if (set.error().code != Errc::not_found) {
                problem(
                    {.kind = "bad-value",
                     .element = node.name,
                     .text = fmt::format("{}.{}={}: {}", node.name, key, text, set.error().message),
                     .names = {key},
                     .hint = set.error().hint},
                    node);
                continue;
            }
            std::vector<std::string> names;
            for (const PropertySpec& spec : factory.properties()) names.emplace_back(spec.name);
            auto near = nearest_names(key, names);
            problem({.kind = "no-such-property",
                     .element = node.name,
                     .text = node.factory + " has no property called " + key,
                     .names = near,
                     .hint = near.empty() ? "parallax-inspect " + node.factory + " lists them"
                                          : "did you mean " + near.front() + "?"},
                    node);
        }
    }

    // --- Pads. Indices here are into ElementRun::pads.pads; request pads are appended.

    std::optional<std::size_t> named_pad(std::size_t node, const std::string& name,
                                         PadDirection direction) {
        ElementRun& run = *assembly_.elements[node];
        auto& pads = run.pads.pads;
        for (std::size_t p = 0; p < pads.size(); ++p) {
            if (pads[p].direction == direction && pads[p].name == name && !linked_[node][p] &&
                !pads[p].is_request()) {
                return p;
            }
        }
        for (std::size_t p = 0; p < pads.size(); ++p) {
            if (pads[p].direction != direction || !pads[p].is_request()) continue;
            if (pads[p].name == name) return request(node, p, free_name(pads, p));
            const std::string prefix = pads[p].name.substr(0, pads[p].name.find('%'));
            const bool fits = name.starts_with(prefix) && name.size() > prefix.size() &&
                              std::all_of(name.begin() + static_cast<std::ptrdiff_t>(prefix.size()),
                                          name.end(), [](char c) { return c >= '0' && c <= '9'; });
            const bool taken =
                std::ranges::any_of(pads, [&](const Pad& pad) { return pad.name == name; });
            if (fits && !taken) return request(node, p, name);
        }
        return std::nullopt;
    }

    std::size_t request(std::size_t node, std::size_t pattern, const std::string& name) {
        auto& pads = assembly_.elements[node]->pads.pads;
        Pad pad = pads[pattern];
        std::uint64_t number = ~std::uint64_t{0};  // Stays where there are too many digits.
        const std::size_t prefix = pad.name.find('%');
        std::from_chars(name.data() + prefix, name.data() + name.size(), number);
        numbers_[node].push_back(number);
        pad.name = name;
        pads.push_back(std::move(pad));
        linked_[node].push_back(false);
        return pads.size() - 1;
    }

    // Of the lowest number that is not taken: "src_2" for the pattern "src_%u".
    static std::string free_name(const std::vector<Pad>& pads, std::size_t pattern) {
        const std::string prefix = pads[pattern].name.substr(0, pads[pattern].name.find('%'));
        for (int number = 0;; ++number) {
            std::string name = prefix + std::to_string(number);
            if (std::ranges::find(pads, name, &Pad::name) == pads.end()) return name;
        }
    }

    // The first that is free and could carry what the other side has; else a requested one.
    std::optional<std::size_t> any_pad(std::size_t node, PadDirection direction,
                                       const Caps& other) {
        auto& pads = assembly_.elements[node]->pads.pads;
        for (std::size_t p = 0; p < pads.size(); ++p) {
            if (pads[p].direction == direction && !linked_[node][p] && !pads[p].is_request() &&
                can_intersect(pads[p].caps, other)) {
                return p;
            }
        }
        for (std::size_t p = 0; p < pads.size(); ++p) {
            if (pads[p].direction != direction || !pads[p].is_request() ||
                !can_intersect(pads[p].caps, other)) {
                continue;
            }
            return request(node, p, free_name(pads, p));
        }
        return std::nullopt;
    }

    Caps template_caps(std::size_t node, PadDirection direction, const std::string& name) const {
        Caps all;
        for (const Pad& pad : assembly_.elements[node]->pads.pads) {
            if (pad.direction != direction) continue;
            if (!name.empty() && pad.name != name && !pad.is_request()) continue;
            if (pad.caps.is_any()) return Caps::any();
            for (const Structure& structure : pad.caps.structures()) all.append(structure);
        }
        return all;
    }

    // Where no pad is named, those of the first that must be linked.
    Caps main_caps(std::size_t node, PadDirection direction, const std::string& name,
                   const Caps& all) const {
        if (!name.empty()) return all;
        const ElementRun& run = *assembly_.elements[node];
        const auto found = std::ranges::find_if(run.pads.pads, [&](const Pad& pad) {
            return pad.direction == direction && !pad.optional && !pad.is_request();
        });
        return found == run.pads.pads.end() ? all : found->caps;
    }

    void find_pads(const Graph::Link& link) {
        const Caps from_caps = template_caps(link.from, PadDirection::src, link.from_pad);
        const Caps to_caps = template_caps(link.to, PadDirection::sink, link.to_pad);
        const auto from = link.from_pad.empty()
                              ? any_pad(link.from, PadDirection::src, to_caps)
                              : named_pad(link.from, link.from_pad, PadDirection::src);
        const auto to = link.to_pad.empty() ? any_pad(link.to, PadDirection::sink, from_caps)
                                            : named_pad(link.to, link.to_pad, PadDirection::sink);
        if (!from || !to) {
            problem(no_pad(link, !from, from_caps, to_caps), link);
            return;
        }
        linked_[link.from][*from] = true;
        linked_[link.to][*to] = true;
        PlannedLink planned;
        planned.from = link.from;
        planned.from_pad = *from;
        planned.to = link.to;
        planned.to_pad = *to;
        assembly_.links.push_back(std::move(planned));
    }

    Problem no_pad(const Graph::Link& link, bool at_from, const Caps& from_caps,
                   const Caps& to_caps) const {
        const ElementRun& a = *assembly_.elements[link.from];
        const ElementRun& b = *assembly_.elements[link.to];
        // A side that has no such pads at all is the one to name, whichever was looked at first.
        const auto has = [](const ElementRun& run, PadDirection direction) {
            return std::ranges::any_of(run.pads.pads,
                                       [&](const Pad& pad) { return pad.direction == direction; });
        };
        if (!has(a, PadDirection::src) || !has(b, PadDirection::sink)) {
            at_from = !has(a, PadDirection::src);
        }
        const ElementRun& bare = at_from ? a : b;
        const std::string& wanted = at_from ? link.from_pad : link.to_pad;
        const auto direction = at_from ? PadDirection::src : PadDirection::sink;
        std::vector<std::string> names;
        for (const Pad& pad : bare.pads.pads) {
            if (pad.direction == direction) names.push_back(pad.name);
        }
        std::string hint = names.empty() ? "" : "its pads: " + join(names);
        std::string text = "cannot link " + a.name + " to " + b.name + ": ";
        if (!wanted.empty()) {
            text += bare.name + " has no free pad called " + wanted;
        } else if (names.empty()) {
            text += bare.name + (at_from ? " has no output" : " has no input");
        } else if (!can_intersect(from_caps, to_caps)) {
            const Caps out = main_caps(link.from, PadDirection::src, link.from_pad, from_caps);
            const Caps in = main_caps(link.to, PadDirection::sink, link.to_pad, to_caps);
            const auto [left, right] = sides(describe({.left = out, .right = in}));
            text += left + " and " + right + " have nothing in common";
            const std::string remedy = remedy_between(a.name, out, b.name, in);
            if (!remedy.empty()) hint = remedy;
        } else {
            text += bare.name + " has no free " + (at_from ? "output" : "input") + " left";
        }
        return {.kind = "link",
                .element = bare.name,
                .text = std::move(text),
                .names = names,
                .hint = std::move(hint)};
    }

    // The element that would join the two, if there is one.
    std::string remedy_between(const std::string& from, const Caps& out, const std::string& to,
                               const Caps& in) const {
        const NegotiationProblem problem{
            .nodes = {{.name = from, .pads = {{"src", PadSide::src, out}}},
                      {.name = to, .pads = {{"sink", PadSide::sink, in}}}},
            .links = {{.from = 0, .from_pad = 0, .to = 1, .to_pad = 0}}};
        const auto solved = negotiate(problem);
        if (solved) return {};
        Conflict conflict = solved.error();
        const Converters by_itself(registry_);
        const Converters by_hand = Converters::by_hand(registry_);
        std::vector<NegotiationConverter> offers = by_itself.entries();
        offers.insert(offers.end(), by_hand.entries().begin(), by_hand.entries().end());
        add_remedy(problem, offers, conflict);
        return conflict.hint;
    }

    static std::string join(const std::vector<std::string>& names) {
        std::string text;
        for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
        return text;
    }

    // Pads as listed, then requested ones by their numbers, whichever was linked first.
    std::vector<std::size_t> in_number_order(std::size_t node) const {
        const auto& pads = assembly_.elements[node]->pads.pads;
        std::vector<std::pair<std::uint64_t, std::size_t>> order;
        for (std::size_t p = 0; p < pads.size(); ++p) {
            if (!pads[p].is_request()) order.emplace_back(numbers_[node][p], p);
        }
        std::ranges::sort(order);
        std::vector<std::size_t> sorted;
        sorted.reserve(order.size());
        for (const auto& [number, p] : order) sorted.push_back(p);
        return sorted;
    }

    // From indices into the pad list to numbers of inputs and outputs.
    void number_pads(ElementRun& run) {
        const std::size_t node = static_cast<std::size_t>(
            std::ranges::find(assembly_.elements, &run,
                              [](const auto& each) { return each.get(); }) -
            assembly_.elements.begin());
        for (const std::size_t p : in_number_order(node)) {
            const Pad& pad = run.pads.pads[p];
            auto& numbers = pad.direction == PadDirection::sink ? run.input_pads : run.output_pads;
            for (PlannedLink& link : assembly_.links) {
                if (pad.direction == PadDirection::src && link.from == node && link.from_pad == p) {
                    renumbered_.push_back({&link.from_pad, numbers.size()});
                }
                if (pad.direction == PadDirection::sink && link.to == node && link.to_pad == p) {
                    renumbered_.push_back({&link.to_pad, numbers.size()});
                }
            }
            numbers.push_back(p);
        }
        for (const auto& [where, number] : renumbered_) *where = number;
        renumbered_.clear();
    }

    void check_linked() {
        for (std::size_t node = 0; node < assembly_.elements.size(); ++node) {
            const ElementRun& run = *assembly_.elements[node];
            for (std::size_t p = 0; p < linked_[node].size(); ++p) {
                const Pad& pad = run.pads.pads[p];
                if (linked_[node][p] || pad.optional || pad.is_request()) continue;
                if (pad.direction == PadDirection::src) continue;  // What comes out is let go.
                problem({.kind = "link",
                         .element = run.name,
                         .text = "nothing is linked to " + run.name + "." + pad.name,
                         .names = {pad.name},
                         .hint = "put a source before it"},
                        graph_.nodes()[node]);
            }
        }
    }

    const Graph& graph_;
    const Registry& registry_;
    Assembly assembly_;
    std::vector<std::vector<bool>> linked_;            // By node and index of pad.
    std::vector<std::vector<std::uint64_t>> numbers_;  // Of requested pads; 0 for listed ones.
    std::vector<std::pair<std::size_t*, std::size_t>> renumbered_;
};

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({change, above + 1, row[j - 1] + 1});
            diagonal = above;
        }
    }
    return row[b.size()];
}

}  // namespace

Assembly assemble(const Graph& graph, const Registry& registry) {
    return Assembler(graph, registry).run();
}

std::string pad_name(const ElementRun& run, PadDirection direction, std::size_t number) {
    const auto& numbers = direction == PadDirection::sink ? run.input_pads : run.output_pads;
    return run.name + "." + run.pads.pads[numbers.at(number)].name;
}

std::vector<std::string> nearest_names(std::string_view word,
                                       const std::vector<std::string>& names) {
    std::vector<std::pair<std::size_t, std::string>> near;
    const std::string_view bounded = word.substr(0, 64);
    for (const std::string& name : names) {
        const std::size_t distance = edit_distance(bounded, name);
        if (distance <= std::max<std::size_t>(2, bounded.size() / 3))
            near.emplace_back(distance, name);
    }
    std::ranges::sort(near);
    std::vector<std::string> result;
    for (auto& [distance, name] : near) {
        if (result.size() < 3) result.push_back(std::move(name));
    }
    return result;
}

}  // namespace parallax
