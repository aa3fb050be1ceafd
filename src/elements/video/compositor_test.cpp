#include <doctest/doctest.h>

#include "parallax/builtin.h"
#include "parallax/pipeline.h"

namespace parallax {
namespace {

Result<> play(const std::string& line) {
    Registry registry;
    add_builtin_elements(registry);
    auto graph = parse_launch(line, registry);
    if (!graph) return fail(Errc::invalid_argument, graph.error().front().text);
    auto pipeline = Pipeline::create(*std::move(graph), registry);
    if (!pipeline) return fail(Errc::invalid_argument, pipeline.error().front().text);
    return (*pipeline)->run();
}

const std::string kTwo =
    " videotestsrc num-buffers=2 pattern=white ! video/x-raw,format=RGB,width=20,height=10 ! c."
    " videotestsrc num-buffers=2 pattern=black ! video/x-raw,format=RGB,width=20,height=10 ! c.";

TEST_CASE("compositor: two pictures stand side by side on a canvas twice as wide") {
    CHECK(play("compositor name=c ! video/x-raw,width=40,height=10 ! fakesink" + kTwo));
    // Another size is made of it by a scaler that negotiation puts in.
    CHECK(play("compositor name=c ! video/x-raw,width=20,height=10 ! fakesink" + kTwo));
}

TEST_CASE("compositor: more inputs than cells are refused, fewer leave black") {
    CHECK_FALSE(play("compositor name=c columns=1 ! fakesink" + kTwo));
    CHECK(play("compositor name=c columns=3 ! video/x-raw,width=60 ! fakesink" + kTwo));
}

TEST_CASE("compositor: an input of another size is scaled by what negotiation puts in") {
    CHECK(
        play("compositor name=c ! fakesink"
             " videotestsrc num-buffers=1 ! video/x-raw,width=20,height=10 ! c."
             " videotestsrc num-buffers=1 ! video/x-raw,width=30,height=10 ! c."));
}

}  // namespace
}  // namespace parallax
