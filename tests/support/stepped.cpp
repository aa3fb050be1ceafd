#include "support/stepped.h"

#include <algorithm>

namespace parallax::testing {
namespace {

constexpr std::size_t kStackBytes = 128 << 10;
constexpr std::uint64_t kMostSteps = 20'000;  // A round that takes more has no end.

}  // namespace

Round*& Round::current() {
    thread_local Round* round = nullptr;
    return round;
}

void Round::thread(std::function<void()> body) {
    auto fiber = std::make_unique<Fiber>();
    fiber->body = std::move(body);
    fiber->stack = std::make_unique_for_overwrite<char[]>(kStackBytes);
    ::getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = fiber->stack.get();
    fiber->context.uc_stack.ss_size = kStackBytes;
    fiber->context.uc_link = nullptr;
    ::makecontext(&fiber->context, &Round::enter, 0);
    fibers_.push_back(std::move(fiber));
}

void Round::enter() {
    Round& round = *current();
    Fiber& self = *round.fibers_[static_cast<std::size_t>(round.running_)];
    self.body();
    round.step();       // What it wrote last may be delayed until after what others do now.
    round.drain(self);  // Who joins a thread sees all that it wrote.
    self.ended = true;
    round.moved(round.running_);
    round.reschedule();
}

void Round::run() {
    if (fibers_.empty()) return;
    const auto first = static_cast<int>(choose(fibers_.size(), true));
    running_ = first;
    ::swapcontext(&outside_, &fibers_[static_cast<std::size_t>(first)]->context);
    running_ = -1;
    for (const auto& fiber : fibers_) {
        if (!fiber->ended) fail("stuck");
    }
}

// The choice at this place of the trail, or the first one where it has not been before.
std::uint32_t Round::choose(std::size_t of, bool forced) {
    if (of <= 1) return 0;
    if (options.by_chance != 0) {
        if (!forced && random_() % 4 != 0) return 0;
        return static_cast<std::uint32_t>(random_() % of);
    }
    if (!forced && switched_ >= options.switches) return 0;
    if (at_ == trail_.size()) trail_.push_back({0, static_cast<std::uint32_t>(of)});
    const std::uint32_t taken = trail_[at_++].taken;
    if (!forced && taken != 0) ++switched_;
    return taken;
}

// A bit for each fiber that neither sleeps nor has ended.
std::uint64_t Round::able() const {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < fibers_.size(); ++i) {
        const bool can = !fibers_[i]->ended && fibers_[i]->sleeps_on == nullptr;
        all |= std::uint64_t{can} << i;
    }
    return all;
}

// Nobody needs to let this fiber go first any more.
void Round::moved(int fiber) {
    for (const auto& other : fibers_) other->lets_go_first &= ~(std::uint64_t{1} << fiber);
}

// What may happen next; first what happens if nobody interferes.
std::vector<Round::Option> Round::choices() const {
    std::vector<Option> all;
    const std::uint64_t able = this->able();
    const auto ready = [&](int i, bool spinning) {
        const bool spins = fibers_[static_cast<std::size_t>(i)]->lets_go_first != 0;
        return ((able >> i) & 1U) != 0 && spins == spinning;
    };
    const int count = static_cast<int>(fibers_.size());
    if (ready(running_, false)) all.push_back({Act::go_on, running_});
    for (int i = 0; i < count; ++i) {
        if (i != running_ && ready(i, false)) all.push_back({Act::go_on, i});
    }
    for (int i = 0; i < count; ++i) {
        if (!fibers_[static_cast<std::size_t>(i)]->stores.empty()) all.push_back({Act::write, i});
    }
    if (all.empty()) {
        // Those that spin come before time passes: else nobody would ever get done in time.
        for (int i = 0; i < count; ++i) {
            if (ready(i, true)) all.push_back({Act::go_on, i});
        }
    }
    for (int i = 0; i < count; ++i) {
        const Fiber& fiber = *fibers_[static_cast<std::size_t>(i)];
        if (fiber.sleeps_on != nullptr && fiber.until) all.push_back({Act::time, i});
    }
    return all;
}

// Decides who runs, and goes there.
void Round::reschedule() {
    while (true) {
        const std::vector<Option> all = choices();
        if (all.empty() || ++steps_ > kMostSteps) {
            if (!all.empty()) fail("no end");
            ::setcontext(&outside_);
        }
        const bool forced = all[0].act != Act::go_on || all[0].fiber != running_;
        const Option chosen = all[choose(all.size(), forced)];
        Fiber& fiber = *fibers_[static_cast<std::size_t>(chosen.fiber)];
        if (chosen.act == Act::go_on) return to(chosen.fiber);
        if (chosen.act == Act::write) {
            write_one(fiber);
        } else {
            now_ns = std::max(now_ns, *fiber.until);
            fiber.sleeps_on = nullptr;
        }
    }
}

