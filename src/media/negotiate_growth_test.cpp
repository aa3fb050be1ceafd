// What agreeing costs as graphs grow, and what it costs to say why nobody can: as ratios, which
// hold on any machine.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "base/clock.h"
#include "media/negotiate.h"
#include "parallax/video_caps.h"
#include "support/allocations.h"
#include "support/any_format.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

Caps caps(std::string_view text) { return unwrap(parse_caps(text)); }

using testing::AnyFormat;

// As videoscale: any size in, any out, rather the same.
class AnySize final : public PadTransform {
  public:
    Caps across(std::size_t, const Caps& from, std::size_t) const override {
        Caps out = from;
        for (Structure other : from.structures()) {
            other.set("width", IntRange{1, 65536});
            out.append(std::move(other));
        }
        return out;
    }
};

// As videocrop left=2: pad 0 is what it gets.
class Crop final : public PadTransform {
  public:
    Caps across(std::size_t from, const Caps& caps, std::size_t) const override {
        const std::int64_t change = from == 0 ? -2 : 2;
        Caps out;
        for (Structure shape : caps.structures()) {
            const auto changed = side(*shape.find("width"), change);
            if (!changed) continue;
            shape.set("width", *changed);
            out.append(std::move(shape));
        }
        return out;
    }

  private:
    static std::optional<Value> side(const Value& width, std::int64_t change) {
        if (const auto* one = width.get<std::int64_t>()) return Value(*one + change);
        const auto* range = width.get<IntRange>();
        if (range == nullptr || range->max + change < 1) return std::nullopt;
        return Value(IntRange{std::max<std::int64_t>(1, range->min + change),
                              std::min<std::int64_t>(65536, range->max + change)});
    }
};

enum class Kind : std::uint8_t { passes, converts, scales, crops };

class Drawn {
  public:
    std::size_t add(std::string_view takes, Kind kind = Kind::passes) {
        const PadTransform* transform = transform_of(kind);
        NegotiationNode node{
            .name = std::to_string(problem_.nodes.size()),
            .relation = transform ? PadRelation::transform : PadRelation::pass_through,
            .transform = transform,
            .change_cost = kind == Kind::crops ? 0U : 1U};
        problem_.nodes.push_back(std::move(node));
        takes_.push_back(takes == "video" ? video_caps(all_pixel_formats()) : caps(takes));
        return problem_.nodes.size() - 1;
    }
    void link(std::size_t from, std::size_t to) {
        problem_.links.push_back({from, pad(from, PadSide::src), to, pad(to, PadSide::sink)});
    }
    // `count` nodes of a kind, one behind the other, from a node on; the last of them.
    std::size_t chain(std::size_t from, std::size_t count, std::string_view takes,
                      Kind kind = Kind::passes) {
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t next = add(takes, kind);
            link(from, next);
            from = next;
        }
        return from;
    }
    // What the graph may put into a link, if it need be.
    void offer_converter() {
        problem_.converters.push_back({.name = "convert",
                                       .sink = video_caps(all_pixel_formats()),
                                       .src = video_caps(all_pixel_formats()),
                                       .transform = &any_format()});
    }
    const NegotiationProblem& problem() const { return problem_; }

  private:
    static const PadTransform& any_format() {
        static const AnyFormat transform;
        return transform;
    }
    static const PadTransform* transform_of(Kind kind) {
        static const AnySize any_size;
        static const Crop crop;
        switch (kind) {
            case Kind::converts:
                return &any_format();
            case Kind::scales:
                return &any_size;
            case Kind::crops:
                return &crop;
            case Kind::passes:
                break;
        }
        return nullptr;
    }
    std::size_t pad(std::size_t node, PadSide side) {
        problem_.nodes[node].pads.push_back({"pad", side, takes_[node]});
        return problem_.nodes[node].pads.size() - 1;
    }
    NegotiationProblem problem_;
    std::vector<Caps> takes_;
};

using Draw = std::function<Drawn(std::size_t nodes)>;

Drawn line(std::size_t nodes, std::string_view each, Kind kind, std::string_view end) {
    Drawn drawn;
    const std::size_t source = drawn.add("video/x-raw,format=NV12,framerate=30/1");
    const std::size_t last = drawn.chain(source, nodes, each, kind);
    drawn.link(last, drawn.add(end));
    return drawn;
}

// Ten branches that come together again, half of them with converters of their own.
Drawn branches(std::size_t nodes, std::string_view end) {
    Drawn drawn;
    const std::size_t tee = drawn.chain(drawn.add("video/x-raw,framerate=30/1"), 1, "ANY");
    const std::size_t join = drawn.add("ANY");
    for (std::size_t b = 0; b < 10; ++b) {
        const bool converts = b % 2 == 0;
        drawn.link(drawn.chain(tee, nodes / 10, converts ? "video" : "ANY",
                               converts ? Kind::converts : Kind::passes),
                   join);
    }
    drawn.link(join, drawn.add(end));
    return drawn;
}

// As many branches as there is room for, by turns for one format and another.
Drawn wide_tee(std::size_t nodes) {
    Drawn drawn;
    const std::size_t tee = drawn.chain(drawn.add("video/x-raw,format=NV12"), 1, "ANY");
    for (std::size_t b = 0; b < nodes / 5; ++b) {
        const std::size_t last = drawn.chain(tee, 4, "ANY");
        drawn.link(last, drawn.add(b % 2 == 0 ? "video/x-raw,format=RGB" : "video/x-raw"));
    }
    drawn.offer_converter();
    return drawn;
}

