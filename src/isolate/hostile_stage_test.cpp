// Processes that keep to no protocol: whatever they say or write, the run ends in order, with the
// reason, and no memory is touched that is not theirs.
#include <array>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "exec/shared_ring.h"
#include "isolate/blueprint.h"
#include "isolate/control_message.h"
#include "support/isolated.h"
#include "support/stages.h"
#include "sync/futex.h"

namespace parallax {
namespace {

using Type = ControlMessage::Type;

// A stage of which each step can be left out or bent.
class Liar {
  public:
    explicit Liar(StageStart start, std::string lie)
        : raw_(start.fds.front().get()), control_(std::move(start.fds.front())), lie_(lie) {}

    int run() {
        if (lie_ == "early") return say({.type = Type::ready}), wait();
        if (lie_ == "garbage") return send_bytes(1000), wait();
        if (lie_ == "empty") return send_bytes(0), wait();
        if (lie_ == "huge") return send_bytes(150'000), wait();
        if (lie_ == "parent") return say({.type = Type::init}), wait();
        if (lie_ == "descriptors") return send_descriptor(), wait();
        say({.type = Type::hello, .a = lie_ == "version" ? 99 : kProtocolVersion});
        if (!take_blueprint()) return 1;
        if (lie_ == "again") return say({.type = Type::hello, .a = kProtocolVersion}), wait();
        say({.type = Type::mapped});
        (void)control_.receive(true, false);
        say({.type = Type::ready});
        while (true) {  // Until it may play.
            auto received = control_.receive(true, true);
            if (!received || !*received) return 1;
            if ((*received)->message.type == Type::play) break;
        }
        lie();
        return wait();
    }

  private:
    void say(const ControlMessage& message) { (void)control_.send(message); }
    void send_bytes(std::size_t count) const {
        const std::vector<char> bytes(count, 'x');
        (void)!::send(raw_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    void send_descriptor() {
        const std::array<int, 1> fds{0};
        (void)control_.send({.type = Type::hello, .a = kProtocolVersion}, fds);
    }
    // Answers pings, so that it is no silence that ends it.
    int wait() {
        for (;;) {
            auto received = control_.receive(true, true);
            if (!received || !*received) return 1;
            if ((*received)->message.type == Type::ping) {
                say({.type = Type::pong, .a = (*received)->message.a});
            }
        }
    }

    bool take_blueprint() {
        auto received = control_.receive(true, true);
        if (!received || !*received || (*received)->fds.empty()) return false;
        auto text = CpuSegment::from_fd(std::move((*received)->fds.front()), (*received)->message.a,
                                        Access::read_only);
        if (!text) return false;
        auto blueprint = decode_blueprint(text->view().first((*received)->message.a));
        if (!blueprint) return false;
        auto& fds = (*received)->fds;
        auto record = CpuSegment::from_fd(std::move(fds[blueprint->record_fd]), sizeof(RecordPage),
                                          Access::read_write);
        const Blueprint::Output& out = blueprint->outputs.front();
        places_ = Channel::places(out.capacity, out.held);
        auto ring = CpuSegment::from_fd(std::move(fds[out.ring_fd]), SharedRing::bytes_for(places_),
                                        Access::read_write);
        if (!record || !ring) return false;
        record_ = *std::move(record);
        ring_ = *std::move(ring);
        return true;
    }

    void lie() {
        Positions now;
        CommitRecord record(*reinterpret_cast<RecordPage*>(record_->view_mut()->data()), 1, 1);
        const auto commit = [&] {
            record.commit(now);
            futex_wake(record.word(), 100);
        };
        const MemoryViewMut ring = *ring_->view_mut();
        if (lie_ == "published") now.published[0] = std::uint64_t{1} << 40U;
        if (lie_ == "released") now.released[0] = std::uint64_t{1} << 40U;
        if (lie_ == "consumed") now.consumed[0] = ~std::uint64_t{0};
        if (lie_ == "zeroes") now.published[0] = 3;  // Entries of no kind.
        if (lie_ == "noise") {
            for (std::size_t i = 0; i < 4096; ++i) ring[i] = static_cast<std::byte>(i * 37 + 1);
            now.published[0] = 3;
        }
        if (lie_ == "end in the record") now.ended = 1;
        if (lie_ == "flush") flush_and_go_on(now, record);
        commit();
        if (lie_ == "end in the record") ::_exit(0);
        if (lie_ == "other format") say({.type = Type::reconfigure_wanted});
        if (lie_ == "for others") {  // And for all that the tee feeds.
            for (int i = 0; i < 5; ++i) say({.type = Type::upstream_done, .a = 0});
        }
        if (lie_ == "closed") {
            control_ = ControlSocket(UniqueFd());
            ::pause();
        }
        if (lie_ == "wild") {  // As fast as it can, whatever comes.
            std::uint64_t seed = 1;
            for (int i = 0; i < 300'000; ++i) {
                seed = seed * 6364136223846793005U + 1442695040888963407U;
                now.published[0] = seed >> (seed & 63U);
                now.released[0] = seed >> ((seed >> 8U) & 63U);
                now.consumed[0] = seed >> ((seed >> 16U) & 63U);
                ring[seed % 8192] = static_cast<std::byte>(seed >> 32U);
                record.commit(now);
            }
            futex_wake(record.word(), 100);
        }
        if (lie_ == "ended") say({.type = Type::ended});
        if (lie_ == "finished") say({.type = Type::finished});
        if (lie_ == "flushes") {
            for (int i = 0; i < 2000; ++i) say({.type = Type::flush_wanted});
        }
        if (lie_ == "event") say({.type = Type::up_event, .a = 0, .b = 1000});
        if (lie_ == "deaf") return;
    }

    // Looks alive, so that it is not ended for that it does not move.
    void flush_and_go_on(Positions& now, CommitRecord& record) {
        const ArenaTable none;
        SharedRing ring(*std::exchange(ring_, std::nullopt), places_, none);
        (void)ring.put(0, {.event = Event{.type = Event::Type::flush, .number = 1000}});
        now.published[0] = 1;
        for (;;) {
            now.sequence++;
            record.commit(now);
            futex_wake(record.word(), 100);
            auto received = control_.receive(true, true);  // It is pinged now and then.
            if (!received || !*received) ::_exit(1);
            if ((*received)->message.type == Type::ping) {
                say({.type = Type::pong, .a = (*received)->message.a});
            }
        }
    }

    int raw_;
    std::uint64_t places_ = 0;
    ControlSocket control_;
    std::string lie_;
    std::optional<CpuSegment> record_;
    std::optional<CpuSegment> ring_;
};

}  // namespace
}  // namespace parallax

PX_STAGE("liar") {
    const std::string lie = start.entry.substr(start.entry.find(' ') + 1);
    return parallax::Liar(std::move(start), lie).run();
}

namespace parallax {
namespace {

using testing::Isolated;

SupervisorOptions lying(const std::string& lie) {
    SupervisorOptions options;
    options.entry = "liar " + lie;
    options.restart.delay = std::chrono::milliseconds(1);
    options.restart.most = 2;
    options.frame_deadline = std::chrono::milliseconds(300);
    return options;
}

constexpr const char* kLine =
    "fakesrc num-buffers=50 sizetype=fixed sizemax=64 ! tee name=t "
    "t. ! queue ! identity name=liar isolate=process ! fakesink "
    "t. ! queue ! appsink name=out";

TEST_CASE("hostile stage: one that breaks the protocol before it is ready is named, and not run") {
    for (const std::string lie :
         {"early", "garbage", "huge", "parent", "descriptors", "version", "again"}) {
        CAPTURE(lie);
        Isolated run(kLine, lying(lie));
        const Result<> playing = run.play();
        REQUIRE_FALSE(playing);
        CHECK_MESSAGE(to_string(playing.error()).find("protocol violation") != std::string::npos,
                      to_string(playing.error()));
    }
}

TEST_CASE("hostile stage: one that lies while it plays loses its branch alone") {
    const std::pair<std::string, std::string> lies[] = {{"published", "claims to have published"},
                                                        {"released", "claims to have released"},
                                                        {"consumed", "claims to have consumed"},
                                                        {"zeroes", "an entry of no kind"},
                                                        {"noise", "an entry"},
                                                        {"wild", ""},
                                                        {"ended", "says that it has ended"},
                                                        {"finished", "at the wrong time"},
                                                        {"event", "an event of no type"},
                                                        {"end in the record", "exited with code 0"},
                                                        {"other format", "it is no source"},
                                                        {"for others", "has not moved"},
                                                        {"closed", ""},
                                                        {"deaf", "has not moved"}};
    for (const auto& [lie, reason] : lies) {
        CAPTURE(lie);
        Isolated run(kLine, lying(lie));
        const auto errors = run.run();
        const std::string all = errors.empty() ? "none" : errors.front() + " | " + errors.back();
        CAPTURE(all);
        REQUIRE(errors.size() == 1);
        CHECK(errors.front().find("liar: its process ended: ") == 0);
        CHECK_MESSAGE(errors.front().find(reason) != std::string::npos, errors.front());
        // Its end is an error of the run, which stops the source; what was made is whole.
        const auto got = run.sequences();
        for (std::size_t n = 0; n < got.size(); ++n) REQUIRE(got[n] == n);
    }
}

TEST_CASE("hostile stage: a flush that nobody asked for is a lie, and named") {
    SupervisorOptions options = lying("flush");
    options.restart.most = 0;
    options.heartbeat = std::chrono::milliseconds(100);
    Isolated run(kLine, options);
    const auto errors = run.run();
    REQUIRE(errors.size() == 1);
    CHECK_MESSAGE(errors.front().find("flush 1000, and there were 0") != std::string::npos,
                  errors.front());
}

TEST_CASE("hostile stage: one that asks for flushes without end drops frames, and ends no run") {
    Isolated run(kLine, lying("flushes"));
    const auto errors = run.run();
    REQUIRE(errors.size() == 1);
    CHECK(errors.front().find("liar: its process ended: ") == 0);
    const auto got = run.sequences();
    CHECK(std::ranges::adjacent_find(got, std::greater_equal<>()) == got.end());
}

TEST_CASE("hostile stage: where its branch may be dropped, the other one has every frame") {
    for (const std::string lie :
         {"published", "released", "consumed", "noise", "wild", "ended", "end in the record",
          "other format", "for others", "closed", "event", "deaf"}) {
        CAPTURE(lie);
        SupervisorOptions options = lying(lie);
        options.on_crash = SupervisorOptions::OnCrash::drop;
        Isolated run(kLine, options);
        CHECK(run.run().empty());
        const auto got = run.sequences();
        CHECK(got.size() == 50);
        for (std::size_t n = 0; n < got.size(); ++n) REQUIRE(got[n] == n);
        CHECK(run.was_said("its branch ends here"));
    }
}

}  // namespace
}  // namespace parallax
