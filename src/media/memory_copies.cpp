#include "media/memory_copies.h"

#include <array>
#include <string_view>

namespace parallax {
namespace {

constexpr std::array<std::string_view, 6> kMedia{"video/x-raw", "video/x-bayer", "video/x-h264",
                                                 "image/jpeg",  "image/png",     "audio/x-raw"};

Caps all_in(MemoryKind kind) {
    Caps all;
    for (const std::string_view media : kMedia) {
        all.append(Structure(std::string(media), features_of(kind)));
    }
    return all;
}

std::string_view word(MemoryKind kind) {
    return feature_of(kind).substr(std::string_view("memory:").size());
}

}  // namespace

MemoryCopies::MemoryCopies(const std::vector<MemoryCopy>& copies) {
    for (const MemoryCopy& copy : copies) {
        entries_.push_back(
            {.name = "copy-" + std::string(word(copy.from)) + "-to-" + std::string(word(copy.to)),
             .sink = all_in(copy.from),
             .src = all_in(copy.to),
             .transform = &moves_.emplace_back(copy),
             .cost = copy.cost,
             .bytes_per_second = copy.bytes_per_second});
    }
}

// A modifier says how a device lays its own memory out: what comes out of a copy has none.
Caps MemoryCopies::Move::across(std::size_t from, const Caps& caps, std::size_t) const {
    const Features near = features_of(from == 0 ? copy_.from : copy_.to);
    const Features far = features_of(from == 0 ? copy_.to : copy_.from);
    Caps moved;
    for (Structure structure : caps.structures()) {
        if (!structure.features().is_any() && structure.features() != near) continue;
        structure.set_features(far);
        structure.erase(kDrmModifier);
        moved.append(std::move(structure));
    }
    return moved;
}

}  // namespace parallax
