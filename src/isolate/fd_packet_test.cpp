#include "isolate/fd_packet.h"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax {
namespace {

struct Ends {
    UniqueFd left;
    UniqueFd right;
    std::array<std::byte, 64> room{};
    Ends() {
        std::array<int, 2> fds{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) == 0);
        left = UniqueFd(fds[0]);
        right = UniqueFd(fds[1]);
    }
    Result<std::optional<FdPacket>> take(std::size_t most_fds) {
        return receive_packet(right.get(), room, most_fds, false);
    }
};

const std::array kBytes{std::byte{1}, std::byte{2}, std::byte{3}};

TEST_CASE("fd packet: bytes and descriptors arrive together, and the descriptors work") {
    Ends ends;
    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    const UniqueFd reads(pipe[0]);
    UniqueFd writes(pipe[1]);
    const std::array<int, 1> fds{writes.get()};
    CHECK(unwrap(send_packet(ends.left.get(), kBytes, fds, false)));
    writes = UniqueFd();
    const auto packet = unwrap(ends.take(1));
    REQUIRE(packet);
    CHECK(std::ranges::equal(packet->bytes, kBytes));
    REQUIRE(packet->fds.size() == 1);
    CHECK(::write(packet->fds.front().get(), "x", 1) == 1);
    CHECK((::fcntl(packet->fds.front().get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("fd packet: nothing now is no failure, a peer that has gone is one") {
    Ends ends;
    CHECK_FALSE(unwrap(ends.take(0)));
    ends.left = UniqueFd();
    CHECK(ends.take(0).error().code == Errc::peer_died);
    CHECK(send_packet(ends.right.get(), kBytes, {}, false).error().code == Errc::peer_died);
}

TEST_CASE("fd packet: too long a message and unasked descriptors are refused, and none stay open") {
    Ends ends;
    const std::array<std::byte, 100> long_one{};
    REQUIRE(send_packet(ends.left.get(), long_one, {}, false));
    CHECK(ends.take(0).error().code == Errc::corrupt);
    const int next = ::dup(0);
    ::close(next);
    const std::array<int, 3> fds{0, 0, 0};
    for (const std::size_t asked : {std::size_t{0}, std::size_t{1}}) {
        REQUIRE(send_packet(ends.left.get(), kBytes, fds, false));
        CHECK(ends.take(asked).error().code == Errc::corrupt);
    }
    const int after = ::dup(0);
    ::close(after);
    CHECK(after == next);
}

TEST_CASE("fd packet: a peer that does not read is told apart from one that has gone") {
    Ends ends;
    int sent = 0;
    while (unwrap(send_packet(ends.left.get(), kBytes, {}, false))) ++sent;
    CHECK(sent > 0);
    CHECK(unwrap(ends.take(0)));
}

}  // namespace
}  // namespace parallax
