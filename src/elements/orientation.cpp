#include "elements/orientation.h"

#include <array>

namespace parallax::elements {

int orientation_in(const Structure& caps) {
    const auto value = caps.get_int(kOrientation);
    return value && *value >= 1 && *value <= 8 ? static_cast<int>(*value) : 1;
}

void note_orientation_in(Structure& caps, int orientation) {
    if (orientation != 1) caps.set(kOrientation, orientation);
}

Result<int> orientation_of(const Meta& meta) {
    const auto info = PX_TRY(raw_info(meta));
    return info ? info->orientation : 1;
}

Result<> set_orientation(Meta& meta, int orientation) {
    auto info = PX_TRY(raw_info(meta)).value_or(RawInfo{});
    if (info.orientation == orientation) return {};
    info.orientation = orientation;
    return set_raw_info(meta, info);
}

compute::FlipMethod upright(int orientation) {
    using enum compute::FlipMethod;
    // EXIF 2.3, 4.6.4 A, Orientation: where row 0 and column 0 of the stored picture were seen.
    static constexpr std::array kMethods{
        none,      horizontal_flip,      rotate_180,      vertical_flip, upper_left_diagonal,
        clockwise, upper_right_diagonal, counterclockwise};
    return kMethods.at(static_cast<std::size_t>(orientation - 1));
}

}  // namespace parallax::elements
