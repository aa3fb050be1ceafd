#include "elements/flow/queue.h"

#include <array>

namespace parallax {

std::span<const Nick<QueueShape::Leaky>> nicks(QueueShape::Leaky) {
    using enum QueueShape::Leaky;
    static constexpr std::array<Nick<QueueShape::Leaky>, 3> kNicks{
        {{no, "no", "hold the source back"},
         {upstream, "upstream", "drop the new frame"},
         {downstream, "downstream", "drop the oldest frame"}}};
    return kNicks;
}

namespace elements {

Pads Queue::pads() {
    return {.pads = {{"sink", PadDirection::sink}, {"src", PadDirection::src}},
            .relation = Relation::pass_through,
            .forwards = true,
            .boundary = true,
            .local = true,
            .allocates = false};
}

QueueShape Queue::queue_shape() const {
    return {.max_frames = options().max_size_buffers,
            .max_bytes = options().max_size_bytes,
            .max_time_ns = options().max_size_time,
            .leaky = options().leaky};
}

}  // namespace elements
}  // namespace parallax
