// Two programs joined by a socket; here two pipelines of one program, which know no more of each
// other.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "isolate/ipc_elements.h"
#include "parallax/app.h"
#include "parallax/isolation.h"
#include "parallax/pipeline.h"
#include "support/known_elements.h"
#include "support/temp_folder.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

Registry all_elements() {
    Registry registry = known_elements();
    add_ipc_elements(registry);
    return registry;
}

// One of the two programs.
class Program {
  public:
    explicit Program(const std::string& line) : registry_(all_elements()) {
        auto made = Pipeline::from_text(line, registry_);
        if (!made) FAIL(made.error().front().text);
        pipeline_ = *std::move(made);
        if (auto* out = pipeline_->element<AppSink>("out")) {
            out->on_frame([this](const AppSink::View& view) {
                sequences.push_back(view.meta.sequence);
                if (!view.bytes.empty()) bytes.push_back(view.bytes.front());
                ++seen;
            });
        }
    }
    ~Program() {
        if (thread_.joinable()) thread_.join();
    }
    void start() {
        thread_ = std::thread([this] {
            outcome_ = pipeline_->run();
            over_ = true;
        });
    }
    // Until so many frames have come; fails where the run ends before.
    void wait_for(std::size_t frames) {
        while (seen < frames && !over_) std::this_thread::yield();
        if (seen >= frames) return;
        const Result<> outcome = join();
        FAIL("it ended early: " << (outcome ? "by an end of stream" : to_string(outcome.error())));
    }
    Result<> join() {
        thread_.join();
        return std::move(outcome_);
    }
    Pipeline& pipeline() { return *pipeline_; }

    std::vector<std::uint64_t> sequences;
    std::vector<std::byte> bytes;
    std::atomic<std::size_t> seen{0};

  private:
    Registry registry_;
    std::unique_ptr<Pipeline> pipeline_;
    std::thread thread_;
    std::atomic<bool> over_{false};
    Result<> outcome_;
};

std::string path_in(const TempFolder& folder) { return folder.path() + "/frames.sock"; }

