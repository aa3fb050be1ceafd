// Graphs of any shape with any of a few formats: an answer that holds, or somebody to blame.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "media/negotiate.h"

namespace {

using parallax::Caps;
using parallax::IntRange;
using parallax::NegotiationPad;
using parallax::NegotiationProblem;
using parallax::PadRelation;
using parallax::PadSide;
using parallax::Structure;

class Bytes {
  public:
    Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
    std::uint8_t next() { return at_ < size_ ? data_[at_++] : 0; }
    std::size_t upto(std::size_t most) { return next() % (most + 1); }
    bool empty() const { return at_ >= size_; }

  private:
    const std::uint8_t* data_;
    std::size_t size_;
    std::size_t at_ = 0;
};

Caps caps(Bytes& bytes) {
    if (bytes.upto(7) == 0) return Caps::any();
    Caps all;
    for (std::size_t alternatives = 1 + bytes.upto(2); alternatives > 0; --alternatives) {
        Structure each(bytes.upto(3) == 0 ? "b" : "a");
        const auto first = static_cast<std::int64_t>(bytes.upto(5));
        each.set("x", parallax::one_of(first, static_cast<std::int64_t>(bytes.upto(5))));
        const auto low = static_cast<std::int64_t>(bytes.upto(9));
        if (bytes.upto(2) == 0) each.set("w", IntRange{low, low + 1 + bytes.next() % 9, 1});
        all.append(std::move(each));
    }
    return all;
}

NegotiationProblem problem(Bytes& bytes) {
    NegotiationProblem p;
    const std::size_t nodes = 1 + bytes.upto(11);
    for (std::size_t n = 0; n < nodes; ++n) {
        p.nodes.push_back({.name = std::to_string(n),
                           .relation = bytes.upto(1) == 0 ? PadRelation::pass_through
                                                          : PadRelation::independent});
    }
    for (std::size_t links = bytes.upto(19); links > 0 && !bytes.empty(); --links) {
        const std::size_t from = bytes.upto(nodes - 1);
        const std::size_t to = bytes.upto(nodes - 1);
        p.nodes[from].pads.push_back({"src", PadSide::src, caps(bytes)});
        p.nodes[to].pads.push_back({"sink", PadSide::sink, caps(bytes)});
        p.links.push_back({from, p.nodes[from].pads.size() - (from == to ? 2 : 1), to,
                           p.nodes[to].pads.size() - 1});
        p.links.back().convertible = bytes.upto(3) != 0;
    }
    for (std::size_t converters = bytes.upto(4); converters > 0; --converters) {
        p.converters.push_back({.name = "c", .sink = caps(bytes), .src = caps(bytes)});
        p.converters.back().cost = bytes.next();
    }
    p.insert_only_if_needed = bytes.upto(1) == 0;
    return p;
}

}  // namespace

// libFuzzer names it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    Bytes bytes(data, size);
    const NegotiationProblem p = problem(bytes);
    const auto solved = negotiate(p);
    if (!solved) {
        PX_CHECK(!solved.error().message().empty());
        return 0;
    }
    PX_CHECK(solved->link_caps.size() == p.links.size());
    for (std::size_t l = 0; l < p.links.size(); ++l) {
        const auto& link = p.links[l];
        Structure end = solved->link_caps[l];
        for (const auto& inserted : solved->inserted) {
            if (inserted.link == l) end = inserted.to;
        }
        const auto holds = [](const Structure& caps, const Caps& set) {
            return set.is_any() || is_subset(Caps(caps), set);
        };
        PX_CHECK(holds(solved->link_caps[l], p.nodes[link.from].pads[link.from_pad].caps));
        PX_CHECK(holds(end, p.nodes[link.to].pads[link.to_pad].caps));
    }
    return 0;
}
