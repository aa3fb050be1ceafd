// What a hostile child can write, in any order: control messages, the words of its record, the
// bytes of its ring, while the other end of its channels reads and writes on. Each step is a byte
// and what it takes. Positions that are handed out stay in bounds, phases do not go back, and of
// each life at most one violation is told.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "exec/channel.h"
#include "exec/shared_ring.h"
#include "isolate/child_phase.h"
#include "media/bytes.h"

namespace {

using parallax::ByteReader;
using parallax::Channel;
using parallax::ChildPhase;
using parallax::CommitRecord;
using parallax::RecordPage;

constexpr std::uint32_t kCapacity = 2;
constexpr std::size_t kMostLives = 4;

// One life of the child: it reads one channel and writes another.
struct Life {
    std::unique_ptr<RecordPage> page = std::make_unique<RecordPage>();
    CommitRecord record{*page, 1, 1};
    std::span<std::byte> ring_bytes;
    ChildPhase phase = ChildPhase::born;
};

class Rig {
  public:
    Rig()
        : own_(1, 1),
          arena_(parallax::CpuArena::create({.slot_bytes = 64, .slot_count = 2}).value()) {
        table_.add(arena_);
        auto ring = be_born();
        to_ = std::make_unique<Channel>(Channel::Options{.capacity = kCapacity, .keep_held = true},
                                        Channel::End{&own_, 0}, end());
        from_ = std::make_unique<Channel>(Channel::Options{.capacity = kCapacity}, end(),
                                          Channel::End{&own_, 0}, std::move(ring));
        to_->on_violation(
            [this](const parallax::Error&) { PX_CHECK(!std::exchange(told_to_, true)); });
        from_->on_violation(
            [this](const parallax::Error&) { PX_CHECK(!std::exchange(told_from_, true)); });
    }

    void step(ByteReader& in) {
        switch (in.get<std::uint8_t>() % 8) {
            case 0:
                return say(in);
            case 1:
                return write_record(in);
            case 2:
                return write_ring(in);
            case 3:
                return take();
            case 4:
                return put();
            case 5:
                (void)from_->forget_before(at_);
                return;
            case 6:
                (void)lives_.back().record.snapshot();
                return;
            default:
                return succeed();
        }
    }

  private:
    Channel::End end() const { return {&lives_.back().record, 0}; }

    std::unique_ptr<parallax::Ring> be_born() {
        const std::uint64_t places = Channel::places(kCapacity);
        auto pages =
            parallax::CpuSegment::create({.size_bytes = parallax::SharedRing::bytes_for(places)})
                .value();
        lives_.emplace_back();
        lives_.back().ring_bytes = pages.view_mut().value();
        return std::make_unique<parallax::SharedRing>(std::move(pages), places, table_);
    }

    void say(ByteReader& in) {
        const auto size = in.get<std::uint8_t>();
        const auto message = parallax::decode(in.get_bytes(size));
        Life& life = lives_.back();
        if (!message || !parallax::may_say(life.phase, message->type)) return;
        PX_CHECK(parallax::is_from_stage(message->type));
        const ChildPhase now = parallax::after(life.phase, message->type);
        PX_CHECK(now >= life.phase);
        life.phase = now;
    }

    void write_record(ByteReader& in) {
        RecordPage& page = *lives_.back().page;
        const std::size_t word = in.get<std::uint16_t>() % RecordPage::kWords;
        const auto value = in.get<std::uint64_t>();
        const auto seq = in.get<std::uint8_t>();
        page.slots[seq & 3U].words[word].store(value);
        page.seq.store(seq);
    }

    void write_ring(ByteReader& in) {
        const std::span<std::byte> ring = lives_.back().ring_bytes;
        const std::size_t at = in.get<std::uint16_t>();
        const std::size_t size = in.get<std::uint8_t>();
        for (std::size_t i = 0; i < size && at + i < ring.size(); ++i) {
            ring[at + i] = static_cast<std::byte>(in.get<std::uint8_t>());
        }
    }

    void take() {
        const std::uint64_t before = at_;
        const bool silent = told_from_;
        const bool known = from_->readable(at_);
        const auto entry = from_->take(at_);
        PX_CHECK(at_ == before + (entry ? 1 : 0));
        PX_CHECK(!entry || known || !silent);
        if (entry) PX_CHECK(entry->bytes.size() <= arena_.slot_bytes());
    }

    void put() {
        const std::uint64_t before = to_->published();
        (void)to_->reclaim();
        const auto put = to_->try_put({}, {}).value();
        PX_CHECK(to_->published() == before + (put ? 1 : 0));
    }

    // It dies where its record says, and goes on from there; or is not believed.
    void succeed() {
        if (lives_.size() == kMostLives) return;
        const std::uint64_t claimed = std::min(lives_.back().record.published(0).value_or(0),
                                               at_ + Channel::places(kCapacity));
        auto ring = be_born();
        told_to_ = false;
        told_from_ = false;
        from_->continue_from(claimed, end(), std::move(ring));
        to_->continue_with(end());
    }

    CommitRecord own_;
    parallax::CpuArena arena_;
    parallax::ArenaTable table_;
    std::deque<Life> lives_;  // Channels point at their records.
    std::unique_ptr<Channel> to_;
    std::unique_ptr<Channel> from_;
    std::uint64_t at_ = 0;
    bool told_to_ = false;
    bool told_from_ = false;
};

}  // namespace

// libFuzzer names it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    ByteReader in(std::as_bytes(std::span(data, size)));
    Rig rig;
    for (int steps = 0; steps < 200 && !in.bad() && !in.at_end(); ++steps) rig.step(in);
    return 0;
}
