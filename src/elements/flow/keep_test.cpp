// Frames that are kept beyond a call: windows of frames, without a copy.
#include <cstring>
#include <deque>

#include <doctest/doctest.h>

#include "graph/keeper.h"
#include "parallax/builtin.h"
#include "parallax/pipeline.h"

namespace parallax {
namespace {

struct FrameDelayOptions {
    std::uint64_t frames = 3;
    std::uint64_t promised = 3;  // What keeps() says.
    bool out_of_order = false;   // Lets go of the newest before the oldest.

    static constexpr auto describe() {
        using O = FrameDelayOptions;
        return std::tuple{Option{"frames", &O::frames, "how many frames later each goes on"},
                          Option{"promised", &O::promised, "how many are kept without a copy"},
                          Option{"out-of-order", &O::out_of_order, "swap each pair"}};
    }
};

// A window over the last frames: each goes on when `frames` others have come.
class FrameDelay final : public ElementWith<FrameDelayOptions> {
  public:
    static Pads pads() {
        return {.pads = {{"sink", PadDirection::sink}, {"src", PadDirection::src}},
                .relation = Relation::pass_through,
                .state = StateClass::window,
                .forwards = true};
    }
    std::size_t output_bytes(std::size_t, const Negotiated&) const override { return 4096; }
    std::uint32_t keeps() const override { return static_cast<std::uint32_t>(options().promised); }
    std::uint32_t latency_frames() const override {
        return static_cast<std::uint32_t>(options().frames);
    }
    Result<Flow> process(Context& context) override {
        kept_.push_back(context.keep());
        if (kept_.size() > options().frames) hand_on(context);
        return Flow::more;
    }
    Result<Flow> drain(Context& context) override {
        if (kept_.empty()) return Flow::eos;
        hand_on(context);
        return Flow::more;
    }

  private:
    void hand_on(Context& context) {
        swapped_ = options().out_of_order && !swapped_ && kept_.size() > 1;
        if (swapped_) std::swap(kept_[0], kept_[1]);
        context.forward(kept_.front());
        kept_.pop_front();
    }
    std::deque<KeptFrame> kept_;
    bool swapped_ = false;  // The first of a pair went after the second.
};

// A source of frames that hold their number, four bytes each.
class Numbers final : public ElementWith<NoOptions> {
  public:
    static Pads pads() { return {.pads = {{"src", PadDirection::src}}}; }
    std::size_t output_bytes(std::size_t, const Negotiated&) const override { return 4096; }
    Result<Flow> process(Context& context) override {
        if (next_ == 2000) return Flow::eos;
        std::memcpy(context.out().data(), &next_, sizeof next_);
        context.out_meta().pts_ns = next_++;
        return context.commit(sizeof next_);
    }

  private:
    std::int32_t next_ = 0;
};

// Looks at each frame when it comes: is what it holds what it held?
class Look final : public ElementWith<NoOptions> {
  public:
    static Pads pads() { return {.pads = {{"sink", PadDirection::sink}}, .allocates = false}; }
    Result<Flow> process(Context& context) override {
        std::int32_t number = -1;
        std::memcpy(&number, context.in().data(), sizeof number);
        seen.push_back(number);
        if (context.in_meta().pts_ns != number) ++wrong;
        return Flow::more;
    }
    std::vector<std::int32_t> seen;
    int wrong = 0;
};

struct Ran {
    Registry registry;
    std::unique_ptr<Pipeline> pipeline;
    explicit Ran(const std::string& line) {
        add_builtin_elements(registry);
        registry.add<FrameDelay>(
            {.name = "framedelay", .family = "test", .doc = "", .example = ""});
        registry.add<Numbers>({.name = "numbers", .family = "test", .doc = "", .example = ""});
        registry.add<Look>({.name = "look", .family = "test", .doc = "", .example = ""});
        auto graph = parse_launch(line, registry);
        if (!graph) FAIL(graph.error().front().text);
        auto made = Pipeline::create(*std::move(graph), registry);
        if (!made) FAIL(made.error().front().text);
        pipeline = *std::move(made);
        const Result<> outcome = pipeline->run();
        if (!outcome) FAIL(to_string(outcome.error()));
    }
    const Look& look() { return *dynamic_cast<Look*>(pipeline->element("look0")); }
    std::uint64_t copied() {
        std::uint64_t bytes = 0;
        for (const LinkReport& link : pipeline->report().links) bytes += link.bytes_copied;
        return bytes;
    }
};

void check_all_in_order(Ran& ran) {
    const auto& seen = ran.look().seen;
    REQUIRE(seen.size() == 2000);
    CHECK(ran.look().wrong == 0);
    for (std::size_t i = 0; i < seen.size(); ++i) REQUIRE(seen[i] == static_cast<std::int32_t>(i));
}

TEST_CASE("keep: a window holds its frames without a copy, in one stage and behind channels") {
    for (const char* frames : {"0", "1", "3", "17"}) {
        const std::string delay =
            "framedelay frames=" + std::string(frames) + " promised=" + std::string(frames) + "1";
        for (const std::string& line :
             {"numbers ! " + delay + " ! look", "numbers ! queue ! " + delay + " ! look",
              "numbers ! queue max-size-buffers=1 ! " + delay +
                  " ! queue max-size-buffers=1 ! look",
              "numbers ! tee name=t t. ! " + delay + " ! look t. ! fakesink"}) {
            CAPTURE(line);
            Ran ran(line);
            check_all_in_order(ran);
            CHECK(ran.copied() == 0);
        }
    }
}

TEST_CASE("keep: windows behind windows find the memory they were promised") {
    Ran ran(
        "numbers ! queue ! framedelay frames=5 promised=6 ! queue ! framedelay frames=9 "
        "promised=10 ! framedelay frames=2 promised=3 ! queue ! look");
    check_all_in_order(ran);
    CHECK(ran.copied() == 0);
}

TEST_CASE("keep: what is kept beyond the promise is copied, and counted") {
    Ran ran("numbers ! queue ! framedelay frames=5 promised=2 ! look");
    check_all_in_order(ran);
    CHECK(ran.copied() > 0);
    Ran none("numbers ! framedelay frames=5 promised=0 ! look");
    check_all_in_order(none);
    CHECK(none.copied() >= 2000 * sizeof(std::int32_t));
}

TEST_CASE("keep: frames may be let go in another order than they came") {
    Ran ran("numbers ! queue ! framedelay frames=4 promised=6 out-of-order=true ! queue ! look");
    CHECK(ran.look().seen.size() == 2000);
    CHECK(ran.look().wrong == 0);
}

TEST_CASE("keep: a window beside its own stream is joined with it, and nothing stalls") {
    Ran ran(
        "numbers ! tee name=t  t. ! framedelay frames=6 promised=7 ! funnel name=f ! look  "
        "t. ! queue ! f.");
    CHECK(ran.look().seen.size() == 4000);
    CHECK(ran.look().wrong == 0);
}

}  // namespace
}  // namespace parallax
