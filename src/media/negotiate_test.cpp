#include "media/negotiate.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <rapidcheck.h>

#include <doctest/doctest.h>

#include "media/loss.h"
#include "parallax/video_caps.h"
#include "support/allocations.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

Caps caps(std::string_view text) { return unwrap(parse_caps(text)); }

NegotiationNode source(std::string name, std::string_view text) {
    return {.name = std::move(name), .pads = {{"src", PadSide::src, caps(text)}}};
}
NegotiationNode sink(std::string name, std::string_view text) {
    return {.name = std::move(name), .pads = {{"sink", PadSide::sink, caps(text)}}};
}
NegotiationNode pass(std::string name, std::size_t outputs, std::string_view text = "ANY") {
    NegotiationNode node{.name = std::move(name), .relation = PadRelation::pass_through};
    node.pads.push_back({"sink", PadSide::sink, caps(text)});
    for (std::size_t i = 0; i < outputs; ++i) {
        node.pads.push_back({"src_" + std::to_string(i), PadSide::src, caps(text)});
    }
    return node;
}
NegotiationNode converter(std::string name, const PadTransform& transform, std::string_view text) {
    NegotiationNode node = pass(std::move(name), 1, text);
    node.relation = PadRelation::transform;
    node.transform = &transform;
    return node;
}

// As videoconvert: any format in, any out, rather the same; sizes and rates stay.
class AnyFormat final : public PadTransform {
  public:
    Caps across(std::size_t, const Caps& from, std::size_t) const override {
        if (from.is_any()) return from;
        Caps out = from;
        for (Structure other : from.structures()) {
            other.set("format", list_of({"RGB", "NV12", "I420"}));
            out.append(std::move(other));
        }
        return out;
    }
};

NegotiationLink link(std::size_t from, std::size_t to, std::size_t from_pad = 0) {
    return {.from = from, .from_pad = from_pad, .to = to, .to_pad = 0};
}
// The second pad of a pass or converter node is its first output.
NegotiationLink link_out(std::size_t from, std::size_t to, std::size_t output = 0) {
    return link(from, to, output + 1);
}

std::string answer(const NegotiationProblem& problem) {
    const auto solved = negotiate(problem);
    if (!solved) return "conflict: " + solved.error().message();
    std::string text;
    for (const Structure& s : solved->link_caps) text += (text.empty() ? "" : " | ") + to_string(s);
    return text;
}

TEST_CASE("negotiate: a link carries what both ends accept, as the source prefers") {
    NegotiationProblem p{.nodes = {source("a", "v,f={A,B,C}"), sink("b", "v,f={C,B}")},
                         .links = {link(0, 1)}};
    CHECK(answer(p) == "v,f=B");
    p.links[0].filters = {caps("v,f={C,A}"), caps("v,x=5")};
    CHECK(answer(p) == "v,f=C,x=5");
    p.nodes[1].pads[0].caps = Caps::any();
    p.nodes[0].pads[0].caps = Caps::any();
    p.links[0].filters = {};
    CHECK(answer(p) == "ANY");
    CHECK(answer({}).empty());
}

TEST_CASE("negotiate: sizes and rates are what people expect, not the least of a range") {
    NegotiationProblem p{.nodes = {source("a", "ANY"), sink("b", "ANY")}, .links = {link(0, 1)}};
    p.nodes[0].pads[0].caps = video_caps({PixelFormat::rgb});
    CHECK(answer(p) == "video/x-raw,format=RGB,width=640,height=480,framerate=30/1");
    p.nodes[1].pads[0].caps = caps("video/x-raw,width=[1000,2000],height={100,200}");
    CHECK(answer(p) == "video/x-raw,format=RGB,width=1000,height=100,framerate=30/1");
    p.nodes[0].preferences = {{"width", 1280}, {"framerate", 25}};
    p.nodes[1].preferences = {{"width", 1999}};
    CHECK(answer(p) == "video/x-raw,format=RGB,width=1280,height=100,framerate=25/1");
}

TEST_CASE("negotiate: what stands far downstream decides through elements that pass on") {
    NegotiationProblem p{
        .nodes = {source("a", "v,f={A,B}"), pass("q", 1), pass("t", 2), sink("b", "v,f={B,A}"),
                  sink("c", "v,f=B")},
        .links = {link(0, 1), link_out(1, 2), link_out(2, 3, 0), link_out(2, 4, 1)}};
    CHECK(answer(p) == "v,f=B | v,f=B | v,f=B | v,f=B");
}

