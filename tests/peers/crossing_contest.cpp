// A slot's way between two processes that spin: entries of a channel in shared memory, each told by
// one commit, as two stages do it; beside it one word in shared memory, the least there can be.
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "exec/channel.h"
#include "exec/shared_ring.h"
#include "peers/waiting_contests.h"
#include "sync/machine.h"

namespace parallax::peers {
namespace {

constexpr std::uint64_t kTrips = 40'000;
constexpr std::uint32_t kCapacity = 4;

template <class T>
T made(Result<T> result) {
    if (!result) std::abort();
    return *std::move(result);
}

// A short wait on the core; seldom a turn for whoever else is there, who would take it for long.
void relax(unsigned& round) { Machine::relax(++round % 4096 == 0 ? 64 : 0); }

// Shared with the children that are forked while it lives.
template <class T>
class SharedPage {
  public:
    SharedPage() {
        void* memory =
            ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) std::abort();
        page_ = new (memory) T;
    }
    SharedPage(const SharedPage&) = delete;
    SharedPage& operator=(const SharedPage&) = delete;
    ~SharedPage() { ::munmap(page_, sizeof(T)); }
    T& operator*() const { return *page_; }
    T* operator->() const { return page_; }

  private:
    T* page_ = nullptr;
};

// Both processes have begun; then so many trips, of which the half is one way. Wall time.
template <class Here, class There>
double between_processes(Here here, There there) {
    SharedPage<std::atomic<int>> ready;
    const auto meet = [&] {
        ready->fetch_add(1);
        for (unsigned round = 0; ready->load() != 2;) relax(round);
    };
    const pid_t other = ::fork();
    if (other < 0) std::abort();
    if (other == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        pin(1);
        meet();
        there();
        ::_exit(0);
    }
    pin(0);
    meet();
    const std::int64_t begun = monotonic_ns();
    here();
    const std::int64_t ended = monotonic_ns();
    int status = 0;
    if (::waitpid(other, &status, 0) != other || status != 0) std::abort();
    unpin();
    return static_cast<double>(ended - begun) / kTrips / 2;
}

struct Words {
    alignas(64) std::atomic<std::uint64_t> there{0};
    alignas(64) std::atomic<std::uint64_t> back{0};
};

double bare_words() {
    SharedPage<Words> words;
    const auto await = [](const std::atomic<std::uint64_t>& word, std::uint64_t n) {
        for (unsigned round = 0; word.load(std::memory_order_acquire) != n;) relax(round);
    };
    return between_processes(
        [&] {
            for (std::uint64_t n = 1; n <= kTrips; ++n) {
                words->there.store(n, std::memory_order_release);
                await(words->back, n);
            }
        },
        [&] {
            for (std::uint64_t n = 1; n <= kTrips; ++n) {
                await(words->there, n);
                words->back.store(n, std::memory_order_release);
            }
        });
}

// One stage: an input, an output, an arena of its own, and a record of how far it has come.
class Stage {
  public:
    Stage(RecordPage& own, RecordPage& other)
        : record_(own, 1, 1), other_(other, 1, 1), arena_(made(CpuArena::create({4096, 8}))) {
        arenas_.add(arena_);
    }
    const CpuArena& arena() const { return arena_; }
    // What both processes must know of each other, before they part.
    void join(const CpuArena& others, int in, int out) {
        if (!arenas_.add(others.shape(), UniqueFd(::dup(others.fd())))) std::abort();
        in_ = std::make_unique<Channel>(Channel::Options{.capacity = kCapacity},
                                        Channel::End{&other_, 0}, Channel::End{&record_, 0},
                                        ring(in, Access::read_only));
        out_ = std::make_unique<Channel>(Channel::Options{.capacity = kCapacity},
                                         Channel::End{&record_, 0}, Channel::End{&other_, 0},
                                         ring(out, Access::read_write));
    }

