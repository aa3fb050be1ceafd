#include "isp/simulator/scene.h"

namespace parallax::sim {
namespace {

std::array<float, 256> decode_table() {
    std::array<float, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        const double v = static_cast<double>(i) / 255.0;
        table[i] =
            static_cast<float>(v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
    }
    return table;
}

}  // namespace

Rgb linear_of(int r, int g, int b) {
    static const std::array<float, 256> table = decode_table();
    return {table[static_cast<std::size_t>(r)], table[static_cast<std::size_t>(g)],
            table[static_cast<std::size_t>(b)]};
}

void paint_shadow(const PaintRow& row, const Box& box, float blur, float depth) {
    const Box cast{box.left + 0.5F * blur, box.top + 0.7F * blur, box.right + 0.7F * blur,
                   box.bottom + 0.9F * blur};
    for_samples(row, cast.grown(blur), [&](int i, float x) {
        const float t = std::clamp(0.5F - cast.distance(x, row.y) / (2.0F * blur), 0.0F, 1.0F);
        row.over(i, {}, depth * t * t * (3.0F - 2.0F * t));
    });
}

void paint_box(const PaintRow& row, const Box& box, Rgb color) {
    for_samples(row, box,
                [&](int i, float x) { row.over(i, color, row.inside(box.distance(x, row.y))); });
}

void paint_still_life(const PaintRow& row) {
    paint_room(row);
    paint_chart(row);
    paint_landscape(row);
    paint_star(row);
    paint_zone_plate(row);
    paint_text_card(row);
    paint_cloth(row);
    paint_slanted_edge(row);
    paint_spheres(row);
    paint_pencils(row);
}

}  // namespace parallax::sim
