#include "parallax/meta.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax {
namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

RawInfo full_raw_info() {
    RawInfo info;
    info.black_level = {64, 65, 66, 67};
    info.white_level = 4095;
    info.as_shot_neutral = {0.5F, 1.0F, 0.625F};
    info.calibrations = {{2856.0F, {1, 2, 3, 4, -5, 6, 7, 8, 9}}, {6504.0F, {}}};
    info.baseline_exposure_ev = -0.5F;
    info.noise_profile = {1e-4F, -1e-7F};
    info.shading = ShadingGrid{3, 2, std::vector<float>(24, 1.5F)};
    info.defects = {{0, 0}, {65535, 12}};
    info.exposure_s = 0.01F;
    info.iso = 400;
    info.orientation = 6;
    info.make = "Maker";
    info.model = "Model 1";
    return info;
}

Meta full_meta() {
    Meta meta;
    meta.sequence = 7;
    meta.pts_ns = 123'456'789;
    meta.duration_ns = 40'000'000;
    meta.flags = frame_flag::discont | frame_flag::still;
    REQUIRE(meta.set("b.second", bytes_of("two")));
    REQUIRE(meta.set("a.first", bytes_of("")));
    REQUIRE(set_raw_info(meta, full_raw_info()));
    REQUIRE(set_provenance(meta, {.seed = 5, .input_hash = {1, 2}, .chain = {}}));
    REQUIRE(append_step(meta, {"softisp0", "softisp", "1.2", "demosaic=mhc"}));
    return meta;
}

TEST_CASE("meta: entries are found by key, replaced, erased, and kept sorted") {
    Meta meta;
    CHECK_FALSE(meta.find("x"));
    REQUIRE(meta.set("x", bytes_of("1")));
    REQUIRE(meta.set("a", bytes_of("2")));
    REQUIRE(meta.set("x", bytes_of("3")));
    CHECK(meta.entries().size() == 2);
    CHECK(meta.entries()[0].key == "a");
    CHECK(std::ranges::equal(*meta.find("x"), bytes_of("3")));
    CHECK(meta.erase("x"));
    CHECK_FALSE(meta.erase("x"));
    CHECK_FALSE(meta.find("x"));
}

TEST_CASE("meta: limits on keys, entries and bytes hold") {
    Meta meta;
    CHECK_FALSE(meta.set("", {}));
    CHECK_FALSE(meta.set("a b", {}));
    CHECK_FALSE(meta.set("a\n", {}));
    CHECK_FALSE(meta.set(std::string(129, 'k'), {}));
    CHECK(meta.set(std::string(128, 'k'), {}));
    CHECK_FALSE(meta.set("big", std::vector<std::byte>(kMaxMetaBytes)));
    for (int i = 0; i < 63; ++i) REQUIRE(meta.set("k" + std::to_string(i), {}));
    CHECK_FALSE(meta.set("one.more", {}));
    CHECK(meta.set("k1", bytes_of("replacing is no new entry")));
}

TEST_CASE("meta: what is written reads back equal, with and without entries") {
    CHECK(unwrap(parse_meta(serialize(Meta()))) == Meta());
    const Meta meta = full_meta();
    CHECK(unwrap(parse_meta(serialize(meta))) == meta);
    CHECK(*unwrap(raw_info(meta)) == full_raw_info());
    const Provenance p = *unwrap(provenance(meta));
    CHECK(p.seed == 5);
    CHECK(p.input_hash == std::array<std::uint64_t, 2>{1, 2});
    REQUIRE(p.chain.size() == 1);
    CHECK(p.chain[0] == ProvenanceStep{"softisp0", "softisp", "1.2", "demosaic=mhc"});
}

TEST_CASE("meta: no prefix and no extension of an encoding is accepted") {
    auto bytes = serialize(full_meta());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const auto read = parse_meta(std::span(bytes).first(size));
        REQUIRE_FALSE(read);
        CHECK(read.error().code == Errc::corrupt);
    }
    bytes.push_back(std::byte{0});
    CHECK_FALSE(parse_meta(bytes));
}