TEST_CASE("negotiate: a converter joins two formats, and converts nothing where it need not") {
    const AnyFormat any_format;
    const auto chain = [&](std::string_view from, std::string_view to) {
        return answer(
            {.nodes = {source("a", from), converter("c", any_format, "video/x-raw"), sink("b", to)},
             .links = {link(0, 1), link_out(1, 2)}});
    };
    CHECK(chain("video/x-raw,format=NV12,width=5", "video/x-raw,format=RGB") ==
          "video/x-raw,format=NV12,width=5 | video/x-raw,format=RGB,width=5");
    CHECK(chain("video/x-raw,format={NV12,RGB}", "video/x-raw,format={RGB,NV12}") ==
          "video/x-raw,format=NV12 | video/x-raw,format=NV12");
    CHECK(chain("video/x-raw,format=NV12,width=[1,9]", "video/x-raw,format=RGB,width={7,3}") ==
          "video/x-raw,format=NV12,width=7 | video/x-raw,format=RGB,width=7");
    CHECK(chain("video/x-raw,format=NV12,width=5", "video/x-raw,width=6")
              .starts_with("conflict: a and b have no format in common: width 5 meets width 6"));
}

TEST_CASE("negotiate: who copies a field is not blamed for what others want of it") {
    const AnyFormat any_format;
    NegotiationProblem p{
        .nodes = {source("a", "video/x-raw,rate=[1,60]"),
                  converter("slow", any_format, "video/x-raw"),
                  converter("c", any_format, "video/x-raw"), sink("b", "video/x-raw,rate=25")},
        .links = {link(0, 1), link_out(1, 2), link_out(2, 3)}};
    p.links[1].filters = {caps("video/x-raw,rate=30")};
    const auto told = negotiate(p);
    REQUIRE_FALSE(told);
    CHECK(told.error().names == std::vector<std::string>{"b"});
    CHECK(told.error().filters == std::vector<std::size_t>{1});
    CHECK(told.error().field == "rate");
    p.links[1].filters = {};
    p.nodes[1].pads[1].caps = caps("video/x-raw,rate={10,30}");
    CHECK(negotiate(p).error().message() ==
          "slow and b have no format in common: rate {10,30} meets rate 25");
}

TEST_CASE("negotiate: a converter is put in where it makes something else, not the same again") {
    const AnyFormat any_format;
    // The join takes anything. The list of all that could be made is no third kind beside two of
    // its own formats: what one of the two sources gives already serves both.
    NegotiationProblem p{
        .nodes = {source("a", "video/x-raw,format=I420"), source("b", "video/x-raw,format=RGB"),
                  pass("join", 1), sink("end", "ANY")},
        .links = {link(0, 2), link(1, 2), link_out(2, 3)}};
    p.converters.push_back({.name = "convert",
                            .sink = caps("video/x-raw,format={RGB,NV12,I420}"),
                            .src = caps("video/x-raw,format={RGB,NV12,I420}"),
                            .transform = &any_format,
                            .cost = 1});
    const auto solved = negotiate(p);
    REQUIRE_MESSAGE(solved, answer(p));
    REQUIRE(solved->inserted.size() == 1);
    CHECK(solved->inserted[0].link == 0);
    CHECK(to_string(solved->inserted[0].to) == "video/x-raw,format=RGB");
    CHECK(solved->cost == 1 + conversion_loss(solved->inserted[0].from, solved->inserted[0].to));
}

TEST_CASE("loss: grey has no alpha that colours without it could lose") {
    const auto loss = [](std::string_view from, std::string_view to) {
        return conversion_loss(caps(from), caps(to));
    };
    CHECK(loss("video/x-raw,format=GRAY8", "video/x-raw,format=RGB") <
          loss("video/x-raw,format=RGBA", "video/x-raw,format=RGB"));
    CHECK(loss("video/x-raw,format=GRAY8", "video/x-raw,format=RGB") <
          loss("video/x-raw,format=RGB", "video/x-raw,format=GRAY8"));
}

// As videoscale: rather the same size, else any.
class AnySize final : public PadTransform {
  public:
    Caps across(std::size_t, const Caps& from, std::size_t) const override {
        if (from.is_any()) return from;
        Caps out = from;
        for (Structure other : from.structures()) {
            for (const char* side : {"width", "height"}) other.set(side, IntRange{1, 65536});
            out.append(std::move(other));
        }
        return out;
    }
    bool first_is_natural() const override { return true; }
};

