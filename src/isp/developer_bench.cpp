// Developing, per megapixel of mosaic. Budgets for one core: mhc 1.3 ms, superpixel 0.5 ms.
#include <cstring>
#include <thread>
#include <vector>

#include "parallax/isp.h"
#include "support/bench.h"

namespace parallax::isp {
namespace {

// One megapixel, wide as a real one; 12 bits.
constexpr int kWidth = 4000;
constexpr int kHeight = 250;

struct Frame {
    ImageLayout layout;
    std::vector<std::byte> bytes;

    Frame(PixelFormat format, int width, int height)
        : layout(*image_layout(format, width, height)), bytes(layout.size_bytes) {
        unsigned seed = 1;
        for (std::byte& byte : bytes) byte = std::byte((seed = seed * 1664525 + 1013904223) >> 28);
    }
};

RawInfo sensor() {
    RawInfo info;
    info.black_level = {256, 256, 256, 256};
    info.as_shot_neutral = {0.5F, 1.0F, 0.6F};
    info.calibrations = {{6504.0F, {0.9F, -0.3F, -0.1F, -0.4F, 1.2F, 0.2F, -0.1F, 0.2F, 0.6F}}};
    return info;
}

Slices two_threads() {
    return [](int count, const std::function<void(int)>& body) {
        const auto every_second = [&](int first) {
            for (int i = first; i < count; i += 2) body(i);
        };
        std::jthread other(every_second, 1);
        every_second(0);
    };
}

struct Job {
    Settings settings;
    PixelFormat raw = PixelFormat::grbg12le;
    PixelFormat out = PixelFormat::rgb;
    Slices slices = {};
    int megapixels = 1;
};

std::move_only_function<void()> developing(const Job& job) {
    Frame raw(job.raw, kWidth, kHeight * job.megapixels);
    const auto [width, height] = natural_size_px(job.settings.demosaic, raw.layout);
    Frame out(job.out, width, height);
    auto developer = *Developer::create(job.settings, raw.layout, out.layout);
    return [raw = std::move(raw), out = std::move(out), slices = job.slices,
            developer = std::move(developer)]() mutable {
        const auto done =
            developer.develop(*view_image(raw.layout, std::as_bytes(std::span(raw.bytes))),
                              sensor(), *view_image(out.layout, std::span(out.bytes)), slices);
        bench::keep(done.has_value());
    };
}

Settings plain(Demosaic demosaic) {
    return {.demosaic = demosaic, .correct_defects = false, .correct_shading = false};
}

PX_BENCH("isp/mhc 12-bit to RGB, 1 MP") { return developing({plain(Demosaic::mhc)}); }
PX_BENCH("isp/bilinear 12-bit to RGB, 1 MP") { return developing({plain(Demosaic::bilinear)}); }
PX_BENCH("isp/superpixel 12-bit to RGB, 1 MP") { return developing({plain(Demosaic::superpixel)}); }
PX_BENCH("isp/mhc RAW10 to RGB, 1 MP") {
    return developing({plain(Demosaic::mhc), PixelFormat::grbg10p});
}
PX_BENCH("isp/mhc to RGBA, 1 MP") {
    return developing({plain(Demosaic::mhc), PixelFormat::grbg12le, PixelFormat::rgba});
}
PX_BENCH("isp/mhc to NV12, 1 MP") {
    return developing({plain(Demosaic::mhc), PixelFormat::grbg12le, PixelFormat::nv12});
}
PX_BENCH("isp/mhc to RGBA64, 1 MP") {
    return developing({plain(Demosaic::mhc), PixelFormat::grbg12le, PixelFormat::rgba64le});
}
PX_BENCH("isp/mhc with defects, 1 MP") {
    return developing({{.demosaic = Demosaic::mhc, .correct_shading = false}});
}
PX_BENCH("isp/mhc with blended highlights, 1 MP") {
    Settings settings = plain(Demosaic::mhc);
    settings.highlights = Highlights::blend;
    return developing({settings});
}
PX_BENCH("isp/mhc 12 MP, one thread") {
    return developing({.settings = plain(Demosaic::mhc), .megapixels = 12});
}
PX_BENCH("isp/mhc 12 MP, two threads") {
    return developing(
        {.settings = plain(Demosaic::mhc), .slices = two_threads(), .megapixels = 12});
}

// The yardstick: moving the 5 MB that one megapixel reads and writes.
PX_BENCH("isp/memcpy of the same bytes") {
    return [from = std::vector<std::byte>(5'000'000),
            to = std::vector<std::byte>(5'000'000)]() mutable {
        std::memcpy(to.data(), from.data(), from.size());
        bench::keep(to.data());
    };
}

}  // namespace
}  // namespace parallax::isp
