#include "isolate/opening.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <map>
#include <utility>

#include <poll.h>

#include "base/clock.h"
#include "isolate/await_exit.h"
#include "isolate/element_terms.h"
#include "isolate/last_words.h"
#include "isolate/told_error.h"

namespace parallax {
namespace {

using Type = ControlMessage::Type;

constexpr std::int64_t kExitPatienceNs = 2'000'000'000;
constexpr std::uint64_t kMostFrameBytes = std::uint64_t{1} << 36U;
constexpr std::uint64_t kMostFrames = 4096;
constexpr int kMostMessages = 4096;  // In one answer.
constexpr int kMostTries = 10;

struct Found {
    std::map<std::string, Caps> pads;  // By name.
    InlineState state{};
    std::vector<std::size_t> frame_bytes;  // By output.
    std::uint32_t burst = 1;
    std::uint32_t keeps = 0;
    std::uint32_t latency_frames = 0;
};

class Opening final : public OpenedElsewhere {
  public:
    Opening(std::unique_ptr<Element> element, const OpeningSetup& setup)
        : element_(std::move(element)),
          node_(setup.node),
          registry_(setup.registry),
          sandbox_(setup.sandbox),
          zygote_(setup.zygote),
          patience_ns_(setup.patience_ns) {
        for (const std::size_t pad : setup.run.input_pads) {
            inputs_.push_back(setup.run.pads.pads[pad]);
        }
        for (const std::size_t pad : setup.run.output_pads) {
            outputs_.push_back(setup.run.pads.pads[pad]);
        }
    }
    ~Opening() override { end(); }

    Result<> set_property(std::string_view name, std::string_view text) override {
        PX_TRY(element_->set_property(name, text));
        node_.properties.emplace_back(name, text);
        return {};
    }
    std::optional<PropertyValue> property(std::string_view name) const override {
        return element_->property(name);
    }
    std::vector<PropertySpec> properties() const override { return element_->properties(); }
    bool external() const override { return element_->external(); }
    QueueShape queue_shape() const override { return element_->queue_shape(); }
    std::optional<InputPolicy> input_policy() const override { return element_->input_policy(); }

    Result<> open() override { return reopen({}); }
    Result<> reopen(const InlineState& state) override {
        return persist([this, state] { return try_to_open(state); });
    }
    Caps pad_caps(const Pad& pad) const override {
        const auto told = found_.pads.find(pad.name);
        return told == found_.pads.end() ? pad.caps : told->second;
    }
    // The process has nothing more to tell afterwards.
    Result<> configure(const Negotiated& formats) override {
        return persist([&]() -> Result<> {
            if (!child_) PX_TRY(try_to_open(found_.state));
            found_.frame_bytes.assign(outputs_.size(), 0);
            const Result<> asked = ask(blueprint_of(formats.inputs, formats.outputs));
            end();
            return asked;
        });
    }
    std::size_t output_bytes(std::size_t pad, const Negotiated& formats) const override {
        const auto& image = formats.out(pad).image;
        return std::max(found_.frame_bytes.at(pad), image ? image->size_bytes : 0);
    }
    std::uint32_t burst() const override { return found_.burst; }
    std::uint32_t keeps() const override { return found_.keeps; }
    std::uint32_t latency_frames() const override { return found_.latency_frames; }

    Result<Flow> process(Context&) override {
        return fail(Errc::invalid_argument, "it runs in a process of its own");
    }
    void save(InlineState& state) const override { state = found_.state; }

  private:
    // What kills a process from outside says nothing of the element: once more.
    template <typename Attempt>
    Result<> persist(const Attempt& attempt) {
        for (int tries = 1;; ++tries) {
            killed_ = false;
            Result<> done = attempt();
            if (done || !killed_ || tries == kMostTries) return done;
        }
    }

    Result<> try_to_open(InlineState state) {
        end();
        found_ = {};
        // The fork server, too, can be killed meanwhile, and has a successor.
        const Result<> spawned = spawn();
        killed_ = !spawned && spawned.error().code == Errc::peer_died;
        PX_TRY(spawned);
        Blueprint blueprint = blueprint_of({}, {});
        blueprint.start.state = state;
        return ask(blueprint);
    }

    Result<> spawn() {
        const std::array<Confined, 1> confined{{{&node_, element_.get()}}};
        auto pair = PX_TRY(ControlSocket::pair());
        Zygote& zygote = *PX_TRY(zygote_());
        const std::array<int, 1> fds{pair.theirs.get()};
        child_ = PX_TRY(zygote.spawn({.name = node_.name,
                                      .entry = kOpeningEntry,
                                      .policy = PX_TRY(policy_of(confined, registry_, sandbox_))},
                                     fds));
        control_.emplace(std::move(pair.ours));
        return {};
    }

    void end() {
        control_.reset();
        if (child_) kill(*child_);
        child_.reset();
    }

