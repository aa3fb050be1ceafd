// Trials against the solver itself, which the oracle test holds: of any graph, with any nodes and
// filters left out.
#include "media/trials.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace parallax {
namespace {

// Any of its formats in, any out; inputs do not ask each other.
class Convert final : public PadTransform {
  public:
    Convert(Caps formats, const std::vector<NegotiationPad>& pads)
        : formats_(std::move(formats)), pads_(pads) {}
    Caps across(std::size_t from, const Caps& caps, std::size_t to) const override {
        if (pads_[from].side == pads_[to].side) return Caps::any();
        return can_intersect(caps, formats_) ? formats_ : Caps::empty();
    }
    const Caps& formats() const { return formats_; }

  private:
    Caps formats_;
    const std::vector<NegotiationPad>& pads_;
};

class Open final : public PadTransform {
  public:
    Caps across(std::size_t, const Caps&, std::size_t) const override { return Caps::any(); }
};

class Dice {
  public:
    explicit Dice(unsigned seed) : random_(seed) {}
    std::size_t upto(std::size_t most) {
        return std::uniform_int_distribution<std::size_t>(0, most)(random_);
    }
    Caps caps() {
        if (upto(4) == 0) return Caps::any();
        const auto low = static_cast<std::int64_t>(upto(4));
        if (upto(2) == 0) return Structure("m").with("x", IntRange{low, low + 2, 1});
        return Structure("m").with("x", one_of(low, static_cast<std::int64_t>(upto(5))));
    }

  private:
    std::mt19937 random_;
};

Caps pad_caps(const NegotiationNode& node, Dice& dice) {
    const auto* convert = dynamic_cast<const Convert*>(node.transform);
    return convert ? convert->formats() : dice.caps();
}

struct Made {
    NegotiationProblem problem;
    std::vector<std::unique_ptr<Convert>> transforms;
};

// Dense enough that not all of it hangs together like a tree. Data flows from lower numbers.
Made random_graph(Dice& dice) {
    Made made;
    NegotiationProblem& p = made.problem;
    const std::size_t nodes = 2 + dice.upto(7);
    p.nodes.reserve(nodes);  // Transforms borrow their pads.
    for (std::size_t n = 0; n < nodes; ++n) {
        static constexpr std::array kRelations{PadRelation::pass_through, PadRelation::independent,
                                               PadRelation::transform};
        p.nodes.push_back({.name = std::to_string(n), .relation = kRelations.at(dice.upto(2))});
        if (p.nodes.back().relation != PadRelation::transform) continue;
        made.transforms.push_back(std::make_unique<Convert>(dice.caps(), p.nodes.back().pads));
        p.nodes.back().transform = made.transforms.back().get();
    }
    for (std::size_t links = dice.upto(2 * nodes); links > 0; --links) {
        const std::size_t from = dice.upto(nodes - 2);
        const std::size_t to = from + 1 + dice.upto(nodes - from - 2);
        p.nodes[from].pads.push_back({"src", PadSide::src, pad_caps(p.nodes[from], dice)});
        p.nodes[to].pads.push_back({"sink", PadSide::sink, pad_caps(p.nodes[to], dice)});
        p.links.push_back({from, p.nodes[from].pads.size() - 1, to, p.nodes[to].pads.size() - 1});
        if (dice.upto(3) == 0) p.links.back().filters = {dice.caps()};
        p.links.back().convertible = dice.upto(3) != 0;
    }
    for (std::size_t converters = dice.upto(2); converters > 0; --converters) {
        p.converters.push_back({.name = "c", .sink = dice.caps(), .src = dice.caps()});
    }
    return made;
}

TEST_CASE("trials: answer as the solver does, whoever is left out") {
    static const Open open;
    std::size_t yes = 0;
    std::size_t no = 0;
    for (unsigned seed = 0; seed < 3000; ++seed) {
        CAPTURE(seed);
        Dice dice(seed);
        const Made made = random_graph(dice);
        auto trials = Trials::make(made.problem);
        REQUIRE(trials);
        for (int i = 0; i < 3; ++i) {
            NegotiationProblem rest = made.problem;
            Trials::Says says = trials->all();
            for (std::size_t owner = 0; owner < says.size(); ++owner) {
                says[owner] = i == 0 || dice.upto(3) != 0;
                if (says[owner]) continue;
                if (owner >= rest.nodes.size()) {
                    rest.links[owner - rest.nodes.size()].filters.clear();
                    continue;
                }
                for (NegotiationPad& pad : rest.nodes[owner].pads) pad.caps = Caps::any();
                if (rest.nodes[owner].transform) rest.nodes[owner].transform = &open;
            }
            const bool solvable = negotiate(rest).has_value();
            CHECK(trials->solvable(says) == solvable);
            ++(solvable ? yes : no);
        }
    }
    CHECK(yes > 1000);
    CHECK(no > 1000);
}

}  // namespace
}  // namespace parallax
