#include "elements/codec/lossless_jpeg.h"

#include <algorithm>
#include <array>
#include <random>

#include <doctest/doctest.h>

#include "elements/codec/jpeg.h"
#include "support/codec_testing.h"

namespace parallax::codec {
namespace {

using testing::Canvas;

struct Shape {
    unsigned columns = 12, rows = 9, components = 2;
    unsigned restart_rows = 0;      // 0: no restarts
    bool wide_category_16 = false;  // As Adobe wrote it before DNG 1.1.
};

// A lossless JPEG of random differences. All of its codes have five bits: category n is 00000 + n.
class Writer {
  public:
    explicit Writer(const Shape& shape) : shape_(shape) { headers(); }

    std::vector<std::byte> write(unsigned seed) {
        std::mt19937 random(seed);
        unsigned restarts = 0;
        for (unsigned y = 0; y < shape_.rows; ++y) {
            if (shape_.restart_rows > 0 && y > 0 && y % shape_.restart_rows == 0) {
                align();
                put({0xFF, 0xD0 + restarts++ % 8});
            }
            for (unsigned i = 0; i < shape_.columns * shape_.components; ++i) {
                difference(static_cast<unsigned>(random() % 17), static_cast<unsigned>(random()));
            }
        }
        align();
        put({0xFF, 0xD9});
        return out_;
    }

  private:
    void put(std::initializer_list<unsigned> bytes) {
        for (const unsigned b : bytes) out_.push_back(static_cast<std::byte>(b));
    }
    void headers() {
        put({0xFF, 0xD8, 0xFF, 0xFF, 0xC4, 0, 2 + 17 + 17, 0});  // With a fill byte.
        for (unsigned length = 1; length <= 16; ++length) put({length == 5 ? 17U : 0U});
        for (unsigned category = 0; category < 17; ++category) put({category});
        const unsigned n = shape_.components;
        put({0xFF, 0xC3, 0, 8 + 3 * n, 16, 0, shape_.rows, 0, shape_.columns, n});
        for (unsigned i = 0; i < n; ++i) put({i, 0x11, 0});
        if (shape_.restart_rows > 0) {
            put({0xFF, 0xDD, 0, 4, 0, shape_.restart_rows * shape_.columns});
        }
        put({0xFF, 0xDA, 0, 6 + 2 * n, n});
        for (unsigned i = 0; i < n; ++i) put({i, 0});
        put({1, 0, 0});
    }
    void difference(unsigned category, unsigned value) {
        bits(category, 5);
        if (category < 16 || shape_.wide_category_16) bits(value, category);
    }
    void bits(unsigned value, unsigned count) {
        for (unsigned i = count; i-- > 0;) {
            byte_ = byte_ << 1 | (value >> i & 1);
            if (++filled_ == 8) flush();
        }
    }
    void flush() {
        put({byte_});
        if (byte_ == 0xFF) put({0});
        byte_ = filled_ = 0;
    }
    void align() {
        while (filled_ != 0) bits(1, 1);
    }

