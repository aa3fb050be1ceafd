// FramePlan: one frame's RawInfo and Settings as the integers the kernels work with.
//
// Everything that comes from a file is checked here, before a sample is touched.
// Threads: a plain value, read by all slices of its frame.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "isp/balance.h"
#include "isp/chroma_median.h"
#include "isp/demosaic.h"
#include "isp/finish.h"
#include "isp/shading.h"
#include "parallax/image.h"
#include "parallax/isp.h"
#include "parallax/raw_info.h"
#include "parallax/result.h"

namespace parallax::isp {

struct FramePlan {
    BayerOrder order = BayerOrder::rggb;
    Levels levels;
    Gains gains;
    Finish finish;
    bool repair = false;                  // Look for defects.
    std::array<LinearNoise, 2> noise;     // Of red and blue; in the corners it is more.
    const ShadingMap* shading = nullptr;  // None: no shading.
    // Known defects, sorted by row, then column.
    const std::vector<std::array<int, 2>>* defects = nullptr;
    Development development;
};

// Black and white level as integers. Fails where no light is left between them.
Result<Levels> plan_levels(const ImageLayout& raw, const RawInfo& info);

// Camera RGB of a neutral under the white balance that the settings ask for; nothing if the frame
// itself must tell.
std::optional<std::array<float, 3>> known_neutral(const Settings& settings, const RawInfo& info);

// Fills gains, finish (but for its tone) and development from a neutral and `plan.levels`;
// `shading_gain` is the largest gain of the shading map, 1 without one.
struct ColorInput {
    const Settings& settings;
    const RawInfo& info;
    std::array<float, 3> neutral;
    float shading_gain = 1.0F;
};
Result<> plan_color(const ColorInput& input, FramePlan& plan);

}  // namespace parallax::isp
