// PostOffice, Mailbox, Letter: messages of one type between parties that know each other by name.
//
//     PostOffice<Command> office({.on_dead = [](const DeadLetter& dead) { log(dead); }});
//     Mailbox<Command> camera = PX_TRY(office.open({.name = "camera"}));
//     PX_TRY(office.send({.from = "ui", .to = "camera"}, Command::pause, Lane::control));
//     const Command got = PX_TRY(office.ask({.from = "ui", .to = "camera"}, question, until_ns));
//     while (auto letter = camera.receive()) letter->answer(reply_to(letter->body));
//
// Who may call: any thread, all of it; a Letter and a Mailbox have one owner. Blocks: receive() and
// ask(), until their time; nothing else waits for anybody. One lock guards an office: it is for
// control, some thousand letters a second, not for frames.
// Order: control before data; within a lane as sent, by whomever. Bounded: each lane of each box;
// what finds it full is refused. Every letter ends in one way: received, refused with an error to
// its sender, or told as dead, with the reason. A request also ends by an answer or an error to who
// asks, at once when the other side drops it or is gone, at the latest at its time.
// On close (the end of a Mailbox): what lies in it is dead; who asked is told Errc::peer_died.
// Lifetime: the office outlives its mailboxes, their letters, and calls.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "parallax/result.h"

namespace parallax {

enum class Lane : std::uint8_t { control, data };

enum class Death : std::uint8_t {
    nobody,    // There is no mailbox of that name.
    full,      // Its lane had no room.
    closed,    // It lay in a mailbox that closed.
    expired,   // A request whose time was over before it was received.
    dropped,   // A request that was received and never answered.
    too_late,  // An answer that nobody waits for any more.
};

struct DeadLetter {
    std::string from;
    std::string to;
    Lane lane;
    Death death;
};

template <class T>
class PostOffice;

template <class T>
class Letter {
  public:
    Letter(Letter&& other) noexcept
        : body(std::move(other.body)),
          from(std::move(other.from)),
          lane(other.lane),
          office_(std::exchange(other.office_, nullptr)),
          to_(std::move(other.to_)),
          request_(other.request_),
          until_ns_(other.until_ns_) {}
    Letter& operator=(Letter&& other) noexcept {
        if (this != &other) {
            std::destroy_at(this);
            std::construct_at(this, std::move(other));
        }
        return *this;
    }
    ~Letter() {
        if (wants_answer()) office_->drop(*this);
    }

    T body;
    std::string from;
    Lane lane;

    bool wants_answer() const { return office_ != nullptr && request_ != 0; }
    // Once, to a request. False when nobody waits for it any more: it is dead, as told.
    bool answer(T reply) {
        if (!wants_answer()) return false;
        return std::exchange(office_, nullptr)->deliver_answer(*this, std::move(reply));
    }

  private:
    friend class PostOffice<T>;
    Letter(T message, std::string sender, Lane its_lane)
        : body(std::move(message)), from(std::move(sender)), lane(its_lane) {}

    PostOffice<T>* office_ = nullptr;  // Of a request that was received and not answered yet.
    std::string to_;
    std::uint64_t request_ = 0;
    std::int64_t until_ns_ = 0;
};

template <class T>
class Mailbox {
  public:
    Mailbox(Mailbox&& other) noexcept
        : office_(std::exchange(other.office_, nullptr)), name_(std::move(other.name_)) {}
    Mailbox& operator=(Mailbox&&) = delete;
    ~Mailbox() {
        if (office_ != nullptr) office_->close(name_);
    }

    const std::string& name() const { return name_; }
    // The next letter, at once or at the latest at that time of the monotonic clock.
    std::optional<Letter<T>> try_receive() { return office_->receive(name_, 0); }
    std::optional<Letter<T>> receive(std::int64_t until_ns) {
        return office_->receive(name_, until_ns);
    }

  private:
    friend class PostOffice<T>;
    Mailbox(PostOffice<T>& office, std::string name) : office_(&office), name_(std::move(name)) {}
    PostOffice<T>* office_;
    std::string name_;
};

template <class T>
class PostOffice {
  public:
    struct Options {
        std::function<void(const DeadLetter&)> on_dead = {};  // Called without locks.
    };
    struct BoxOptions {
        std::string name = {};
        std::size_t most = 64;  // Letters in each lane.
        // Called for each letter, under the office's lock: it may notify, and nothing more.
        std::function<void()> on_mail = {};
    };
    struct Address {
        std::string from;
        std::string to;
    };

    explicit PostOffice(Options options = {}) : options_(std::move(options)) {}
    PostOffice(const PostOffice&) = delete;
    PostOffice& operator=(const PostOffice&) = delete;

    // Errc::invalid_argument: there is one of that name.
    Result<Mailbox<T>> open(BoxOptions options) {
        const std::scoped_lock lock(mutex_);
        std::string name = options.name;
        if (boxes_.contains(name)) {
            return fail(Errc::invalid_argument, "there is a mailbox called " + name + " already");
        }
        boxes_.emplace(name, std::make_unique<Box>(std::move(options)));
        return Mailbox<T>(*this, std::move(name));
    }

    // Errc::not_found: there is no such mailbox. Errc::quota_exceeded: its lane is full.
    Result<> send(const Address& address, T body, Lane lane = Lane::data) {
        return post(address, Letter<T>(std::move(body), address.from, lane));
    }

