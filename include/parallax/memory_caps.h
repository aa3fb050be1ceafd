// Where frames may lie, said in caps, so that memory is agreed in the same solve as formats.
//
//     pads.caps = in_memory(video_caps({PixelFormat::nv12}), MemoryPreset::gpu_preferred);
//
// The kinds are caps features: none or memory:MemFd is plain CPU memory, always a memfd and so
// always shareable; memory:Heap is foreign memory that can be imported but not shared with another
// process; memory:File is a mapped file; memory:DMABuf and memory:GPU belong to devices. A
// `drm-modifier` field names a layout; a peer that does not mention one takes any of them.
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

// Whether frames of these fixed caps can be handed to another process without a copy.
bool is_shareable(const Structure& fixed);

}  // namespace parallax
