#include "isolate/hosted_stage.h"

#include <algorithm>
#include <bit>

#include <fcntl.h>
#include <unistd.h>

#include "base/check.h"
#include "exec/poller.h"
#include "exec/shared_ring.h"
#include "graph/bus.h"
#include "graph/keeper.h"
#include "isolate/blueprint.h"
#include "isolate/bundle.h"
#include "isolate/crash_page.h"
#include "isolate/hosted_memory.h"
#include "isolate/peer_record.h"
#include "isolate/stage_pieces.h"
#include "isolate/told_error.h"
#include "parallax/plugin_loader.h"

namespace parallax {
namespace {

using Type = ControlMessage::Type;

class SocketStage final : public HostedStage, public StageHost {
  public:
    SocketStage(ControlSocket control, Registry& registry, std::uint32_t seat)
        : control_(std::move(control)), registry_(registry), seat_(seat) {}

    std::optional<int> map() override {
        bus_.forward_to([this](const Message& message) { post(message); });
        if (!tell({.type = Type::hello, .a = kProtocolVersion}) || !take_blueprint()) return 1;
        auto memory = HostedMemory::map(blueprint_, fds_);
        if (!memory) return refuse(memory.error());
        memory_ = *std::move(memory);
        if (!tell({.type = Type::mapped}) || !await(Type::sealed)) return 1;
        return std::nullopt;
    }
    std::optional<int> make() override {
        if (Result<> made = make_elements(); !made) return refuse(made.error());
        return std::nullopt;
    }
    std::optional<int> settle() override {
        if (Result<> built = configure(); !built) return refuse(built.error());
        if (!tell({.type = Type::ready, .a = static_cast<std::uint64_t>(thread_)})) return 1;
        return std::nullopt;
    }
    std::optional<int> hear() override {
        auto received = control_.receive(true, true);
        if (!received || !*received) return 1;  // The supervisor has gone.
        ControlMessage& message = (*received)->message;
        if (message.type == Type::finish) return finish(message.a == 1);
        if (message.type == Type::rest) return rest();
        if (!obey(message, **received)) return 1;
        return std::nullopt;
    }
    int refuse(const Error& error) override {
        tell_failed(failing_, error);
        return 2;
    }
    int fd() const override { return control_.fd(); }
    bool rests() const override { return !rested_.empty(); }

    // --- What the stage says; on its thread.
    void stage_ended() override { (void)tell({.type = Type::ended}); }
    void stage_failed(const std::string& element, Error error) override {
        tell_failed(element, error);
    }
    void remote_failed(const std::string& element, Error error) override {
        tell_failed(element, error);
    }
    void remote_lost() override {}  // It has no stages elsewhere.
    void reconfigure_wanted() override { (void)tell({.type = Type::reconfigure_wanted}); }
    void flush_wanted() override { (void)tell({.type = Type::flush_wanted}); }
    void first_frame() override { (void)tell({.type = Type::first_frame}); }
    void watch(int fd, Actor& actor) override { poller_->watch(fd, actor); }

  private:
    // The stage before an input, or after an output.
    class Peer final : public Neighbour {
      public:
        Peer(SocketStage& child, std::uint64_t input) : child_(child), input_(input) {}
        void look_again() override {}  // It sleeps on our record, which has changed.
        bool sleeps() const override { return false; }
        void send_up(Event event) override {
            (void)child_.tell({.type = Type::up_event,
                               .a = input_,
                               .b = static_cast<std::uint64_t>(event.type),
                               .c = std::bit_cast<std::uint64_t>(event.pts_ns),
                               .d = std::bit_cast<std::uint64_t>(event.duration_ns),
                               .text = std::move(event.name)});
        }
        void downstream_done() override {
            (void)child_.tell({.type = Type::upstream_done, .a = input_});
        }

      private:
        SocketStage& child_;
        std::uint64_t input_;
    };
    struct In {
        std::unique_ptr<PeerRecord> from;
        std::unique_ptr<Channel> channel;
        std::unique_ptr<Peer> peer;
    };
    struct Out {
        std::unique_ptr<PeerRecord> to;
        std::unique_ptr<Channel> channel;
    };

    bool tell(const ControlMessage& message) { return control_.send(message).has_value(); }
    std::uint64_t number_of(const std::string& element) const {
        for (std::size_t i = 0; i < blueprint_.pieces.size(); ++i) {
            if (blueprint_.pieces[i].name == element) return i;
        }
        return 0;
    }
    void tell_failed(const std::string& element, const Error& error) {
        (void)tell(failed_message(error, number_of(element)));
    }
    void post(const Message& message) {
        if (message.kind != Message::Kind::text) return;
        (void)tell({.type = Type::post,
                    .a = static_cast<std::uint64_t>(message.severity),
                    .b = number_of(message.element),
                    .text = message.text});
    }

