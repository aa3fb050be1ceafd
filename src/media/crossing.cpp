#include "media/crossing.h"

#include <optional>

#include "media/atom_rows.h"
#include "media/loss.h"

namespace parallax {
namespace {

class Prices {
  public:
    explicit Prices(const Crossing& crossing)
        : crossing_(crossing),
          exact_(crossing.in.exact && crossing.out.exact),
          table_(crossing.in.atoms.size(), crossing.out.atoms.size()),
          ins_(crossing.in.atoms),
          outs_(crossing.out.atoms),
          back_(crossing.out.choices.size()),
          back_sets_(crossing.out.choices.size()) {}

    PriceTable run() && {
        // An atom stands for the formats in no smaller one; a part of it is all of it only where
        // the sets that a transform makes were too many to cut atoms by.
        for (const auto& a : crossing_.in.choices) {
            const Caps reached =
                across(crossing_.in_pad, crossing_.in.atoms[a.value], crossing_.out_pad);
            if (exact_ && price_row(a.value, reached, &AtomRows::inside)) continue;
            price_row(a.value, reached, &AtomRows::touches);
        }
        return std::move(table_);
    }

  private:
    Caps across(std::size_t from, const Caps& caps, std::size_t to) const {
        return crossing_.node.transform->across(from, caps, to);
    }

    // What can become the choice: asked once for all rows.
    const AtomRows::Set& back(std::size_t choice) {
        if (!back_[choice]) {
            back_[choice] =
                across(crossing_.out_pad, crossing_.out.atoms[crossing_.out.choices[choice].value],
                       crossing_.in_pad);
            back_sets_[choice] = ins_.set(*back_[choice]);
        }
        return back_sets_[choice];
    }

    // What the choices of the second link cost where the first is `a`; false where there are none.
    using Inside = bool (AtomRows::*)(std::size_t atom, const AtomRows::Set& all);
    bool price_row(std::uint32_t a, const Caps& reached, Inside inside) {
        const Caps& given = crossing_.in.atoms[a];
        const NegotiationNode& node = crossing_.node;
        const bool ordered = node.transform->first_is_natural() && !reached.structures().empty();
        const Caps first = ordered ? Caps(reached.structures().front()) : Caps::any();
        const AtomRows::Set all_reached = outs_.set(reached);
        const AtomRows::Set first_reached = outs_.set(first);
        bool any = false;
        for (std::size_t i = 0; i < crossing_.out.choices.size(); ++i) {
            const std::uint32_t b = crossing_.out.choices[i].value;
            const Caps& made = crossing_.out.atoms[b];
            if (!(outs_.*inside)(b, all_reached)) continue;
            // What a transform keeps, it keeps of all pieces of a set, not only of this one.
            if (!meets(a, back(i))) continue;
            const bool natural = ordered ? (outs_.*inside)(b, first_reached) : alike(given, made);
            Price price = natural ? 0 : node.change_cost;
            if (ordered && price > 0) price += conversion_loss(given, made);
            table_.at(a, b) = price;
            any = true;
        }
        return any;
    }

    bool meets(std::uint32_t a, const AtomRows::Set& before) {
        return exact_ ? ins_.meets(a, before) : ins_.touches(a, before);
    }
    bool alike(const Caps& a, const Caps& b) const { return exact_ ? a == b : can_intersect(a, b); }

    const Crossing& crossing_;
    bool exact_;
    PriceTable table_;
    AtomRows ins_;
    AtomRows outs_;
    std::vector<std::optional<Caps>> back_;  // Stay where they are; the sets borrow.
    std::vector<AtomRows::Set> back_sets_;
};

}  // namespace

PriceTable transform_prices(const Crossing& crossing) { return Prices(crossing).run(); }

}  // namespace parallax
