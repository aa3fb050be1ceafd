#include "isp/simulator/simulator.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "isp/simulator/philox.h"
#include "isp/simulator/readout.h"
#include "isp/simulator/stage.h"

namespace parallax::sim {
namespace {

constexpr std::uint32_t kShakeStream = 0x53484B45;

struct Bound {
    const char* name;
    double value, least, most;
};

Result<> check(const SimulatorOptions& o) {
    const std::array<Bound, 9> bounds{{{"gain", o.gain, 0.25, 1024},
                                       {"shake", o.shake_px, 0, 64},
                                       {"exposure", o.exposure_ev, -8, 8},
                                       {"illuminant", o.illuminant_k, 2000, 20000},
                                       {"motion", o.motion, 0, 100},
                                       {"horizontal offset", o.offset_x_px, -256, 256},
                                       {"vertical offset", o.offset_y_px, -256, 256},
                                       {"shading", o.shading, 0, 2},
                                       {"defects per megapixel", o.defects_per_megapixel, 0, 1e4}}};
    for (const Bound& b : bounds) {
        // Written so that NaN is refused, too.
        if (!(b.value >= b.least && b.value <= b.most)) {
            return fail(Errc::invalid_argument,
                        std::string(b.name) + " " + std::to_string(b.value) + " is outside " +
                            std::to_string(b.least) + " to " + std::to_string(b.most));
        }
    }
    return {};
}

std::string size_text(int width, int height) {
    return std::to_string(width) + "x" + std::to_string(height);
}

void store_truth(const Exposure& exposure, float scale, const MutableImageView& image, int y) {
    auto* const out = image.samples<std::uint16_t>(y);
    for (std::size_t x = 0; x < exposure.rgb[0].size(); ++x) {
        for (std::size_t c = 0; c < 3; ++c) {
            const float code = exposure.rgb[c][x] * scale + 0.5F;
            out[x * 4 + c] = static_cast<std::uint16_t>(std::clamp(code, 0.0F, 65535.0F));
        }
        out[x * 4 + 3] = 65535;
    }
}

}  // namespace

struct Simulator::State {
    SimulatorOptions options;
    PixelFormat format;
    Stage stage;
    Readout readout;
    RawInfo info;
};

Simulator::Simulator(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Simulator::Simulator(Simulator&&) noexcept = default;
Simulator& Simulator::operator=(Simulator&&) noexcept = default;
Simulator::~Simulator() = default;

Result<Simulator> Simulator::create(const SimulatorOptions& options) {
    const auto format = bayer_format(options.order, options.bits, options.packed);
    if (!format) {
        return fail(Errc::unsupported,
                    "no raw format has " + std::to_string(options.bits) +
                        (options.packed ? " packed bits" : " bits"),
                    options.packed ? "10 or 12" : "8, 10, 12, 14 or 16");
    }
    PX_TRY(image_layout(*format, options.width, options.height));
    PX_TRY(check(options));
    auto state = std::make_unique<State>(
        State{options, *format, Stage(options), Readout(options), RawInfo{}});
    state->info = state->readout.sensor().describe();
    const Defects defects = state->readout.defects();
    state->info.defects.assign(defects.at.begin(),
                               defects.at.begin() + static_cast<std::ptrdiff_t>(defects.known));
    return Simulator(std::move(state));
}

Result<> Simulator::render(std::uint64_t frame, const Outputs& outputs) const {
    const SimulatorOptions& o = state_->options;
    const auto expect = [&](const std::optional<MutableImageView>& view, PixelFormat format,
                            const char* name) -> Result<> {
        if (!view ||
            (view->format() == format && view->width() == o.width && view->height() == o.height))
            return {};
        return fail(Errc::invalid_argument,
                    std::string(name) + " is " + size_text(view->width(), view->height()) + " " +
                        std::string(traits(view->format()).name) + ", not " +
                        size_text(o.width, o.height) + " " + std::string(traits(format).name));
    };
    PX_TRY(expect(outputs.src, state_->format, "src"));
    PX_TRY(expect(outputs.clean, state_->format, "clean"));
    PX_TRY(expect(outputs.truth, PixelFormat::rgba64le, "truth"));

    const Readout& readout = state_->readout;
    Exposure exposure = state_->stage.open(frame, shake(frame));
    const auto width = static_cast<std::size_t>(o.width);
    std::vector<float> signal(width);
    std::vector<std::uint16_t> codes(width);
    const auto truth_scale = static_cast<float>(65535.0 * std::exp2(o.exposure_ev));
    const int first = std::clamp(outputs.first_row, 0, o.height);
    const int end = first + std::clamp(outputs.rows, 0, o.height - first);
    for (int y = first; y < end; ++y) {
        state_->stage.expose(y, exposure);
        if (outputs.truth) store_truth(exposure, truth_scale, *outputs.truth, y);
        if (!outputs.src && !outputs.clean) continue;
        readout.filter(y, exposure.rgb, signal);
        if (outputs.clean) {
            readout.quantize(y, signal, codes);
            store_codes(codes, *outputs.clean, y);
        }
        if (outputs.src) {
            readout.read({.frame = frame, .y = y}, signal, codes);
            store_codes(codes, *outputs.src, y);
        }
    }
    return {};
}

RawInfo Simulator::info(std::uint64_t) const { return state_->info; }
PixelFormat Simulator::raw_format() const { return state_->format; }
const SimulatorOptions& Simulator::options() const { return state_->options; }
Simulator::Defects Simulator::defects() const { return state_->readout.defects(); }

Shift Simulator::shake(std::uint64_t frame) const {
    const SimulatorOptions& o = state_->options;
    const PhiloxCounter r = philox4x32({0, 0, static_cast<std::uint32_t>(frame),
                                        static_cast<std::uint32_t>(frame >> 32) ^ kShakeStream},
                                       philox_key(o.seed));
    const auto [x, y] = normals(r[0], r[1]);
    const auto bounded = [&](float z) {
        return static_cast<double>(std::clamp(z, -4.0F, 4.0F)) * o.shake_px;
    };
    return {bounded(x), bounded(y)};
}

std::array<ChartPatch, 24> Simulator::chart(std::uint64_t frame) const {
    const Shift moved = shake(frame);
    std::array<ChartPatch, 24> patches{};
    const std::array<PatchSpot, 24> spots = chart_patches();
    for (std::size_t i = 0; i < spots.size(); ++i) {
        const PatchSpot& spot = spots[i];
        const Shift centre = state_->stage.to_px(spot.x, spot.y);
        patches[i] = {.centre_px = {centre.x - moved.x, centre.y - moved.y},
                      .side_px = static_cast<double>(spot.side) * state_->stage.unit_px(),
                      .linear_srgb = {spot.color.r, spot.color.g, spot.color.b}};
    }
    return patches;
}

}  // namespace parallax::sim