TEST_CASE("negotiate: a scaler changes what it is asked to change, and keeps the rest") {
    const AnySize any_size;
    const auto scaled = [&](std::string_view from, std::string_view to) {
        const std::string both =
            answer({.nodes = {source("a", from), converter("c", any_size, "v"), sink("b", to)},
                    .links = {link(0, 1), link_out(1, 2)}});
        return both.substr(both.find(" | ") + 3);
    };
    CHECK(scaled("v,width=320,height=240", "v,width=160") == "v,width=160,height=240");
    CHECK(scaled("v,width=320,height=240", "v,width=[400,500]") == "v,width=400,height=240");
    CHECK(scaled("v,width=320,height=240", "v,width=[10,50],height=[300,900]") ==
          "v,width=50,height=300");
    CHECK(scaled("v,width=320,height=240", "v,width={500,100}") == "v,width=500,height=240");
    CHECK(scaled("v,width=320,height=240", "v") == "v,width=320,height=240");
    CHECK(scaled("v,width=[16,320],height=240", "v,width=400") == "v,width=400,height=240");
}

TEST_CASE("negotiate: of a conflict behind a tee the branches are named, not the source") {
    const NegotiationProblem p{
        .nodes = {source("src", "video/x-raw"), pass("tee", 3), pass("q0", 1), pass("q1", 1),
                  sink("left", "video/x-raw,format=RGB"), sink("right", "video/x-raw,format=I420"),
                  sink("easy", "video/x-raw")},
        .links = {link(0, 1), link_out(1, 2, 0), link_out(1, 3, 1), link_out(2, 4), link_out(3, 5),
                  link_out(1, 6, 2)}};
    const auto solved = negotiate(p);
    REQUIRE_FALSE(solved);
    const Conflict& conflict = solved.error();
    CHECK(conflict.reason == ConflictReason::no_common_format);
    CHECK(conflict.names == std::vector<std::string>{"left", "right"});
    CHECK(conflict.field == "format");
    CHECK(conflict.message() ==
          "left and right have no format in common: format RGB meets format I420");
}

TEST_CASE("negotiate: conflicts tell memory, media type and filters apart") {
    const auto conflict = [](std::string_view a, std::string_view b, std::string_view filter) {
        NegotiationProblem p{.nodes = {source("a", a), sink("b", b)}, .links = {link(0, 1)}};
        if (!filter.empty()) p.links[0].filters.push_back(caps(filter));
        const auto solved = negotiate(p);
        REQUIRE_FALSE(solved);
        return solved.error();
    };
    const Conflict memory = conflict("v(memory:DMABuf)", "v", "");
    CHECK(memory.reason == ConflictReason::no_common_memory);
    CHECK(to_string(memory.reason) == "no-common-memory");
    CHECK(memory.field == "memory");
    CHECK(memory.message() == "a and b have no memory in common: v(memory:DMABuf) meets v");
    const Conflict raw = conflict("video/x-bayer,width=5", "video/x-raw", "");
    CHECK(raw.field == "media type");
    CHECK(raw.message() == "a and b have no format in common: video/x-bayer meets video/x-raw");
    const Conflict filtered = conflict("v,w=5,h=6", "v", "v,w=6");
    CHECK(filtered.names == std::vector<std::string>{"a"});
    CHECK(filtered.filters == std::vector<std::size_t>{0});
    CHECK(filtered.message() == "a and a filter have no format in common: w 5 meets w 6");
    // All three together: any two of them agree.
    const Conflict three = conflict("v,w={1,2}", "v,w={2,3}", "v,w={1,3}");
    CHECK(three.names == std::vector<std::string>{"a", "b"});
    CHECK(three.filters.size() == 1);
}

TEST_CASE("negotiate: a conflict is told in a line, however much each side can have") {
    const auto message = [](std::string_view a, std::string_view b) {
        return negotiate({.nodes = {source("a", a), sink("b", b)}, .links = {link(0, 1)}})
            .error()
            .message();
    };
    CHECK(message("v,f={A,B,C,D,E}", "v,f=Z") ==
          "a and b have no format in common: f {A,B,C … and 2 more} meets f Z");
    CHECK(message("v,f=A,w=1; v,f=A,w=2; v,f=B; v,f=C; v,f=D; w,f=E", "v,f=Z") ==
          "a and b have no format in common: f A or B or C … and 1 more meets f Z");
    CHECK(message("a; b; c; d; e", "f,x=1; f,x=2") ==
          "a and b have no format in common: a or b or c … and 2 more meets f");
    CHECK(message("v", "EMPTY") == "b has no format left: anything meets nothing");
}

