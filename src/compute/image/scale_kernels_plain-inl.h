// The kernels of scale_kernels.cpp without vectors: what they must equal, and what runs where there
// are none.
//
// Included there, in the namespace of the scalar target.
#pragma once

inline std::int16_t lane_of(long value) {
    return static_cast<std::int16_t>(std::clamp(value, -32768L, 32767L));
}

void rows_to_lanes(const ColumnSum& sum, int count) {
    const int down = sum.shift - kScaleFraction;
    for (int x = 0; x < count; ++x) {
        long total = 1L << (down - 1);
        for (std::size_t k = 0; k < sum.rows.size(); ++k)
            total += long{sum.weights[k]} * sum.rows[k][x];
        sum.out[x] = lane_of(total >> down);
    }
}

// Two lanes of a shuffled window by their weights.
inline long shuffled_pair(const RowPlan& plan, const std::int16_t* in, std::size_t window,
                          std::size_t pair) {
    long sum = 0;
    for (std::size_t i = 2 * pair; i < 2 * pair + 2; ++i)
        sum += long{plan.weights[window * 8 + i]} *
               in[plan.first[window] + plan.shuffle[window * 16 + i * 2] / 2];
    return sum;
}

inline long eight(const RowPlan& plan, const std::int16_t* in, std::size_t x, std::size_t step) {
    const std::size_t weights = (x * static_cast<std::size_t>(plan.steps) + step) * 8;
    long sum = 0;
    for (std::size_t i = 0; i < 8; ++i)
        sum += long{plan.weights[weights + i]} * in[plan.first[x] + static_cast<int>(step * 8 + i)];
    return sum;
}

void columns(const RowPlan& plan, const std::int16_t* in, std::uint8_t* out) {
    const auto steps = static_cast<std::size_t>(plan.steps);
    const int down = plan.shift + kScaleFraction;
    for (std::size_t x = 0; x < static_cast<std::size_t>(plan.width); ++x) {
        long sum = 1L << (down - 1);
        for (std::size_t step = 0; step < steps; ++step)
            sum += plan.shuffled
                       ? shuffled_pair(plan, in, (x / 8 * steps + step) * 2 + x % 8 / 4, x % 4)
                       : eight(plan, in, x, step);
        out[x] = static_cast<std::uint8_t>(std::clamp(sum >> down, 0L, 255L));
    }
}

void split(const std::int16_t* in, const LaneSplit& to, int pixels) {
    for (int x = 0; x < pixels; ++x)
        for (int c = 0; c < to.components; ++c)
            to.out[static_cast<std::size_t>(c) * to.stride + static_cast<std::size_t>(x)] =
                in[x * to.components + c];
}

void join(const ByteJoin& from, std::uint8_t* out, int pixels) {
    for (int x = 0; x < pixels; ++x)
        for (int c = 0; c < from.components; ++c)
            out[x * from.components + c] =
                from.in[static_cast<std::size_t>(c) * from.stride + static_cast<std::size_t>(x)];
}