void Round::to(int fiber) {
    Fiber& next = *fibers_[static_cast<std::size_t>(fiber)];
    next.lets_go_first = 0;
    if (fiber == running_) return;
    Fiber& self = *fibers_[static_cast<std::size_t>(running_)];
    running_ = fiber;
    if (self.ended) {
        ::setcontext(&next.context);
    } else {
        ::swapcontext(&self.context, &next.context);
    }
}

void Round::step() {
    moved(running_);
    reschedule();
}

void Round::spin() {
    Fiber& self = *fibers_[static_cast<std::size_t>(running_)];
    drain(self);
    // Fair, as in Musuvathi and Qadeer, "Fair stateless model checking", 2008: each that could go
    // on does so before this one looks again.
    self.lets_go_first = able() & ~(std::uint64_t{1} << running_);
    reschedule();
}

bool Round::delay(void* at, std::size_t bytes, Word value) {
    Fiber& self = *fibers_[static_cast<std::size_t>(running_)];
    if (self.stores.empty() && (!options.delays || choose(2, false) == 0)) return false;
    self.stores.push_back({at, bytes, value});
    return true;
}

bool Round::delayed(const void* at, Word& value) const {
    const Fiber& self = *fibers_[static_cast<std::size_t>(running_)];
    const auto found = std::find_if(self.stores.rbegin(), self.stores.rend(),
                                    [&](const Store& store) { return store.at == at; });
    if (found == self.stores.rend()) return false;
    value = found->value;
    return true;
}

void Round::write_one(Fiber& fiber) {
    const Store store = fiber.stores.front();
    fiber.stores.pop_front();
    std::memcpy(store.at, &store.value, store.bytes);
}

void Round::drain(Fiber& fiber) {
    while (!fiber.stores.empty()) write_one(fiber);
}

void Round::drain_own() { drain(*fibers_[static_cast<std::size_t>(running_)]); }

void Round::drain_all() {
    for (const auto& fiber : fibers_) drain(*fiber);
}

bool Round::wait(const void* at, std::function<bool()> unchanged,
                 std::optional<std::int64_t> until) {
    step();
    drain_own();  // A system call.
    if (!unchanged()) return false;
    Fiber& self = *fibers_[static_cast<std::size_t>(running_)];
    self.sleeps_on = at;
    self.until = until;
    self.woken = false;
    moved(running_);
    reschedule();
    return self.woken;
}

int Round::wake(const void* at, int most) {
    step();
    drain_own();
    int woken = 0;
    for (const auto& fiber : fibers_) {
        if (woken < most && fiber->sleeps_on == at) {
            fiber->sleeps_on = nullptr;
            fiber->woken = true;
            ++woken;
        }
    }
    return woken;
}

void Round::fail(std::string what) {
    if (!failure_.empty()) return;
    failure_ = std::move(what) + "; choices:";
    for (std::size_t i = 0; i < trail_.size(); ++i) {
        if (trail_[i].taken == 0) continue;
        failure_ += " " + std::to_string(i) + ":" + std::to_string(trail_[i].taken);
        if (failure_.size() > 300) return;
    }
}

bool Round::next() {
    while (!trail_.empty() && trail_.back().taken + 1 == trail_.back().of) trail_.pop_back();
    if (trail_.empty()) return false;
    ++trail_.back().taken;
    return true;
}

Explored explore(const ExploreOptions& options, const std::function<void(Round&)>& body) {
    Explored all;
    std::vector<Round::Choice> trail;
    const std::uint64_t most = options.by_chance != 0 ? options.by_chance : options.most_rounds;
    while (all.rounds < most) {
        Round round;
        round.options = options;
        round.trail_ = std::move(trail);
        round.random_.seed(all.rounds);
        Round::current() = &round;
        body(round);
        Round::current() = nullptr;
        ++all.rounds;
        if (!round.failure_.empty()) {
            all.failure = "round " + std::to_string(all.rounds) + ": " + round.failure_;
            return all;
        }
        if (options.by_chance != 0) continue;
        if (!round.next()) {
            all.complete = true;
            return all;
        }
        trail = std::move(round.trail_);
    }
    all.complete = options.by_chance != 0;
    return all;
}

}  // namespace parallax::testing
