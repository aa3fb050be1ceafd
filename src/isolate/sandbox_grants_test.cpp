// What is granted can be used, from within a sandbox, and nothing beside it.
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include "isolate/zygote.h"
#include "support/stages.h"
#include "support/temp_folder.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

// Each stage tries "VERB PATH" lines of its first message and answers each: ok, or the errno's
// name.
std::string tried(const std::string& verb, const std::string& path) {
    int rc = -1;
    errno = 0;
    if (verb == "read") rc = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (verb == "write") rc = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (verb == "create") rc = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (verb == "suid") rc = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 04755);
    if (verb == "remove") rc = ::unlink(path.c_str());
    if (verb == "rename") rc = ::rename(path.c_str(), (path + ".new").c_str());
    if (verb == "device") {
        const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
        rc = fd < 0 ? fd : static_cast<int>(::write(fd, "x", 1));
    }
    if (verb == "map") {
        const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        rc =
            fd < 0 || ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED
                ? -1
                : 0;
    }
    if (verb == "unix") {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(),
                    std::min(path.size(), sizeof address.sun_path - 1));
        rc = fd < 0 ? fd : ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
    if (verb == "tcp") {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(path)));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        rc = fd < 0 ? fd : ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
    return rc >= 0 ? "ok" : ::strerrorname_np(errno);
}

int try_each(const StageStart& start) {
    std::istringstream words(start.entry);
    std::string verb;
    std::string path;
    std::string answers;
    for (words >> verb; words >> verb >> path;) answers += tried(verb, path) + " ";
    (void)!::write(start.fds.at(0).get(), answers.data(), answers.size());
    return 0;
}

PX_STAGE("grants.final") {
    if (!start.lock_down.now()) return 1;
    return try_each(start);
}

PX_STAGE("grants.start-up") { return try_each(start); }

// Tries in order, in one child; the answers, a blank after each, or what it died of.
std::string outcome(const SandboxPolicy& policy, const std::string& tries,
                    const std::string& stage = "grants.final") {
    const auto zygote = unwrap(Zygote::start());
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);
    const int fd = theirs.get();
    const Child child = unwrap(
        zygote->spawn({.name = "g", .entry = stage + " " + tries, .policy = policy}, {&fd, 1}));
    theirs = UniqueFd();
    std::array<char, 4096> text{};
    const ssize_t count = ::read(ours.get(), text.data(), text.size());
    if (count > 0) return {text.data(), static_cast<std::size_t>(count)};
    pollfd waiting{.fd = zygote->event_fd(), .events = POLLIN, .revents = 0};
    REQUIRE(::poll(&waiting, 1, 60'000) == 1);
    const auto exit = zygote->reaped();
    REQUIRE(exit);
    return "died of " + std::to_string(signal_of(*exit, child.crash_page));
}

// Readable by whoever the stage becomes: an ordinary temporary folder is its owner's alone.
struct Ground {
    Ground() {
        ::chmod(folder.path().c_str(), 0755);
        ::mkdir(folder.file("out").c_str(), 0755);
        std::ofstream(folder.file("in")) << "frames";
        std::ofstream(folder.file("beside")) << "secret";
        std::ofstream(folder.file("out/old")) << "old";
    }
    std::string at(const std::string& name) const { return folder.file(name); }
    TempFolder folder;
};

int listen_on_loopback(std::uint16_t& port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(fd, 8) == 0);
    REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
    return fd;
}

}  // namespace

TEST_CASE("grants: a readable file can be read, and neither written nor its neighbour seen") {
    const Ground ground;
    SandboxPolicy policy;
    policy.grants.read_paths = {ground.at("in")};
    const std::string in = ground.at("in");
    CHECK(outcome(policy, "read " + in + " write " + in + " create " + in + " read " +
                              ground.at("beside") + " read /etc/passwd") ==
          "ok EROFS EROFS ENOENT ENOENT ");
}

TEST_CASE("grants: without a grant no file can be opened at all") {
    const Ground ground;
    CHECK(outcome({}, "read " + ground.at("in") + " create " + ground.at("in")) ==
          "ENOENT ENOENT ");
}

TEST_CASE("grants: a writable folder takes files, and keeps what is outside") {
    const Ground ground;
    SandboxPolicy policy;
    policy.grants.write_paths = {ground.at("out")};
    const std::string made = ground.at("out/new");
    CHECK(outcome(policy, "create " + made + " rename " + made + " remove " + ground.at("out/old") +
                              " create " + ground.at("x") + " read " + ground.at("in")) ==
          "ok ok ok EROFS ENOENT ");
    CHECK(ground.folder.names().size() == 3);
}

TEST_CASE("grants: no file with the set-user-id bit comes out of a sandbox") {
    const Ground ground;
    SandboxPolicy policy;
    policy.grants.write_paths = {ground.at("out")};
    CHECK(outcome(policy, "suid " + ground.at("out/root")) == "died of " + std::to_string(SIGSYS));
    struct stat status{};
    CHECK(::stat(ground.at("out/root").c_str(), &status) != 0);
}

TEST_CASE("grants: what is only loaded is shut after lock-down") {
    const Ground ground;
    SandboxPolicy policy;
    policy.grants.load_paths = {ground.at("out")};
    policy.grants.read_paths = {ground.at("in")};
    const std::string tries = "map " + ground.at("out/old") + " map " + ground.at("in");
    CHECK(outcome(policy, tries, "grants.start-up") == "ok EPERM ");
    CHECK(outcome(policy, "read " + ground.at("out/old") + " read " + ground.at("in")) ==
          "EACCES ok ");
}

TEST_CASE("grants: a device, and no other") {
    SandboxPolicy policy;
    policy.grants.device_paths = {"/dev/null"};
    CHECK(outcome(policy, "device /dev/null read /dev/zero") == "ok ENOENT ");
    policy.grants.device_paths.clear();
    policy.grants.write_paths = {"/dev"};  // Files of a granted folder are no devices.
    CHECK(outcome(policy, "device /dev/null") == "EACCES ");
}

TEST_CASE("grants: a unix endpoint, and no other") {
    const Ground ground;
    const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const UniqueFd owner(server);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = ground.at("s");
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(server, 8) == 0);
    ::chmod(path.c_str(), 0777);
    SandboxPolicy policy;
    policy.grants.endpoints = {"unix:" + path};
    CHECK(outcome(policy, "unix " + path + " unix /run/other tcp 80") == "ok ENOENT EACCES ");
}

TEST_CASE("grants: a TCP port, and no other") {
    std::uint16_t port = 0;
    std::uint16_t other = 0;
    const UniqueFd server(listen_on_loopback(port));
    const UniqueFd neighbour(listen_on_loopback(other));
    SandboxPolicy policy;
    policy.grants.endpoints = {"tcp:" + std::to_string(port)};
    const std::string tries = "tcp " + std::to_string(port) + " tcp " + std::to_string(other);
    CHECK(outcome(policy, tries) == "ok EACCES ");
    policy.preset = SandboxPreset::with_network;
    policy.grants.endpoints.clear();
    CHECK(outcome(policy, tries) == "ok ok ");
    CHECK(outcome({}, tries) == "EACCES EACCES ");
}

}  // namespace parallax
