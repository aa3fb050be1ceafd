// Converters: the factories that negotiation may put into links, asked as if they were there.
//
// Threads: none.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "media/negotiate.h"
#include "parallax/registry.h"

namespace parallax {

// What an element says of its pads, for the solver.
class ElementTransform final : public PadTransform {
  public:
    // Both are borrowed.
    ElementTransform(const Element& element, const Pads& pads) : element_(element), pads_(pads) {}
    Caps across(std::size_t from, const Caps& caps, std::size_t to) const override;
    bool first_is_natural() const override { return true; }

  private:
    const Element& element_;
    const Pads& pads_;
};

class Converters {
  public:
    explicit Converters(const Registry& registry);

    // Elements with one input and one output that only a person puts in: what they do is more than
    // converting. For saying what would help where nothing fits.
    static Converters by_hand(const Registry& registry);

    const std::vector<NegotiationConverter>& entries() const { return entries_; }
    const Factory& factory(std::size_t entry) const { return *made_[entry].factory; }

  private:
    Converters() = default;
    void add(const Factory& factory, Pads pads, const ConverterPrice& price);

    struct Made {
        const Factory* factory;
        std::unique_ptr<Element> element;
        Pads pads;  // The sink first.
        std::unique_ptr<ElementTransform> transform;
    };
    std::deque<Made> made_;  // Stay where they are; the entries borrow.
    std::vector<NegotiationConverter> entries_;
};

}  // namespace parallax
