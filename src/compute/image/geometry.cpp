#include "compute/image/geometry.h"

#include <algorithm>
#include <cstring>

#include "compute/image/check_views.h"
#include "compute/image/samples.h"

namespace parallax::compute {
namespace {

// A mosaic as one grid of one component.
SampleMap mosaic_map(const ImageLayout& layout) {
    SampleMap map{.grid_count = 1, .sample_bytes = traits(layout.format).bits == 8 ? 1 : 2};
    map.grids[0] = {
        .stride_bytes = layout.stride_bytes[0], .width = layout.width, .height = layout.height};
    return map;
}

template <class Sample>
struct Cropper {
    const ImageView& src;
    const MutableImageView& dst;
    Point origin;

    void crop_grid(const SampleGrid& in, const SampleGrid& out) const {
        for (int y = 0; y < out.height; ++y) {
            const Sample* p = grid_row<Sample>(src, in, y + (origin.y >> in.shift_y)) +
                              static_cast<std::ptrdiff_t>(origin.x >> in.shift_x) * in.step;
            Sample* q = grid_row<Sample>(dst, out, y);
            if (in.step == in.components) {
                std::memcpy(q, p, sizeof(Sample) * static_cast<std::size_t>(out.width * in.step));
            } else {
                copy_stepped(Stepped<const Sample>{p, in.step}, Stepped<Sample>{q, out.step},
                             out.width);
            }
        }
    }
};

// Whole groups: the last may hold bits of samples beyond the part, as any padding may.
void crop_packed(const ImageView& src, const MutableImageView& dst, Point origin) {
    const int group = packed_group(src.format());
    const auto skip =
        static_cast<std::size_t>(origin.x / group) * static_cast<std::size_t>(group + 1);
    for (int y = 0; y < dst.height(); ++y) {
        std::memcpy(dst.row(y), src.row(y + origin.y) + skip, dst.stride_bytes());
    }
}

Result<> check_crop(const ImageView& src, const MutableImageView& dst, Point origin) {
    const PixelTraits& t = traits(src.format());
    if (t.family == PixelFamily::bayer) {
        if (origin.x % packed_group(src.format()) != 0)
            return fail(Errc::unsupported,
                        "a packed mosaic cannot be cropped at column " + std::to_string(origin.x),
                        "begin at a multiple of " + std::to_string(packed_group(src.format())));
        const auto left = bayer_format(cropped_order(t.order, origin), t.bits, t.packed);
        if (!left || *left != dst.format())
            return fail(Errc::invalid_argument, describe(src.layout) +
                                                    " cropped there does not become " +
                                                    std::string(traits(dst.format()).name));
    } else {
        PX_TRY(require_same_format(src.layout, dst.layout));
    }
    // In 64 bits: origins come from outside.
    const bool inside = origin.x >= 0 && origin.y >= 0 &&
                        std::int64_t{origin.x} + dst.width() <= src.width() &&
                        std::int64_t{origin.y} + dst.height() <= src.height();
    if (inside) return {};
    return fail(Errc::invalid_argument,
                std::to_string(dst.width()) + "x" + std::to_string(dst.height()) + " at " +
                    std::to_string(origin.x) + "," + std::to_string(origin.y) + " is not inside " +
                    describe(src.layout));
}

// source = offset + x · along + y · across, in picture pixels.
struct Turn {
    Point offset, along, across;
};

Turn turn_of(FlipMethod method, int width, int height) {
    const int right = width - 1;
    const int bottom = height - 1;
    switch (method) {
        case FlipMethod::clockwise:
            return {{0, bottom}, {0, -1}, {1, 0}};
        case FlipMethod::rotate_180:
            return {{right, bottom}, {-1, 0}, {0, -1}};
        case FlipMethod::counterclockwise:
            return {{right, 0}, {0, 1}, {-1, 0}};
        case FlipMethod::horizontal_flip:
            return {{right, 0}, {-1, 0}, {0, 1}};
        case FlipMethod::vertical_flip:
            return {{0, bottom}, {1, 0}, {0, -1}};
        case FlipMethod::upper_left_diagonal:
            return {{0, 0}, {0, 1}, {1, 0}};
        case FlipMethod::upper_right_diagonal:
            return {{right, bottom}, {0, -1}, {-1, 0}};
        case FlipMethod::none:
            break;
    }
    return {{0, 0}, {1, 0}, {0, 1}};
}

template <class Sample>
struct Flipper {
    const ImageView& src;
    const MutableImageView& dst;
    Turn turn;

