#include "elements/codec/tag_writer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace parallax::codec {
namespace {

constexpr std::size_t kEntryBytes = 12;

template <class T>
void put(std::vector<std::byte>& out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        out.push_back(static_cast<std::byte>(value >> (8 * i)));
    }
}

struct Fraction {
    std::uint32_t above, below;
};

// The simplest fraction that rounds to `value`: its continued fraction, until the float is met.
Fraction nearest_fraction(float value, std::uint32_t limit) {
    if (!(value > 0)) return {0, 1};
    if (value >= static_cast<float>(limit)) return {limit, 1};
    std::uint64_t above = 1, below = 0, above_before = 0, below_before = 1;
    double rest = value;
    for (int step = 0; step < 40; ++step) {
        const double whole = std::floor(rest);
        if (whole > limit) break;
        const auto w = static_cast<std::uint64_t>(whole);
        const std::uint64_t next_above = w * above + above_before;
        const std::uint64_t next_below = w * below + below_before;
        if (next_above > limit || next_below > limit) break;
        above_before = std::exchange(above, next_above);
        below_before = std::exchange(below, next_below);
        if (static_cast<float>(double(above) / double(below)) == value || rest == whole) break;
        rest = 1 / (rest - whole);
    }
    return {static_cast<std::uint32_t>(above), static_cast<std::uint32_t>(below)};
}

}  // namespace

void TagWriter::bytes(TagId id, TagType type, std::span<const std::byte> values) {
    PX_CHECK(values.size() % bytes_of(type) == 0);
    entries_[id] = {type, {values.begin(), values.end()}};
}

void TagWriter::words(TagId id, std::span<const std::uint16_t> values) {
    std::vector<std::byte> out;
    for (const std::uint16_t value : values) put(out, value);
    entries_[id] = {TagType::word, std::move(out)};
}

void TagWriter::dwords(TagId id, std::span<const std::uint32_t> values) {
    std::vector<std::byte> out;
    for (const std::uint32_t value : values) put(out, value);
    entries_[id] = {TagType::dword, std::move(out)};
}

void TagWriter::rationals(TagId id, std::span<const float> values) {
    std::vector<std::byte> out;
    for (const float value : values) {
        const Fraction f = nearest_fraction(value, std::numeric_limits<std::uint32_t>::max());
        put(out, f.above);
        put(out, f.below);
    }
    entries_[id] = {TagType::rational, std::move(out)};
}

void TagWriter::srationals(TagId id, std::span<const float> values) {
    std::vector<std::byte> out;
    for (const float value : values) {
        const Fraction f =
            nearest_fraction(std::abs(value), std::numeric_limits<std::int32_t>::max());
        put(out, value < 0 ? 0U - f.above : f.above);
        put(out, f.below);
    }
    entries_[id] = {TagType::srational, std::move(out)};
}

void TagWriter::doubles(TagId id, std::span<const double> values) {
    std::vector<std::byte> out;
    for (const double value : values) put(out, std::bit_cast<std::uint64_t>(value));
    entries_[id] = {TagType::float64, std::move(out)};
}

void TagWriter::text(TagId id, std::string_view value) {
    value = value.substr(0, std::min(value.find('\0'), std::size_t{255}));
    std::vector<std::byte> out;
    for (const char c : value) out.push_back(static_cast<std::byte>(c));
    out.push_back(std::byte{0});
    entries_[id] = {TagType::ascii, std::move(out)};
}

std::size_t TagWriter::size_bytes() const {
    std::size_t size = 2 + entries_.size() * kEntryBytes + 4;
    for (const auto& [id, entry] : entries_) {
        if (entry.value.size() > 4) size += (entry.value.size() + 1) / 2 * 2;
    }
    return size;
}

std::vector<std::byte> TagWriter::laid_out(std::size_t offset) const {
    std::vector<std::byte> directory;
    std::vector<std::byte> values;
    const std::size_t values_at = offset + 2 + entries_.size() * kEntryBytes + 4;
    put(directory, static_cast<std::uint16_t>(entries_.size()));
    for (const auto& [id, entry] : entries_) {
        put(directory, static_cast<std::uint16_t>(id));
        put(directory, static_cast<std::uint16_t>(entry.type));
        put(directory, static_cast<std::uint32_t>(entry.value.size() / bytes_of(entry.type)));
        if (entry.value.size() > 4) {
            put(directory, static_cast<std::uint32_t>(values_at + values.size()));
            values.insert(values.end(), entry.value.begin(), entry.value.end());
            if (values.size() % 2 != 0) values.push_back(std::byte{0});  // Values begin on words.
        } else {
            directory.insert(directory.end(), entry.value.begin(), entry.value.end());
            directory.resize(directory.size() + 4 - entry.value.size());
        }
    }
    put(directory, std::uint32_t{0});  // No directory after this one.
    directory.insert(directory.end(), values.begin(), values.end());
    return directory;
}

}  // namespace parallax::codec
