// plain_develop: the developer's integer arithmetic for one pixel at a time, without lanes, lines,
// blocks or vectors. Slow, short, and written from the formulas: what the fast path must equal.
//
// Threads: pure functions.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "isp/demosaic.h"
#include "isp/plan.h"
#include "isp/unpack.h"
#include "parallax/image.h"
#include "support/reference_demosaic.h"

namespace parallax::plain {

using isp::FramePlan;
using isp::kOne;
using Pixel = std::array<int, 3>;

inline int q15(int a, int b) { return (a * b + 0x4000) >> 15; }
inline int saturate(int v) { return std::clamp(v, -32768, 32767); }

// A plane of ints that mirrors beyond its edges.
struct Plane {
    int width = 0;
    int height = 0;
    std::vector<int> values;

    Plane(int w, int h) : width(w), height(h), values(static_cast<std::size_t>(w * h)) {}
    int& operator()(int x, int y) {
        const int at = isp::mirror(y, height) * width + isp::mirror(x, width);
        return values[static_cast<std::size_t>(at)];
    }
};

inline std::size_t position(int x, int y) {
    return static_cast<std::size_t>(2 * (y & 1) + (x & 1));
}

inline Plane levelled(const ImageView& raw, const FramePlan& plan) {
    Plane out(raw.width(), raw.height());
    std::vector<std::uint16_t> row(static_cast<std::size_t>(raw.width()));
    for (int y = 0; y < raw.height(); ++y) {
        isp::unpack_row(raw, y, row);
        for (int x = 0; x < raw.width(); ++x) {
            const int v = std::min<int>(row[static_cast<std::size_t>(x)], plan.levels.white);
            const int scaled = plan.levels.shift < 0 ? v >> 1 : v << plan.levels.shift;
            out(x, y) = std::max(0, scaled - plan.levels.black[position(x, y)]);
        }
    }
    return out;
}

inline Plane repaired(Plane& in) {
    Plane out(in.width, in.height);
    for (int y = 0; y < in.height; ++y) {
        for (int x = 0; x < in.width; ++x) {
            int high = 0;
            int low = 32767;
            for (int dy = -2; dy <= 2; dy += 2) {
                for (int dx = -2; dx <= 2; dx += 2) {
                    if (dx == 0 && dy == 0) continue;
                    high = std::max(high, in(x + dx, y + dy));
                    low = std::min(low, in(x + dx, y + dy));
                }
            }
            const int here = in(x, y);
            const bool hot = here > saturate(high + high / 4 + 512);
            const bool dead = here < low - low / 4 - 512;
            out(x, y) = hot ? high : dead ? low : here;
        }
    }
    return out;
}

inline Plane balanced(const ImageView& raw, const FramePlan& plan) {
    Plane out = levelled(raw, plan);
    if (plan.repair) out = repaired(out);
    for (int y = 0; y < out.height; ++y) {
        for (int x = 0; x < out.width; ++x) {
            const int v = q15(out(x, y), plan.gains.gain[position(x, y)]);
            out(x, y) = std::min<int>(v << plan.gains.shift, plan.gains.limit);
        }
    }
    return out;
}

// Four times the samples: 15 bits.
inline Pixel bilinear(Plane& in, const isp::RowPhase& phase, int x, int y) {
    const std::size_t own = phase.red ? 0 : 2;
    Pixel out{};
    const int across = in(x - 1, y) + in(x + 1, y);
    const int along = in(x, y - 1) + in(x, y + 1);
    if ((x & 1) == phase.column) {
        out[own] = 4 * in(x, y);
        out[1] = across + along;
        out[2 - own] = in(x - 1, y - 1) + in(x + 1, y - 1) + in(x - 1, y + 1) + in(x + 1, y + 1);
    } else {
        out[1] = 4 * in(x, y);
        out[own] = 2 * across;
        out[2 - own] = 2 * along;
    }
    return out;
}

inline Pixel mhc(Plane& in, const isp::RowPhase& phase, int limit, const std::array<int, 2>& at) {
    const auto [x, y] = at;
    const std::size_t own = phase.red ? 0 : 2;
    Pixel out = bilinear(in, phase, x, y);
    const int far_across = in(x - 2, y) + in(x + 2, y);
    const int far_along = in(x, y - 2) + in(x, y + 2);
    if ((x & 1) == phase.column) {
        const int s2 = (4 * in(x, y) - far_across - far_along) >> 1;
        out[1] += s2;
        out[2 - own] += s2 + (s2 >> 1);
    } else {
        const int near = 4 * in(x, y) - in(x - 1, y - 1) - in(x + 1, y - 1) - in(x - 1, y + 1) -
                         in(x + 1, y + 1);
        out[own] += saturate(near + in(x, y) - far_across + (far_along >> 1)) >> 1;
        out[2 - own] += saturate(near + in(x, y) - far_along + (far_across >> 1)) >> 1;
    }
    for (int& v : out) v = std::clamp(v, 0, 4 * limit);
    return out;
}

inline Pixel faded(const isp::Fading& fading, const Pixel& p) {
    int full = 0;
    for (std::size_t c = 0; c < 3; ++c) full = std::max(full, q15(p[c], fading.per_clip[c]));
    const int weight = std::clamp(full - 14336, 0, 2047) << 4;
    const int white = std::ranges::max(p);
    Pixel out{};
    for (std::size_t c = 0; c < 3; ++c) out[c] = p[c] + q15(white - p[c], weight);
    return out;
}

inline int shown(const isp::Fading& fading, int v) {
    if (!fading.on) return std::clamp(v, 0, 32767);
    v = std::max(v, 0);
    v = std::min(v, 12288 + q15(v - 12288, fading.slope));
    return q15(std::min(2 * v, 32767), fading.scale);
}

inline Pixel finished(const isp::Finish& finish, Pixel p) {
    if (finish.fading.on) p = faded(finish.fading, p);
    const auto& m = finish.mixing;
    const int gr = p[1] - p[0];
    const int br = p[2] - p[0];
    const int bg = p[2] - p[1];
    const auto mixed = [&](int own, int a, int b) {
        int change = saturate(a + b);
        if (m.wide) change = saturate(2 * saturate(2 * change));
        return saturate(own + change);
    };
    const Pixel linear{mixed(p[0], q15(gr, m.rg), q15(br, m.rb)),
                       mixed(p[1], q15(gr, -m.gr), q15(bg, m.gb)),
                       mixed(p[2], q15(br, -m.br), q15(bg, -m.bg))};
    Pixel out{};
    for (std::size_t c = 0; c < 3; ++c) {
        out[c] = isp::evaluate(finish.tone, shown(finish.fading, linear[c]));
    }
    return out;
}

// RCD in float, as the reference has it, rounded to lanes.
inline std::vector<Pixel> rcd(Plane& in, const FramePlan& plan) {
    reference::Mosaic mosaic{in.width, in.height, plan.order, {}};
    for (const int v : in.values)
        mosaic.samples.push_back(static_cast<float>(v) * (1.0F / float{kOne}));
    const reference::Rgb rgb = reference::rcd(mosaic);
    std::vector<Pixel> out(in.values.size());
    for (std::size_t i = 0; i < out.size(); ++i)
        for (std::size_t c = 0; c < 3; ++c) {
            const float scaled = rgb.planes[c][i] * float{isp::kLinearOne};
            out[i][c] = static_cast<int>(std::min(scaled, float(4 * plan.gains.limit)) + 0.5F);
        }
    return out;
}

// RGB triples of the whole picture.
inline std::vector<Pixel> develop(const ImageView& raw, const FramePlan& plan,
                                  isp::Demosaic demosaic) {
    Plane mosaic = balanced(raw, plan);
    std::vector<Pixel> out;
    if (demosaic == isp::Demosaic::rcd) {
        for (const Pixel& p : rcd(mosaic, plan)) out.push_back(finished(plan.finish, p));
        return out;
    }
    const int step = demosaic == isp::Demosaic::superpixel ? 2 : 1;
    for (int y = 0; y + step <= mosaic.height; y += step) {
        const isp::RowPhase phase = isp::row_phase(plan.order, y);
        for (int x = 0; x + step <= mosaic.width; x += step) {
            Pixel p{};
            if (step == 2) {
                const int c = phase.column;
                p[phase.red ? 0 : 2] = 4 * mosaic(x + c, y);
                p[1] = 2 * (mosaic(x + 1 - c, y) + mosaic(x + c, y + 1));
                p[phase.red ? 2 : 0] = 4 * mosaic(x + 1 - c, y + 1);
            } else if (demosaic == isp::Demosaic::bilinear) {
                p = bilinear(mosaic, phase, x, y);
            } else {
                p = mhc(mosaic, phase, plan.gains.limit, {x, y});
            }
            out.push_back(finished(plan.finish, p));
        }
    }
    return out;
}

}  // namespace parallax::plain
