// The process that opens one element, and tells what it found; opening.h has the conversation.
#include <cstring>

#include "isolate/control_message.h"
#include "isolate/opening.h"
#include "isolate/stage_pieces.h"
#include "isolate/told_error.h"
#include "parallax/plugin_loader.h"

namespace parallax {
namespace {

using Type = ControlMessage::Type;

class Opener {
  public:
    Opener(ControlSocket control, Registry& registry)
        : control_(std::move(control)), registry_(registry) {}

    Result<> open(const LockDown& lock_down) {
        const Blueprint blueprint = PX_TRY(take_blueprint());
        PX_TRY(load_plugins_of(blueprint));
        run_ = PX_TRY(make_piece(blueprint.pieces.front(), registry_, counters_));
        PX_TRY(lock_down.now());  // Before any byte is looked at.
        PX_TRY(run_->element->open());
        if (blueprint.start.state != InlineState{}) {
            PX_TRY(run_->element->restore(blueprint.start.state));
        }
        PX_TRY(tell_caps(0, run_->input_pads));
        PX_TRY(tell_caps(1, run_->output_pads));
        InlineState state{};
        run_->element->save(state);
        std::string words(sizeof state, '\0');
        std::memcpy(words.data(), state.data(), sizeof state);
        PX_TRY(control_.send({.type = Type::opened, .text = std::move(words)}));
        return control_.send({.type = Type::ready});
    }

    Result<> configure() {
        const Blueprint blueprint = PX_TRY(take_blueprint());
        PX_TRY(configure_piece(blueprint.pieces.front(), {}, {}, *run_));
        for (std::size_t pad = 0; pad < run_->output_pads.size(); ++pad) {
            PX_TRY(control_.send({.type = Type::frame_size,
                                  .a = pad,
                                  .b = run_->element->output_bytes(pad, run_->formats),
                                  .c = run_->element->burst()}));
        }
        PX_TRY(control_.send({.type = Type::keeps,
                              .a = run_->element->keeps(),
                              .b = run_->element->latency_frames()}));
        return control_.send({.type = Type::ready});
    }

    void tell(const Error& error) { (void)control_.send(failed_message(error, 0)); }

  private:
    Result<Blueprint> take_blueprint() {
        auto received = PX_TRY(control_.receive(true, true));
        if (!received || received->message.type != Type::init || received->fds.empty()) {
            return fail(Errc::corrupt, "no blueprint came");
        }
        Blueprint blueprint = PX_TRY(blueprint_in(received->fds.front(), received->message.a));
        if (blueprint.pieces.size() != 1) return fail(Errc::corrupt, "no single element");
        return blueprint;
    }

    Result<> load_plugins_of(const Blueprint& blueprint) {
        for (const std::string& plugin : blueprint.plugins) {
            const auto known = registry_.find(blueprint.pieces.front().factory);
            if (known != nullptr && known->info.origin == plugin) continue;
            PX_TRY(load_plugin(plugin, registry_));
        }
        return {};
    }

    Result<> tell_caps(std::uint64_t direction, const std::vector<std::size_t>& pads) {
        constexpr std::size_t kMost = ControlMessage::kMostText;
        for (std::size_t n = 0; n < pads.size(); ++n) {
            const Pad& pad = run_->pads.pads[pads[n]];
            const std::string text = to_string(run_->element->pad_caps(pad));
            if (text.size() > 3 * kMost) {
                return fail(Errc::unsupported, "its caps are longer than 24 KiB");
            }
            const auto piece = [&](std::size_t at) {
                return at * kMost < text.size() ? text.substr(at * kMost, kMost) : std::string();
            };
            PX_TRY(control_.send({.type = Type::pad_caps,
                                  .a = direction,
                                  .b = n,
                                  .text = piece(0),
                                  .more = piece(1),
                                  .rest = piece(2)}));
        }
        return {};
    }

    ControlSocket control_;
    Registry& registry_;
    ElementCounters counters_;
    std::unique_ptr<ElementRun> run_;
};

}  // namespace

int run_opening(StageStart start, Registry& registry) {
    if (start.fds.size() != 1) return 1;
    Opener opener(ControlSocket(std::move(start.fds.front())), registry);
    Result<> done = opener.open(start.lock_down);
    if (done) done = opener.configure();
    if (done) return 0;
    opener.tell(done.error());
    return 2;
}

}  // namespace parallax
