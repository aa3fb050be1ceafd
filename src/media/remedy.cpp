#include "media/remedy.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "media/bridge.h"
#include "media/conflict.h"
#include "media/feasible.h"
#include "media/reduced.h"
#include "media/solver.h"

namespace parallax {
namespace {

// Where more disagree than a person could look through, explaining them takes all the time there
// is. Else: nodes times changes tried on what is left of the conflict, and tries of the whole.
constexpr std::size_t kMostNodes = 32;
constexpr std::size_t kMostWork = 1200;
constexpr int kMostWholeTries = 3;
constexpr std::string_view kMemory = "memory";

// Either something is put into a link, or a node's pads have other caps.
struct Change {
    std::string text;
    const NegotiationConverter* put = nullptr;
    std::size_t link = 0;
    std::size_t node = 0;
    std::vector<Caps> pads = {};
    const PadTransform* transform = nullptr;  // Of the node, instead of its own.
    std::string field = {};                   // The one that is written anew.
};

std::optional<NegotiationSolution> solved_with(const NegotiationProblem& problem,
                                               const Change& change) {
    if (change.put == nullptr) {
        NegotiationProblem other = problem;
        auto& pads = other.nodes[change.node].pads;
        for (std::size_t p = 0; p < pads.size(); ++p) pads[p].caps = change.pads[p];
        if (change.transform != nullptr) other.nodes[change.node].transform = change.transform;
        return try_to_solve(other);
    }
    NegotiationProblem tools = problem;
    tools.converters = {*change.put};
    std::vector<std::vector<std::size_t>> chains(problem.links.size());
    chains[change.link] = {0};
    Converted with = converted(tools, chains);
    with.problem.converters = problem.converters;
    // It alone is to help, where nothing is put in by itself.
    with.problem.links[with.parts[change.link].back()].convertible =
        problem.links[change.link].convertible;
    return try_to_solve(with.problem);
}

// Leaves it out where there is no value. What then is the same stands once.
void write_field(Caps& caps, const std::string& field, const Value* value) {
    Caps written;
    for (Structure structure : caps.structures()) {
        if (value != nullptr)
            structure.set(field, *value);
        else
            structure.erase(field);
        if (std::ranges::find(written.structures(), structure) == written.structures().end()) {
            written.append(std::move(structure));
        }
    }
    if (!caps.is_any()) caps = std::move(written);
}

void write_memory(Caps& caps, const Features& features) {
    Caps written;
    for (Structure structure : caps.structures()) {
        structure.set_features(features);
        written.append(std::move(structure));
    }
    if (!caps.is_any()) caps = std::move(written);
}

class Search {
  public:
    Search(const NegotiationProblem& problem, const std::vector<NegotiationConverter>& offers,
           const Conflict& conflict, const PropertyChanges& properties)
        : whole_(problem),
          offers_(offers),
          conflict_(conflict),
          properties_(properties),
          small_(reduced(problem, conflict)) {}

    std::optional<Change> run() {
        if (auto change = put_something_in()) return change;
        // Downstream first: what comes is more often meant than what is asked of it.
        for (std::size_t n = small_.node_of.size(); n-- > 0;) {
            if (!small_.problem.nodes[n].wish) continue;
            if (auto change = write_anew(n)) return change;
        }
        for (std::size_t n = small_.node_of.size(); n-- > 0 && properties_;) {
            if (auto change = set_a_property(n)) return change;
        }
        return std::nullopt;
    }

  private:
    std::optional<NegotiationSolution> helps_here(const Change& change) {
        work_ += small_.problem.nodes.size();
        if (work_ > kMostWork || small_.problem.nodes.size() > kMostNodes) return std::nullopt;
        return solved_with(small_.problem, change);
    }
    // The same change in the whole, which is what counts.
    bool helps(const Change& change) {
        if (!helps_here(change) || whole_tries_++ >= kMostWholeTries) return false;
        Change there = change;
        there.link = change.put == nullptr ? 0 : small_.link_of[change.link];
        there.node = small_.node_of[change.node];
        return solved_with(whole_, there).has_value();
    }

