#include "sync/mailbox.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax {
namespace {

using Office = PostOffice<std::string>;
using Box = Mailbox<std::string>;

std::int64_t soon() { return monotonic_ns() + 5'000'000; }
std::int64_t long_from_now() { return monotonic_ns() + 60'000'000'000; }

// What died, in the order in which it was told.
class Obituaries {
  public:
    Office::Options options() {
        return {.on_dead = [this](const DeadLetter& dead) {
            const std::scoped_lock lock(mutex_);
            all_.push_back(dead);
        }};
    }
    std::vector<DeadLetter> all() const {
        const std::scoped_lock lock(mutex_);
        return all_;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<DeadLetter> all_;
};

std::string drained(Box& box) {
    std::string text;
    while (const auto letter = box.try_receive()) text += letter->body;
    return text;
}

TEST_CASE("mailbox: letters come as sent, control before data, with their senders") {
    Office office;
    Box box = unwrap(office.open({.name = "box"}));
    for (const char* text : {"a", "b", "c"}) REQUIRE(office.send({"me", "box"}, text));
    for (const char* text : {"1", "2"}) REQUIRE(office.send({"you", "box"}, text, Lane::control));
    const auto first = box.try_receive();
    REQUIRE(first);
    CHECK(first->body == "1");
    CHECK(first->from == "you");
    CHECK(first->lane == Lane::control);
    CHECK_FALSE(first->wants_answer());
    CHECK(drained(box) == "2abc");
    CHECK_FALSE(box.receive(soon()));
}

TEST_CASE("mailbox: full data does not keep control out; refused letters are told to both") {
    Obituaries obituaries;
    Office office(obituaries.options());
    Box box = unwrap(office.open({.name = "box", .most = 2}));
    for (const char* text : {"a", "b"}) REQUIRE(office.send({"me", "box"}, text));
    CHECK(office.send({"me", "box"}, "c").error().code == Errc::quota_exceeded);
    CHECK(office.send({"me", "box"}, "!", Lane::control));
    CHECK(office.send({"me", "nowhere"}, "x").error().code == Errc::not_found);
    CHECK(drained(box) == "!ab");
    REQUIRE(obituaries.all().size() == 2);
    CHECK(obituaries.all()[0].death == Death::full);
    CHECK(obituaries.all()[1].death == Death::nobody);
    CHECK(obituaries.all()[1].to == "nowhere");
    CHECK(office.dead(Death::full) == 1);
    CHECK(office.open({.name = "box"}).error().code == Errc::invalid_argument);
}

TEST_CASE("mailbox: a request gets its answer, and each asker its own") {
    Office office;
    Box box = unwrap(office.open({.name = "echo"}));
    std::atomic<int> right{0};
    {
        const std::jthread echo([&] {
            for (int n = 0; n < 400; ++n) {
                auto letter = box.receive(long_from_now());
                if (letter) letter->answer(letter->from + letter->body);
            }
        });
        std::vector<std::jthread> askers;
        for (const char* name : {"a", "b", "c", "d"}) {
            askers.emplace_back([&, name] {
                for (int n = 0; n < 100; ++n) {
                    const auto text = std::to_string(n);
                    const auto answer = office.ask({name, "echo"}, text, long_from_now());
                    if (answer && *answer == name + text) ++right;
                }
            });
        }
    }
    CHECK(right == 400);
}

TEST_CASE("mailbox: a request that nobody receives ends at its time, and is not received later") {
    Obituaries obituaries;
    Office office(obituaries.options());
    Box box = unwrap(office.open({.name = "slow"}));
    CHECK(office.ask({"me", "slow"}, "?", soon()).error().code == Errc::timed_out);
    REQUIRE(office.send({"me", "slow"}, "later"));
    CHECK(drained(box) == "later");
    REQUIRE(obituaries.all().size() == 1);
    CHECK(obituaries.all()[0].death == Death::expired);
    CHECK(office.ask({"me", "me"}, "?", soon()).error().code == Errc::invalid_argument);
    CHECK(office.ask({"me", "nowhere"}, "?", long_from_now()).error().code == Errc::not_found);
}

TEST_CASE("mailbox: an answer that comes too late is dead, and its giver knows") {
    Obituaries obituaries;
    Office office(obituaries.options());
    Box box = unwrap(office.open({.name = "slow"}));
    std::jthread asker([&] {
        CHECK(office.ask({"me", "slow"}, "?", monotonic_ns() + 30'000'000).error().code ==
              Errc::timed_out);
    });
    auto letter = box.receive(long_from_now());
    REQUIRE(letter);
    CHECK(letter->wants_answer());
    asker.join();
    CHECK_FALSE(letter->answer("!"));
    CHECK_FALSE(letter->answer("again"));
    REQUIRE(obituaries.all().size() == 1);
    CHECK(obituaries.all()[0].death == Death::too_late);
    CHECK(obituaries.all()[0].to == "me");
}

TEST_CASE("mailbox: who drops a request or closes ends the wait at once") {
    Obituaries obituaries;
    Office office(obituaries.options());
    for (const bool receives : {true, false}) {
        CAPTURE(receives);
        std::atomic<int> rings{0};
        std::optional<Box> box(unwrap(office.open({.name = "gone", .on_mail = [&] { ++rings; }})));
        REQUIRE(office.send({"me", "gone"}, "data"));
        std::optional<Error> told;
        std::jthread asker([&] {
            const auto answer = office.ask({"me", "gone"}, "?", long_from_now(), Lane::control);
            if (!answer) told = answer.error();
        });
        while (rings != 2) std::this_thread::yield();
        if (receives) {
            const auto request = box->try_receive();
            CHECK((request && request->wants_answer()));
        } else {
            box.reset();
        }
        asker.join();
        REQUIRE(told);
        CHECK(told->code == Errc::peer_died);
    }
    CHECK(office.dead(Death::dropped) == 1);
    CHECK(office.dead(Death::closed) == 3);  // Both data and the second request.
}

TEST_CASE("mailbox: mail rings, so that an actor need not wait") {
    Office office;
    int rings = 0;
    const Box box = unwrap(office.open({.name = "box", .most = 1, .on_mail = [&] { ++rings; }}));
    REQUIRE(office.send({"me", "box"}, "a"));
    CHECK_FALSE(office.send({"me", "box"}, "b"));
    CHECK(rings == 1);
}

// Whatever happens at once, each letter has one end.
TEST_CASE("mailbox: letters sent while boxes open and close are received, refused or dead, once") {
    std::atomic<int> dead{0};
    Office office({.on_dead = [&](const DeadLetter&) { ++dead; }});
    std::atomic<int> sent{0};
    std::atomic<int> received{0};
    std::atomic<bool> stop{false};
    {
        const std::jthread owner([&] {
            while (!stop) {
                Box box = unwrap(office.open({.name = "box", .most = 4}));
                for (int n = 0; n < 20; ++n) {
                    if (box.receive(monotonic_ns() + 20'000)) ++received;
                }
            }
        });
        std::vector<std::jthread> senders;
        for (int t = 0; t < 3; ++t) {
            senders.emplace_back([&, t] {
                for (int n = 0; n < 5000; ++n) {
                    static_cast<void>(office.send({"s", "box"}, "x", Lane{n % 2 == t % 2}));
                    ++sent;
                }
            });
        }
        senders.clear();
        stop = true;
    }
    CHECK(sent == 15'000);
    CHECK(received + dead == sent);
    CHECK(received > 0);
}

}  // namespace
}  // namespace parallax
