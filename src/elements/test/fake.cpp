#include "elements/test/fake.h"

#include <algorithm>
#include <array>

#include "elements/sync_wait.h"

namespace parallax::elements {

std::span<const Nick<SizeType>> nicks(SizeType) {
    using enum SizeType;
    static constexpr std::array<Nick<SizeType>, 3> kNicks{
        {{empty, "empty", "no bytes at all"},
         {fixed, "fixed", "sizemax bytes each"},
         {random, "random", "between sizemin and sizemax, the same in every run"}}};
    return kNicks;
}

Pads FakeSrc::pads() {
    return {.pads = {{"src", PadDirection::src}}, .state = StateClass::inline_state};
}

Result<> FakeSrc::open() {
    if (options().sizemin <= options().sizemax) return {};
    return fail(Errc::invalid_argument, "sizemin is above sizemax");
}

std::size_t FakeSrc::output_bytes(std::size_t, const Negotiated&) const {
    return std::max<std::size_t>(1, static_cast<std::size_t>(options().sizemax));
}

std::size_t FakeSrc::frame_bytes() const {
    const FakeSrcOptions& o = options();
    if (o.sizetype == SizeType::empty) return 0;
    if (o.sizetype == SizeType::fixed) return static_cast<std::size_t>(o.sizemax);
    // A linear congruential step keyed by the frame: a replay gives the same sizes.
    const auto mixed = (static_cast<std::uint64_t>(frames_) + 1) * 6364136223846793005U;
    const auto span = static_cast<std::uint64_t>(o.sizemax - o.sizemin) + 1;
    return static_cast<std::size_t>(o.sizemin) + (mixed >> 33U) % span;
}

Result<Flow> FakeSrc::process(Context& context) {
    const FakeSrcOptions& o = options();
    if (o.num_buffers >= 0 && frames_ >= o.num_buffers) return Flow::eos;
    const std::size_t size = frame_bytes();
    if (o.datarate > 0) {
        const auto pts = static_cast<std::int64_t>(static_cast<double>(bytes_) * 1e9 /
                                                   static_cast<double>(o.datarate));
        if (o.is_live && context.running_time_ns() < pts) {
            context.wait_until(pts);
            return Flow::again;
        }
        context.out_meta().pts_ns = pts;
    }
    ++frames_;
    bytes_ += size;
    return context.commit(size);
}

void FakeSrc::save(InlineState& state) const {
    state = {static_cast<std::uint64_t>(frames_), bytes_};
}

Result<> FakeSrc::restore(const InlineState& state) {
    frames_ = static_cast<std::int64_t>(state[0]);
    bytes_ = state[1];
    return {};
}

Pads FakeSink::pads() { return {.pads = {{"sink", PadDirection::sink}}, .allocates = false}; }

Result<Flow> FakeSink::process(Context& context) {
    if (options().sync && early(context)) return Flow::again;
    const Meta& meta = context.in_meta();
    if (!options().silent) {
        options().last_message = "frame " + std::to_string(meta.sequence) + ", " +
                                 std::to_string(context.in().size()) + " bytes";
    }
    return Flow::more;
}

void add_test(Registry& registry) {
    registry.add<FakeSrc>({.name = "fakesrc",
                           .family = "test",
                           .doc = "makes frames of no meaning",
                           .example = "fakesrc num-buffers=10 sizetype=fixed ! fakesink"});
    registry.add<FakeSink>({.name = "fakesink",
                            .family = "test",
                            .doc = "takes frames and lets them go",
                            .example = "fakesrc num-buffers=1 ! fakesink silent=false"});
}

}  // namespace parallax::elements
