#include "elements/coders/file_formats.h"

#include <array>
#include <optional>

#include "elements/orientation.h"
#include "parallax/video_caps.h"

namespace parallax::elements {
namespace {

constexpr std::array<std::string_view, 4> kKept{"width", "height", "framerate", kOrientation};
constexpr std::array<std::string_view, 2> kPictureTypes{"video/x-raw", "video/x-bayer"};

bool may_be(const Structure& structure, std::string_view name) {
    const Value* format = structure.find("format");
    return format == nullptr || intersect(*format, Value(name)).has_value();
}

void keep_size(const Structure& from, Structure& to) {
    for (const std::string_view field : kKept) {
        if (const Value* value = from.find(field)) to.set(field, *value);
    }
}

}  // namespace

FileFormats FileFormats::plain(std::string media_type, std::span<const PixelFormat> pictures) {
    std::vector<Pair> pairs;
    for (const PixelFormat format : pictures) {
        const PixelTraits& t = traits(format);
        const PixelFormat gray = t.bits > 8 ? PixelFormat::gray16le : PixelFormat::gray8;
        pairs.push_back({format, t.family == PixelFamily::bayer ? traits(gray).name : t.name});
    }
    return {std::move(media_type), std::move(pairs)};
}

FileFormats FileFormats::silent(std::string media_type, std::span<const PixelFormat> pictures) {
    std::vector<Pair> pairs;
    for (const PixelFormat format : pictures) pairs.push_back({format, {}});
    return {std::move(media_type), std::move(pairs)};
}

Caps FileFormats::pictures() const {
    std::vector<PixelFormat> formats;
    for (const Pair& pair : pairs_) formats.push_back(pair.picture);
    return video_caps(formats);
}

Caps FileFormats::files() const { return to_files(pictures()); }

Caps FileFormats::to_files(const Caps& pictures) const {
    if (pictures.is_any()) return files();
    Caps caps;
    for (const Structure& from : pictures.structures()) {
        std::vector<Value> names;
        bool held = false;
        for (const Pair& pair : pairs_) {
            const PixelTraits& t = traits(pair.picture);
            if (t.media_type != from.media_type() || !may_be(from, t.name)) continue;
            held = true;
            if (!pair.in_file.empty()) names.emplace_back(pair.in_file);
        }
        if (!held) continue;
        Structure to(media_type_);
        if (!names.empty()) to.set("format", list_of(std::move(names)));
        keep_size(from, to);
        caps.append(std::move(to));
    }
    return caps;
}

Caps FileFormats::to_pictures(const Caps& files) const {
    if (files.is_any()) return pictures();
    Caps caps;
    for (const Structure& from : files.structures()) {
        for (const std::string_view type : kPictureTypes) {
            std::vector<Value> names;
            for (const Pair& pair : pairs_) {
                const PixelTraits& t = traits(pair.picture);
                const bool fits = pair.in_file.empty() || may_be(from, pair.in_file);
                if (t.media_type == type && fits) names.emplace_back(t.name);
            }
            if (names.empty()) continue;
            Structure to{std::string(type)};
            to.set("format", list_of(std::move(names)));
            keep_size(from, to);
            caps.append(std::move(to));
        }
    }
    return caps;
}

}  // namespace parallax::elements