    Blueprint blueprint_of(const std::vector<PadFormat>& in, const std::vector<PadFormat>& out) {
        const std::array<Confined, 1> confined{{{&node_, element_.get()}}};
        Blueprint blueprint;
        blueprint.plugins = plugins_of(confined, registry_);
        Blueprint::Piece& piece = blueprint.pieces.emplace_back();
        piece.name = node_.name;
        piece.factory = node_.factory;
        for (const auto& [name, text] : node_.properties) {
            piece.properties.push_back(told_property(*element_, name, text));
        }
        piece.inputs = told_formats(in);
        piece.outputs = told_formats(out);
        for (std::size_t i = 0; in.empty() && i < inputs_.size(); ++i) {
            piece.inputs.push_back({.pad = inputs_[i].name});
        }
        for (std::size_t o = 0; out.empty() && o < outputs_.size(); ++o) {
            piece.outputs.push_back({.pad = outputs_[o].name});
        }
        return blueprint;
    }

    Result<> ask(const Blueprint& blueprint) {
        const CpuSegment text = PX_TRY(memory_with(blueprint));
        const std::array<int, 1> fds{text.fd()};
        Result<> sent = control_->send({.type = Type::init, .a = text.size_bytes()}, fds, false);
        if (!sent && sent.error().code != Errc::peer_died) return sent;
        const std::int64_t until = monotonic_ns() + patience_ns_;
        for (int count = 0; count < kMostMessages;) {
            auto received = control_->receive(false, false);
            if (!received) return gone();
            if (*received) {
                ++count;
                if ((*received)->message.type == Type::ready) return {};
                PX_TRY(take((*received)->message));
                continue;
            }
            const std::int64_t left = until - monotonic_ns();
            if (left <= 0) return too_long();
            pollfd news{.fd = control_->fd(), .events = POLLIN, .revents = 0};
            ::poll(&news, 1, static_cast<int>(left / 1'000'000) + 1);
        }
        return lied();
    }

    Failure too_long() const {
        return fail(Errc::timed_out, "opening it took longer than " +
                                         std::to_string(patience_ns_ / 1'000'000) + " ms");
    }

    static Failure lied() {
        return fail(Errc::peer_died, "protocol violation of the process that opens it");
    }

    Result<> gone() {
        Zygote& zygote = *PX_TRY(zygote_());
        const ChildExit exit = await_exit(zygote, *child_, kExitPatienceNs);
        killed_ = exit.signal == SIGKILL && !exit.out_of_memory;
        return fail(Errc::peer_died,
                    "the process that opens it died: " + death_text(exit, child_->crash_page));
    }

    Result<> take(const ControlMessage& message) {
        switch (message.type) {
            case Type::pad_caps:
                return take_caps(message);
            case Type::opened:
                if (message.text.size() != sizeof(InlineState)) return lied();
                std::memcpy(found_.state.data(), message.text.data(), sizeof(InlineState));
                return {};
            case Type::frame_size:
                if (message.a >= found_.frame_bytes.size() || message.b > kMostFrameBytes ||
                    message.c > kMostFrames) {
                    return lied();
                }
                found_.frame_bytes[message.a] = message.b;
                found_.burst = std::max(found_.burst, static_cast<std::uint32_t>(message.c));
                return {};
            case Type::keeps:
                if (message.a > kMostFrames || message.b > kMostFrames) return lied();
                found_.keeps = static_cast<std::uint32_t>(message.a);
                found_.latency_frames = static_cast<std::uint32_t>(message.b);
                return {};
            case Type::failed:
                return Failure(told_error(message));
            case Type::post:  // Nothing flows yet.
                return {};
            default:
                return lied();
        }
    }

    // No more than the pad could have without it.
    Result<> take_caps(const ControlMessage& message) {
        const std::vector<Pad>& pads = message.a == 0 ? inputs_ : outputs_;
        if (message.a > 1 || message.b >= pads.size()) return lied();
        const Pad& pad = pads[message.b];
        auto told = parse_caps(message.text + message.more + message.rest);
        if (!told) return lied();
        Caps caps = intersect(*told, pad.caps);
        if (caps.is_empty()) return lied();
        found_.pads.insert_or_assign(pad.name, std::move(caps));
        return {};
    }

    std::unique_ptr<Element> element_;
    Graph::Node node_;
    const Registry& registry_;
    const SandboxPolicy& sandbox_;
    std::function<Result<Zygote*>()> zygote_;
    const std::int64_t patience_ns_;
    std::vector<Pad> inputs_;
    std::vector<Pad> outputs_;
    Found found_;
    bool killed_ = false;
    std::optional<Child> child_;
    std::optional<ControlSocket> control_;
};

}  // namespace

std::unique_ptr<OpenedElsewhere> make_opening(std::unique_ptr<Element> element,
                                              const OpeningSetup& setup) {
    return std::make_unique<Opening>(std::move(element), setup);
}

}  // namespace parallax
