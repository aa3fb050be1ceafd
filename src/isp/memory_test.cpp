// What developing asks of memory: nothing for each frame, and little for the largest.
#include <array>
#include <vector>

#include <malloc.h>
#include <sys/mman.h>

#include <doctest/doctest.h>

#include "parallax/fd.h"
#include "parallax/isp.h"
#include "support/allocations.h"
#include "support/developed.h"

namespace parallax::isp {
namespace {

RawInfo shaded_sensor() {
    RawInfo info = sensor(12);
    info.shading = ShadingGrid{2, 2, std::vector<float>(16, 1.25F)};
    info.defects = {{3, 3}, {30, 17}};
    return info;
}

// In order, on this thread.
void one_by_one(int count, const std::function<void(int)>& body) {
    for (int i = 0; i < count; ++i) body(i);
}

std::size_t allocations_of_third_frame(const Settings& settings, const ImageLayout& out,
                                       const Slices& slices) {
    const Picture raw = noise(PixelFormat::grbg12le, 600, 200);
    const RawInfo info = shaded_sensor();
    std::vector<std::byte> bytes(out.size_bytes);
    Developer developer = unwrap(Developer::create(settings, raw.layout, out));
    const auto develop = [&] {
        const MutableImageView view = unwrap(view_image(out, std::span(bytes)));
        CHECK(developer.develop(raw.view(), info, view, slices).has_value());
    };
    develop();
    develop();
    return allocations_of(develop).value_or(0);
}

}  // namespace

TEST_CASE("isp: once a developer has seen a frame, it allocates nothing for the next") {
    REQUIRE(allocations_of([] {
                std::vector<int>(3).swap(*std::make_unique<std::vector<int>>());
            }).value_or(1) > 0);
    for (const Demosaic demosaic : kDemosaics)
        for (const PixelFormat format :
             {PixelFormat::rgb, PixelFormat::nv12, PixelFormat::rgba64le})
            for (const float sharpen : {0.0F, 1.0F})
                for (const int width : {600, 300, 211})
                    for (const Slices& slices : {Slices{}, Slices{one_by_one}}) {
                        CAPTURE(to_string(demosaic));
                        CAPTURE(traits(format).name);
                        CAPTURE(sharpen);
                        CAPTURE(width);
                        CAPTURE(bool(slices));
                        const ImageLayout out = unwrap(image_layout(format, width, width / 3));
                        const Settings settings{.demosaic = demosaic, .sharpen = sharpen};
                        CHECK(allocations_of_third_frame(settings, out, slices) == 0);
                    }
}

namespace {

// A frame of any height whose rows repeat: a few of them are all the memory that it takes.
class Repeating {
  public:
    static constexpr std::size_t kRows = 64;

    Repeating(std::size_t stride_bytes, std::size_t height)
        : window_(stride_bytes * kRows), size_(stride_bytes * height) {
        REQUIRE((window_ % 4096 == 0 && height % kRows == 0));
        const UniqueFd file(::memfd_create("repeating", MFD_CLOEXEC));
        REQUIRE(::ftruncate(file.get(), static_cast<off_t>(window_)) == 0);
        void* const all = ::mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(all != MAP_FAILED);
        bytes_ = static_cast<std::byte*>(all);
        for (std::size_t at = 0; at < size_; at += window_) {
            REQUIRE(::mmap(bytes_ + at, window_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                           file.get(), 0) != MAP_FAILED);
        }
    }
    ~Repeating() { ::munmap(bytes_, size_); }
    Repeating(const Repeating&) = delete;
    Repeating& operator=(const Repeating&) = delete;

    std::span<std::byte> bytes() const { return {bytes_, size_}; }
    std::span<std::byte> last_rows() const { return bytes().last(window_); }

  private:
    std::size_t window_;
    std::size_t size_;
    std::byte* bytes_ = nullptr;
};

constexpr int kWidth = 16384;

struct Developed {
    std::vector<std::byte> last_rows;
    std::size_t scratch_bytes = 0;
};

Developed develop_tall(Demosaic demosaic, int height) {
    const ImageLayout in = unwrap(image_layout(PixelFormat::rggb12le, kWidth, height));
    const ImageLayout to = unwrap(image_layout(PixelFormat::rgb, kWidth, height));
    const Repeating raw(in.stride_bytes[0], static_cast<std::size_t>(height));
    const Repeating picture(to.stride_bytes[0], static_cast<std::size_t>(height));
    const Picture rows = noise(PixelFormat::rggb12le, kWidth, Repeating::kRows);
    std::ranges::copy(rows.bytes, raw.bytes().begin());

    const auto heap_bytes = [] {
        const auto info = ::mallinfo2();
        return info.uordblks + info.hblkhd;
    };
    const std::size_t before = heap_bytes();
    Developer developer = unwrap(Developer::create({.demosaic = demosaic}, in, to));
    unwrap(developer.develop(unwrap(view_image(in, std::as_bytes(raw.bytes()))), sensor(12),
                             unwrap(view_image(to, picture.bytes()))));
    const std::size_t scratch = heap_bytes() - before;
    return {{picture.last_rows().begin(), picture.last_rows().end()}, scratch};
}

}  // namespace

// Slow: 16384 x 12288, whose last rows are those of a frame that ends alike and is not as tall.
TEST_CASE(
    "isp: 200 megapixels take the scratch memory of some rows, and end as a small frame does") {
    for (const Demosaic demosaic : {Demosaic::mhc, Demosaic::rcd}) {
        CAPTURE(to_string(demosaic));
        const Developed large = develop_tall(demosaic, demosaic == Demosaic::mhc ? 12288 : 1024);
        const Developed small = develop_tall(demosaic, 512);
        CHECK(large.last_rows == small.last_rows);
        CHECK(large.scratch_bytes < small.scratch_bytes + 65536);
        CHECK(large.scratch_bytes < std::size_t{kWidth} * 12288 * 2 / 8);
    }
}

}  // namespace parallax::isp