    bool await(Type type) {
        const auto received = control_.receive(true, false);
        return received && *received && (*received)->message.type == type;
    }

    static Result<Blueprint> blueprint_in(const ControlSocket::Received& received,
                                          std::uint64_t bytes) {
        if (received.fds.empty()) return fail(Errc::corrupt, "no blueprint came");
        return parallax::blueprint_in(received.fds.front(), bytes);
    }

    bool take_blueprint() {
        auto received = control_.receive(true, true);
        if (!received || !*received || (*received)->message.type != Type::init) return false;
        Result<Blueprint> blueprint = blueprint_in(**received, (*received)->message.a);
        if (!blueprint) return false;
        blueprint_ = *std::move(blueprint);
        fds_ = std::move((*received)->fds);
        if (!blueprint_.pieces.empty()) failing_ = blueprint_.pieces.front().name;
        return !blueprint_.pieces.empty();
    }

    Result<> make_elements() {
        ElementCounters* const counters = PX_TRY(memory_->counters());
        if (rests()) return take_up(counters);
        for (const std::string& plugin : blueprint_.plugins) {
            // The program may have loaded it before it began to serve stages.
            const auto factories = registry_.all();
            if (std::ranges::any_of(factories, [&](const Factory* factory) {
                    return factory->info.origin == plugin;
                })) {
                continue;
            }
            PX_TRY(load_plugin(plugin, registry_));
        }
        for (std::size_t i = 0; i < blueprint_.pieces.size(); ++i) {
            const Blueprint::Piece& piece = blueprint_.pieces[i];
            failing_ = piece.name;
            if (blueprint_.stand_in) {
                runs_.push_back(make_stand_in(piece, counters[i]));
                continue;
            }
            runs_.push_back(PX_TRY(make_piece(piece, registry_, counters[i])));
        }
        return {};
    }

    // Those that rested, for other formats and other memory.
    Result<> take_up(ElementCounters* counters) {
        if (rested_.size() != blueprint_.pieces.size()) {
            return fail(Errc::corrupt, "other elements than those that rested");
        }
        goes_on_ = true;
        for (std::size_t i = 0; i < rested_.size(); ++i) {
            failing_ = blueprint_.pieces[i].name;
            runs_.push_back(
                PX_TRY(renew_piece(blueprint_.pieces[i], std::move(rested_[i]), counters[i])));
        }
        rested_.clear();
        return {};
    }

    Result<> configure() {
        poller_ = PX_TRY(Poller::create());
        group_ = PX_TRY(ResourceGroup::create({.name = blueprint_.group, .threads = 1}));
        if (blueprint_.placed) thread_ = PX_TRY(group_->run(::gettid));
        for (std::size_t i = 0; i < runs_.size(); ++i) {
            failing_ = runs_[i]->name;
            if (!blueprint_.stand_in) {
                // What others made: under the last filter.
                if (!goes_on_) PX_TRY(runs_[i]->element->open());
                PX_TRY(configure_piece(blueprint_.pieces[i], memory_->own, blueprint_.arenas,
                                       *runs_[i]));
            }
            runs_[i]->bus = &bus_;
            runs_[i]->clock = &clock_;
            runs_[i]->arenas = &memory_->arenas;
            runs_[i]->watched = true;
        }
        return build_stage();
    }

    Result<> build_stage() {
        clock_.stand_at(0);  // Nothing moves before `play`.
        stage_ = std::make_unique<Stage>(
            Stage::Options{.group = group_.get(),
                           .host = this,
                           .clock = &clock_,
                           .inputs = blueprint_.inputs.size(),
                           .channels = blueprint_.outputs.size(),
                           .page = PX_TRY(memory_->record_page()),
                           .start = blueprint_.start,
                           .goes_on = goes_on_,
                           .checkpoints = PX_TRY(memory_->checkpoints(blueprint_)),
                           .poison = blueprint_.poison,
                           .trace = PX_TRY(memory_->trace_ring(blueprint_))});
        std::vector<Stage::Step> chain;
        for (std::size_t i = 0; i < runs_.size(); ++i) {
            chain.push_back({.run = runs_[i].get(),
                             .in_pad = blueprint_.pieces[i].in_pad,
                             .out_pad = blueprint_.pieces[i].out_pad});
            runs_[i]->element->set_waker([this] { stage_->notify(); });
        }
        stage_->set_chain(std::move(chain));
        for (std::size_t i = 0; i < blueprint_.inputs.size(); ++i) add_input(i);
        for (std::size_t c = 0; c < blueprint_.outputs.size(); ++c) add_output(c);
        PX_TRY(stage_->resume(blueprint_.lent));
        stage_->begin();
        // In one: between two posts it would take a frame, and a stand-in has no element for it.
        stage_->post([this] {
            CrashPage::sit_at(seat_);
            if (blueprint_.stand_in) stage_->give_up();
        });
        return {};
    }

