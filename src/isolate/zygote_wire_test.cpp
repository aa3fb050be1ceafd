#include "isolate/zygote_wire.h"

#include <array>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax::zygote_wire {
namespace {

SpawnRequest sample_request() {
    SpawnRequest request{.id = 7,
                         .name = "blur0",
                         .entry = "stage",
                         .policy = {},
                         .start_up_filter = Bytes(16, std::byte{1}),
                         .final_filter = Bytes(24)};
    request.policy.preset = SandboxPreset::custom;
    request.policy.layers = SandboxLayers::best_effort;
    request.policy.allow = {"mincore"};
    request.policy.grants = {.read_paths = {"/a", "/b"},
                             .write_paths = {"/c"},
                             .device_paths = {"/d"},
                             .endpoints = {"tcp:1"},
                             .load_paths = {"/e"}};
    request.cores = {0, 1023};
    request.raised = true;
    request.policy.limits = {.memory_max_bytes = 1 << 30, .cpu_quota = 0.5, .pids_max = 9};
    return request;
}

Reply sample_reply() {
    return {.kind = ReplyKind::failed,
            .id = 7,
            .pid = 42,
            .code = 3,
            .signal = 9,
            .out_of_memory = true,
            .cores_held = true,
            .missing_layers = {"landlock"},
            .error = {Errc::unsupported, "no landlock", "hint", {"blur0"}}};
}

}  // namespace

TEST_CASE("zygote wire: a request comes out as it went in") {
    const SpawnRequest out = unwrap(decode_request(encode(sample_request())));
    CHECK(encode(out) == encode(sample_request()));
    CHECK(out.name == "blur0");
    CHECK(out.policy.grants.read_paths == std::vector<std::string>{"/a", "/b"});
    CHECK(out.policy.limits.cpu_quota == 0.5);
    CHECK(out.policy.limits.memory_max_bytes == 1ULL << 30);
    CHECK(out.start_up_filter.size() == 16);
    CHECK(out.cores == std::vector{0, 1023});
    CHECK(out.raised);
}

TEST_CASE("zygote wire: an answer comes out as it went in") {
    const Reply out = unwrap(decode_reply(encode(sample_reply())));
    CHECK(encode(out) == encode(sample_reply()));
    CHECK(out.error.code == Errc::unsupported);
    CHECK(out.out_of_memory);
    CHECK(out.cores_held);
}

TEST_CASE("zygote wire: no beginning of a message is one, and nothing may follow") {
    Bytes request = encode(sample_request());
    Bytes reply = encode(sample_reply());
    for (std::size_t size = 0; size < request.size(); ++size) {
        CHECK_FALSE(decode_request(std::span(request).first(size)));
    }
    for (std::size_t size = 0; size < reply.size(); ++size) {
        CHECK_FALSE(decode_reply(std::span(reply).first(size)));
    }
    request.push_back({});
    reply.push_back({});
    CHECK_FALSE(decode_request(request));
    CHECK_FALSE(decode_reply(reply));
}

TEST_CASE("zygote wire: cores that no machine has are refused") {
    SpawnRequest request = sample_request();
    for (const std::vector<int>& cores :
         {std::vector{1024}, std::vector{-1}, std::vector<int>(1025)}) {
        request.cores = cores;
        CHECK_FALSE(decode_request(encode(request)));
    }
    request.cores = std::vector<int>(1024);
    CHECK(decode_request(encode(request)));
}

TEST_CASE("zygote wire: descriptors travel, and a closed end is told from silence") {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);
    CHECK_FALSE(unwrap(receive(ours.get(), false)));
    const std::array<std::byte, 3> bytes{};
    const std::array fds{0, 1};
    REQUIRE(send(theirs.get(), bytes, fds));
    const auto packet = unwrap(receive(ours.get(), true));
    REQUIRE(packet);
    CHECK(packet->bytes.size() == 3);
    REQUIRE(packet->fds.size() == 2);
    CHECK((::fcntl(packet->fds[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
    theirs = UniqueFd();
    CHECK(unwrap(receive(ours.get(), true))->bytes.empty());
    const auto late = send(ours.get(), bytes, {});
    REQUIRE_FALSE(late);
    CHECK(late.error().code == Errc::peer_died);
}

}  // namespace parallax::zygote_wire
