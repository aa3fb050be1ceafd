#include "parallax/memory_caps.h"

#include <array>

#include <doctest/doctest.h>

#include "media/negotiate.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

Caps caps(std::string_view text) { return unwrap(parse_caps(text)); }

// What a source and a sink agree on, or why they do not.
std::string agreed(const Caps& source, const Caps& sink) {
    NegotiationProblem p;
    p.nodes.push_back({.name = "source", .pads = {{"src", PadSide::src, source}}});
    p.nodes.push_back({.name = "sink", .pads = {{"sink", PadSide::sink, sink}}});
    p.links.push_back({.from = 0, .from_pad = 0, .to = 1, .to_pad = 0});
    const auto solved = negotiate(p);
    if (!solved) return std::string(to_string(solved.error().reason));
    return to_string(solved->link_caps[0]);
}

TEST_CASE("memory caps: presets say where frames may lie, the preferred place first") {
    const Caps nv12 = caps("video/x-raw,format=NV12");
    CHECK(to_string(in_memory(nv12, MemoryPreset::cpu_only)) == "video/x-raw,format=NV12");
    CHECK(to_string(in_memory(nv12, MemoryPreset::gpu_preferred)) ==
          "video/x-raw(memory:GPU),format=NV12; video/x-raw(memory:DMABuf),format=NV12; "
          "video/x-raw,format=NV12");
    CHECK(to_string(in_memory(nv12, MemoryPreset::any)) == "video/x-raw(ANY),format=NV12");
    CHECK(in_memory(Caps::any(), MemoryPreset::cpu_only).is_any());
    CHECK(in_memory(Caps::empty(), MemoryPreset::any).is_empty());
}

TEST_CASE("memory caps: both ends agree on memory and format together") {
    const Caps rgb = caps("video/x-raw,format=RGB");
    const auto at = [&](MemoryPreset preset) { return in_memory(rgb, preset); };
    CHECK(agreed(at(MemoryPreset::gpu_preferred), at(MemoryPreset::cpu_only)) ==
          "video/x-raw,format=RGB");
    CHECK(agreed(at(MemoryPreset::gpu_preferred), at(MemoryPreset::gpu_preferred)) ==
          "video/x-raw(memory:GPU),format=RGB");
    CHECK(agreed(at(MemoryPreset::cpu_only), at(MemoryPreset::any)) == "video/x-raw,format=RGB");
    CHECK(agreed(in_memory(rgb, std::array{MemoryKind::dmabuf}), at(MemoryPreset::cpu_only)) ==
          "no-common-memory");
}

TEST_CASE("memory caps: a modifier that the peer does not mention kills no format") {
    const Caps tiled = caps("video/x-raw(memory:DMABuf),format=NV12,drm-modifier={tiled,linear}");
    CHECK(agreed(tiled, caps("video/x-raw(memory:DMABuf),format=NV12")) ==
          "video/x-raw(memory:DMABuf),format=NV12,drm-modifier=tiled");
    CHECK(agreed(tiled, caps("video/x-raw(memory:DMABuf),drm-modifier=linear")) ==
          "video/x-raw(memory:DMABuf),format=NV12,drm-modifier=linear");
    CHECK(agreed(tiled, caps("video/x-raw(memory:DMABuf),drm-modifier=other")) ==
          "no-common-format");
}

TEST_CASE("memory caps: what is imported from a heap cannot be handed to another process") {
    const auto shareable = [](MemoryKind kind) {
        return is_shareable(Structure("video/x-raw", features_of(kind)));
    };
    CHECK(shareable(MemoryKind::memfd));
    CHECK(shareable(MemoryKind::dmabuf));
    CHECK(shareable(MemoryKind::file));
    CHECK_FALSE(shareable(MemoryKind::heap));
    CHECK_FALSE(shareable(MemoryKind::gpu));
}

}  // namespace
}  // namespace parallax
