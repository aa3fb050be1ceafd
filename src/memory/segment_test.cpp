#include "parallax/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax {
namespace {

TEST_CASE("segment: what one side writes the other side of its descriptor reads") {
    CpuSegment ours = unwrap(CpuSegment::create({.size_bytes = 100, .name = "test"}));
    CHECK(ours.size_bytes() == 4096);
    unwrap(ours.view_mut())[0] = std::byte{9};
    REQUIRE(ours.seal({.size = true}));

    CpuSegment theirs =
        unwrap(CpuSegment::from_fd(UniqueFd(::dup(ours.fd())), 4096, Access::read_only));
    CHECK(theirs.view()[0] == std::byte{9});
    CHECK_FALSE(theirs.view_mut());
}

TEST_CASE("segment: refuses descriptors that could be cut under us") {
    CpuSegment unsealed = unwrap(CpuSegment::create({.size_bytes = 4096}));
    CHECK_FALSE(CpuSegment::from_fd(UniqueFd(::dup(unsealed.fd())), 4096, Access::read_only));
    CHECK_FALSE(
        CpuSegment::from_fd(UniqueFd(::open("/dev/zero", O_RDWR)), 4096, Access::read_only));
    REQUIRE(unsealed.seal({.size = true}));
    CHECK_FALSE(CpuSegment::from_fd(UniqueFd(::dup(unsealed.fd())), 8192, Access::read_only));
}

TEST_CASE("segment: refuses sizes of nothing and of everything") {
    CHECK_FALSE(CpuSegment::create({.size_bytes = 0}));
    CHECK_FALSE(CpuSegment::create({.size_bytes = ~std::size_t{0}}));
}

}  // namespace
}  // namespace parallax
