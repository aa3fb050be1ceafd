#include "parallax/memory_caps.h"

#include <array>

#include <doctest/doctest.h>

#include "media/negotiate.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

Caps caps(std::string_view text) { return unwrap(parse_caps(text)); }

NegotiationProblem between(const Caps& source, const Caps& sink) {
    NegotiationProblem p;
    p.nodes.push_back({.name = "source", .pads = {{"src", PadSide::src, source}}});
    p.nodes.push_back({.name = "sink", .pads = {{"sink", PadSide::sink, sink}}});
    p.links.push_back({.from = 0, .from_pad = 0, .to = 1, .to_pad = 0});
    return p;
}

// What a source and a sink agree on, or why they do not.
std::string agreed(const Caps& source, const Caps& sink) {
    const auto solved = negotiate(between(source, sink));
    if (!solved) return std::string(to_string(solved.error().reason));
    return to_string(solved->link_caps[0]);
}

// What is said of the link, if anything.
std::string noted(const Caps& source, const Caps& sink) {
    const auto solved = negotiate(between(source, sink));
    REQUIRE(solved);
    return solved->notes.empty() ? "" : solved->notes[0].text;
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

TEST_CASE("memory caps: a modifier that the peer does not mention becomes linear, which is said") {
    const Caps tiled = caps("video/x-raw(memory:DMABuf),format=NV12,drm-modifier={tiled,linear}");
    const Caps silent = caps("video/x-raw(memory:DMABuf),format=NV12");
    CHECK(agreed(tiled, silent) == "video/x-raw(memory:DMABuf),format=NV12,drm-modifier=linear");
    CHECK(agreed(silent, tiled) == "video/x-raw(memory:DMABuf),format=NV12,drm-modifier=linear");
    CHECK(noted(tiled, silent) ==
          "drm-modifier linear: sink mentions none, source has "
          "video/x-raw(memory:DMABuf),format=NV12,drm-modifier={tiled,linear}");
    const Caps apart = caps(
        "video/x-raw(memory:DMABuf),format=NV12,drm-modifier=tiled; "
        "video/x-raw(memory:DMABuf),format=NV12,drm-modifier=linear");
    CHECK(agreed(apart, silent) == "video/x-raw(memory:DMABuf),format=NV12,drm-modifier=linear");
}

TEST_CASE("memory caps: a modifier that the peer does not mention kills no format") {
    const Caps only = caps("video/x-raw(memory:DMABuf),format=NV12,drm-modifier=tiled");
    const Caps silent = caps("video/x-raw(memory:DMABuf),format=NV12");
    CHECK(agreed(only, silent) == "video/x-raw(memory:DMABuf),format=NV12,drm-modifier=tiled");
    CHECK(noted(only, silent).starts_with("drm-modifier tiled: sink mentions none, source has "));
}

TEST_CASE("memory caps: two who mention modifiers take what they like best, and nothing is said") {
    const Caps tiled = caps("video/x-raw(memory:DMABuf),format=NV12,drm-modifier={tiled,linear}");
    CHECK(agreed(tiled, tiled) == "video/x-raw(memory:DMABuf),format=NV12,drm-modifier=tiled");
    CHECK(noted(tiled, tiled).empty());
    CHECK(noted(tiled, Caps::any()).empty());
    CHECK(agreed(tiled, caps("video/x-raw(memory:DMABuf),drm-modifier=linear")) ==
          "video/x-raw(memory:DMABuf),format=NV12,drm-modifier=linear");
    CHECK(agreed(tiled, caps("video/x-raw(memory:DMABuf),drm-modifier=other")) ==
          "no-common-format");
}

TEST_CASE("memory caps: alignments meet in their smallest common multiple") {
    const Caps rgb = caps("video/x-raw,format=RGB");
    const Caps by_64 = aligned(rgb, {.start_bytes = 4096, .stride_bytes = 64});
    CHECK(agreed(by_64, aligned(rgb, {.stride_bytes = 96})) ==
          "video/x-raw,format=RGB,memory-alignment=4096,stride-alignment=192");
    CHECK(agreed(by_64, rgb) == "video/x-raw,format=RGB,memory-alignment=4096,stride-alignment=64");
    CHECK(agreed(by_64, aligned(rgb, {.start_bytes = 1 << 20, .stride_bytes = 1})) ==
          "video/x-raw,format=RGB,memory-alignment=1048576,stride-alignment=64");
    CHECK(agreed(aligned(rgb, {.stride_bytes = 1 << 19}),
                 aligned(rgb, {.stride_bytes = 3 << 18})) == "no-common-format");
    CHECK(aligned(rgb, {}) == rgb);
    CHECK(aligned(Caps::any(), {.start_bytes = 64}).is_any());
}

TEST_CASE("memory caps: what can be shared of caps is what another process can map") {
    CHECK(to_string(shareable(caps("v(ANY),a=1; v(memory:GPU),a=2; v,a=3; v(memory:Heap)"))) ==
          "v,a=1; v(memory:DMABuf),a=1; v(memory:File),a=1; v,a=3");
    CHECK(shareable(Caps::any()).is_any());
    CHECK(shareable(caps("v(memory:GPU)")).is_empty());
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