    std::optional<Change> set_a_property(std::size_t n) {
        const std::size_t node = small_.node_of[n];
        if (std::ranges::find(conflict_.nodes, node) == conflict_.nodes.end()) return std::nullopt;
        for (PropertyChange& other : properties_(node)) {
            Change change{.text = std::move(other.text),
                          .node = n,
                          .pads = std::move(other.pads),
                          .transform = other.transform};
            if (helps(change)) return change;
        }
        return std::nullopt;
    }

    std::optional<Change> put_something_in() {
        // Negotiation has tried its own where it may.
        for (const NegotiationConverter* tool : cheapest_first(whole_.converters)) {
            for (std::size_t l = small_.link_of.size(); l-- > 0;) {
                if (small_.problem.links[l].convertible) continue;
                if (auto change = put_in(*tool, l)) return change;
            }
        }
        for (const NegotiationConverter* tool : cheapest_first(offers_)) {
            for (std::size_t l = small_.link_of.size(); l-- > 0;) {
                if (auto change = put_in(*tool, l)) return change;
            }
        }
        return std::nullopt;
    }
    static std::vector<const NegotiationConverter*> cheapest_first(
        const std::vector<NegotiationConverter>& tools) {
        std::vector<const NegotiationConverter*> sorted;
        sorted.reserve(tools.size());
        for (const NegotiationConverter& each : tools) sorted.push_back(&each);
        std::ranges::stable_sort(sorted, {}, &NegotiationConverter::cost);
        return sorted;
    }

    std::optional<Change> put_in(const NegotiationConverter& tool, std::size_t l) {
        if (!fits(tool, l)) return std::nullopt;
        const NegotiationLink& link = whole_.links[small_.link_of[l]];
        Change change{.text = "put " + tool.name + " between " + whole_.nodes[link.from].name +
                              " and " + whole_.nodes[link.to].name,
                      .put = &tool,
                      .link = l};
        if (!helps(change)) return std::nullopt;
        return change;
    }

    // Cheap, and true of most that do not help: what its neighbours have is none of its media
    // types.
    bool fits(const NegotiationConverter& tool, std::size_t l) const {
        const NegotiationLink& link = small_.problem.links[l];
        const Caps& before = small_.problem.nodes[link.from].pads[link.from_pad].caps;
        const Caps& after = small_.problem.nodes[link.to].pads[link.to_pad].caps;
        return shares_media_type(before, tool.sink) && shares_media_type(tool.src, after);
    }
    static bool shares_media_type(const Caps& a, const Caps& b) {
        if (a.is_any() || b.is_any()) return true;
        return std::ranges::any_of(a.structures(), [&](const Structure& one) {
            return std::ranges::find(b.structures(), one.media_type(), &Structure::media_type) !=
                   b.structures().end();
        });
    }

    std::optional<Change> write_anew(std::size_t n) {
        if (auto change = write_fields_anew(n)) return change;
        for (const Features& features : {Features(), Features::any()}) {
            if (auto change = write_memory_anew(n, features)) return change;
        }
        Change without = change_of(n);
        for (Caps& caps : without.pads) caps = Caps::any();
        without.text = "leave " + small_.problem.nodes[n].name + " out";
        if (helps(without)) return without;
        return std::nullopt;
    }

    Change change_of(std::size_t n) const {
        Change change{.text = {}, .node = n};
        for (const NegotiationPad& pad : small_.problem.nodes[n].pads) {
            change.pads.push_back(pad.caps);
        }
        return change;
    }

    static void add_new(const Structure& structure, std::vector<Field>& fields) {
        for (const Field& field : structure.fields()) {
            if (std::ranges::find(fields, field.name, &Field::name) == fields.end()) {
                fields.push_back(field);
            }
        }
    }

