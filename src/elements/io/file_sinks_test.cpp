#include <algorithm>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "elements/codec/file_io.h"
#include "support/run_line.h"
#include "support/temp_folder.h"
#include "support/unwrap.h"

namespace parallax::elements {
namespace {

std::string text_of(const std::string& path) {
    std::string text;
    for (const std::byte b : unwrap(codec::read_file(path, 1 << 20))) {
        text += static_cast<char>(b);
    }
    return text;
}

void put(const std::string& path, std::string_view text) {
    REQUIRE(codec::write_file(path, std::as_bytes(std::span(text))));
}

std::vector<std::string> sorted_names(const TempFolder& folder) {
    auto names = folder.names();
    std::ranges::sort(names);
    return names;
}

using Names = std::vector<std::string>;

TEST_CASE("filesink: what filesrc reads in blocks of any size arrives byte by byte the same") {
    const TempFolder folder;
    std::string text;
    for (int i = 0; i < 1000; ++i) text += std::to_string(i) + " ";
    put(folder.file("in"), text);
    for (const std::size_t block : {std::size_t{1}, std::size_t{7}, std::size_t{4096},
                                    text.size() - 1, text.size(), text.size() + 1}) {
        const LineRun ran = run_line("filesrc location=" + folder.file("in") +
                                     " blocksize=" + std::to_string(block) +
                                     " ! filesink location=" + folder.file("out"));
        CHECK(ran.error == "");
        CHECK(ran["filesink0"].frames_in == (text.size() + block - 1) / block);
        CHECK(text_of(folder.file("out")) == text);
    }
    CHECK(sorted_names(folder) == Names{"in", "out"});
}

TEST_CASE("filesink: an empty stream is an empty file") {
    const TempFolder folder;
    const LineRun ran = run_line("fakesrc num-buffers=0 ! filesink location=" + folder.file("out"));
    CHECK(ran.error == "");
    CHECK(text_of(folder.file("out")).empty());
}

TEST_CASE("filesink: a stream that fails leaves the earlier file and nothing else") {
    const TempFolder folder;
    put(folder.file("out"), "earlier");
    const LineRun ran = run_line(
        "fakesrc sizetype=fixed num-buffers=10 ! identity error-after=5 ! filesink "
        "location=" +
        folder.file("out"));
    CHECK(ran.fails_with("error-after"));
    CHECK(text_of(folder.file("out")) == "earlier");
    CHECK(sorted_names(folder) == Names{"out"});
}

TEST_CASE("filesink: what cannot be written is refused before anything flows, by name") {
    const TempFolder folder;
    put(folder.file("file"), "x");
    const std::pair<std::string, std::string_view> cases[] = {
        {folder.file("missing/out"), "there is no folder"},
        {folder.file("file/out"), "file"},
        {folder.path(), "found a folder"},
        {folder.path() + "/", "folder"},
    };
    for (const auto& [path, part] : cases) {
        for (const std::string_view sink : {"filesink", "multifilesink"}) {
            const LineRun ran =
                run_line("fakesrc num-buffers=1 ! " + std::string(sink) + " location=" + path);
            CAPTURE(ran.error);
            CHECK(ran.fails_with(part));
            CHECK(ran.fails_with(path));
            CHECK(ran.report.errors.at(0).kind == "io");
            CHECK(ran["fakesrc0"].frames_out == 0);
        }
    }
    CHECK(run_line("fakesrc num-buffers=1 ! filesink").fails_with("no location"));
    CHECK(sorted_names(folder) == Names{"file"});
}

TEST_CASE("filesink: a full disk is an error that names file and reason") {
    for (const std::string_view sink : {"filesink", "multifilesink"}) {
        const LineRun ran = run_line("fakesrc sizetype=fixed num-buffers=3 ! " + std::string(sink) +
                                     " location=/dev/full");
        CHECK(ran.fails_with("/dev/full"));
        CHECK(ran.fails_with("No space left"));
        CHECK(ran.report.errors.at(0).kind == "io");
    }
}

TEST_CASE("filesink: devices are written to directly") {
    const LineRun ran =
        run_line("fakesrc sizetype=fixed num-buffers=3 ! filesink location=/dev/null");
    CHECK(ran.error == "");
    CHECK(ran["filesink0"].frames_in == 3);
    struct stat st{};
    REQUIRE(::stat("/dev/null", &st) == 0);
    CHECK(S_ISCHR(st.st_mode));
}

TEST_CASE("multifilesink: each frame has its own file, numbered from index") {
    const TempFolder folder;
    const LineRun ran = run_line(
        "fakesrc sizetype=fixed sizemax=5 num-buffers=3 ! multifilesink "
        "index=9 location=" +
        folder.file("f_%02d.bin"));
    CHECK(ran.error == "");
    CHECK(sorted_names(folder) == Names{"f_09.bin", "f_10.bin", "f_11.bin"});
    CHECK(text_of(folder.file("f_10.bin")).size() == 5);
}

TEST_CASE("multifilesink: without a number each frame replaces the file") {
    const TempFolder folder;
    const LineRun ran = run_line(
        "fakesrc sizetype=fixed sizemax=5 num-buffers=3 ! multifilesink "
        "location=" +
        folder.file("last.bin"));
    CHECK(ran.error == "");
    CHECK(sorted_names(folder) == Names{"last.bin"});
}

TEST_CASE("multifilesink: max-files keeps the newest") {
    const TempFolder folder;
    const LineRun ran =
        run_line("fakesrc num-buffers=7 ! multifilesink max-files=2 location=" + folder.file("%d"));
    CHECK(ran.error == "");
    CHECK(sorted_names(folder) == Names{"5", "6"});
}

TEST_CASE("multifilesink: files written before a failure stay, whole, and no other") {
    const TempFolder folder;
    const LineRun ran = run_line(
        "fakesrc sizetype=fixed sizemax=5 num-buffers=10 ! identity error-after=3 ! "
        "multifilesink location=" +
        folder.file("%d"));
    CHECK(ran.fails_with("error-after"));
    CHECK(sorted_names(folder) == Names{"0", "1"});
}

TEST_CASE("multifilesink: a location that is no pattern is refused") {
    const TempFolder folder;
    const LineRun ran =
        run_line("fakesrc num-buffers=1 ! multifilesink location=" + folder.file("%s"));
    CHECK(ran.fails_with("without d"));
    CHECK(folder.names().empty());
}

// A named pipe, and what a reader found in it.
struct Pipe {
    TempFolder folder;
    std::string path = folder.file("pipe");
    Pipe() { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); }
    std::size_t read_all() const {
        const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        std::size_t total = 0;
        char block[4096];
        for (ssize_t n = 1; n > 0; total += static_cast<std::size_t>(std::max<ssize_t>(n, 0))) {
            n = ::read(fd.get(), block, sizeof block);
        }
        return total;
    }
};

TEST_CASE("filesink: a named pipe's reader may come later, and gets every byte") {
    const Pipe pipe;
    std::size_t got = 0;
    std::thread reader([&] { got = pipe.read_all(); });  // Before or after us: both are right.
    const LineRun ran = run_line(
        "fakesrc num-buffers=100 sizetype=fixed sizemax=5000 ! filesink location=" + pipe.path);
    reader.join();
    CHECK(ran.error == "");
    CHECK(got == 500000);  // More than the pipe holds: the sink waited for room.
}

TEST_CASE("filesink: a named pipe that nobody reads stops no run, and is named") {
    const Pipe pipe;
    for (const std::string_view sink : {"filesink", "multifilesink"}) {
        Registry registry;
        add_builtin_elements(registry);
        auto graph = parse_launch("fakesrc num-buffers=3 sizetype=fixed ! " + std::string(sink) +
                                      " location=" + pipe.path,
                                  registry);
        REQUIRE(graph);
        auto pipeline = Pipeline::create(*std::move(graph), registry);
        REQUIRE(pipeline);
        REQUIRE((*pipeline)->prepare());  // Does not wait.
        REQUIRE((*pipeline)->play());
        (*pipeline)->stop();
        std::string error;
        for (;;) {
            const auto message = (*pipeline)->wait(1'000'000'000);
            if (!message) continue;
            if (message->kind == Pipeline::Message::Kind::error) error = message->text;
            if (message->kind == Pipeline::Message::Kind::ended) break;
        }
        // Stopped before a frame came, or while one waited.
        if (!error.empty()) CHECK(error.find(pipe.path + ": nobody reads this pipe") == 0);
    }
}

TEST_CASE("filesink: a reader that goes away is an error, not the end of the program") {
    const Pipe pipe;
    std::thread reader([&] {
        const UniqueFd fd(::open(pipe.path.c_str(), O_RDONLY | O_CLOEXEC));
        char byte = 0;
        (void)!::read(fd.get(), &byte, 1);
    });
    const LineRun ran =
        run_line("fakesrc sizetype=fixed sizemax=5000 ! filesink location=" + pipe.path);
    reader.join();
    CHECK(ran.fails_with("Broken pipe"));
    CHECK(ran.report.errors.at(0).kind == "io");
}

TEST_CASE("filesink, multifilesink: sync takes frames at their pts") {
    const TempFolder folder;
    for (const std::string_view sink : {"filesink", "multifilesink"}) {
        // 10 frames of 100 bytes at 20 kB/s: the last begins 45 ms after the first.
        const LineRun ran =
            run_line("fakesrc num-buffers=10 sizetype=fixed sizemax=100 datarate=20000 ! " +
                     std::string(sink) + " sync=true location=" + folder.file("out%d"));
        CHECK(ran.error == "");
        CHECK(ran.report.wall_s >= 0.045);
    }
}

TEST_CASE("multifilesink: next-file=max-size fills each file with whole frames") {
    const TempFolder folder;
    const LineRun ran = run_line(
        "fakesrc sizetype=fixed sizemax=40 num-buffers=8 ! multifilesink next-file=max-size "
        "max-file-size=100 location=" +
        folder.file("%d"));
    CHECK(ran.error == "");
    CHECK(sorted_names(folder) == Names{"0", "1", "2", "3"});
    for (const char* name : {"0", "1", "2", "3"}) CHECK(text_of(folder.file(name)).size() == 80);
    const TempFolder large;  // A frame larger than that has a file of its own.
    CHECK(run_line("fakesrc sizetype=fixed sizemax=40 num-buffers=2 ! multifilesink "
                   "next-file=max-size max-file-size=10 location=" +
                   large.file("%d"))
              .error == "");
    CHECK(sorted_names(large) == Names{"0", "1"});
}

TEST_CASE("multifilesink: next-file=max-duration goes by pts, and max-files counts files") {
    const TempFolder folder;
    // 100 bytes at 1000 B/s: a frame each 100 ms.
    const LineRun ran = run_line(
        "fakesrc sizetype=fixed sizemax=100 datarate=1000 num-buffers=10 ! multifilesink "
        "next-file=max-duration max-file-duration=300000000 max-files=2 index=5 location=" +
        folder.file("%d"));
    CHECK(ran.error == "");
    CHECK(sorted_names(folder) == Names{"7", "8"});  // 3 + 3 + 3 + 1 frames.
    CHECK(text_of(folder.file("7")).size() == 300);
    CHECK(text_of(folder.file("8")).size() == 100);
}

TEST_CASE("multifilesink: a stream that fails leaves no file that was not full") {
    const TempFolder folder;
    const LineRun ran = run_line(
        "fakesrc sizetype=fixed sizemax=40 num-buffers=20 ! identity error-after=6 ! "
        "multifilesink next-file=max-size max-file-size=80 location=" +
        folder.file("%d"));
    CHECK(ran.fails_with("error-after"));
    CHECK(sorted_names(folder) == Names{"0", "1"});
}

TEST_CASE("multifilesink: post-messages tells each file once") {
    for (const char* mode : {"buffer", "max-size max-file-size=10"}) {
        const TempFolder folder;
        const LineRun ran = run_line(
            "fakesrc sizetype=fixed sizemax=5 num-buffers=4 ! multifilesink post-messages=true "
            "next-file=" +
            std::string(mode) + " location=" + folder.file("%d"));
        CHECK(ran.error == "");
        std::size_t told = 0;
        for (const EventReport& event : ran.report.events) {
            if (event.text.find("wrote " + folder.path()) == 0) ++told;
        }
        CHECK(told == folder.names().size());
    }
}

}  // namespace
}  // namespace parallax::elements