    Shape shape_;
    std::vector<std::byte> out_;
    unsigned byte_ = 0, filled_ = 0;
};

std::vector<std::byte> jpeg_of(const Shape& shape, unsigned seed = 1) {
    return Writer(shape).write(seed);
}

std::string verdict(const Result<>& result) { return result ? "whole" : to_string(result.error()); }

TEST_CASE("lossless jpeg: a whole one passes, with any components, restarts and stuffed bytes") {
    for (unsigned seed = 0; seed < 40; ++seed) {
        for (unsigned components = 1; components <= 4; ++components) {
            for (const unsigned restart_rows : {0U, 1U, 4U}) {
                CAPTURE(seed);
                CAPTURE(components);
                CAPTURE(restart_rows);
                const auto jpeg =
                    jpeg_of({.components = components, .restart_rows = restart_rows}, seed);
                CHECK(jpeg_kind(jpeg) == JpegKind::lossless);
                REQUIRE(verdict(expect_whole_lossless_jpeg(jpeg)) == "whole");
            }
        }
    }
}

TEST_CASE("lossless jpeg: every proper prefix with samples missing is refused") {
    const auto jpeg = jpeg_of({});
    for (std::size_t size = 0; size + 3 < jpeg.size(); ++size) {  // EOI may be missing.
        const std::vector<std::byte> cut(jpeg.begin(), jpeg.begin() + static_cast<long>(size));
        CAPTURE(size);
        REQUIRE_FALSE(expect_whole_lossless_jpeg(cut));
    }
}

TEST_CASE("lossless jpeg: a hole of zeros or of other bytes anywhere among its codes is found") {
    const Shape shape{.columns = 64, .rows = 40, .components = 1};
    for (const auto& [fill, bytes] : {std::pair{0x00, 256UL}, {0x55, 256UL}, {0x00, 64UL}}) {
        const auto whole = jpeg_of(shape, 3);
        std::size_t found = 0, tried = 0;
        for (std::size_t at = 80; at + bytes + 2 <= whole.size(); at += 31, ++tried) {
            auto holed = whole;
            std::fill_n(holed.begin() + static_cast<long>(at), bytes, static_cast<std::byte>(fill));
            if (!expect_whole_lossless_jpeg(holed)) ++found;
        }
        CAPTURE(fill);
        CAPTURE(bytes);
        REQUIRE(tried > 50);
        CHECK(found == tried);
    }
}

TEST_CASE("lossless jpeg: what is wrong is said") {
    const auto jpeg = jpeg_of({.columns = 64, .rows = 40});
    const auto after = [&](std::size_t at, std::vector<unsigned> bytes) {
        auto bent = jpeg;
        for (const unsigned b : bytes) bent.at(at++) = static_cast<std::byte>(b);
        return verdict(expect_whole_lossless_jpeg(bent));
    };
    CHECK(verdict(expect_whole_lossless_jpeg({})) == "found no start of an image");
    CHECK(after(2, {0xFF, 0xD9}) == "found one without samples");
    CHECK(after(100, {0xFF, 0xD9}).find("of 2560 pixels") != std::string::npos);
    auto longer = jpeg;
    longer.insert(longer.end() - 2, 100, std::byte{0x21});
    CHECK(verdict(expect_whole_lossless_jpeg(longer)) ==
          "found 100 more bytes than its samples take");
    longer.erase(longer.end() - 2 - 93, longer.end() - 2);
    CHECK(verdict(expect_whole_lossless_jpeg(longer)) == "whole");  // Some encoder's habit.
    const auto restarting = jpeg_of({.restart_rows = 3});
    auto marker = restarting;
    const std::array wanted{std::byte{0xFF}, std::byte{0xD1}};
    const auto at = std::ranges::search(marker, wanted);
    REQUIRE_FALSE(at.empty());
    *(at.begin() + 1) = std::byte{0xDA};
    CHECK(verdict(expect_whole_lossless_jpeg(marker)) ==
          "found no restart marker where one belongs");
}

TEST_CASE("lossless jpeg: category 16 carries bits only where its writer says so") {
    const auto old = jpeg_of({.wide_category_16 = true});
    CHECK(expect_whole_lossless_jpeg(old, {.wide_category_16 = true}));
    CHECK_FALSE(expect_whole_lossless_jpeg(old));
    CHECK_FALSE(expect_whole_lossless_jpeg(jpeg_of({}), {.wide_category_16 = true}));
}

TEST_CASE("lossless jpeg: any byte may be any other without harm") {
    const auto jpeg = jpeg_of({.restart_rows = 2});
    std::mt19937 random(5);
    for (std::size_t at = 0; at < jpeg.size(); ++at) {
        for (int i = 0; i < 20; ++i) {
            auto bent = jpeg;
            bent[at] = static_cast<std::byte>(random());
            (void)jpeg_kind(bent);
            (void)expect_whole_lossless_jpeg(bent);
        }
    }
}

TEST_CASE("lossless jpeg: an ordinary JPEG is told apart, and a hole in it is found too") {
    Canvas picture(PixelFormat::rgb, 200, 160);
    testing::fill_noise(picture.view);
    std::vector<std::byte> jpeg(jpeg_bound(picture.view.layout, {}));
    jpeg.resize(unwrap(jpeg_encode(picture.picture(), {}, jpeg)));
    CHECK(jpeg_kind(jpeg) == JpegKind::lossy);
    CHECK(jpeg_kind(std::vector<std::byte>(100)) == JpegKind::none);
    CHECK(verdict(expect_whole_lossy_jpeg(jpeg)) == "whole");
    std::size_t found = 0, tried = 0;
    for (std::size_t at = 1000; at + 1000 < jpeg.size(); at += 1009, ++tried) {
        auto holed = jpeg;
        std::fill_n(holed.begin() + static_cast<long>(at), 512, std::byte{0});
        if (!expect_whole_lossy_jpeg(holed)) ++found;
    }
    REQUIRE(tried > 20);
    CHECK(found == tried);
    // A header that promises more than any memory holds is found out, not believed.
    const std::array frame{std::byte{0xFF}, std::byte{0xC0}};
    auto vast = jpeg;
    const auto at = std::ranges::search(vast, frame);
    REQUIRE_FALSE(at.empty());
    std::fill_n(at.begin() + 5, 4, std::byte{0xFD});  // 65021 x 65021
    CHECK_FALSE(expect_whole_lossy_jpeg(vast));
    // A progressive one is not looked into.
    std::vector<std::byte> progressive(jpeg_bound(picture.view.layout, {.progressive = true}));
    progressive.resize(unwrap(jpeg_encode(picture.picture(), {.progressive = true}, progressive)));
    CHECK(verdict(expect_whole_lossy_jpeg(progressive)) == "whole");
}

}  // namespace
}  // namespace parallax::codec
