#include "app/group_options.h"

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax::app {
namespace {

TEST_CASE("group options: a name alone is a group as wide as the machine") {
    const auto group = unwrap(parse_group("isp"));
    CHECK(group.name == "isp");
    CHECK(group.threads == 0);
    CHECK(group.cores.empty());
}

TEST_CASE("group options: all that can be said, and cores as ranges and lists") {
    const auto group = unwrap(parse_group("isp:cores=0-1,5,threads=2,policy=fifo:10,nice=-3"));
    CHECK(group.cores == std::vector<int>{0, 1, 5});
    CHECK(group.threads == 2);
    CHECK(group.policy == ResourceGroup::Policy::fifo);
    CHECK(group.priority == 10);
    CHECK(group.nice == -3);
    CHECK(unwrap(parse_group("x:policy=batch")).policy == ResourceGroup::Policy::batch);
    CHECK(unwrap(parse_group("x:policy=rr")).priority == 1);
}

TEST_CASE("group options: what makes no sense is refused") {
    for (const char* text :
         {"", ":cores=0", "x:cores=1-0", "x:cores=-1", "x:cores=0-9999", "x:cores=a", "x:threads=0",
          "x:threads=2x", "x:policy=fast", "x:policy=fifo:100", "x:policy=fifo:0",
          "x:nice=", "x:width=3", "x:7", "x:near=", "x:policy=deadline:5", "x:policy=deadline:5/",
          "x:policy=deadline:5ms/10ms"}) {
        CAPTURE(text);
        const auto group = parse_group(text);
        REQUIRE_FALSE(group);
        CHECK(group.error().code == Errc::invalid_argument);
    }
}

TEST_CASE("group options: a device may stand for the cores near it") {
    CHECK(unwrap(parse_group("x:near=gpu:0,threads=2")).near == "gpu:0");
    CHECK(unwrap(parse_group("x:near=0000:3b:00.0")).near == "0000:3b:00.0");
}

TEST_CASE("group options: a deadline has a runtime and a period, or those that are usual") {
    using std::chrono::microseconds;
    const auto asked = unwrap(parse_group("x:policy=deadline:2000/10000"));
    CHECK(asked.policy == ResourceGroup::Policy::deadline);
    CHECK(asked.runtime == microseconds(2000));
    CHECK(asked.period == microseconds(10'000));
    CHECK(unwrap(parse_group("x:policy=deadline")).runtime == microseconds(5000));
}

}  // namespace
}  // namespace parallax::app
