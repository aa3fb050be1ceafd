#include "media/memory_copies.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax {
namespace {

using enum MemoryKind;

Caps caps(std::string_view text) { return unwrap(parse_caps(text)); }

constexpr std::string_view kPicture = "format=NV12,width=1920,height=1080,framerate=30/1";
Caps picture(std::string_view memory) {
    return caps("video/x-raw" + std::string(memory) + "," + std::string(kPicture));
}

// Stand-ins for elements, one behind the other.
class Chain {
  public:
    Chain& then(std::string name, const Caps& takes) {
        problem_.nodes.push_back(
            {.name = std::move(name),
             .pads = {{"sink", PadSide::sink, takes}, {"src", PadSide::src, takes}}});
        const std::size_t last = problem_.nodes.size() - 1;
        if (last > 0) problem_.links.push_back({last - 1, 1, last, 0});
        return *this;
    }
    NegotiationProblem& problem() { return problem_; }
    Chain& offer(const std::vector<NegotiationConverter>& entries) {
        for (const auto& each : entries) problem_.converters.push_back(each);
        return *this;
    }
    // What was put in, or why there is no plan.
    std::string inserted() const {
        const auto solved = negotiate(problem_);
        if (!solved) return solved.error().message();
        std::string text;
        for (const InsertedConverter& each : solved->inserted) {
            text += (text.empty() ? "" : " ") + problem_.converters[each.converter].name;
        }
        return text;
    }

  private:
    NegotiationProblem problem_;
};

const std::vector<MemoryCopy>& of_a_device() {
    static const std::vector<MemoryCopy> copies{
        {.from = memfd, .to = gpu, .bytes_per_second = 12'000'000'000},
        {.from = gpu, .to = memfd, .bytes_per_second = 6'000'000'000},
        {.from = heap, .to = memfd, .bytes_per_second = 8'000'000'000},
        {.from = gpu, .to = dmabuf, .bytes_per_second = 0, .cost = 1}};
    return copies;
}

TEST_CASE("memory copies: what lies on a device is downloaded for who takes none of it") {
    const MemoryCopies copies(of_a_device());
    Chain chain;
    chain.then("camera", picture("(memory:GPU)")).then("file", picture(""));
    CHECK(chain.inserted() ==
          "camera and file have no memory in common: video/x-raw(memory:GPU) meets video/x-raw");
    chain.offer(copies.entries());
    CHECK(chain.inserted() == "copy-GPU-to-MemFd");
    const auto solved = negotiate(chain.problem());
    REQUIRE(solved);
    CHECK(to_string(solved->inserted[0].from) == to_string(picture("(memory:GPU)")));
    CHECK(to_string(solved->inserted[0].to) == to_string(picture("")));
    // 93 312 000 bytes a second, 6 of 1000 million in a millisecond: 15, and 10 for its being
    // there.
    CHECK(solved->inserted[0].cost == 25);
    CHECK(solved->cost == 25);
}

TEST_CASE("memory copies: an element that only works on the CPU costs a way there and back") {
    const MemoryCopies copies(of_a_device());
    Chain chain;
    chain.then("camera", picture("(memory:GPU)"))
        .then("filter", picture(""))
        .then("model", picture("(memory:GPU)"))
        .offer(copies.entries());
    CHECK(chain.inserted() == "copy-GPU-to-MemFd copy-MemFd-to-GPU");
}

TEST_CASE("memory copies: what both can have in common needs none, whatever is preferred") {
    const MemoryCopies copies(of_a_device());
    Chain chain;
    chain.then("camera", in_memory(picture(""), MemoryPreset::gpu_preferred))
        .then("file", picture(""))
        .offer(copies.entries());
    CHECK(chain.inserted().empty());
}

TEST_CASE(
    "memory copies: of two kinds that a sink imports, the one that is had for less is taken") {
    const MemoryCopies copies(of_a_device());
    Chain chain;
    chain.then("camera", picture("(memory:GPU)"))
        .then("screen", in_memory(picture(""), std::vector{memfd, dmabuf}))
        .offer(copies.entries());
    CHECK(chain.inserted() == "copy-GPU-to-DMABuf");
}

TEST_CASE("memory copies: a link between processes carries what both can map") {
    const MemoryCopies copies(of_a_device());
    Chain chain;
    chain.then("camera", in_memory(picture(""), std::vector{heap, memfd}))
        .then("view", in_memory(picture(""), MemoryPreset::any));
    const auto caps_of_link = [&] {
        const auto solved = negotiate(chain.problem());
        return solved ? to_string(solved->link_caps[0]) : solved.error().message();
    };
    CHECK(caps_of_link() == to_string(picture("(memory:Heap)")));
    chain.problem().links[0].borders = {.on_link = true, .behind_converter = true};
    CHECK(caps_of_link() == to_string(picture("")));
    chain.problem().nodes[0].pads[1].caps = picture("(memory:Heap)");
    const auto refused = negotiate(chain.problem());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason == ConflictReason::no_common_memory);
    CHECK(refused.error().names == std::vector<std::string>{"camera"});
    CHECK(refused.error().message() ==
          "camera has no memory that another process can map: video/x-raw(memory:Heap)");
    chain.offer(copies.entries());
    CHECK(chain.inserted() == "copy-Heap-to-MemFd");
}

TEST_CASE("memory copies: formats are converted where a converter can see them") {
    const MemoryCopies copies(of_a_device());
    Chain chain;
    chain.then("camera", caps("video/x-raw(memory:GPU),format=NV12,width=64,height=64"))
        .then("file", caps("video/x-raw,format=RGB,width=64,height=64"))
        .offer(copies.entries())
        .offer({{.name = "convert",
                 .sink = caps("video/x-raw,format=NV12,width=64,height=64"),
                 .src = caps("video/x-raw,format=RGB,width=64,height=64"),
                 .cost = 100}});
    CHECK(chain.inserted() == "copy-GPU-to-MemFd convert");
}

}  // namespace
}  // namespace parallax
