#include "elements/codec/tiff_tags.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

namespace parallax::codec {
namespace {

constexpr std::size_t kEntryBytes = 12;
constexpr std::size_t kMaxTags = 4096;

// An unsigned number of sizeof(T) bytes; the caller has checked that they are there.
template <class T>
T load(const std::byte* at, bool big_endian) {
    T value{};
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        const std::size_t from = big_endian ? i : sizeof(T) - 1 - i;
        value = static_cast<T>(value << 8 | std::to_integer<T>(at[from]));
    }
    return value;
}
template <>
std::uint8_t load<std::uint8_t>(const std::byte* at, bool) {
    return std::to_integer<std::uint8_t>(*at);
}

double ratio(double above, double below) { return below == 0 ? 0 : above / below; }

}  // namespace

std::size_t bytes_of(TagType type) {
    static constexpr std::array<std::uint8_t, 14> sizes{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
    const auto i = static_cast<std::size_t>(type);
    return i < sizes.size() ? sizes.at(i) : 0;
}

double Tag::number(std::size_t i) const {
    if (i >= count) return 0;
    const std::byte* at = value.data() + i * bytes_of(type);
    const auto u32 = [&](std::size_t k) { return load<std::uint32_t>(at + 4 * k, big_endian); };
    const auto s32 = [&](std::size_t k) { return std::bit_cast<std::int32_t>(u32(k)); };
    switch (type) {
        case TagType::byte:
        case TagType::undefined:
            return load<std::uint8_t>(at, big_endian);
        case TagType::sbyte:
            return std::bit_cast<std::int8_t>(load<std::uint8_t>(at, big_endian));
        case TagType::word:
            return load<std::uint16_t>(at, big_endian);
        case TagType::sword:
            return std::bit_cast<std::int16_t>(load<std::uint16_t>(at, big_endian));
        case TagType::dword:
        case TagType::ifd:
            return u32(0);
        case TagType::sdword:
            return s32(0);
        case TagType::rational:
            return ratio(u32(0), u32(1));
        case TagType::srational:
            return ratio(s32(0), s32(1));
        case TagType::float32:
            return std::bit_cast<float>(u32(0));
        case TagType::float64:
            return std::bit_cast<double>(load<std::uint64_t>(at, big_endian));
        case TagType::ascii:
            break;
    }
    return 0;
}

std::uint32_t Tag::whole(std::size_t i) const {
    const double x = number(i);
    if (!(x > 0)) return 0;
    return x >= 4294967295.0 ? 4294967295U : static_cast<std::uint32_t>(x);
}

std::string Tag::text() const {
    std::string text;
    for (const std::byte b : value) {
        if (b == std::byte{0}) break;
        text += static_cast<char>(b);
    }
    return text;
}

const Tag* Directory::find(TagId id) const {
    const auto at = std::ranges::find(tags, id, &Tag::id);
    return at == tags.end() ? nullptr : &*at;
}

double Directory::number(TagId id, double otherwise) const {
    const Tag* tag = find(id);
    return tag != nullptr && tag->count > 0 ? tag->number() : otherwise;
}

Result<TagReader> TagReader::open(std::span<const std::byte> bytes) {
    constexpr std::size_t header_bytes = 8;
    if (bytes.size() < header_bytes) {
        return fail(Errc::corrupt, fmt::format("tiff: expected a header of {} bytes, found {}",
                                               header_bytes, bytes.size()));
    }
    TagReader reader;
    reader.bytes_ = bytes;
    reader.big_endian_ = bytes[0] == std::byte{'M'};
    const bool order_known =
        bytes[0] == bytes[1] && (bytes[0] == std::byte{'I'} || bytes[0] == std::byte{'M'});
    if (!order_known || load<std::uint16_t>(&bytes[2], reader.big_endian_) != 42) {
        return fail(Errc::corrupt, "tiff: this is no TIFF header");
    }
    reader.first_ = load<std::uint32_t>(&bytes[4], reader.big_endian_);
    return reader;
}

Result<Directory> TagReader::directory(std::uint32_t offset) const {
    const auto outside = [&] {
        return fail(Errc::corrupt, fmt::format("tiff: a directory at byte {} of {} is cut off",
                                               offset, bytes_.size()));
    };
    if (offset < 8 || bytes_.size() < std::size_t{offset} + 2) return outside();
    const std::size_t count = load<std::uint16_t>(&bytes_[offset], big_endian_);
    if (count > kMaxTags) {
        return fail(Errc::corrupt, fmt::format("tiff: a directory of {} tags", count));
    }
    const std::size_t end = offset + 2 + count * kEntryBytes;
    if (bytes_.size() < end) return outside();
    Directory directory;
    directory.tags.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::byte* entry = &bytes_[offset + 2 + i * kEntryBytes];
        Tag tag{.id = static_cast<TagId>(load<std::uint16_t>(entry, big_endian_)),
                .type = static_cast<TagType>(load<std::uint16_t>(entry + 2, big_endian_)),
                .count = load<std::uint32_t>(entry + 4, big_endian_),
                .big_endian = big_endian_,
                .value = {}};
        // 2^32 values of 8 bytes fit in 64 bits.
        const std::size_t size = std::size_t{tag.count} * bytes_of(tag.type);
        std::size_t at = offset + 2 + i * kEntryBytes + 8;
        if (size > 4) at = load<std::uint32_t>(entry + 8, big_endian_);
        if (at > bytes_.size() || size > bytes_.size() - at) {
            directory.cut_off.push_back(tag.id);
            continue;
        }
        if (size == 0) continue;  // No values, or of a type unknown.
        tag.value = bytes_.subspan(at, size);
        directory.tags.push_back(tag);
    }
    if (bytes_.size() >= end + 4) directory.next = load<std::uint32_t>(&bytes_[end], big_endian_);
    return directory;
}

