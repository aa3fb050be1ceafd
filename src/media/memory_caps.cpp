#include "parallax/memory_caps.h"

#include <algorithm>
#include <array>
#include <string>

namespace parallax {
namespace {

constexpr std::array<std::string_view, 5> kFeatures{kMemFd, "memory:Heap", "memory:File", kDmaBuf,
                                                    "memory:GPU"};

Caps with_features(const Caps& caps, const Features& features) {
    Caps all;
    for (Structure structure : caps.structures()) {
        structure.set_features(features);
        all.append(std::move(structure));
    }
    return all;
}

}  // namespace

std::string_view feature_of(MemoryKind kind) {
    return kFeatures.at(static_cast<std::size_t>(kind));
}

Features features_of(MemoryKind kind) { return Features({std::string(feature_of(kind))}); }

Caps in_memory(const Caps& caps, std::span<const MemoryKind> kinds) {
    if (caps.is_any()) return caps;  // Any format is in any memory.
    Caps all;
    for (const MemoryKind kind : kinds) {
        const Caps there = with_features(caps, features_of(kind));
        for (const Structure& structure : there.structures()) all.append(structure);
    }
    return all;
}

Caps in_memory(const Caps& caps, MemoryPreset preset) {
    using enum MemoryKind;
    if (caps.is_any()) return caps;
    switch (preset) {
        case MemoryPreset::cpu_only:
            return in_memory(caps, std::array{memfd});
        case MemoryPreset::gpu_preferred:
            return in_memory(caps, std::array{gpu, dmabuf, memfd});
        case MemoryPreset::any:
            break;
    }
    return with_features(caps, Features::any());
}

Caps aligned(const Caps& caps, const MemoryAlignment& alignment) {
    constexpr std::int64_t most = std::int64_t{1} << 20U;
    const auto multiples_of = [](std::int64_t bytes) {
        return Value(IntRange{bytes, most, bytes});
    };
    Caps all;
    for (Structure structure : caps.structures()) {
        if (alignment.start_bytes > 1) {
            structure.set("memory-alignment", multiples_of(alignment.start_bytes));
        }
        if (alignment.stride_bytes > 1) {
            structure.set("stride-alignment", multiples_of(alignment.stride_bytes));
        }
        all.append(std::move(structure));
    }
    return caps.is_any() ? caps : all;
}

Caps shareable(const Caps& caps) {
    using enum MemoryKind;
    Caps all;
    for (const Structure& structure : caps.structures()) {
        if (!structure.features().is_any()) {
            if (is_shareable(structure)) all.append(structure);
            continue;
        }
        const Caps some = in_memory(Caps(structure), std::array{memfd, dmabuf, file});
        for (const Structure& each : some.structures()) all.append(each);
    }
    return caps.is_any() ? caps : all;
}

bool is_shareable(const Structure& fixed) {
    const Features& features = fixed.features();
    if (features.is_plain()) return true;
    return std::ranges::any_of(features.names(), [](const std::string& name) {
        return name == kDmaBuf || name == feature_of(MemoryKind::file);
    });
}

}  // namespace parallax
