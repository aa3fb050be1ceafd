// MovingSum: the numbers of each frame and of the last few before it, summed up, as the time of
// what it makes of it; and at the end, one frame for each that is remembered. For tests of
// StateClass::window.
//
// Threads: as an element.
#pragma once

#include <deque>
#include <numeric>

#include "parallax/element.h"

namespace parallax::testing {

struct MovingSumOptions {
    std::uint64_t frames = 3;
    static constexpr auto describe() {
        return std::tuple{Option{"frames", &MovingSumOptions::frames, "how many it remembers"}};
    }
};

class MovingSum final : public ElementWith<MovingSumOptions> {
  public:
    static Pads pads() {
        return {.pads = {{"sink", PadDirection::sink}, {"src", PadDirection::src}},
                .relation = Relation::pass_through,
                .state = StateClass::window};
    }
    std::uint32_t window_frames() const override {
        return static_cast<std::uint32_t>(options().frames);
    }
    std::size_t output_bytes(std::size_t, const Negotiated&) const override { return 1; }
    Result<Flow> process(Context& context) override {
        last_.push_back(static_cast<std::int64_t>(context.in_meta().sequence) + 1);
        context.out_meta() = context.in_meta();
        context.out_meta().pts_ns = std::accumulate(last_.begin(), last_.end(), std::int64_t{0});
        if (last_.size() > options().frames) last_.pop_front();
        context.out()[0] = std::byte{1};
        return context.commit(1);
    }
    Result<bool> event(Context&, const Event& event) override {
        if (event.type == Event::Type::flush) last_.clear();
        return false;
    }
    Result<Flow> drain(Context& context) override {
        if (last_.empty()) return Flow::eos;
        context.out_meta().pts_ns = 1'000'000 + last_.front();
        last_.pop_front();
        context.out()[0] = std::byte{2};
        return context.commit(1);
    }

  private:
    std::deque<std::int64_t> last_;
};

}  // namespace parallax::testing