TEST_CASE("meta: whatever bytes are flipped, what still reads is in order and writes the same") {
    const auto good = serialize(full_meta());
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const int flip : {0x01, 0x80, 0xff}) {
            auto bytes = good;
            bytes[at] ^= static_cast<std::byte>(flip);
            const auto read = parse_meta(bytes);
            if (!read) continue;
            CHECK(serialize(*read) == bytes);
            CHECK(read->pts_ns >= kNoTimeNs);
            (void)raw_info(*read);
            (void)provenance(*read);
        }
    }
}

TEST_CASE("meta: a frame that nobody follows gets no provenance") {
    Meta meta;
    CHECK(append_step(meta, {"a", "b", "c", "d"}));
    CHECK(meta.entries().empty());
    CHECK_FALSE(unwrap(provenance(meta)));
    REQUIRE(meta.set("other", {}));
    CHECK(append_step(meta, {"a", "b", "c", "d"}));
    CHECK(meta.entries().size() == 1);
    CHECK_FALSE(append_step(
        *[] {
            static Meta followed;
            REQUIRE(set_provenance(followed, {}));
            return &followed;
        }(),
        {std::string(5000, 'x'), "", "", ""}));
}

TEST_CASE("raw info: an empty and a full record read back equal") {
    CHECK(unwrap(parse_raw_info(serialize(RawInfo()))) == RawInfo());
    CHECK(unwrap(parse_raw_info(serialize(full_raw_info()))) == full_raw_info());
}

TEST_CASE("raw info: no prefix is accepted, and a flipped byte never passes a bad value") {
    const auto good = serialize(full_raw_info());
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK_FALSE(parse_raw_info(std::span(good).first(size)));
    }
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (int flip = 1; flip < 256; flip += 7) {
            auto bytes = good;
            bytes[at] ^= static_cast<std::byte>(flip);
            const auto read = parse_raw_info(bytes);
            if (!read) continue;
            CHECK(read->orientation >= 1);
            CHECK(read->orientation <= 8);
            CHECK(read->white_level >= 0);
            CHECK(read->calibrations.size() <= 2);
            if (read->shading) {
                CHECK(read->shading->gains.size() ==
                      static_cast<std::size_t>(read->shading->columns * read->shading->rows * 4));
            }
            CHECK(serialize(*read) == bytes);
        }
    }
}

TEST_CASE("raw info: values that make no sense do not check out") {
    const auto rejects = [](auto change) {
        RawInfo info = full_raw_info();
        change(info);
        return !parse_raw_info(serialize(info));
    };
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    constexpr float inf = std::numeric_limits<float>::infinity();
    CHECK(rejects([](RawInfo& i) { i.black_level[2] = nan; }));
    CHECK(rejects([](RawInfo& i) { i.white_level = -1; }));
    CHECK(rejects([](RawInfo& i) { (*i.as_shot_neutral)[1] = inf; }));
    CHECK(rejects([](RawInfo& i) { i.calibrations.resize(3); }));
    CHECK(rejects([](RawInfo& i) { i.calibrations[0].xyz_to_camera[3] = nan; }));
    CHECK(rejects([](RawInfo& i) { i.shading->gains[5] = -1; }));
    CHECK(rejects([](RawInfo& i) { i.shading->columns = 1; }));
    CHECK(rejects([](RawInfo& i) { i.shading->columns = 257; }));
    CHECK(rejects([](RawInfo& i) { i.shading->gains.pop_back(); }));
    CHECK(rejects([](RawInfo& i) { i.defects.resize(65537); }));
    CHECK(rejects([](RawInfo& i) { i.defects[0] = {-1, 0}; }));
    CHECK(rejects([](RawInfo& i) { i.orientation = 9; }));
    CHECK(rejects([](RawInfo& i) { i.make = std::string(257, 'x'); }));
}

}  // namespace
}  // namespace parallax
