#include "parallax/meta.h"

#include <algorithm>

#include "media/bytes.h"

namespace parallax {
namespace {

constexpr std::uint32_t kMetaMagic = 0x544d5850;        // "PXMT"
constexpr std::uint32_t kProvenanceMagic = 0x56505850;  // "PXPV"
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kMaxStepTextBytes = 4096;

std::size_t bytes_in(std::span<const Meta::Entry> entries) {
    std::size_t bytes = 0;
    for (const Meta::Entry& entry : entries) bytes += entry.key.size() + entry.value.size();
    return bytes;
}

// A key goes into reports and file names of traces: printable ASCII without spaces.
bool is_key(std::string_view key) {
    return !key.empty() && key.size() <= kMaxMetaKeyBytes &&
           std::ranges::all_of(key, [](char c) { return c > ' ' && c < '\x7f'; });
}

void put_step(ByteWriter& out, const ProvenanceStep& step) {
    out.put_text(step.element);
    out.put_text(step.factory);
    out.put_text(step.version);
    out.put_text(step.parameters);
}

ProvenanceStep get_step(ByteReader& in) {
    ProvenanceStep step;
    step.element = in.get_text(kMaxStepTextBytes);
    step.factory = in.get_text(kMaxStepTextBytes);
    step.version = in.get_text(kMaxStepTextBytes);
    step.parameters = in.get_text(kMaxStepTextBytes);
    return step;
}

bool fits(const ProvenanceStep& step) {
    return std::max({step.element.size(), step.factory.size(), step.version.size(),
                     step.parameters.size()}) <= kMaxStepTextBytes;
}

Result<Provenance> parse_provenance(std::span<const std::byte> bytes) {
    ByteReader in(bytes);
    const bool known =
        in.get<std::uint32_t>() == kProvenanceMagic && in.get<std::uint16_t>() == kVersion;
    Provenance provenance;
    provenance.seed = in.get<std::uint64_t>();
    for (std::uint64_t& word : provenance.input_hash) word = in.get<std::uint64_t>();
    // Steps run to the end of the bytes, so that one more is only appended.
    while (known && !in.bad() && !in.at_end()) {
        provenance.chain.push_back(get_step(in));
    }
    if (!known || in.bad()) {
        return fail(Errc::corrupt, "a provenance record that does not check out");
    }
    return provenance;
}

bool times_make_sense(const Meta& meta) {
    return meta.pts_ns >= kNoTimeNs && meta.duration_ns >= kNoTimeNs &&
           (meta.flags & ~frame_flag::all) == 0;
}

}  // namespace

Result<> Meta::set(std::string_view key, std::vector<std::byte> value) {
    if (!is_key(key)) {
        return fail(Errc::invalid_argument,
                    "a metadata key is 1 to 128 printable characters without spaces");
    }
    const auto place = std::ranges::lower_bound(entries_, key, {}, &Entry::key);
    const bool known = place != entries_.end() && place->key == key;
    const std::size_t freed = known ? key.size() + place->value.size() : 0;
    if (bytes_in(entries_) - freed + key.size() + value.size() > kMaxMetaBytes) {
        return fail(Errc::invalid_argument, "the metadata of one frame is limited to 8 MiB");
    }
    if (known) {
        place->value = std::move(value);
        return {};
    }
    if (entries_.size() == kMaxMetaEntries) {
        return fail(Errc::invalid_argument, "the metadata of one frame is limited to 64 entries");
    }
    entries_.insert(place, {std::string(key), std::move(value)});
    return {};
}

std::optional<std::span<const std::byte>> Meta::find(std::string_view key) const {
    const auto place = std::ranges::lower_bound(entries_, key, {}, &Entry::key);
    if (place == entries_.end() || place->key != key) return std::nullopt;
    return place->value;
}

bool Meta::erase(std::string_view key) {
    return std::erase_if(entries_, [&](const Entry& entry) { return entry.key == key; }) > 0;
}

std::vector<std::byte> serialize(const Meta& meta) {
    ByteWriter out;
    out.reserve(48 + bytes_in(meta.entries()) + meta.entries().size() * 8);
    out.put(kMetaMagic);
    out.put(kVersion);
    out.put(static_cast<std::uint16_t>(meta.entries().size()));
    out.put(meta.sequence);
    out.put(meta.pts_ns);
    out.put(meta.duration_ns);
    out.put(meta.flags);
    for (const Meta::Entry& entry : meta.entries()) {
        out.put_text(entry.key);
        out.put(static_cast<std::uint32_t>(entry.value.size()));
        out.put_bytes(entry.value);
    }
    return std::move(out).take();
}

Result<Meta> parse_meta(std::span<const std::byte> bytes) {
    ByteReader in(bytes);
    if (in.get<std::uint32_t>() != kMetaMagic || in.get<std::uint16_t>() != kVersion) {
        return fail(Errc::corrupt, "no metadata in these bytes, or of another version");
    }
    const auto count = in.get<std::uint16_t>();
    Meta meta;
    meta.sequence = in.get<std::uint64_t>();
    meta.pts_ns = in.get<std::int64_t>();
    meta.duration_ns = in.get<std::int64_t>();
    meta.flags = in.get<std::uint32_t>();
    if (count > kMaxMetaEntries || !times_make_sense(meta)) in.fail();
    std::string last_key;
    for (int i = 0; i < count && !in.bad(); ++i) {
        std::string key = in.get_text(kMaxMetaKeyBytes);
        const auto value = in.get_bytes(in.get<std::uint32_t>());
        // Sorted and without repetition, as serialize writes them: one meaning, one encoding.
        if (in.bad() || key <= last_key || !meta.set(key, {value.begin(), value.end()})) {
            in.fail();
        }
        last_key = std::move(key);
    }
    if (in.bad() || !in.at_end()) return fail(Errc::corrupt, "metadata that does not check out");
    return meta;
}

Result<> set_raw_info(Meta& meta, const RawInfo& info) {
    return meta.set(kRawInfoKey, serialize(info));
}

Result<std::optional<RawInfo>> raw_info(const Meta& meta) {
    const auto bytes = meta.find(kRawInfoKey);
    if (!bytes) return std::nullopt;
    return PX_TRY(parse_raw_info(*bytes));
}

Result<> set_provenance(Meta& meta, const Provenance& provenance) {
    ByteWriter out;
    out.put(kProvenanceMagic);
    out.put(kVersion);
    out.put(provenance.seed);
    for (const std::uint64_t word : provenance.input_hash) out.put(word);
    for (const ProvenanceStep& step : provenance.chain) put_step(out, step);
    if (!std::ranges::all_of(provenance.chain, fits)) {
        return fail(Errc::invalid_argument, "a text of a provenance step is limited to 4096 bytes");
    }
    return meta.set(kProvenanceKey, std::move(out).take());
}

Result<> append_followed_step(Meta& meta, const ProvenanceStep& step) {
    const auto place = std::ranges::find(meta.entries_, kProvenanceKey, &Meta::Entry::key);
    if (place == meta.entries_.end()) return {};
    if (!fits(step)) {
        return fail(Errc::invalid_argument, "a text of a provenance step is limited to 4096 bytes");
    }
    ByteWriter out;
    put_step(out, step);
    const std::vector<std::byte> bytes = std::move(out).take();
    if (bytes_in(meta.entries_) + bytes.size() > kMaxMetaBytes) {
        return fail(Errc::invalid_argument, "the metadata of one frame is limited to 8 MiB");
    }
    place->value.insert(place->value.end(), bytes.begin(), bytes.end());
    return {};
}

Result<std::optional<Provenance>> provenance(const Meta& meta) {
    const auto bytes = meta.find(kProvenanceKey);
    if (!bytes) return std::nullopt;
    return PX_TRY(parse_provenance(*bytes));
}

}  // namespace parallax
