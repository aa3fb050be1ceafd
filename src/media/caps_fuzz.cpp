// Caps text of any content: what reads must write back to the same value and obey the algebra.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "media/caps_text.h"

// libFuzzer names it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
    const std::size_t newline = text.find('\n');
    const auto first = parallax::read_caps(text.substr(0, newline));
    if (!first) {
        PX_CHECK(first.error().offset <= size);
        PX_CHECK(!first.error().message.empty());
        return 0;
    }
    const auto back = parallax::read_caps(to_string(*first));
    // Writing may only grow the text past the limit on its length.
    PX_CHECK(!back || *back == *first);
    PX_CHECK(back || to_string(*first).size() > parallax::kMaxCapsBytes);
    PX_CHECK(equal(*first, *first));
    PX_CHECK(first->is_any() || first->is_empty() || is_fixed(*fixate(*first)));
    if (newline == std::string_view::npos || size > 2000) return 0;

    const auto second = parallax::read_caps(text.substr(newline + 1));
    if (!second) return 0;
    const parallax::Caps both = intersect(*first, *second);
    PX_CHECK(both.is_empty() == !can_intersect(*first, *second));
    PX_CHECK(is_subset(both, *first));
    PX_CHECK(is_subset(both, *second));
    PX_CHECK(is_subset(both, intersect(*second, *first)));
    PX_CHECK(is_subset(simplify(both), both));
    PX_CHECK(is_subset(both, simplify(both)));
    return 0;
}
