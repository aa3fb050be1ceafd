// OtherProperties: what elements would say of their formats if one of their properties had another
// value. For saying what would mend a conflict.
//
// Threads: none. Registry and elements are borrowed.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/converters.h"
#include "graph/element_run.h"
#include "media/remedy.h"
#include "parallax/registry.h"

namespace parallax {

class OtherProperties {
  public:
    OtherProperties(const Registry& registry, const std::vector<const ElementRun*>& elements)
        : registry_(registry), elements_(elements) {}

    // One property each: all words of an enum, yes and no, and of one that is called like the field
    // in question what the other side asks for. Nothing of an element whose formats depend on more
    // than its properties, such as on a file. Transforms in it live as long as this.
    std::vector<PropertyChange> of(std::size_t element, const Conflict& conflict);

  private:
    struct Copy {
        std::unique_ptr<Element> element;
        Pads pads;
    };
    std::optional<PropertyChange> changed(const ElementRun& run, std::string_view property,
                                          const std::string& value);
    std::unique_ptr<Element> copy_of(const ElementRun& run) const;
    bool is_likely(const ElementRun& run) const;

    const Registry& registry_;
    const std::vector<const ElementRun*>& elements_;
    std::deque<Copy> copies_;  // Stay where they are; the transforms borrow.
    std::deque<ElementTransform> transforms_;
};

}  // namespace parallax