    void add_input(std::size_t i) {
        const Blueprint::Input& plan = blueprint_.inputs[i];
        In& in = in_.emplace_back();
        in.from = std::move(memory_->in_from[i]);
        in.peer = std::make_unique<Peer>(*this, i);
        in.channel = std::make_unique<Channel>(
            Channel::Options{.capacity = plan.capacity, .held = plan.held},
            Channel::End{&in.from->record(), plan.word}, Channel::End{&stage_->record(), i},
            std::move(memory_->in_rings[i].front()));
        for (std::size_t f = 0; f < plan.formers.size(); ++f) {
            in.channel->continue_from(plan.formers[f].until, {&in.from->record(), plan.word},
                                      std::move(memory_->in_rings[i][f + 1]));
        }
        in.channel->on_violation([this](const Error& error) { accuse(error); });
        stage_->add_input({.channel = in.channel.get(), .pad = plan.pad, .from = in.peer.get()});
        stage_->watch(in.from->record().word());
    }

    void add_output(std::size_t c) {
        const Blueprint::Output& plan = blueprint_.outputs[c];
        Out& out = out_.emplace_back();
        out.to = std::move(memory_->out_to[c]);
        out.channel = std::make_unique<Channel>(
            Channel::Options{.capacity = plan.capacity, .held = plan.held, .keep_held = true},
            Channel::End{&stage_->record(), c}, Channel::End{&out.to->record(), plan.word},
            std::move(memory_->out_rings[c]));
        out.channel->on_violation([this](const Error& error) { accuse(error); });
        stage_->add_output(
            {.channel = out.channel.get(), .pad = plan.pad, .word = c, .to = &reader_});
        stage_->watch(out.to->record().word());
    }

    // A neighbour lied. Who says so is not believed either: it is told as a message.
    void accuse(const Error& error) {
        bus_.post({.kind = Message::Kind::text,
                   .severity = Severity::warning,
                   .element = failing_,
                   .text = "a neighbour's record does not check out: " + to_string(error)});
    }

    // --- Playing. On the first thread.

    // False for what no supervisor of ours says.
    bool obey(ControlMessage& message, ControlSocket::Received& received) {
        switch (message.type) {
            case Type::play:
                clock_.follow(static_cast<std::int64_t>(message.b) -
                              static_cast<std::int64_t>(message.a));
                stage_->notify();
                return true;
            case Type::pause:
                clock_.stand_at(static_cast<std::int64_t>(message.a));
                return true;
            case Type::stop:
                stage_->request_stop();
                stage_->notify();
                return true;
            case Type::reconfigure:
                stage_->request_reconfigure();
                stage_->notify();
                return true;
            case Type::flush:
                stage_->request_flush(message.a);
                return true;
            case Type::set_property:
                set_property(message);
                return true;
            case Type::event_up:
                stage_->send_up({.type = static_cast<Event::Type>(message.a),
                                 .pts_ns = static_cast<std::int64_t>(message.b),
                                 .duration_ns = static_cast<std::int64_t>(message.c),
                                 .name = std::move(message.text)});
                return true;
            case Type::downstream_done:
                stage_->downstream_done();
                return true;
            case Type::ping:
                return tell({.type = Type::pong, .a = message.a});
            case Type::forget_arena:
                memory_->arenas.remove(message.a);
                return true;
            case Type::input_successor:
                return input_successor(message, received);
            case Type::output_successor:
                return output_successor(message, received);
            default:
                return false;
        }
    }

    void set_property(ControlMessage& message) {
        stage_->post([this, message = std::move(message)] {
            if (message.a >= runs_.size()) return;
            Element& element = *runs_[message.a]->element;
            Result<> set = element.set_property(message.text, message.more);
            if (set) set = element.property_changed(message.text);
            (void)tell({.type = Type::property_set,
                        .a = set ? 1U : 0U,
                        .text = set ? "" : to_string(set.error())});
        });
    }