    // Writes a number into a slot and lends it to the other stage; what was read is given back.
    void send(std::uint64_t n) {
        std::optional<Slot> slot;
        for (unsigned round = 0; !(slot = arena_.acquire());) {
            out_->reclaim();
            relax(round);
        }
        std::memcpy(slot->bytes().data(), &n, sizeof n);
        Entry entry{.bytes = MemoryView(slot->bytes())};
        entry.meta.sequence = n;
        const Payload payload = frames_.own(*std::move(slot));
        for (unsigned round = 0; !made(out_->try_put(entry, payload));) relax(round);
        now_.published[0] = out_->published();
        now_.consumed[0] = now_.done[0] = now_.released[0] = at_;
        record_.commit(now_);
        out_->reclaim();
    }
    void receive(std::uint64_t n) {
        std::optional<Entry> entry;
        for (unsigned round = 0; !(entry = in_->take(at_));) relax(round);
        std::uint64_t found = 0;
        std::memcpy(&found, entry->bytes.data(), sizeof found);
        if (found != n || entry->meta.sequence != n) std::abort();
    }

  private:
    std::unique_ptr<Ring> ring(int fd, Access access) const {
        const std::uint64_t places = Channel::places(kCapacity);
        return std::make_unique<SharedRing>(
            made(CpuSegment::from_fd(UniqueFd(::dup(fd)), SharedRing::bytes_for(places), access)),
            places, arenas_);
    }

    CommitRecord record_;
    CommitRecord other_;
    CpuArena arena_;
    ArenaTable arenas_;
    FramePool frames_;
    std::unique_ptr<Channel> in_;
    std::unique_ptr<Channel> out_;
    Positions now_;
    std::uint64_t at_ = 0;
};

// Both stages; `run` has them hand slots to and fro.
template <class Run>
double of_two_stages(Run run) {
    SharedPage<RecordPage> here_page;
    SharedPage<RecordPage> there_page;
    const std::uint64_t bytes = SharedRing::bytes_for(Channel::places(kCapacity));
    CpuSegment there_ring = made(CpuSegment::create({.size_bytes = bytes}));
    CpuSegment back_ring = made(CpuSegment::create({.size_bytes = bytes}));
    if (!there_ring.seal({.size = true}) || !back_ring.seal({.size = true})) std::abort();
    Stage here(*here_page, *there_page);
    Stage there(*there_page, *here_page);
    here.join(there.arena(), back_ring.fd(), there_ring.fd());
    there.join(here.arena(), there_ring.fd(), back_ring.fd());
    return run(here, there);
}

double slots() {
    return of_two_stages([](Stage& here, Stage& there) {
        return between_processes(
            [&] {
                for (std::uint64_t n = 1; n <= kTrips; ++n) {
                    here.send(n);
                    here.receive(n);
                }
            },
            [&] {
                for (std::uint64_t n = 1; n <= kTrips; ++n) {
                    there.receive(n);
                    there.send(n);
                }
            });
    });
}

// One thread plays both stages: the work without the way. CPU time.
double slots_alone() {
    return of_two_stages([](Stage& here, Stage& there) {
        const std::int64_t begun = thread_cpu_ns();
        for (std::uint64_t n = 1; n <= kTrips; ++n) {
            here.send(n);
            there.receive(n);
            there.send(n);
            here.receive(n);
        }
        return static_cast<double>(thread_cpu_ns() - begun) / kTrips / 2;
    });
}

}  // namespace

void hold_crossing(Contest& contest) {
    if (processors() < 2) {
        contest.not_shown("a slot into another process, both spin", "there is one processor");
        return;
    }
    contest.hold("a slot into another process, one way, both spin, wall",
                 {{"ours, a slot of an arena by a channel", slots},
                  {"the work of it, by one thread, CPU", slots_alone, Role::aside},
                  {"one word in shared memory", bare_words, Role::aside}},
                 {{.most_ns = 350}});
}

}  // namespace parallax::peers