TEST_CASE("negotiate: a circle is named by its nodes, in the order of the data") {
    const NegotiationProblem p{
        .nodes = {source("s", "ANY"), pass("behind", 1), pass("x", 2), pass("y", 1), pass("z", 1)},
        .links = {link(0, 2), link_out(2, 3, 0), link_out(3, 4), link_out(4, 2),
                  link_out(2, 1, 1)}};
    const auto solved = negotiate(p);
    REQUIRE_FALSE(solved);
    CHECK(solved.error().reason == ConflictReason::cycle);
    CHECK(solved.error().names == std::vector<std::string>{"x", "y", "z"});
    NegotiationProblem self{.nodes = {pass("t", 1)}, .links = {link_out(0, 0)}};
    CHECK(negotiate(self).error().names == std::vector<std::string>{"t"});
}

// ── Against every assignment ────────────────────────────────────────────────────────────────

// A relation between two small numbers: bit b of table[a] says that a in goes with b out.
class Table final : public PadTransform {
  public:
    explicit Table(std::vector<unsigned> table) : table_(std::move(table)) {}
    Caps across(std::size_t from, const Caps& fed, std::size_t) const override {
        std::vector<Value> out;
        for (int b = 0; b < 4; ++b) {
            for (int a = 0; a < 4; ++a) {
                const bool goes = from == 0 ? allows(a, b) : allows(b, a);
                if (goes && can_intersect(fed, Structure("m").with("x", a))) {
                    out.emplace_back(b);
                    break;
                }
            }
        }
        if (out.empty()) return Caps::empty();
        return Structure("m").with("x", list_of(std::move(out)));
    }
    bool allows(int in, int out) const {
        return (table_[static_cast<std::size_t>(in)] >> out & 1U) != 0;
    }

  private:
    std::vector<unsigned> table_;
};

int pick(int min, int max) { return *rc::gen::inRange(min, max + 1); }

Caps random_caps() {
    const int bits = pick(0, 15);
    std::vector<Value> values;
    for (const int x : {2, 0, 3, 1}) {
        if (bits == 0 || (bits >> x & 1) != 0) values.emplace_back(x);
    }
    return Structure("m").with("x", list_of(std::move(values)));
}

struct Random {
    NegotiationProblem problem;
    std::vector<std::unique_ptr<Table>> tables;
};

// A tree that grows downstream from one source: each node has one input and some outputs.
Random random_tree(bool with_transforms) {
    Random made;
    auto& nodes = made.problem.nodes;
    const int count = pick(2, 7);
    for (int n = 0; n < count; ++n) {
        NegotiationNode node{.name = "n" + std::to_string(n)};
        node.pads.push_back({"sink", PadSide::sink, random_caps()});
        const int kind = pick(0, 2);
        if (kind == 1) node.relation = PadRelation::pass_through;
        if (kind == 2 && with_transforms) {
            std::vector<unsigned> table;
            for (int i = 0; i < 4; ++i) table.push_back(static_cast<unsigned>(pick(0, 15)));
            made.tables.push_back(std::make_unique<Table>(std::move(table)));
            node.relation = PadRelation::transform;
            node.transform = made.tables.back().get();
        }
        nodes.push_back(std::move(node));
        if (n == 0) continue;
        auto from = static_cast<std::size_t>(pick(0, n - 1));
        // A transform has one output here, so that a pair of its links says all.
        while (nodes[from].relation == PadRelation::transform && nodes[from].pads.size() > 1) {
            from = static_cast<std::size_t>(n - 1);
            if (nodes[from].pads.size() > 1) break;
        }
        if (nodes[from].relation == PadRelation::transform && nodes[from].pads.size() > 1) continue;
        nodes[from].pads.push_back({"src", PadSide::src, random_caps()});
        NegotiationLink l = link(from, static_cast<std::size_t>(n), nodes[from].pads.size() - 1);
        if (pick(0, 3) == 0) l.filters.push_back(random_caps());
        made.problem.links.push_back(std::move(l));
    }
    return made;
}

bool accepts(const Caps& set, int x) { return can_intersect(set, Structure("m").with("x", x)); }