    // The stage before an input died, and another goes on with ring, arenas and record of its own.
    // Without an input: only arenas, of frames that others will hand on.
    bool input_successor(const ControlMessage& message, ControlSocket::Received& received) {
        Result<Blueprint> plan = blueprint_in(received, message.c);
        if (!plan) return false;
        fds_ = std::move(received.fds);
        for (const Blueprint::Arena& arena : plan->arenas) {
            // Who was born meanwhile knows it from its blueprint.
            ArenaTable& arenas = memory_->arenas;
            if (!arenas.knows(arena.shape.id) &&
                !arenas.add(arena.shape, take_fd(fds_, arena.fd))) {
                return false;
            }
        }
        if (plan->inputs.empty()) return tell({.type = Type::rebound, .a = 2, .c = message.d});
        if (message.a >= in_.size()) return false;
        const Blueprint::Input& input = plan->inputs.front();
        auto record = PeerRecord::map(take_fd(fds_, input.record_fd), input.producer_inputs,
                                      input.producer_channels);
        auto ring = memory_->map_ring(take_fd(fds_, input.ring_fd), input, Access::read_only);
        if (!record || !ring) return false;
        stage_->post([this, number = message.a, first = message.b, word = input.word,
                      record = *std::move(record), ring = *std::move(ring)]() mutable {
            In& in = in_[number];
            const auto former = std::exchange(in.from, std::move(record));
            stage_->unwatch(former->record().word());
            in.channel->continue_from(first, {&in.from->record(), word}, std::move(ring));
            stage_->watch(in.from->record().word());
            (void)tell({.type = Type::rebound, .a = 0, .b = number});
        });
        return true;
    }

    bool output_successor(const ControlMessage& message, ControlSocket::Received& received) {
        if (message.a >= out_.size() || received.fds.empty()) return false;
        const Blueprint::Output& plan = blueprint_.outputs[message.a];
        auto record = PeerRecord::map(std::move(received.fds.front()), plan.consumer_inputs,
                                      plan.consumer_channels);
        if (!record) return false;
        stage_->post([this, number = message.a, record = *std::move(record)]() mutable {
            Out& out = out_[number];
            const auto former = std::exchange(out.to, std::move(record));
            stage_->unwatch(former->record().word());
            out.channel->continue_with({&out.to->record(), blueprint_.outputs[number].word});
            stage_->watch(out.to->record().word());
            (void)tell({.type = Type::rebound, .a = 1, .b = number});
        });
        return true;
    }

    // Everything ends but the elements, and the frames that they keep.
    std::optional<int> rest() {
        group_->stop();
        for (const auto& run : runs_) run->element->set_waker([] {});
        rested_ = std::exchange(runs_, {});
        leave(*stage_, rested_, memory_->arenas);
        in_.clear();
        out_.clear();
        stage_.reset();
        group_.reset();
        poller_.reset();
        memory_.reset();
        fds_.clear();
        return tell({.type = Type::rested}) ? std::nullopt : std::optional<int>(1);
    }

    int finish(bool complete) {
        group_->stop();
        poller_.reset();
        for (std::size_t i = 0; i < runs_.size(); ++i) {
            Element& element = *runs_[i]->element;
            if (Result<> finished = element.finish(complete); !finished) {
                tell_failed(runs_[i]->name, finished.error());
            }
            for (const auto& [name, value] : element.metrics()) {
                (void)tell({.type = Type::metric,
                            .a = i,
                            .b = std::bit_cast<std::uint64_t>(value),
                            .text = name});
            }
        }
        return tell({.type = Type::finished}) ? 0 : 1;
    }

    ControlSocket control_;
    Registry& registry_;
    const std::uint32_t seat_;
    Blueprint blueprint_;
    std::vector<UniqueFd> fds_;
    pid_t thread_ = 0;     // The stage's, as this process counts; 0: nobody asks.
    std::string failing_;  // Which element is at work, while they are made ready.

    Bus bus_;
    RunClock clock_;
    std::unique_ptr<HostedMemory> memory_;

    Peer reader_{*this, 0};  // What it says up is never asked: only readers are told to look.
    std::vector<std::unique_ptr<ElementRun>> rested_;  // Between two lives.
    std::vector<std::unique_ptr<ElementRun>> runs_;
    bool goes_on_ = false;  // They had a life before this one.
    std::unique_ptr<Stage> stage_;
    std::vector<In> in_;
    std::vector<Out> out_;
    std::unique_ptr<Poller> poller_;
    std::unique_ptr<ResourceGroup> group_;  // Destroyed first: its thread runs all above.
};

}  // namespace

std::unique_ptr<HostedStage> make_hosted_stage(ControlSocket control, Registry& registry,
                                               std::uint32_t seat) {
    return std::make_unique<SocketStage>(std::move(control), registry, seat);
}

}  // namespace parallax