    // Sends, and waits for the answer. Errc::timed_out; Errc::peer_died when the other side dropped
    // the request or closed; the errors of send(). Who asks itself is refused: it would wait for
    // itself.
    Result<T> ask(const Address& address, T body, std::int64_t until_ns, Lane lane = Lane::data) {
        if (address.from == address.to) {
            return fail(Errc::invalid_argument, address.to + " would wait for itself");
        }
        Asked asked;
        Letter<T> letter(std::move(body), address.from, lane);
        letter.until_ns_ = until_ns;
        {
            const std::scoped_lock lock(mutex_);
            letter.request_ = ++last_request_;
            asked_.emplace(letter.request_, &asked);
        }
        const std::uint64_t request = letter.request_;
        const Result<> posted = post(address, std::move(letter));
        std::unique_lock lock(mutex_);
        if (!posted) asked.answer = Failure(posted.error());
        asked.arrived.wait_until(lock, at(until_ns), [&] { return asked.answer.has_value(); });
        asked_.erase(request);
        if (asked.answer) return *std::move(asked.answer);
        return fail(Errc::timed_out, address.to + " did not answer in time");
    }

    // How many died of what.
    std::uint64_t dead(Death death) const {
        const std::scoped_lock lock(mutex_);
        return dead_[static_cast<std::size_t>(death)];
    }

  private:
    friend class Letter<T>;
    friend class Mailbox<T>;
    struct Box {
        explicit Box(BoxOptions its_options) : options(std::move(its_options)) {}
        BoxOptions options;
        std::array<std::deque<Letter<T>>, 2> lanes;  // By Lane.
        std::condition_variable arrived;
    };
    struct Asked {  // On the stack of who asks.
        std::optional<Result<T>> answer;
        std::condition_variable arrived;
    };
    using Dead = std::vector<DeadLetter>;

    static std::chrono::steady_clock::time_point at(std::int64_t ns) {
        return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(ns));
    }

    Result<> post(const Address& address, Letter<T> letter) {
        Death death = Death::nobody;
        const Lane lane = letter.lane;
        {
            const std::scoped_lock lock(mutex_);
            const auto found = boxes_.find(address.to);
            if (found != boxes_.end()) {
                Box& box = *found->second;
                auto& queue = box.lanes[static_cast<std::size_t>(lane)];
                if (queue.size() < box.options.most) {
                    letter.to_ = address.to;
                    queue.push_back(std::move(letter));
                    box.arrived.notify_one();
                    if (box.options.on_mail) box.options.on_mail();
                    return {};
                }
                death = Death::full;
            }
        }
        tell({{address.from, address.to, lane, death}});
        if (death == Death::full) {
            return fail(Errc::quota_exceeded, "the mailbox " + address.to + " is full");
        }
        return fail(Errc::not_found, "there is no mailbox called " + address.to);
    }

    std::optional<Letter<T>> receive(const std::string& name, std::int64_t until_ns) {
        Dead dead;
        std::optional<Letter<T>> letter;
        {
            std::unique_lock lock(mutex_);
            Box& box = *boxes_.at(name);
            const auto take = [&] {
                letter = next(box, dead);
                return letter.has_value();
            };
            if (!take() && until_ns > 0) box.arrived.wait_until(lock, at(until_ns), take);
            if (letter && letter->request_ != 0) letter->office_ = this;
        }
        tell(dead);
        return letter;
    }

    // Control first; requests whose time is over are left out.
    std::optional<Letter<T>> next(Box& box, Dead& dead) {
        for (auto& queue : box.lanes) {
            while (!queue.empty()) {
                std::optional<Letter<T>> letter(std::move(queue.front()));
                queue.pop_front();
                if (letter->request_ == 0 || asked_.contains(letter->request_)) {
                    if (letter->request_ == 0 || monotonic_ns() < letter->until_ns_) return letter;
                }
                dead.push_back({letter->from, letter->to_, letter->lane, Death::expired});
            }
        }
        return std::nullopt;
    }

    void close(const std::string& name) {
        Dead dead;
        {
            const std::scoped_lock lock(mutex_);
            const auto found = boxes_.find(name);
            for (auto& queue : found->second->lanes) {
                for (const Letter<T>& letter : queue) {
                    dead.push_back({letter.from, name, letter.lane, Death::closed});
                    refuse(letter.request_, name + " has closed its mailbox");
                }
            }
            boxes_.erase(found);
        }
        tell(dead);
    }

    bool deliver_answer(const Letter<T>& letter, T reply) {
        {
            const std::scoped_lock lock(mutex_);
            const auto found = asked_.find(letter.request_);
            if (found != asked_.end() && !found->second->answer) {
                found->second->answer.emplace(std::move(reply));
                found->second->arrived.notify_one();
                return true;
            }
        }
        tell({{letter.to_, letter.from, letter.lane, Death::too_late}});
        return false;
    }

    void drop(const Letter<T>& letter) {
        {
            const std::scoped_lock lock(mutex_);
            refuse(letter.request_, letter.to_ + " dropped the request");
        }
        tell({{letter.from, letter.to_, letter.lane, Death::dropped}});
    }

    // The caller holds the lock. 0 is no request.
    void refuse(std::uint64_t request, std::string why) {
        const auto found = asked_.find(request);
        if (found == asked_.end() || found->second->answer) return;
        found->second->answer = fail(Errc::peer_died, std::move(why));
        found->second->arrived.notify_one();
    }

    void tell(const Dead& dead) {
        if (dead.empty()) return;
        {
            const std::scoped_lock lock(mutex_);
            for (const DeadLetter& each : dead) ++dead_[static_cast<std::size_t>(each.death)];
        }
        if (!options_.on_dead) return;
        for (const DeadLetter& each : dead) options_.on_dead(each);
    }

    const Options options_;
    mutable std::mutex mutex_;
    std::map<std::string, std::unique_ptr<Box>> boxes_;
    std::map<std::uint64_t, Asked*> asked_;
    std::uint64_t last_request_ = 0;
    std::array<std::uint64_t, 6> dead_{};
};

}  // namespace parallax
