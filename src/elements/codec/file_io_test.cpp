#include "elements/codec/file_io.h"

#include <algorithm>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "support/temp_folder.h"
#include "support/unwrap.h"

namespace parallax::codec {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

std::string text_of(const std::string& path) {
    std::string text;
    for (const std::byte b : unwrap(read_file(path, 1 << 20))) text += static_cast<char>(b);
    return text;
}

TEST_CASE("file: a picture appears whole under its name, and nothing else stays behind") {
    const TempFolder folder;
    const std::string path = folder.file("out.png");
    {
        AtomicFile file = unwrap(AtomicFile::create(path));
        REQUIRE(file.write(bytes_of("hello ")));
        CHECK(::access(path.c_str(), F_OK) != 0);
        REQUIRE(file.write(bytes_of("world")));
        REQUIRE(file.commit({.sync = true}));
        CHECK_FALSE(file.write(bytes_of("more")));
        CHECK_FALSE(file.commit());
    }
    CHECK(text_of(path) == "hello world");
    CHECK(folder.names() == std::vector<std::string>{"out.png"});
}

TEST_CASE("file: one dropped before commit leaves the earlier file and no trace") {
    const TempFolder folder;
    const std::string path = folder.file("out.png");
    REQUIRE(write_file(path, bytes_of("earlier")));
    {
        AtomicFile file = unwrap(AtomicFile::create(path));
        REQUIRE(file.write(bytes_of("later")));
        AtomicFile moved = std::move(file);
        file = unwrap(AtomicFile::create(path));
        CHECK(folder.names().size() == 3);
    }
    CHECK(text_of(path) == "earlier");
    CHECK(folder.names().size() == 1);
}

TEST_CASE("file: replacing keeps the mode, and a link stays a link") {
    const TempFolder folder;
    const std::string path = folder.file("real");
    REQUIRE(write_file(path, bytes_of("one")));
    REQUIRE(::chmod(path.c_str(), 0600) == 0);
    REQUIRE(::symlink("real", folder.file("link").c_str()) == 0);
    REQUIRE(write_file(folder.file("link"), bytes_of("two")));
    CHECK(text_of(path) == "two");
    struct stat st{};
    REQUIRE(::lstat(folder.file("link").c_str(), &st) == 0);
    CHECK(S_ISLNK(st.st_mode));
    REQUIRE(::lstat(path.c_str(), &st) == 0);
    CHECK((st.st_mode & 07777) == 0600);
}

TEST_CASE("file: a full disk says how far it came; devices are written to, not replaced") {
    AtomicFile full = unwrap(AtomicFile::create("/dev/full"));
    const auto failed = full.write(bytes_of("picture"));
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == Errc::io);
    CHECK(failed.error().message == "/dev/full: wrote 0 of 7 bytes: No space left on device");
    CHECK(write_file("/dev/null", bytes_of("picture")));
    struct stat st{};
    REQUIRE(::stat("/dev/null", &st) == 0);
    CHECK(S_ISCHR(st.st_mode));
}

TEST_CASE("file: a write that fails half way keeps the earlier file and removes its own") {
    const TempFolder folder;
    const std::string path = folder.file("out.png");
    REQUIRE(write_file(path, bytes_of("earlier")));
    // The nearest to a full disk that needs no file system of its own: a limit on file size.
    struct rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const struct rlimit small{4096, before.rlim_max};
    auto* const handler = ::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const auto failed = write_file(path, std::vector<std::byte>(10000));
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    ::signal(SIGXFSZ, handler);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == Errc::io);
    CHECK(failed.error().message == path + ": wrote 4096 of 10000 bytes: File too large");
    CHECK(text_of(path) == "earlier");
    CHECK(folder.names().size() == 1);
}

TEST_CASE("file: places that cannot be written are named") {
    const TempFolder folder;
    for (const std::string& path :
         {folder.file("no/such/folder/out.png"), folder.path(), std::string("/proc/out.png"),
          folder.file(std::string(300, 'x')), std::string()}) {
        const auto failed = AtomicFile::create(path);
        REQUIRE_FALSE(failed);
        CHECK(failed.error().code == Errc::io);
        CHECK(failed.error().message.starts_with(path + ": "));
    }
    CHECK(folder.names().empty());
}

TEST_CASE("file: reading names what is missing, short, no file or too large") {
    const TempFolder folder;
    const std::string path = folder.file("ten");
    REQUIRE(write_file(path, bytes_of("0123456789")));
    CHECK(read_file(folder.file("nine"), 10).error().message ==
          folder.file("nine") + ": cannot open: No such file or directory");
    CHECK(read_file(folder.path(), 10).error().message ==
          folder.path() + ": expected a file, found a folder");
    REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
    CHECK(read_file(folder.file("pipe"), 10).error().message ==
          folder.file("pipe") + ": expected a file, found a pipe");
    CHECK(read_file(path, 9).error().message == path + ": expected at most 9 bytes, found 10");

    const InputFile file = unwrap(InputFile::open(path));
    CHECK(file.size_bytes() == 10);
    std::array<std::byte, 4> four{};
    REQUIRE(file.read_at(6, four));
    CHECK(four[0] == std::byte{'6'});
    const auto failed = file.read_at(7, four);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == Errc::corrupt);
    CHECK(failed.error().message == path + ": expected 4 bytes from byte 7 on, found 3");
    CHECK_FALSE(file.read_at(std::uint64_t{1} << 63, four));
}

TEST_CASE("file: globs come sorted, plain names stand for themselves, none is an error") {
    const TempFolder folder;
    for (const char* name : {"b2.dng", "b10.dng", "a.dng", "c.txt", "odd[1].dng"}) {
        REQUIRE(write_file(folder.file(name), bytes_of("x")));
    }
    CHECK(unwrap(expand_glob(folder.file("?*[0-9a].dng"))) ==
          std::vector{folder.file("b10.dng"), folder.file("b2.dng")});
    CHECK(unwrap(expand_glob(folder.file("*.dng"))).size() == 4);
    CHECK(unwrap(expand_glob(folder.file("{a,b2}.dng"))).size() == 2);
    CHECK(unwrap(expand_glob("plain.dng")) == std::vector<std::string>{"plain.dng"});
    CHECK(unwrap(expand_glob(folder.file("odd[1].dng"))) == std::vector{folder.file("odd[1].dng")});
    CHECK(expand_glob(folder.file("*.cr2")).error().code == Errc::io);
    CHECK_FALSE(expand_glob(""));
}

}  // namespace
}  // namespace parallax::codec
