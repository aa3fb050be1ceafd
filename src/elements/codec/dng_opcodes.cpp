#include "elements/codec/dng_opcodes.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace parallax::codec {
namespace {

constexpr std::uint32_t kFixBadPixelsList = 5;
constexpr std::uint32_t kGainMap = 9;
constexpr std::uint32_t kSinceDng13 = 0x01030000;
constexpr std::uint32_t kOptional = 1;  // A reader that does not know it may go on.
constexpr std::size_t kMaxDefects = 65536;
constexpr int kMaxGridSide = 256;
constexpr float kMaxGain = 1e4F;

class Writer {
  public:
    void u32(std::uint32_t value) {
        for (int shift = 24; shift >= 0; shift -= 8) {
            bytes_.push_back(static_cast<std::byte>(value >> shift));
        }
    }
    void f64(double value) {
        const auto bits = std::bit_cast<std::uint64_t>(value);
        u32(static_cast<std::uint32_t>(bits >> 32));
        u32(static_cast<std::uint32_t>(bits));
    }
    void f32(float value) { u32(std::bit_cast<std::uint32_t>(value)); }
    void count(std::size_t value) { u32(static_cast<std::uint32_t>(value)); }
    std::vector<std::byte> take() { return std::move(bytes_); }

  private:
    std::vector<std::byte> bytes_;
};

// Reads until the bytes run out; from then on everything is 0 and ok() is false.
class Reader {
  public:
    explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}
    std::uint32_t u32() {
        if (bytes_.size() < 4) {
            ok_ = false;
            bytes_ = {};
            return 0;
        }
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            value = value << 8 | std::to_integer<std::uint32_t>(bytes_[i]);
        }
        bytes_ = bytes_.subspan(4);
        return value;
    }
    double f64() {
        const std::uint64_t high = u32();
        return std::bit_cast<double>(high << 32 | u32());
    }
    float f32() { return std::bit_cast<float>(u32()); }
    Reader part(std::size_t size) {
        ok_ = ok_ && size <= bytes_.size();
        const Reader taken(bytes_.first(std::min(size, bytes_.size())));
        bytes_ = bytes_.subspan(std::min(size, bytes_.size()));
        return taken;
    }
    std::size_t left() const { return bytes_.size(); }
    bool ok() const { return ok_; }

  private:
    std::span<const std::byte> bytes_;
    bool ok_ = true;
};

// Calls `visit(id, parameters)` for each opcode of the list.
template <class Visit>
void for_each_opcode(std::span<const std::byte> list, Visit&& visit) {
    Reader reader(list);
    const std::uint32_t count = reader.u32();
    for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
        const std::uint32_t id = reader.u32();
        reader.u32();  // The DNG version it is of.
        reader.u32();  // Flags.
        const std::uint32_t size = reader.u32();
        Reader parameters = reader.part(size);
        if (reader.ok()) visit(id, parameters);
    }
}

struct Place {
    double y, x;
};  // 0 … 1 on both sides of the active area.

struct GainMap {
    std::uint32_t top, left, bottom, right, plane, planes, row_pitch, column_pitch;
    int rows, columns;
    double spacing_y, spacing_x, origin_y, origin_x;
    int map_planes;
    std::vector<float> gains;

