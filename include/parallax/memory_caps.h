// Where frames may lie, said in caps, so that memory is agreed in the same solve as formats.
//
//     pads.caps = in_memory(video_caps({PixelFormat::nv12}), MemoryPreset::gpu_preferred);
//
// The kinds are caps features: none or memory:MemFd is plain CPU memory, always a memfd and so
// always shareable; memory:Heap is foreign memory that can be imported but not shared with another
// process; memory:File is a mapped file; memory:DMABuf and memory:GPU belong to devices. What a
// source can export or a sink can import is a list of kinds, the preferred one first.
//
// A `drm-modifier` field names a layout. Where one end does not mention any, the format is not
// lost: `linear` is taken if the other end can do it, else what that end prefers; a note says so.
// `memory-alignment` and `stride-alignment` are multiples of bytes: see aligned().
//
// Threads: plain values and pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "parallax/caps.h"

namespace parallax {

enum class MemoryKind : std::uint8_t { memfd, heap, file, dmabuf, gpu };

std::string_view feature_of(MemoryKind kind);  // "memory:MemFd" …
Features features_of(MemoryKind kind);

enum class MemoryPreset : std::uint8_t {
    cpu_only,       // Plain CPU memory.
    gpu_preferred,  // Memory of a device, then DMABuf, then plain CPU memory.
    any,            // Wherever it lies.
};

// Each alternative once for each kind, the first kind preferred over all others.
Caps in_memory(const Caps& caps, std::span<const MemoryKind> kinds);
Caps in_memory(const Caps& caps, MemoryPreset preset);

inline constexpr std::string_view kDrmModifier = "drm-modifier";
inline constexpr std::string_view kLinearModifier = "linear";

// Frames and their rows start at multiples of so many bytes; at least 1 each.
struct MemoryAlignment {
    std::int64_t start_bytes = 1;
    std::int64_t stride_bytes = 1;
};
// The caps with these as what is needed at the least: two ends agree on the smallest common
// multiple. No field is set for 1, and a frame is never aligned to more than 1 MiB.
Caps aligned(const Caps& caps, const MemoryAlignment& alignment);

// Of caps, what can be handed to another process without a copy; ANY stays ANY.
Caps shareable(const Caps& caps);

// Whether frames of these fixed caps can be handed to another process without a copy.
bool is_shareable(const Structure& fixed);

}  // namespace parallax
