#include "media/crossing.h"

#include <optional>

#include "media/loss.h"

namespace parallax {
namespace {

class Prices {
  public:
    explicit Prices(const Crossing& crossing)
        : crossing_(crossing), table_(crossing.atoms.size()), back_(crossing.outs.size()) {}

    PriceTable run() && {
        // An atom stands for the formats in no smaller one; a part of it is all of it only where
        // the sets that a transform makes were too many to cut atoms by.
        for (const auto& a : crossing_.ins) {
            const Caps reached = across(crossing_.in, crossing_.atoms[a.value], crossing_.out);
            if (!price_row(a.value, reached, is_subset)) price_row(a.value, reached, can_intersect);
        }
        return std::move(table_);
    }

  private:
    Caps across(std::size_t from, const Caps& caps, std::size_t to) const {
        return crossing_.node.transform->across(from, caps, to);
    }

    // What can become the choice: asked once for all rows.
    const Caps& back(std::size_t choice) {
        if (!back_[choice]) {
            back_[choice] =
                across(crossing_.out, crossing_.atoms[crossing_.outs[choice].value], crossing_.in);
        }
        return *back_[choice];
    }

    // What the choices of the second link cost where the first is `a`; false where there are none.
    using Inside = bool (*)(const Caps& part, const Caps& all);
    bool price_row(std::uint32_t a, const Caps& reached, Inside inside) {
        const Atoms& atoms = crossing_.atoms;
        const NegotiationNode& node = crossing_.node;
        const bool ordered = node.transform->first_is_natural() && !reached.structures().empty();
        const Caps first = ordered ? Caps(reached.structures().front()) : Caps::any();
        bool any = false;
        for (std::size_t i = 0; i < crossing_.outs.size(); ++i) {
            const std::uint32_t b = crossing_.outs[i].value;
            if (!inside(atoms[b], reached)) continue;
            // What a transform keeps, it keeps of all pieces of a set, not only of this one.
            if (!atoms.meets(a, back(i))) continue;
            const bool natural = ordered ? is_subset(atoms[b], first) : a == b;
            Price price = natural ? 0 : node.change_cost;
            if (ordered && price > 0) price += conversion_loss(atoms[a], atoms[b]);
            table_.at(a, b) = price;
            any = true;
        }
        return any;
    }

    const Crossing& crossing_;
    PriceTable table_;
    std::vector<std::optional<Caps>> back_;
};

}  // namespace

PriceTable transform_prices(const Crossing& crossing) { return Prices(crossing).run(); }

}  // namespace parallax