    // The whole picture but for an edge of a mosaic cell or two.
    bool covers(ActiveArea area) const {
        return top <= 2 && left <= 2 && bottom + 2 >= static_cast<std::uint32_t>(area.height) &&
               right + 2 >= static_cast<std::uint32_t>(area.width);
    }
    bool applies_to(int position, int plane_of_position) const {
        const auto y = static_cast<std::uint32_t>(position / 2);
        const auto x = static_cast<std::uint32_t>(position % 2);
        const auto p = static_cast<std::uint32_t>(plane_of_position);
        return (y + row_pitch * 2 - top % 2) % row_pitch == 0 &&
               (x + column_pitch * 2 - left % 2) % column_pitch == 0 && p >= plane &&
               p - plane < planes;
    }
    // In units of the map; a place within rounding of a point is that point.
    static double steps(double where, double origin, double spacing, int points) {
        const double steps = std::clamp((where - origin) / spacing, 0.0, points - 1.0);
        const double nearest = std::round(steps);
        return std::abs(steps - nearest) < 1e-9 ? nearest : steps;
    }
    // At a place of the picture given as 0 … 1 on both sides; bilinear, held at the edges.
    float at(Place where, int plane_of_position) const {
        const double v = steps(where.y, origin_y, spacing_y, rows);
        const double u = steps(where.x, origin_x, spacing_x, columns);
        const int y0 = std::min(static_cast<int>(v), std::max(rows - 2, 0));
        const int x0 = std::min(static_cast<int>(u), std::max(columns - 2, 0));
        const auto fy = static_cast<float>(v - y0);
        const auto fx = static_cast<float>(u - x0);
        const int p = std::min(plane_of_position - static_cast<int>(plane), map_planes - 1);
        const auto gain = [&](int row, int column) {
            row = std::min(row, rows - 1);
            column = std::min(column, columns - 1);
            const auto at = static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                            static_cast<std::size_t>(column);
            return gains[at * static_cast<std::size_t>(map_planes) + static_cast<std::size_t>(p)];
        };
        const float above = std::lerp(gain(y0, x0), gain(y0, x0 + 1), fx);
        const float below = std::lerp(gain(y0 + 1, x0), gain(y0 + 1, x0 + 1), fx);
        return std::lerp(above, below, fy);
    }
};

std::optional<GainMap> read_gain_map(Reader& in) {
    GainMap map{};
    for (std::uint32_t* field : {&map.top, &map.left, &map.bottom, &map.right, &map.plane,
                                 &map.planes, &map.row_pitch, &map.column_pitch}) {
        *field = in.u32();
    }
    const std::uint32_t rows = in.u32();
    const std::uint32_t columns = in.u32();
    for (double* field : {&map.spacing_y, &map.spacing_x, &map.origin_y, &map.origin_x}) {
        *field = in.f64();
    }
    const std::uint32_t map_planes = in.u32();
    if (!in.ok() || rows < 1 || columns < 1 || map_planes < 1 || rows > 4096 || columns > 4096 ||
        map_planes > 4 || map.row_pitch < 1 || map.column_pitch < 1 || map.row_pitch > 2 ||
        map.column_pitch > 2) {
        return std::nullopt;
    }
    const std::size_t values = std::size_t{rows} * columns * map_planes;
    if (in.left() < values * 4) return std::nullopt;
    map.rows = static_cast<int>(rows);
    map.columns = static_cast<int>(columns);
    map.map_planes = static_cast<int>(map_planes);
    map.gains.resize(values);
    for (float& gain : map.gains) gain = in.f32();
    // A map of a single point has no spacing to speak of.
    if (map.rows == 1) map.spacing_y = 1;
    if (map.columns == 1) map.spacing_x = 1;
    const bool sane =
        map.spacing_y > 0 && map.spacing_x > 0 && std::isfinite(map.spacing_y) &&
        std::isfinite(map.spacing_x) && std::isfinite(map.origin_y) &&
        std::isfinite(map.origin_x) &&
        std::ranges::all_of(map.gains, [](float g) { return std::isfinite(g) && g >= 0; });
    return sane ? std::optional(std::move(map)) : std::nullopt;
}

}  // namespace