std::vector<Directory> TagReader::directories() const {
    // Two offsets may be the same, or run in a circle: their number is bounded anyway.
    constexpr std::size_t max_directories = 64;
    std::vector<std::uint32_t> offsets{first_};
    std::vector<Directory> found;
    const auto add = [&](std::uint32_t offset) {
        if (offset != 0 && offsets.size() < max_directories) offsets.push_back(offset);
    };
    for (std::size_t i = 0; i < offsets.size(); ++i) {
        Result<Directory> next = directory(offsets[i]);
        if (!next) continue;
        add(next->next);
        if (const Tag* sub = next->find(TagId::sub_ifds)) {
            for (std::size_t k = 0; k < std::min<std::size_t>(sub->count, max_directories); ++k) {
                add(sub->whole(k));
            }
        }
        found.push_back(*std::move(next));
    }
    return found;
}

Result<> TagReader::expect_whole() const {
    struct Extent {
        std::uint64_t bytes = 0, end = 0;
    };
    Extent largest;
    const auto look = [&](const Tag* offsets, const Tag* counts) {
        if (offsets == nullptr || counts == nullptr) return;
        Extent extent;
        for (std::size_t i = 0; i < std::min(offsets->count, counts->count); ++i) {
            extent.bytes += counts->whole(i);
            extent.end = std::max(extent.end, std::uint64_t{offsets->whole(i)} + counts->whole(i));
        }
        if (extent.bytes > largest.bytes) largest = extent;
    };
    for (const Directory& d : directories()) {
        look(d.find(TagId::strip_offsets), d.find(TagId::strip_byte_counts));
        look(d.find(TagId::tile_offsets), d.find(TagId::tile_byte_counts));
    }
    if (largest.end <= bytes_.size()) return {};
    return fail(Errc::corrupt, fmt::format("the file is cut short: expected {} bytes, found {}",
                                           largest.end, bytes_.size()));
}

int exif_orientation(std::span<const std::byte> block) {
    const auto reader = TagReader::open(block);
    if (!reader) return 1;
    const auto directory = reader->directory(reader->first());
    if (!directory) return 1;
    const double value = directory->number(TagId::orientation, 1);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
}

int jpeg_orientation(std::span<const std::byte> jpeg) {
    // EXIF 2.3, 4.5.4: markers FFxx with a big-endian length, until the scan (FFDA) begins.
    std::size_t at = 2;
    while (at + 4 <= jpeg.size() && jpeg[at] == std::byte{0xFF}) {
        const auto marker = std::to_integer<unsigned>(jpeg[at + 1]);
        if (marker == 0xFF) {  // A fill byte.
            ++at;
            continue;
        }
        const std::size_t length = load<std::uint16_t>(&jpeg[at + 2], true);
        if (marker == 0xDA || length < 2 || length > jpeg.size() - at - 2) return 1;
        const auto segment = jpeg.subspan(at + 4, length - 2);
        at += 2 + length;
        constexpr std::array<char, 6> exif{'E', 'x', 'i', 'f', 0, 0};
        if (marker != 0xE1 || segment.size() < exif.size() ||
            std::memcmp(segment.data(), exif.data(), exif.size()) != 0) {
            continue;
        }
        return exif_orientation(segment.subspan(exif.size()));
    }
    return 1;
}

}  // namespace parallax::codec
