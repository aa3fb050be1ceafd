#include "graph/plan.h"

#include <algorithm>

namespace parallax {
namespace {

constexpr std::uint64_t kDefaultChannelBytes = std::uint64_t{64} << 20U;
// To another process: enough to hide a wake-up, few enough to stay in the cache that both share.
constexpr std::uint64_t kCrossingChannelBytes = std::uint64_t{16} << 20U;
constexpr std::uint32_t kMostFrames = 4096;  // Of any channel, whatever was asked for.
constexpr std::size_t kMostCheckpointBytes = std::size_t{1} << 20U;
constexpr std::uint32_t kDefaultFrames = 32;  // Between stages without a queue, small frames.

std::uint32_t clamp_frames(std::uint64_t frames) {
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(frames, 1, kMostFrames));
}

// Frames in so many nanoseconds, if the rate is known; else no limit.
std::uint64_t frames_in(std::uint64_t time_ns, const Structure& caps) {
    const auto rate = caps.get_fraction("framerate");
    if (!rate || rate->num() <= 0) return kMostFrames;
    return static_cast<std::uint64_t>(rate->as_double() * static_cast<double>(time_ns) / 1e9);
}

std::uint32_t queue_frames(const QueueShape& shape, const PlannedLink& link) {
    std::uint64_t frames = shape.max_frames == 0 ? kMostFrames : shape.max_frames;
    if (shape.max_bytes != 0 && link.frame_bytes != 0) {
        frames = std::min<std::uint64_t>(frames, shape.max_bytes / link.frame_bytes);
    }
    if (shape.max_time_ns != 0) frames = std::min(frames, frames_in(shape.max_time_ns, link.caps));
    return clamp_frames(frames);
}

Leaky leaky_of(const QueueShape& shape) {
    switch (shape.leaky) {
        case QueueShape::Leaky::upstream:
            return Leaky::upstream;
        case QueueShape::Leaky::downstream:
            return Leaky::downstream;
        case QueueShape::Leaky::no:
            break;
    }
    return Leaky::no;
}

class Planner {
  public:
    explicit Planner(const PlanInput& input) : input_(input) {
        plan_.links = input.links;
        out_links_.resize(input.nodes.size());
        in_links_.resize(input.nodes.size());
        for (std::size_t l = 0; l < plan_.links.size(); ++l) {
            out_links_[plan_.links[l].from].push_back(l);
            in_links_[plan_.links[l].to].push_back(l);
        }
    }

    Result<Plan> run() {
        std::vector<std::string> names;
        names.reserve(input_.nodes.size());
        for (const auto& node : input_.nodes) names.push_back(node.run->name);
        order_ = PX_TRY(flow_order(input_.nodes.size(), plan_.links, names));
        for (const auto& node : input_.nodes) latency_ += node.run->element->latency_frames();
        for (PlannedLink& link : plan_.links) place(link);
        form_stages();
        PX_TRY(check_pads());
        PX_TRY(size_checkpoints());
        number_ends();
        count_held();
        size_rings();
        size_arenas();
        return std::move(plan_);
    }

  private:
    const Element& element(std::size_t node) const { return *input_.nodes[node].run->element; }
    const Pads& pads(std::size_t node) const { return input_.nodes[node].run->pads; }

    // A plain call if nothing else goes in or out at this point and both share a thread.
    bool same_stage(const PlannedLink& link) const {
        const auto& a = input_.nodes[link.from];
        const auto& b = input_.nodes[link.to];
        // A process of its own shares nothing; in one that elements share, a successor goes on from
        // the state of one of them at most, the first.
        const bool apart = b.isolate == "process" ||
                           (b.isolate != "no" && pads(link.to).state != StateClass::pure);
        return out_links_[link.from].size() == 1 && in_links_[link.to].size() == 1 &&
               !pads(link.to).boundary && a.group == b.group && a.isolate == b.isolate && !apart;
    }

    bool crosses(const PlannedLink& link) const {
        return input_.nodes[link.from].isolate != "no" || input_.nodes[link.to].isolate != "no";
    }

    void place(PlannedLink& link) const {
        link.channel = !same_stage(link);
        if (!link.channel) return;
        if (pads(link.to).boundary) {
            const QueueShape shape = element(link.to).queue_shape();
            link.capacity = queue_frames(shape, link);
            link.leaky = leaky_of(shape);
        } else {
            const std::uint64_t bytes =
                crosses(link) ? kCrossingChannelBytes : kDefaultChannelBytes;
            const std::uint64_t by_bytes =
                link.frame_bytes == 0 ? kDefaultFrames : bytes / link.frame_bytes;
            link.capacity = clamp_frames(std::clamp<std::uint64_t>(by_bytes, 2, kDefaultFrames));
        }
        // Branches that meet again differ by at most the latency of all elements together.
        link.capacity += latency_ + element(link.from).burst() - 1;
    }

    void form_stages() {
        std::vector<bool> placed(input_.nodes.size(), false);
        for (const std::size_t head : order_) {
            if (placed[head]) continue;
            PlannedStage stage{.elements = {},
                               .group = input_.nodes[head].group,
                               .isolate = input_.nodes[head].isolate};
            std::size_t at = head;
            for (;;) {
                placed[at] = true;
                stage.elements.push_back(at);
                if (out_links_[at].size() != 1) break;
                const PlannedLink& link = plan_.links[out_links_[at].front()];
                if (link.channel) break;
                at = link.to;
            }
            plan_.stages.push_back(std::move(stage));
        }
    }