std::vector<std::byte> shading_opcodes(const ShadingGrid& grid, ActiveArea area) {
    const auto points =
        static_cast<std::size_t>(grid.rows) * static_cast<std::size_t>(grid.columns);
    Writer out;
    out.count(4);
    for (std::size_t position = 0; position < 4; ++position) {
        out.u32(kGainMap);
        out.u32(kSinceDng13);
        out.u32(kOptional);
        out.count(4 * 10 + 8 * 4 + 4 + 4 * points);
        out.count(position / 2);  // Top, left, bottom, right.
        out.count(position % 2);
        out.u32(static_cast<std::uint32_t>(area.height));
        out.u32(static_cast<std::uint32_t>(area.width));
        for (const std::uint32_t value : {0U, 1U, 2U, 2U}) out.u32(value);  // Plane(s), pitches.
        out.u32(static_cast<std::uint32_t>(grid.rows));
        out.u32(static_cast<std::uint32_t>(grid.columns));
        out.f64(1.0 / (grid.rows - 1));
        out.f64(1.0 / (grid.columns - 1));
        out.f64(0);
        out.f64(0);
        out.u32(1);
        for (std::size_t i = 0; i < points; ++i) out.f32(grid.gains[i * 4 + position]);
    }
    return out.take();
}

std::vector<std::byte> defect_opcodes(std::span<const std::array<int, 2>> defects) {
    Writer out;
    out.u32(1);
    out.u32(kFixBadPixelsList);
    out.u32(kSinceDng13);
    out.u32(kOptional);
    out.count(12 + 8 * defects.size());
    out.u32(0);  // BayerPhase: not needed to name the pixels.
    out.count(defects.size());
    out.u32(0);  // No rectangles.
    for (const auto& [x, y] : defects) {
        out.u32(static_cast<std::uint32_t>(y));
        out.u32(static_cast<std::uint32_t>(x));
    }
    return out.take();
}

namespace {

// The product of all maps that apply; bounded, so that hostile gains cannot reach infinity.
float gain_of_all(std::span<const GainMap> maps, Place place, int position, int plane) {
    float gain = 1;
    for (const GainMap& map : maps) {
        if (!map.applies_to(position, plane)) continue;
        gain = std::min(gain * map.at(place, plane), kMaxGain);
    }
    return gain;
}

}  // namespace

std::optional<ShadingGrid> read_shading(std::span<const std::byte> opcodes, ActiveArea area,
                                        const PlaneOfPosition& planes) {
    std::vector<GainMap> maps;
    for_each_opcode(opcodes, [&](std::uint32_t id, Reader& parameters) {
        if (id != kGainMap || maps.size() == 16) return;
        if (auto map = read_gain_map(parameters); map && map->covers(area)) {
            maps.push_back(*std::move(map));
        }
    });
    if (maps.empty()) return std::nullopt;
    ShadingGrid grid{.columns = 2, .rows = 2, .gains = {}};
    for (const GainMap& map : maps) {
        grid.rows = std::clamp(map.rows, grid.rows, kMaxGridSide);
        grid.columns = std::clamp(map.columns, grid.columns, kMaxGridSide);
    }
    grid.gains.reserve(static_cast<std::size_t>(grid.rows * grid.columns) * 4);
    for (int row = 0; row < grid.rows; ++row) {
        for (int column = 0; column < grid.columns; ++column) {
            const Place place{.y = double(row) / (grid.rows - 1),
                              .x = double(column) / (grid.columns - 1)};
            for (int position = 0; position < 4; ++position) {
                const int plane = planes.at(static_cast<std::size_t>(position));
                grid.gains.push_back(gain_of_all(maps, place, position, plane));
            }
        }
    }
    return grid;
}

std::vector<std::array<int, 2>> read_defects(std::span<const std::byte> opcodes, ActiveArea area) {
    std::vector<std::array<int, 2>> defects;
    for_each_opcode(opcodes, [&](std::uint32_t id, Reader& parameters) {
        if (id != kFixBadPixelsList) return;
        parameters.u32();
        const std::uint32_t points = parameters.u32();
        parameters.u32();
        for (std::uint32_t i = 0; i < points && defects.size() < kMaxDefects; ++i) {
            const std::int64_t y = std::int64_t{parameters.u32()} - area.top;
            const std::int64_t x = std::int64_t{parameters.u32()} - area.left;
            if (!parameters.ok()) return;
            if (x >= 0 && y >= 0 && x < area.width && y < area.height) {
                defects.push_back({static_cast<int>(x), static_cast<int>(y)});
            }
        }
    });
    return defects;
}

}  // namespace parallax::codec