// Crops, scalers and converters by turns: nothing needs converting if the source makes its picture
// as much larger as all crops together take away.
Drawn crops(std::size_t nodes, std::size_t branches) {
    Drawn drawn;
    const std::size_t tee = drawn.chain(drawn.add("video/x-raw,width=[1,65536]"), 1, "ANY");
    for (std::size_t b = 0; b < branches; ++b) {
        std::size_t last = tee;
        for (std::size_t i = 0; i < nodes / (3 * branches); ++i) {
            last = drawn.chain(last, 1, "video", Kind::crops);
            last = drawn.chain(last, 1, "video", Kind::scales);
            last = drawn.chain(last, 1, "video", Kind::converts);
        }
        drawn.link(last, drawn.add("video/x-raw,format=RGB,width=64"));
    }
    return drawn;
}

// Crops, behind one format and another by turns, so that each needs a converter before it.
Drawn crops_by_turns(std::size_t crops) {
    Drawn drawn;
    std::size_t last = drawn.add("video/x-raw,format=GRAY8,width=[1,65536]");
    for (std::size_t i = 0; i < crops; ++i) {
        last = drawn.chain(last, 1, "video", Kind::crops);
        last = drawn.chain(last, 1,
                           i % 2 == 0 ? "video/x-raw,format=RGB" : "video/x-raw,format=GRAY8");
    }
    drawn.offer_converter();
    return drawn;
}

// Sources of as many sizes and two formats, each into a scaler, and all of these into one element.
Drawn grid(std::size_t sources) {
    Drawn drawn;
    const std::size_t join = drawn.add("ANY");
    for (std::size_t s = 0; s < sources; ++s) {
        const std::string format = s % 2 == 0 ? "RGB" : "NV12";
        const std::string width = std::to_string(64 + 16 * s);
        const std::size_t source =
            drawn.add("video/x-raw,format=" + format + ",width=" + width + ",height=64");
        drawn.link(drawn.chain(source, 1, "video", Kind::scales), join);
    }
    drawn.link(join, drawn.add("video/x-raw,width=128"));
    drawn.offer_converter();
    return drawn;
}

void agree(const NegotiationProblem& problem, bool solvable) {
    const auto solved = negotiate(problem);
    CHECK(solved.has_value() == solvable);
    CHECK((solved || solved.error().reason == ConflictReason::no_common_format));
}

constexpr double most = 7;

// Counted, not timed: how often memory is asked for is the same on every machine, however busy, and
// nearly all that agreeing does is to make sets. What it does without, in bits, is timed beside it
// with a limit that tells a square (25) from a line (5).
double growth(const Draw& draw, bool solvable) {
    constexpr double square = 15;
    const Drawn small = draw(200);
    const Drawn large = draw(1000);
    const auto seconds = [&](const Drawn& drawn) {
        const std::int64_t start = thread_cpu_ns();
        agree(drawn.problem(), solvable);
        return static_cast<double>(thread_cpu_ns() - start) / 1e9;
    };
    double of_small = 1e9;
    double of_large = 1e9;
    for (int round = 0; round < 60 && (round < 1 || of_large >= square * of_small); ++round) {
        for (int i = 0; i < 3; ++i) of_small = std::min(of_small, seconds(small));
        of_large = std::min(of_large, seconds(large));
    }
    CHECK(of_large < square * of_small);
    const auto few = allocations_of([&] { agree(small.problem(), solvable); });
    const auto many = allocations_of([&] { agree(large.problem(), solvable); });
    if (!few || !many) return 0;  // A sanitizer counts its own.
    MESSAGE("allocations ", *few, " and ", *many);
    return static_cast<double>(*many) / static_cast<double>(*few);
}

TEST_CASE("negotiate: five times the elements take at most seven times the time") {
    using enum Kind;
    const std::string_view end = "video/x-raw,format=NV12";
    CHECK(growth([=](auto n) { return line(n, "ANY", passes, end); }, true) < most);
    CHECK(growth([=](auto n) { return line(n, "video", converts, end); }, true) < most);
    CHECK(growth([=](auto n) { return branches(n, "video/x-raw,format=NV12"); }, true) < most);
    CHECK(growth([](auto n) { return wide_tee(n); }, true) < most);
}

TEST_CASE("negotiate: five times the crops and scalers take at most seven times the time") {
    CHECK(growth([](auto n) { return crops(n, 1); }, true) < most);
    CHECK(growth([](auto n) { return crops(n, 5); }, true) < most);
}

TEST_CASE("negotiate: five times the crops with a place for a converter between each two") {
    CHECK(growth([](auto n) { return crops_by_turns(n / 4); }, true) < most);
}

TEST_CASE("negotiate: five times the sources of other sizes and formats are agreed on as soon") {
    for (const std::size_t sources : {1, 4, 16}) {
        CAPTURE(sources);
        CHECK(negotiate(grid(sources).problem()).has_value());
    }
    CHECK(growth([](auto n) { return grid(n / 15); }, true) < most);
}

TEST_CASE("negotiate: who is to blame among five times the elements is found as soon") {
    using enum Kind;
    const std::string_view end = "video/x-raw,framerate=25/1";
    const auto with_converter = [](Drawn drawn) {
        drawn.offer_converter();
        return drawn;
    };
    const auto check = [&](const Draw& draw) {
        CHECK(growth([&](auto n) { return with_converter(draw(n)); }, false) < most);
    };
    check([=](auto n) { return line(n, "ANY", passes, end); });
    check([=](auto n) { return branches(n, end); });
    check([=](auto n) { return line(n, "video", converts, end); });
    check([=](auto n) { return line(n, "video", crops, end); });
}

}  // namespace
}  // namespace parallax
