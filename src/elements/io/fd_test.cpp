#include "parallax/fd.h"

#include <array>
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "support/coder_files.h"
#include "support/run_line.h"

namespace parallax::elements {
namespace {

struct Pipe {
    UniqueFd out;  // To read.
    UniqueFd in;   // To write.
    Pipe() {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        out = UniqueFd(ends[0]);
        in = UniqueFd(ends[1]);
    }
};

std::vector<std::byte> some_bytes(std::size_t count) {
    std::vector<std::byte> bytes(count);
    for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 256);
    return bytes;
}

TEST_CASE("fd: bytes written in pieces of any size pass whole through a graph") {
    const TempFolder folder;
    const auto bytes = some_bytes(300'000);  // More than a pipe holds.
    for (const std::size_t piece : {std::size_t{100}, std::size_t{4096}, std::size_t{70'000}}) {
        Pipe pipe;
        std::thread writer([&bytes, piece, in = std::move(pipe.in)] {
            for (std::size_t at = 0; at < bytes.size(); at += piece) {
                const auto part = std::span(bytes).subspan(at, std::min(piece, bytes.size() - at));
                if (codec::write_all(in.get(), part) != part.size()) return;
            }
        });
        const LineRun ran = run_line("fdsrc fd=" + std::to_string(pipe.out.get()) +
                                     " ! filesink location=" + folder.file("out"));
        writer.join();
        CHECK(ran.error == "");
        CHECK(bytes_of_file(folder.file("out")) == bytes);
    }
}

TEST_CASE("fd: where caps are raw video, frames are whole pictures however the bytes come") {
    const TempFolder folder;
    const ImageLayout layout = unwrap(image_layout(PixelFormat::rgb, 8, 4));
    const auto bytes = some_bytes(3 * layout.size_bytes);
    const std::string caps = to_string(caps_of(layout, Fraction(10, 1)));
    for (const std::size_t missing : {std::size_t{0}, std::size_t{1}, layout.size_bytes - 1}) {
        Pipe pipe;
        const auto part = std::span(bytes).first(bytes.size() - missing);
        REQUIRE(codec::write_all(pipe.in.get(), part) == part.size());
        pipe.in = {};
        const LineRun ran =
            run_line("fdsrc fd=" + std::to_string(pipe.out.get()) + " ! " + caps + " ! fakesink");
        CHECK(ran["fakesink0"].frames_in == (missing == 0 ? 3 : 2));
        CHECK(ran.error.empty() == (missing == 0));
        if (missing != 0) CHECK(ran.fails_with("expected 96 bytes for frame 2, found"));
    }
}

TEST_CASE("fdsink: a reader that goes away is an error, not a signal") {
    Pipe pipe;
    pipe.out = {};
    const auto before = std::signal(SIGPIPE, SIG_DFL);  // As a program that never thought of it.
    const LineRun ran = run_line("fakesrc sizetype=fixed num-buffers=3 ! fdsink fd=" +
                                 std::to_string(pipe.in.get()));
    std::signal(SIGPIPE, before);
    CHECK(ran.fails_with("Broken pipe"));
    CHECK(ran.report.errors.at(0).kind == "io");
}

TEST_CASE("fdsink: a slow reader behind a descriptor that does not block loses nothing") {
    Pipe pipe;
    REQUIRE(::fcntl(pipe.in.get(), F_SETFL, O_NONBLOCK) == 0);
    std::size_t read_bytes = 0;
    std::thread reader([&read_bytes, out = std::move(pipe.out)] {
        std::array<std::byte, 1000> part{};
        for (ssize_t n = 1; n > 0; read_bytes += static_cast<std::size_t>(n)) {
            n = ::read(out.get(), part.data(), part.size());
        }
    });
    const LineRun ran =
        run_line("fakesrc sizetype=fixed sizemax=5000 num-buffers=100 ! fdsink fd=" +
                 std::to_string(pipe.in.get()));
    pipe.in = {};
    reader.join();
    CHECK(ran.error == "");
    CHECK(read_bytes == 500'000);
}

TEST_CASE("fd: descriptors that are not open, or open the wrong way, are refused by number") {
    Pipe pipe;
    CHECK(run_line("fdsrc fd=987654 ! fakesink").fails_with("fd 987654 is not open"));
    CHECK(run_line("fakesrc ! fdsink fd=987654").fails_with("fd 987654 is not open"));
    const auto number = [](const UniqueFd& fd) { return std::to_string(fd.get()); };
    CHECK(run_line("fdsrc fd=" + number(pipe.in) + " ! fakesink").fails_with("for reading"));
    CHECK(run_line("fakesrc ! fdsink fd=" + number(pipe.out)).fails_with("for writing"));
}

TEST_CASE("filesink: a named pipe is written to directly, and /dev/fd/N as well") {
    const TempFolder folder;
    Pipe pipe;
    const LineRun ran = run_line(
        "fakesrc sizetype=fixed sizemax=10 num-buffers=2 ! filesink "
        "location=/dev/fd/" +
        std::to_string(pipe.in.get()));
    CHECK(ran.error == "");
    std::array<std::byte, 100> part{};
    CHECK(::read(pipe.out.get(), part.data(), part.size()) == 20);

    REQUIRE(::mkfifo(folder.file("fifo").c_str(), 0600) == 0);
    const UniqueFd reader(::open(folder.file("fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    const LineRun into = run_line(
        "fakesrc sizetype=fixed sizemax=10 num-buffers=2 ! filesink "
        "location=" +
        folder.file("fifo"));
    CHECK(into.error == "");
    CHECK(::read(reader.get(), part.data(), part.size()) == 20);
    CHECK(folder.names() == std::vector<std::string>{"fifo"});
}

}  // namespace
}  // namespace parallax::elements