    Result<> check_room(std::size_t node, const std::vector<std::vector<std::size_t>>& links,
                        std::size_t most, const std::string& what) const {
        const std::size_t count = links[node].size();
        if (count <= most) return {};
        return fail(Errc::unsupported, input_.nodes[node].run->name + " has " +
                                           std::to_string(count) + " " + what + "; at most " +
                                           std::to_string(most) + " can be linked");
    }

    // Of what lives elsewhere: room for the state that it writes down with every commit.
    Result<> size_checkpoints() {
        for (PlannedStage& stage : plan_.stages) {
            const std::size_t first = stage.elements.front();
            if (!stage.remote() || pads(first).state != StateClass::checkpoint) continue;
            stage.checkpoint_bytes = element(first).checkpoint_bytes();
            if (stage.checkpoint_bytes <= kMostCheckpointBytes) continue;
            return fail(Errc::lacking,
                        input_.nodes[first].run->name + " has a state of up to " +
                            std::to_string(stage.checkpoint_bytes) +
                            " bytes; at most 1 MiB is kept for a successor of its process",
                        "say isolate=no for it");
        }
        return {};
    }

    Result<> check_pads() const {
        for (const PlannedStage& stage : plan_.stages) {
            PX_TRY(check_room(stage.elements.front(), in_links_, kMaxInputs, "inputs"));
            PX_TRY(check_room(stage.elements.back(), out_links_, kMaxChannels, "outputs"));
        }
        return {};
    }

    // Which word of which stage's record tells of each channel.
    void number_ends() {
        std::vector<std::size_t> stage_of(input_.nodes.size(), 0);
        for (std::size_t s = 0; s < plan_.stages.size(); ++s) {
            for (const std::size_t element : plan_.stages[s].elements) stage_of[element] = s;
        }
        for (PlannedLink& link : plan_.links) {
            if (!link.channel) continue;
            link.from_stage = stage_of[link.from];
            link.to_stage = stage_of[link.to];
            link.from_word = plan_.stages[link.from_stage].channels++;
            link.to_word = plan_.stages[link.to_stage].inputs++;
        }
    }

    // Frames of each output that can be held downstream at once; from the ends up, since branches
    // that part and meet again lead to one link in more ways than can be walked.
    void count_held() {
        held_beyond_.resize(plan_.links.size());
        for (auto node = order_.rbegin(); node != order_.rend(); ++node) {
            std::uint64_t handed_on = 0;
            if (pads(*node).forwards) {
                for (const std::size_t next : out_links_[*node]) handed_on += held_beyond_[next];
            }
            for (const std::size_t l : in_links_[*node]) {
                const PlannedLink& link = plan_.links[l];
                std::uint64_t held = link.channel ? std::uint64_t{link.capacity} + 2 : 0;
                held += std::uint64_t{2} * element(*node).keeps();  // As many after the oldest.
                if (pads(*node).state == StateClass::window) held += element(*node).window_frames();
                held_beyond_[l] = std::min<std::uint64_t>(held + handed_on, 1U << 18U);
            }
        }
    }

    // A ring between processes tells, of all that is still held, where it was borrowed from.
    void size_rings() {
        for (std::size_t l = 0; l < plan_.links.size(); ++l) {
            PlannedLink& link = plan_.links[l];
            if (!link.channel || !crosses(link)) continue;
            link.held =
                static_cast<std::uint32_t>(std::min<std::uint64_t>(held_beyond_[l], kMostFrames));
        }
    }

    void size_arenas() {
        for (std::size_t node = 0; node < input_.nodes.size(); ++node) {
            if (!pads(node).allocates) continue;
            for (const std::size_t l : out_links_[node]) {
                const PlannedLink& link = plan_.links[l];
                if (link.frame_bytes == 0) continue;
                const std::uint64_t slots =
                    std::uint64_t{2} * element(node).burst() + 1 + held_beyond_[l];
                plan_.arenas.push_back({.element = node,
                                        .pad = link.from_pad,
                                        .slot_bytes = link.frame_bytes,
                                        .slots = static_cast<std::uint32_t>(slots)});
            }
        }
    }

    const PlanInput& input_;
    Plan plan_;
    std::vector<std::size_t> order_;
    std::vector<std::vector<std::size_t>> out_links_;
    std::vector<std::vector<std::size_t>> in_links_;
    std::vector<std::uint64_t> held_beyond_;  // Of each link, once it is placed.
    std::uint32_t latency_ = 0;
};

}  // namespace

Result<std::vector<std::size_t>> flow_order(std::size_t nodes,
                                            const std::vector<PlannedLink>& links,
                                            const std::vector<std::string>& names) {
    std::vector<std::size_t> missing(nodes, 0);
    std::vector<std::vector<std::size_t>> next(nodes);
    for (const PlannedLink& link : links) {
        ++missing[link.to];
        next[link.from].push_back(link.to);
    }
    std::vector<std::size_t> order;
    for (std::size_t n = 0; n < nodes; ++n) {
        if (missing[n] == 0) order.push_back(n);
    }
    for (std::size_t i = 0; i < order.size(); ++i) {
        for (const std::size_t to : next[order[i]]) {
            if (--missing[to] == 0) order.push_back(to);
        }
    }
    if (order.size() == nodes) return order;
    std::string circle;
    for (std::size_t n = 0; n < nodes; ++n) {
        if (missing[n] != 0) circle += (circle.empty() ? "" : ", ") + names[n];
    }
    return fail(Errc::cycle, "the graph runs in a circle through " + circle,
                "break it with appsink and appsrc");
}

Result<Plan> make_plan(const PlanInput& input) { return Planner(input).run(); }

}  // namespace parallax