    // Where the sample that shows picture pixel `p` lies.
    const Sample* source(const SampleGrid& in, Point p) const {
        const int x = turn.offset.x + p.x * turn.along.x + p.y * turn.across.x;
        const int y = turn.offset.y + p.x * turn.along.y + p.y * turn.across.y;
        return grid_row<Sample>(src, in, y >> in.shift_y) + (x >> in.shift_x) * in.step;
    }

    void flip_grid(const SampleGrid& in, const SampleGrid& out) const {
        // Tiles keep both pictures in the cache when rows become columns.
        constexpr int tile = 32;
        const int wide = turn.along.x != 0 ? out.width : tile;
        for (int top = 0; top < out.height; top += tile)
            for (int left = 0; left < out.width; left += wide)
                for (int y = top; y < std::min(top + tile, out.height); ++y)
                    flip_run(in, out, {left, y}, std::min(wide, out.width - left));
    }

    void flip_run(const SampleGrid& in, const SampleGrid& out, Point start, int count) const {
        const int y = start.y << out.shift_y;
        const Sample* p = source(in, {start.x << out.shift_x, y});
        // Along a row of the target the source moves evenly.
        const std::ptrdiff_t step =
            count > 1 ? source(in, {(start.x + 1) << out.shift_x, y}) - p : 0;
        Sample* q = grid_row<Sample>(dst, out, start.y) + start.x * out.step;
        const Stepped<const Sample> from{p, step};
        const Stepped<Sample> to{q, out.step};
        switch (in.components) {
            case 1:
                return copy_stepped<1>(from, to, count);
            case 2:
                return copy_stepped<2>(from, to, count);
            case 3:
                return copy_stepped<3>(from, to, count);
            default:
                return copy_stepped<4>(from, to, count);
        }
    }
};

template <class Sample>
void flip_samples(const ImageView& src, const MutableImageView& dst, FlipMethod method) {
    const SampleMap in = sample_map(src.layout);
    const SampleMap out = sample_map(dst.layout);
    const Flipper<Sample> flipper{src, dst, turn_of(method, src.width(), src.height())};
    for (std::size_t g = 0; g < static_cast<std::size_t>(in.grid_count); ++g)
        flipper.flip_grid(in.grids[g], out.grids[g]);
}

}  // namespace

int packed_group(PixelFormat format) {
    const PixelTraits& t = traits(format);
    if (!t.packed) return 1;
    return t.bits == 10 ? 4 : 2;
}

BayerOrder cropped_order(BayerOrder order, Point origin) {
    return static_cast<BayerOrder>(static_cast<int>(order) ^ ((origin.y & 1) * 2 + (origin.x & 1)));
}

Result<> crop(const ImageView& src, const MutableImageView& dst, Point origin) {
    PX_TRY(check_crop(src, dst, origin));
    if (traits(src.format()).packed) {
        crop_packed(src, dst, origin);
        return {};
    }
    const bool mosaic = traits(src.format()).family == PixelFamily::bayer;
    const SampleMap in = mosaic ? mosaic_map(src.layout) : sample_map(src.layout);
    const SampleMap out = mosaic ? mosaic_map(dst.layout) : sample_map(dst.layout);
    for (std::size_t g = 0; g < static_cast<std::size_t>(in.grid_count); ++g) {
        if (in.sample_bytes == 2)
            Cropper<std::uint16_t>{src, dst, origin}.crop_grid(in.grids[g], out.grids[g]);
        else
            Cropper<std::uint8_t>{src, dst, origin}.crop_grid(in.grids[g], out.grids[g]);
    }
    return {};
}

std::optional<FlipMethod> flip_method(std::string_view name) {
    const auto at = std::ranges::find(kFlipMethodNames, name);
    if (at == kFlipMethodNames.end()) return std::nullopt;
    return static_cast<FlipMethod>(at - kFlipMethodNames.begin());
}

bool transposes(FlipMethod method) { return turn_of(method, 1, 1).along.x == 0; }

Result<> flip(const ImageView& src, const MutableImageView& dst, FlipMethod method) {
    PX_TRY(refuse_bayer(src.layout));
    PX_TRY(require_same_format(src.layout, dst.layout));
    ImageLayout expected = src.layout;
    if (transposes(method)) std::swap(expected.width, expected.height);
    PX_TRY(require_same_size(expected, dst.layout));
    if (traits(src.format()).bits > 8)
        flip_samples<std::uint16_t>(src, dst, method);
    else
        flip_samples<std::uint8_t>(src, dst, method);
    return {};
}

}  // namespace parallax::compute
