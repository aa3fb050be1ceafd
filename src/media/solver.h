// Solver: the sets of formats that each link can still have, narrowed until they fit together.
//
//     Solver solver(problem, flow_order(problem));
//     if (auto clash = solver.narrow()) …     // two sets that do not meet
//     solver.restrict(variable, caps)         // what was chosen, of several that would do
//     if (auto clash = solver.fix()) …        // one format each
//     solver.link_caps()
//
// Links that must carry the same format are one variable, whose domain is met once from all pads
// and filters on it. Transforms narrow the domains on their sides until nothing changes.
//
// Threads: none. The problem is borrowed and must outlive the solver.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "media/conflict.h"
#include "media/narrowing.h"
#include "media/negotiate.h"

namespace parallax {

// Nodes in the order of the data, the earlier listed first among equals; short when there is a
// cycle (Kahn 1962).
std::vector<std::size_t> flow_order(const NegotiationProblem& problem);

// Of nodes that have a price for changing formats: whether they may, or pass on what they get.
enum class Changes : std::uint8_t { allowed, none };

class Solver {
  public:
    // `order` holds all nodes.
    Solver(const NegotiationProblem& problem, const std::vector<std::size_t>& order,
           Changes changes = Changes::allowed);

    std::optional<Clash> narrow();
    std::optional<Clash> restrict(std::size_t variable, const Caps& caps);
    std::optional<Clash> fix();
    std::vector<Structure> link_caps() const;  // After fix().

    std::size_t variables() const { return domains_.size(); }  // In the order of the data.
    const Caps& domain(std::size_t variable) const { return domains_[variable]; }
    std::size_t variable_of(std::size_t link) const { return variable_of_[link]; }
    const std::vector<std::size_t>& members(std::size_t variable) const {
        return members_[variable];  // Links, upstream first.
    }
    const std::vector<std::size_t>& links_at(std::size_t node) const { return links_at_[node]; }
    std::size_t pad_at(std::size_t node, std::size_t link) const {
        const NegotiationLink& l = problem_->links[link];
        return l.to == node ? l.to_pad : l.from_pad;
    }

  private:
    PadRelation relation(std::size_t node) const;
    void make_variables();
    std::optional<Clash> meet_pads(std::size_t link);
    std::optional<Clash> meet(std::size_t variable, const Caps& caps, std::size_t link);
    std::optional<Clash> share(std::size_t variable);
    std::optional<Clash> propagate();
    enum class Way : std::uint8_t { down, up, both };
    std::optional<Clash> narrow_across(std::size_t node, Way way);
    std::optional<Clash> narrow_pad(std::size_t node, std::size_t from, Way way);
    std::optional<Clash> fix(std::size_t variable);
    std::optional<Clash> try_out(std::size_t variable, Structure chosen);
    Structure choose(std::size_t variable, Structure alternative) const;
    std::vector<FieldPreference> unchanged(std::size_t variable) const;
    Caps as_upstream_prefers(std::size_t variable);
    Caps preferred(const Narrowings::Question& question);
    void set_domain(std::size_t variable, Caps caps);
    void wake_neighbours(std::size_t variable);

    const NegotiationProblem* problem_;
    std::vector<std::size_t> order_;
    Changes changes_;
    std::vector<std::size_t> variable_of_;              // Of each link.
    std::vector<std::vector<std::size_t>> links_at_;    // Of each node, inputs and outputs.
    std::vector<std::vector<std::size_t>> members_;     // Links of each variable, upstream first.
    std::vector<std::vector<std::size_t>> transforms_;  // Nodes that each variable touches.
    std::vector<Caps> domains_;
    std::vector<std::size_t> shared_by_;  // The link of each that crosses a process, or kNone.
    std::vector<std::pair<std::size_t, Caps>> trail_;  // What domains were, to go back to.
    std::vector<std::uint32_t> version_;               // Of each domain; 1 at first.
    std::vector<std::vector<std::uint32_t>> seen_;  // Versions by which a node narrowed, per link.
    std::deque<std::size_t> waiting_;               // Transforms to look at.
    std::vector<bool> is_waiting_;
    Narrowings narrowings_;
    struct Preferred {
        const PadTransform* transform;
        std::size_t from;
        std::size_t to;
        Caps fed;
        Caps target;
        Caps ordered;
    };
    std::optional<Preferred> preferred_;  // The last one: a chain asks the same of each link.
};

}  // namespace parallax