bool holds(const NegotiationProblem& p, const std::vector<int>& x) {
    for (std::size_t l = 0; l < p.links.size(); ++l) {
        const NegotiationLink& k = p.links[l];
        if (!accepts(p.nodes[k.from].pads[k.from_pad].caps, x[l])) return false;
        if (!accepts(p.nodes[k.to].pads[k.to_pad].caps, x[l])) return false;
        for (const Caps& filter : k.filters) {
            if (!accepts(filter, x[l])) return false;
        }
        for (std::size_t other = 0; other < p.links.size(); ++other) {
            const NegotiationLink& o = p.links[other];
            for (const std::size_t n : {k.from, k.to}) {
                if (l == other || (o.from != n && o.to != n)) continue;
                const NegotiationNode& node = p.nodes[n];
                if (node.relation == PadRelation::pass_through && x[l] != x[other]) return false;
                if (node.relation != PadRelation::transform) continue;
                if (k.to != n || o.from != n) continue;
                if (!static_cast<const Table*>(node.transform)->allows(x[l], x[other]))
                    return false;
            }
        }
    }
    return true;
}

bool satisfiable(const NegotiationProblem& p) {
    std::vector<int> x(p.links.size(), 0);
    while (true) {
        if (holds(p, x)) return true;
        std::size_t at = 0;
        while (at < x.size() && ++x[at] == 4) x[at++] = 0;
        if (at == x.size()) return false;
    }
}

NegotiationProblem relaxed(NegotiationProblem p, const std::vector<std::string>& kept,
                           const std::vector<std::size_t>& filters) {
    for (NegotiationNode& node : p.nodes) {
        if (std::ranges::find(kept, node.name) != kept.end()) continue;
        for (NegotiationPad& pad : node.pads) pad.caps = Caps::any();
    }
    for (std::size_t l = 0; l < p.links.size(); ++l) {
        if (std::ranges::find(filters, l) == filters.end()) p.links[l].filters.clear();
    }
    return p;
}

void check_against_all_assignments(const Random& random, bool explain) {
    const NegotiationProblem& p = random.problem;
    const auto solved = negotiate(p);
    RC_ASSERT(solved.has_value() == satisfiable(p));
    if (solved) {
        std::vector<int> x;
        for (const Structure& s : solved->link_caps) {
            x.push_back(static_cast<int>(s.get_int("x").value()));
        }
        RC_ASSERT(holds(p, x));
        RC_ASSERT(negotiate(p)->link_caps == solved->link_caps);
        return;
    }
    if (!explain) return;
    const Conflict& conflict = solved.error();
    RC_ASSERT(!satisfiable(relaxed(p, conflict.names, conflict.filters)));
    for (const std::string& name : conflict.names) {
        std::vector<std::string> fewer = conflict.names;
        std::erase(fewer, name);
        RC_ASSERT(satisfiable(relaxed(p, fewer, conflict.filters)));
    }
}

TEST_CASE("negotiate: finds an answer exactly when there is one, and else names the fewest nodes") {
    CHECK(rc::check([] { check_against_all_assignments(random_tree(false), true); }));
}

TEST_CASE("negotiate: transforms on a tree lose no answer, whatever relation they are") {
    CHECK(rc::check([] { check_against_all_assignments(random_tree(true), false); }));
}

TEST_CASE("negotiate: time grows with the links, not with their square") {
    const AnyFormat any_format;
    const auto work = [&](int length) {
        NegotiationProblem p;
        p.nodes.push_back(source("a", "video/x-raw,format={NV12,RGB},width=[1,4096]"));
        for (int i = 0; i < length; ++i) {
            const std::string name = std::to_string(i);
            p.nodes.push_back(i % 2 == 0 ? pass(name, 1)
                                         : converter(name, any_format, "video/x-raw"));
        }
        p.nodes.push_back(sink("b", "video/x-raw,format={I420,NV12},width=[1,2000]"));
        p.links.push_back(link(0, 1));
        for (std::size_t n = 1; n + 1 < p.nodes.size(); ++n) p.links.push_back(link_out(n, n + 1));
        const auto solve = [&p] { CHECK(negotiate(p).has_value()); };
        return static_cast<double>(allocations_of(solve).value_or(1));
    };
    CHECK(work(800) / work(100) < 10);  // 8 when linear, 64 when square.
}

}  // namespace
}  // namespace parallax