    // As the person wrote them, and the first value of each; that at which it showed comes last.
    std::vector<Field> fields_of(std::size_t n) const {
        std::vector<Field> fields;
        for (const NegotiationPad& pad : small_.problem.nodes[n].pads) {
            for (const Structure& structure : pad.caps.structures()) add_new(structure, fields);
        }
        std::ranges::stable_partition(
            fields, [&](const Field& field) { return field.name != conflict_.field; });
        return fields;
    }

    Change without_fields(std::size_t n, const std::vector<Field>& fields) const {
        Change open = change_of(n);
        for (Caps& caps : open.pads) {
            for (const Field& field : fields) write_field(caps, field.name, nullptr);
        }
        return open;
    }

    // The fewest fields without which the rest could agree; each gets the value that is nearest to
    // what was asked for, or else one that they would agree on.
    std::optional<Change> write_fields_anew(std::size_t n) {
        std::vector<Field> fields = fields_of(n);
        if (fields.empty() || !helps_here(without_fields(n, fields))) return std::nullopt;
        for (const Field& field : std::vector<Field>(fields)) {
            std::vector<Field> fewer = fields;
            std::erase(fewer, field);
            if (!fewer.empty() && helps_here(without_fields(n, fewer))) fields = std::move(fewer);
        }
        Change change = without_fields(n, fields);
        std::string written;
        std::string left_out;
        for (const Field& field : fields) {
            if (const auto value = write_one(n, field, change)) {
                written += (written.empty() ? "" : ",") + field.name + "=" + to_string(*value);
            } else {
                left_out += (left_out.empty() ? "" : ",") + field.name;
            }
        }
        const std::string& name = small_.problem.nodes[n].name;
        if (!written.empty()) change.text = "write " + written + " in " + name;
        if (!left_out.empty()) {
            change.text +=
                (written.empty() ? "" : " and ") + ("leave " + left_out + " out of " + name);
        }
        if (fields.size() == 1) change.field = fields.front().name;
        if (helps(change)) return change;
        return std::nullopt;
    }

    std::optional<Value> write_one(std::size_t n, const Field& field, Change& change) {
        const auto solved = helps_here(change);
        if (!solved) return std::nullopt;
        for (const std::optional<Value>& value :
             {nearest_to(field, change), agreed_on(*solved, n, field.name)}) {
            if (!value) continue;
            Change written = change;
            for (Caps& caps : written.pads) write_field(caps, field.name, &*value);
            if (!helps_here(written)) continue;
            change = std::move(written);
            return value;
        }
        return std::nullopt;
    }

    // The link on the node's far side, else the near one.
    std::optional<std::size_t> link_at(std::size_t n) const {
        std::optional<std::size_t> found;
        for (std::size_t l = 0; l < small_.problem.links.size(); ++l) {
            if (small_.problem.links[l].from == n) return l;
            if (small_.problem.links[l].to == n) found = l;
        }
        return found;
    }

    std::optional<Value> nearest_to(const Field& field, const Change& open) const {
        NegotiationProblem problem = small_.problem;
        for (std::size_t p = 0; p < open.pads.size(); ++p) {
            problem.nodes[open.node].pads[p].caps = open.pads[p];
        }
        Solver solver(problem, flow_order(problem));
        const auto link = link_at(open.node);
        if (!link || solver.narrow()) return std::nullopt;
        const auto near =
            nearest(solver.domain(solver.variable_of(*link)), field.name, fixate(field.value));
        if (!near || near->structures().empty()) return std::nullopt;
        const Value* value = near->structures().front().find(field.name);
        return value ? std::optional(*value) : std::nullopt;
    }

    std::optional<Value> agreed_on(const NegotiationSolution& solution, std::size_t n,
                                   const std::string& field) const {
        const auto link = link_at(n);
        if (!link) return std::nullopt;
        const Value* value = solution.link_caps[*link].find(field);
        return value ? std::optional(*value) : std::nullopt;
    }

