// Rates that no two branches could have but one that is none.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include <doctest/doctest.h>

#include "media/negotiate.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

Caps caps(std::string_view text) { return unwrap(parse_caps(text)); }

// As burstfusion: one frame of eight.
class Eighth final : public PadTransform {
  public:
    Caps across(std::size_t from, const Caps& caps, std::size_t) const override {
        Caps out;
        for (Structure each : caps.structures()) {
            if (const auto rate = each.get_fraction("framerate")) {
                const auto other = times_eight(*rate, from == 0);
                if (!other) continue;
                each.set("framerate", *other);
            }
            out.append(std::move(each));
        }
        return out;
    }

  private:
    static std::optional<Fraction> times_eight(const Fraction& rate, bool down) {
        constexpr std::int64_t most = std::int64_t{1} << 40;
        if (std::max(rate.num(), rate.den()) > most) return std::nullopt;
        return down ? Fraction::make(rate.num(), rate.den() * 8)
                    : Fraction::make(rate.num() * 8, rate.den());
    }
};

// As two branches behind one source, which come together again.
TEST_CASE("negotiate: a rate and an eighth of it meet where there is no steady rate") {
    const Eighth eighth;
    const Caps open = caps("v,framerate=[0/1,2147483647/1]");
    NegotiationProblem p;
    p.nodes = {{.name = "source",
                .pads = {{"a", PadSide::src, open}, {"b", PadSide::src, open}},
                .relation = PadRelation::pass_through},
               {.name = "slower",
                .pads = {{"sink", PadSide::sink, open}, {"src", PadSide::src, open}},
                .relation = PadRelation::transform,
                .transform = &eighth,
                .change_cost = 0},
               {.name = "join",
                .pads = {{"a", PadSide::sink, open}, {"b", PadSide::sink, open}},
                .relation = PadRelation::pass_through}};
    p.links = {{0, 0, 1, 0, {}}, {1, 1, 2, 0, {}}, {0, 1, 2, 1, {}}};
    const auto solved = negotiate(p);
    REQUIRE(solved);
    for (const Structure& each : solved->link_caps) CHECK(to_string(each) == "v,framerate=0/1");
    p.nodes[0].pads[0].caps = caps("v,framerate=30/1");
    CHECK_FALSE(negotiate(p));
}

}  // namespace
}  // namespace parallax
