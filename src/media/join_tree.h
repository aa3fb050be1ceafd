// JoinTree: what each value of a variable costs at the least, of many that pairs have prices for;
// asked again and again while one variable after the other is restricted.
//
//     JoinTree tree(problem, open);     // Positions of choices, of each variable.
//     if (auto failure = tree.build()) return *failure;
//     const auto least = tree.least(v);  // Of each position that is left,
//     tree.restrict(v, {0});             // of which some are kept.
//
// How: variables are eliminated, the one that leaves the smallest table first (bucket elimination,
// Dechter 1999), which hangs them together like a tree; what one side of each of its edges makes
// the other cost is remembered until something on that side is restricted. Chains and trees are
// asked for all their variables in linear time.
//
// Threads: none. The problem is borrowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "media/assign.h"

namespace parallax {

class JoinTree {
  public:
    using Positions = std::vector<std::size_t>;

    // All choices of each variable, or one: those are no part of it, and only make others cost
    // something.
    JoinTree(const AssignProblem& problem, std::vector<Positions> open);

    std::optional<AssignFailure> build();

    // In the order of open(v). What parts that are settled cost is left out, so that they compare
    // with each other only. Nothing where it took too many steps.
    std::optional<std::vector<Price>> least(std::size_t v);
    void restrict(std::size_t v, Positions kept);
    // One variable of each part that hangs together.
    std::vector<std::size_t> roots() const;
    const Positions& open(std::size_t v) const { return open_[v]; }

  private:
    // From a bag to its parent, or from the parent to it.
    struct Message {
        std::size_t bag;
        bool up;
    };
    struct Told {
        bool valid = false;
        std::vector<Price> prices;  // By the positions of the separator, the first fastest.
    };
    struct Bag {                             // That of the variable of the same number.
        std::vector<std::size_t> scope;      // The variable …
        std::vector<std::size_t> separator;  // … and those it was eliminated against, again.
        std::vector<std::size_t> pairs;      // Indices of the problem's.
        std::size_t parent;
        std::vector<std::size_t> children;
        Told up;
        Told down;
    };
    // A table, and how far each position of each variable of a bag leads into it.
    struct Operand {
        const Price* prices;
        std::vector<Positions> offsets;  // By place in the scope, and open position.
    };
    using Scope = std::vector<std::size_t>;

    bool is_settled(std::size_t v) const { return open_[v].size() == 1; }
    bool is_cut(std::size_t bag) const;  // All between it and its parent is settled.
    std::uint64_t entries(std::size_t v) const;
    void connect(const std::vector<std::size_t>& place);
    Told& told(const Message& message) {
        return message.up ? bags_[message.bag].up : bags_[message.bag].down;
    }
    // Those that come into a bag, but for one that would come from where `except` goes.
    std::vector<Message> incoming(std::size_t bag, const Message* except) const;
    bool bring(const std::vector<Message>& wanted);
    Operand pair_operand(std::size_t bag, const AssignProblem::Pair& pair) const;
    Operand operand(std::size_t bag, const Price* prices, const Scope& of) const;
    std::vector<Price> unary(std::size_t v) const;
    std::vector<Price> gather(const Scope& scope, std::vector<Operand>& operands);
    // The least over all of the bag but the target; by its positions.
    std::optional<std::vector<Price>> project(std::size_t bag, const std::vector<Message>& from,
                                              const Scope& target);
    void forget_beyond(std::size_t bag);

    const AssignProblem& problem_;
    std::vector<Positions> open_;
    std::vector<std::size_t> sizes_;  // How many choices each has.
    std::vector<std::vector<std::size_t>> pairs_at_;
    std::vector<std::vector<std::size_t>> neighbours_;  // While variables are eliminated; sorted.
    std::vector<std::vector<Price>> unary_;
    std::vector<Bag> bags_;
    std::uint64_t steps_ = 0;
};

}  // namespace parallax