    std::optional<Change> write_memory_anew(std::size_t n, const Features& features) {
        Change change = change_of(n);
        for (Caps& caps : change.pads) write_memory(caps, features);
        const Caps& before = small_.problem.nodes[n].pads.front().caps;
        if (before.is_any() || before.is_empty() || change.pads.front() == before) {
            return std::nullopt;
        }
        const std::string& name = small_.problem.nodes[n].name;
        const std::string had = memory_text(before.structures().front().features());
        change.text = features.is_any() ? "ask for (ANY) memory in " + name
                                        : "leave " + had + " out of " + name;
        change.field = kMemory;
        if (helps(change)) return change;
        return std::nullopt;
    }

    static std::string memory_text(const Features& features) {
        if (features.is_any()) return "(ANY)";
        std::string text;
        for (const std::string& name : features.names()) text += (text.empty() ? "" : ",") + name;
        return "(" + text + ")";
    }

    const NegotiationProblem& whole_;
    const std::vector<NegotiationConverter>& offers_;
    const Conflict& conflict_;
    const PropertyChanges& properties_;
    Reduced small_;
    std::size_t work_ = 0;
    int whole_tries_ = 0;
};

// Whether one of them gives, of what the left side has, what the right side has at the field.
bool can_make(const std::vector<NegotiationConverter>& tools, const Conflict& conflict) {
    const auto reaches = [&](const Structure& made) {
        return std::ranges::any_of(conflict.right.structures(), [&](const Structure& wanted) {
            if (conflict.field == kMemory)
                return can_intersect(Caps(Structure("x", made.features())),
                                     Caps(Structure("x", wanted.features())));
            if (made.media_type() != wanted.media_type()) return false;
            const Value* has = made.find(conflict.field);
            const Value* wants = wanted.find(conflict.field);
            return has == nullptr || wants == nullptr || intersect(*has, *wants).has_value();
        });
    };
    return std::ranges::any_of(tools, [&](const NegotiationConverter& tool) {
        const Caps made = through(tool, conflict.left);
        return made.is_any() || std::ranges::any_of(made.structures(), reaches);
    });
}

// "nothing here makes framerate 25/1 of framerate 30/1"; empty where that is not known.
std::string what_nobody_can(const NegotiationProblem& problem,
                            const std::vector<NegotiationConverter>& offers,
                            const Conflict& conflict) {
    const bool known = !conflict.field.empty() && !conflict.left.is_any() &&
                       !conflict.right.is_any() && !conflict.left.is_empty() &&
                       !conflict.right.is_empty();
    if (!known || can_make(problem.converters, conflict) || can_make(offers, conflict)) return {};
    const auto [left, right] = sides(conflict);
    const bool one = left.find_first_of("{[") == std::string::npos;
    return "nothing here makes " + right + " of " + (one ? left : "what comes");
}

// The sides differ in it for all that is known of them.
bool differ_in(const Conflict& conflict, const std::string& field) {
    bool both_have_it = false;
    for (const Structure& a : conflict.left.structures()) {
        for (const Structure& b : conflict.right.structures()) {
            if (a.media_type() != b.media_type()) continue;
            const Value* left = a.find(field);
            const Value* right = b.find(field);
            if (left == nullptr || right == nullptr || intersect(*left, *right)) return false;
            both_have_it = true;
        }
    }
    return both_have_it;
}

}  // namespace

void add_remedy(const NegotiationProblem& problem, const std::vector<NegotiationConverter>& offers,
                Conflict& conflict, const PropertyChanges& properties) {
    if (conflict.reason == ConflictReason::cycle || conflict.reason == ConflictReason::gave_up) {
        return;
    }
    const auto change = Search(problem, offers, conflict, properties).run();
    if (change && change->field == kMemory) {
        conflict.reason = ConflictReason::no_common_memory;
        conflict.field = kMemory;
    } else if (change && !change->field.empty() && differ_in(conflict, change->field)) {
        conflict.field = change->field;
    }
    if (change && change->put != nullptr) {
        conflict.hint = change->text;
        return;
    }
    conflict.hint = what_nobody_can(problem, offers, conflict);
    if (change) conflict.hint += (conflict.hint.empty() ? "" : ": ") + change->text;
}

}  // namespace parallax
