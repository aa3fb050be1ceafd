// What agreeing costs as graphs grow, and what it costs to say why nobody can: as ratios of CPU
// time, which hold on any machine.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "base/clock.h"
#include "media/negotiate.h"
#include "parallax/video_caps.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

Caps caps(std::string_view text) { return unwrap(parse_caps(text)); }

// As videoconvert: any format in, any out, rather the same.
class AnyFormat final : public PadTransform {
  public:
    Caps across(std::size_t, const Caps& from, std::size_t) const override {
        if (from.is_any()) return from;
        Caps out = from;
        for (Structure other : from.structures()) {
            other.erase("format");
            out.append(std::move(other));
        }
        return out;
    }
};

class Drawn {
  public:
    std::size_t add(std::string_view takes, PadRelation relation = PadRelation::pass_through) {
        NegotiationNode node{.name = std::to_string(problem_.nodes.size()), .relation = relation};
        if (relation == PadRelation::transform) node.transform = &any_format();
        problem_.nodes.push_back(std::move(node));
        takes_.push_back(takes == "video" ? video_caps(all_pixel_formats()) : caps(takes));
        return problem_.nodes.size() - 1;
    }
    void link(std::size_t from, std::size_t to) {
        problem_.links.push_back({from, pad(from, PadSide::src), to, pad(to, PadSide::sink)});
    }
    // `count` nodes of a kind, one behind the other, from a node on; the last of them.
    std::size_t chain(std::size_t from, std::size_t count, std::string_view takes,
                      PadRelation relation = PadRelation::pass_through) {
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t next = add(takes, relation);
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
    static const AnyFormat& any_format() {
        static const AnyFormat transform;
        return transform;
    }
    std::size_t pad(std::size_t node, PadSide side) {
        problem_.nodes[node].pads.push_back({"pad", side, takes_[node]});
        return problem_.nodes[node].pads.size() - 1;
    }
    NegotiationProblem problem_;
    std::vector<Caps> takes_;
};

using Draw = std::function<Drawn(std::size_t nodes)>;

Drawn line(std::size_t nodes, std::string_view each, PadRelation relation, std::string_view end) {
    Drawn drawn;
    const std::size_t source = drawn.add("video/x-raw,format=NV12,framerate=30/1");
    const std::size_t last = drawn.chain(source, nodes, each, relation);
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
                               converts ? PadRelation::transform : PadRelation::pass_through),
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

double cpu_s(const NegotiationProblem& problem, bool solvable) {
    const std::int64_t start = thread_cpu_ns();
    const auto solved = negotiate(problem);
    const std::int64_t took = thread_cpu_ns() - start;
    CHECK(solved.has_value() == solvable);
    CHECK((solved || solved.error().reason == ConflictReason::no_common_format));
    return static_cast<double>(took) / 1e9;
}

constexpr double most = 7;

// The least of some rounds each: a busy machine only makes it more, so it gets more rounds.
double growth(const Draw& draw, bool solvable) {
    const Drawn small = draw(200);
    const Drawn large = draw(1000);
    double of_small = 1e9;
    double of_large = 1e9;
    for (int round = 0; round < 20 && (round < 3 || of_large >= most * of_small); ++round) {
        for (int i = 0; i < 3; ++i) {
            of_small = std::min(of_small, cpu_s(small.problem(), solvable));
        }
        of_large = std::min(of_large, cpu_s(large.problem(), solvable));
    }
    return of_large / of_small;
}

TEST_CASE("negotiate: five times the elements take at most seven times the time") {
    using enum PadRelation;
    const std::string_view end = "video/x-raw,format=NV12";
    CHECK(growth([=](auto n) { return line(n, "ANY", pass_through, end); }, true) < most);
    CHECK(growth([=](auto n) { return line(n, "video", transform, end); }, true) < most);
    CHECK(growth([=](auto n) { return branches(n, "video/x-raw,format=NV12"); }, true) < most);
    CHECK(growth([](auto n) { return wide_tee(n); }, true) < most);
}

TEST_CASE("negotiate: who is to blame among five times the elements is found as soon") {
    using enum PadRelation;
    const std::string_view end = "video/x-raw,framerate=25/1";
    const auto with_converter = [](Drawn drawn) {
        drawn.offer_converter();
        return drawn;
    };
    const auto check = [&](const Draw& draw) {
        CHECK(growth([&](auto n) { return with_converter(draw(n)); }, false) < most);
    };
    check([=](auto n) { return line(n, "ANY", pass_through, end); });
    check([=](auto n) { return branches(n, end); });
}

}  // namespace
}  // namespace parallax
