#include "media/narrowing.h"

#include <string>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax {
namespace {

Caps caps(const std::string& text) { return unwrap(parse_caps(text)); }

// Lets through what it is fed, and counts how often it is asked.
class Counting final : public PadTransform {
  public:
    Caps across(std::size_t, const Caps& fed, std::size_t) const override {
        ++asked;
        return fed;
    }
    mutable int asked = 0;
};

TEST_CASE("narrowing: what is equal is asked once, and answered as intersect would") {
    const Counting transform;
    Narrowings narrowings;
    const Caps target = caps("v,f={A,B,C}");
    for (int round = 0; round < 3; ++round) {
        for (const char* text : {"v,f={C,A}", "v,f={C,B,A,D}", "v,f=Z", "v", "ANY"}) {
            const Caps fed = caps(text);
            const auto& answer =
                narrowings.ask({.transform = &transform, .fed = fed, .target = target});
            CHECK(answer.allowed == fed);
            CHECK(answer.both == intersect(target, fed));
            CHECK(answer.smaller == !is_subset(target, fed));
        }
        CHECK(transform.asked == 5);
    }
}

TEST_CASE("narrowing: other pads and other transforms are other questions") {
    const Counting one;
    const Counting other;
    Narrowings narrowings;
    const Caps set = caps("v");
    for (const Counting* transform : {&one, &other, &one}) {
        narrowings.ask({.transform = transform, .from = 0, .to = 1, .fed = set, .target = set});
        narrowings.ask({.transform = transform, .from = 1, .to = 0, .fed = set, .target = set});
    }
    CHECK(one.asked == 2);
    CHECK(other.asked == 2);
}

TEST_CASE("narrowing: what was forgotten is worked out again") {
    const Counting transform;
    Narrowings narrowings;
    const Caps target = caps("v");
    for (int round = 0; round < 2; ++round) {
        for (int w = 0; w < 100; ++w) {
            const Caps fed = caps("v,w=" + std::to_string(w));
            CHECK(narrowings.ask({.transform = &transform, .fed = fed, .target = target}).both ==
                  fed);
        }
    }
    CHECK(transform.asked == 200);
}

}  // namespace
}  // namespace parallax
