// How many kinds of formats links tell apart: counted, since that is what takes the time.
#include "media/kinds.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "media/bridge.h"
#include "parallax/video_caps.h"
#include "support/any_format.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

Caps caps(std::string_view text) { return unwrap(parse_caps(text)); }

// As videocrop left=2.
class Crop final : public PadTransform {
  public:
    Caps across(std::size_t from, const Caps& caps, std::size_t) const override {
        const std::int64_t change = from == 0 ? -2 : 2;
        Caps out;
        for (Structure shape : caps.structures()) {
            const Value* width = shape.find("width");
            const auto* range = width ? width->get<IntRange>() : nullptr;
            if (range == nullptr) continue;
            shape.set("width", IntRange{std::max<std::int64_t>(1, range->min + change),
                                        std::min<std::int64_t>(65536, range->max + change)});
            out.append(std::move(shape));
        }
        return out;
    }
};

class Drawn {
  public:
    Drawn() {
        problem_.converters.push_back({.name = "convert",
                                       .sink = video_caps(all_pixel_formats()),
                                       .src = video_caps(all_pixel_formats()),
                                       .transform = &any_});
    }
    std::size_t add(const Caps& takes, const PadTransform* transform = nullptr) {
        problem_.nodes.push_back(
            {.name = "n" + std::to_string(problem_.nodes.size()),
             .pads = {{"sink", PadSide::sink, takes}, {"src", PadSide::src, takes}},
             .relation = transform ? PadRelation::transform : PadRelation::pass_through,
             .transform = transform,
             .change_cost = 0});
        return problem_.nodes.size() - 1;
    }
    void link(std::size_t from, std::size_t to) {
        problem_.links.push_back({.from = from, .from_pad = 1, .to = to, .to_pad = 0});
    }
    const PadTransform& crop() const { return crop_; }
    const NegotiationProblem& problem() const { return problem_; }

    // The most that any link tells apart, where converters may be put in.
    std::size_t most_kinds(const Kinds::Bounds& bounds = {}) const {
        const Bridged bridge = bridged(problem_);
        Solver solver(bridge.problem, flow_order(bridge.problem));
        REQUIRE_FALSE(solver.narrow());
        const Kinds kinds(bridge.problem, solver, bridge.first_bridge, bounds);
        std::size_t most = 0;
        for (std::size_t v = 0; v < solver.variables(); ++v) {
            REQUIRE_FALSE(kinds.at(v).choices.empty());
            most = std::max(most, kinds.at(v).atoms->size());
        }
        return most;
    }

  private:
    testing::AnyFormat any_;
    Crop crop_;
    NegotiationProblem problem_;
};

// Crops, by turns behind one format and another, so that each needs a converter.
std::size_t kinds_of_crops(std::size_t crops) {
    Drawn drawn;
    std::size_t last = drawn.add(caps("video/x-raw,format=GRAY8,width=[1,65536]"));
    for (std::size_t i = 0; i < crops; ++i) {
        const std::size_t crop = drawn.add(video_caps(all_pixel_formats()), &drawn.crop());
        const std::size_t filter =
            drawn.add(caps(i % 2 == 0 ? "video/x-raw,format=RGB" : "video/x-raw,format=GRAY8"));
        drawn.link(last, crop);
        drawn.link(crop, filter);
        last = filter;
    }
    return drawn.most_kinds();
}

TEST_CASE("kinds: a link behind two crops between converters tells few apart") {
    CHECK(kinds_of_crops(2) < 40);
}

TEST_CASE("kinds: what branches want of a source is told apart there and not on other branches") {
    const auto kinds = [](std::size_t branches) {
        Drawn drawn;
        const std::size_t source = drawn.add(caps("video/x-raw,format=NV12,width=64"));
        for (std::size_t b = 0; b < branches; ++b) {
            const std::string name(traits(all_pixel_formats()[b]).name);
            drawn.link(source, drawn.add(caps("video/x-raw,format=" + name)));
        }
        return drawn.most_kinds();
    };
    CHECK(kinds(16) == kinds(4));
}

TEST_CASE("kinds: beyond the bound links are cut less finely, and still hold all they can have") {
    Drawn drawn;
    const std::size_t source = drawn.add(caps("video/x-raw,format={NV12,RGB},width=[1,4096]"));
    for (int width = 1; width <= 4; ++width) {
        const std::string range = std::to_string(width) + ",4096]";
        drawn.link(source, drawn.add(caps("video/x-raw,width=[" + range)));
        drawn.link(source, drawn.add(caps("video/x-raw,height=[" + range)));
    }
    CHECK(drawn.most_kinds({.atoms = 512}) > 16);
    CHECK(drawn.most_kinds({.atoms = 8}) <= 9);
}

TEST_CASE("atoms: sets beyond the bound are left out, the first ones never") {
    const auto set = [](std::string_view text) {
        const Caps parsed = caps(text);
        return parsed.structures().front();
    };
    const std::vector<Structure> sets{set("v,a=[1,9]"), set("v,b=[1,9]"), set("v,a=[5,20]"),
                                      set("v,c=1")};
    const Atoms all = Atoms::make(sets, {.most = 100, .always = 0});
    CHECK(all.is_complete());
    const Atoms few = Atoms::make(sets, {.most = 3, .always = 0});
    CHECK_FALSE(few.is_complete());
    CHECK(few.size() == 4);  // ANY, both sets, and what they have in common.
    const Atoms kept = Atoms::make(sets, {.most = 1, .always = 4});
    CHECK_FALSE(kept.is_complete());
    for (const Structure& each : sets) CHECK_FALSE(kept.choices(Caps(each)).empty());
}

}  // namespace
}  // namespace parallax
