#include "app/text_file.h"

#include <cerrno>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "support/temp_folder.h"
#include "support/unwrap.h"

namespace parallax::app {
namespace {

std::string contents(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("text file: a text comes back as it was written") {
    const TempFolder folder;
    const std::string path = folder.file("a.json");
    auto file = unwrap(LateText::open(path));
    CHECK(::access(path.c_str(), F_OK) != 0);  // Not there before it is complete.
    CHECK(file.write("one\ntwo\n"));
    CHECK(unwrap(read_text(path)) == "one\ntwo\n");
}

TEST_CASE("text file: an earlier file stays until there is another, and nothing beside it") {
    const TempFolder folder;
    const std::string path = folder.file("a.json");
    std::ofstream(path) << "earlier";
    {
        const auto dropped = unwrap(LateText::open(path));
        CHECK(contents(path) == "earlier");
    }
    CHECK(contents(path) == "earlier");
    CHECK(folder.names() == std::vector<std::string>{"a.json"});
    CHECK(unwrap(LateText::open(path)).write("later"));
    CHECK(contents(path) == "later");
    CHECK(folder.names() == std::vector<std::string>{"a.json"});
}

TEST_CASE("text file: where nothing can be written is known when it is opened") {
    const TempFolder folder;
    for (const std::string& path : {folder.file("none/a.json"), folder.path(), std::string()}) {
        CAPTURE(path);
        const auto file = LateText::open(path);
        REQUIRE_FALSE(file);
        CHECK(file.error().code == Errc::io);
    }
}

TEST_CASE("text file: a full device is an error, and names the cause") {
    auto file = unwrap(LateText::open("/dev/full"));
    const auto written = file.write("x");
    REQUIRE_FALSE(written);
    CHECK(written.error().code == Errc::io);
    CHECK(to_string(written.error()).find("No space left") != std::string::npos);
}

TEST_CASE("text file: a named pipe may get its reader after it was opened") {
    const TempFolder folder;
    const std::string path = folder.file("pipe");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    auto file = unwrap(LateText::open(path));
    const UniqueFd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    CHECK(file.write("late"));
    char text[8] = {};
    CHECK(::read(reader.get(), text, sizeof text) == 4);
    CHECK(std::string(text) == "late");
}

TEST_CASE("text file: what cannot be read, and what is too long to be a text") {
    const TempFolder folder;
    CHECK(read_text(folder.file("none")).error().code == Errc::io);
    CHECK(read_text(folder.path()).error().code == Errc::io);  // A folder.
    const std::string big = folder.file("big");
    std::ofstream(big) << "x";
    REQUIRE(::truncate(big.c_str(), (16 << 20) + 1) == 0);
    CHECK(read_text(big).error().message == big + " is larger than 16 MiB");
}

}  // namespace
}  // namespace parallax::app
