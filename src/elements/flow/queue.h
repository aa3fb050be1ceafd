// queue: a stage boundary. The work is the channel's before it; this only says its shape.
#pragma once

#include "parallax/element.h"

namespace parallax {

std::span<const Nick<QueueShape::Leaky>> nicks(QueueShape::Leaky);

namespace elements {

struct QueueOptions {
    std::uint64_t max_size_buffers = 200;
    std::uint64_t max_size_bytes = std::uint64_t{10} << 20U;
    std::uint64_t max_size_time = 1'000'000'000;
    QueueShape::Leaky leaky = QueueShape::Leaky::no;

    static constexpr auto describe() {
        return std::tuple{Option{"max-size-buffers", &QueueOptions::max_size_buffers,
                                 "most frames kept; 0 is as many as the other limits allow"},
                          Option{"max-size-bytes",
                                 &QueueOptions::max_size_bytes,
                                 "most bytes kept, at least one frame; 0 is no limit",
                                 {.unit = "bytes"}},
                          Option{"max-size-time",
                                 &QueueOptions::max_size_time,
                                 "most time kept where the frame rate is known; 0 is no limit",
                                 {.unit = "ns"}},
                          Option{"leaky", &QueueOptions::leaky, "what a full queue drops"}};
    }
};

class Queue final : public ElementWith<QueueOptions> {
  public:
    static Pads pads();
    QueueShape queue_shape() const override;
    Result<Flow> process(Context& context) override { return context.forward(); }
};

}  // namespace elements
}  // namespace parallax