TEST_CASE("ipc: every frame crosses, in order, with its bytes, and both programs end") {
    const TempFolder folder;
    const std::string path = path_in(folder);
    Program sender(
        "videotestsrc num-buffers=60 pattern=white ! "
        "video/x-raw,format=GRAY8,width=64,height=48 ! ipcsink path=" +
        path);
    Program receiver("ipcsrc path=" + path + " ! appsink name=out");
    sender.start();
    receiver.start();
    CHECK(sender.join());
    CHECK(receiver.join());
    REQUIRE(receiver.sequences.size() == 60);
    for (std::size_t n = 0; n < 60; ++n) CHECK(receiver.sequences[n] == n);
    CHECK(std::ranges::all_of(receiver.bytes, [](std::byte b) { return b == std::byte{255}; }));
    for (const LinkReport& link : receiver.pipeline().report().links) CHECK(link.bytes_copied == 0);
    for (const LinkReport& link : sender.pipeline().report().links) CHECK(link.bytes_copied == 0);
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("ipc: caps are agreed on across programs") {
    const TempFolder folder;
    const std::string path = path_in(folder);
    Program sender(
        "videotestsrc num-buffers=5 ! video/x-raw,format=NV12,width=64,height=48 ! "
        "ipcsink path=" +
        path);
    Program receiver("ipcsrc path=" + path +
                     " ! videoconvert ! video/x-raw,format=RGB ! "
                     "appsink name=out");
    sender.start();
    receiver.start();
    CHECK(sender.join());
    CHECK(receiver.join());
    CHECK(receiver.seen == 5);
}

TEST_CASE("ipc: many may look on, and one that comes late sees the rest") {
    const TempFolder folder;
    const std::string path = path_in(folder);
    Program sender(
        "fakesrc num-buffers=400 sizetype=fixed sizemax=100 ! identity sleep-time=1000 "
        "! ipcsink path=" +
        path);
    Program first("ipcsrc path=" + path + " ! appsink name=out");
    Program late("ipcsrc path=" + path + " ! appsink name=out");
    sender.start();
    first.start();
    first.wait_for(50);
    late.start();
    CHECK(sender.join());
    CHECK(first.join());
    CHECK(late.join());
    CHECK(first.sequences.size() == 400);
    REQUIRE(!late.sequences.empty());
    CHECK(late.sequences.front() >= 49);
    CHECK(late.sequences.back() == 399);
    for (std::size_t n = 1; n < late.sequences.size(); ++n) {
        CHECK(late.sequences[n] == late.sequences[n - 1] + 1);
    }
}

// A program that connects, and then does as it likes.
class Rude {
  public:
    explicit Rude(const std::string& path) {
        for (;;) {
            auto connected = connect_to(path);
            REQUIRE(connected);
            if (*connected) {
                socket_ = *std::move(*connected);
                return;
            }
            std::this_thread::yield();
        }
    }
    IpcSocket& socket() { return socket_; }

  private:
    IpcSocket socket_;
};

TEST_CASE("ipc: programs that die, lie, babble or hold frames for ever cost the others nothing") {
    const TempFolder folder;
    const std::string path = path_in(folder);
    Program sender(
        "fakesrc num-buffers=300 sizetype=fixed sizemax=100 ! identity sleep-time=500 ! "
        "ipcsink timeout=50 path=" +
        path);
    Program good("ipcsrc path=" + path + " ! appsink name=out");
    sender.start();
    good.start();
    good.wait_for(20);
    {
        Rude dead(path);
    }
    Rude liar(path);
    CHECK(liar.socket().send({.type = IpcMessage::Type::done, .number = 1'000'000}));
    Rude babbler(path);
    for (int i = 0; i < 50; ++i) {
        (void)!::send(babbler.socket().fd(), "nonsense", 8, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    Rude holder(path);
    CHECK(sender.join());
    CHECK(good.join());
    CHECK(good.sequences.size() == 300);
}

TEST_CASE("ipc: with drop a slow program misses frames, counted, and the producer does not wait") {
    const TempFolder folder;
    const std::string path = path_in(folder);
    Program sender(
        "fakesrc num-buffers=300 sizetype=fixed sizemax=100 ! identity sleep-time=200 ! "
        "ipcsink name=s drop=true max-buffers=2 path=" +
        path);
    Program slow("ipcsrc path=" + path + " ! identity sleep-time=3000 ! appsink name=out");
    sender.start();
    slow.start();
    CHECK(sender.join());
    CHECK(slow.join());
    std::uint64_t dropped = 0;
    for (const ElementReport& each : sender.pipeline().report().elements) {
        if (each.name == "s") dropped = each.dropped;
    }
    CHECK(slow.sequences.size() < 300);
    CHECK(slow.sequences.size() + dropped == 300);
}

TEST_CASE("ipc: a socket that a dead program left is replaced, a living one's is not") {
    const TempFolder folder;
    const std::string path = path_in(folder);
    {
        const UniqueFd left(::socket(AF_UNIX, SOCK_SEQPACKET, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(left.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(left.get(), 1) == 0);
        CHECK_FALSE(listen_at(path));
    }
    const auto fresh = listen_at(path);
    CHECK(fresh);
    std::ofstream(path + ".txt") << "mine";
    const auto refused = listen_at(path + ".txt");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::io);
    CHECK(std::filesystem::exists(path + ".txt"));
    CHECK_FALSE(listen_at(std::string(200, 'x')));
}

TEST_CASE("ipc: a receiver waits for its sender to come again") {
    const TempFolder folder;
    const std::string path = path_in(folder);
    const std::string line =
        "fakesrc num-buffers=-1 sizetype=fixed sizemax=64 ! "
        "identity sleep-time=1000 ! ipcsink path=" +
        path;
    Program receiver("ipcsrc path=" + path + " ! appsink name=out");
    {
        Program first(line);
        REQUIRE(first.pipeline().play());
        receiver.start();
        receiver.wait_for(20);
        // Destroyed while it plays: as if it had died, for who is at the other end.
    }
    Program second(line);
    REQUIRE(second.pipeline().play());
    const std::size_t before = receiver.seen;
    receiver.wait_for(before + 20);
    receiver.pipeline().stop();
    CHECK(receiver.join());
    second.pipeline().stop();
}

TEST_CASE("ipc: a receiver whose sender comes again and says nothing can be stopped meanwhile") {
    const TempFolder folder;
    const std::string path = path_in(folder);
    Program receiver("ipcsrc timeout=600000 path=" + path + " ! appsink name=out");
    {
        Program first(
            "fakesrc num-buffers=-1 sizetype=fixed sizemax=64 ! "
            "identity sleep-time=1000 ! ipcsink path=" +
            path);
        REQUIRE(first.pipeline().play());
        receiver.start();
        receiver.wait_for(5);
    }
    const auto mute = unwrap(listen_at(path));
    pollfd news{.fd = mute.get(), .events = POLLIN, .revents = 0};
    REQUIRE(::poll(&news, 1, 30'000) == 1);  // It has met the mute one.
    receiver.pipeline().stop();
    CHECK(receiver.join());
}

TEST_CASE("ipc: where nobody listens the error says so, and what would help") {
    const TempFolder folder;
    Program receiver("ipcsrc timeout=20 path=" + path_in(folder) + " ! appsink name=out");
    const Result<> outcome = receiver.pipeline().run();
    REQUIRE_FALSE(outcome);
    CHECK(to_string(outcome.error()).find("nobody listens there") != std::string::npos);
}

}  // namespace
}  // namespace parallax
