// Element: one processing step. Write one by deriving from ElementWith<Options>, say what its pads
// are, and add it to a Registry.
//
//     struct GainOptions { … describe() … };
//     class Gain final : public ElementWith<GainOptions> {
//       public:
//         static Pads pads();
//         Result<Flow> process(Context& context) override;
//     };
//
// An element knows nothing of threads, processes, queues or sandboxes. It never allocates frames:
// the plan sizes memory from the negotiated formats, and context.out() is already there.
//
// Threads: the runner calls one element from one thread at a time; an element needs no locks.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parallax/caps.h"
#include "parallax/context.h"
#include "parallax/event.h"
#include "parallax/option.h"
#include "parallax/result.h"

namespace parallax {

enum class PadDirection : std::uint8_t { sink, src };

struct Pad {
    std::string name;  // "sink"; a request pad is a pattern: "src_%u".
    PadDirection direction = PadDirection::sink;
    Caps caps = Caps::any();
    bool optional = false;  // Need not be linked. Request pads never need to.
    bool as_given = false;  // Negotiation puts no converter before it, also not further upstream.

    bool is_request() const { return name.find('%') != std::string::npos; }
};

// How the formats of an element's pads hang together.
enum class Relation : std::uint8_t {
    independent,   // Each pad for itself.
    pass_through,  // All pads carry the same format.
    transform,     // Element::transform says what one pad's caps mean for another.
};

// When an element with several inputs is called.
enum class InputPolicy : std::uint8_t {
    all_by_pts,  // When every linked input has a frame of the same pts; frames without partner
                 // are dropped and counted. Without pts: in order.
    any,         // As soon as any input has a frame; context.active_input() says which.
    oldest,      // As any, but that of the smallest pts, once each input has a frame or has ended.
};

// The state of an element of StateClass::inline_state between two calls, in words of its own
// meaning; all zero before the first.
using InlineState = std::array<std::uint64_t, 8>;

// What a restart does with an element's state; docs/protocol.md.
//     pure          nothing: each call stands alone
//     window        is called again with its last window_frames() inputs
//     inline_state  save() and restore(), eight words
//     checkpoint    save_checkpoint() and restore_checkpoint(), up to 1 MiB
//     opaque        begins anew, and the first frame after it is marked as following a gap
enum class StateClass : std::uint8_t { pure, window, inline_state, checkpoint, opaque };

struct Pads {
    std::vector<Pad> pads;
    Relation relation = Relation::independent;
    InputPolicy policy = InputPolicy::all_by_pts;
    StateClass state = StateClass::pure;
    bool forwards = false;  // May hand an input frame on untouched (context.forward).
    bool boundary = false;  // Starts a stage of its own, as `queue` does.
    // Stays in the program's own process when elements are isolated: it only steers references, or
    // is the program's own end of the graph.
    bool local = false;
    bool allocates = true;  // Uses context.out(); a mere forwarder says no and costs no memory.
};

// What was agreed for one pad.
struct PadFormat {
    bool linked = false;
    Structure caps{"ANY"};             // Fixed.
    std::optional<ImageLayout> image;  // For raw video and Bayer formats.
    Fraction framerate;                // 0/1: still or variable.
    std::string pad = {};              // Its name: "sink_2".
};

struct Negotiated {
    std::vector<PadFormat> inputs;  // In pad order; see Context for the numbering.
    std::vector<PadFormat> outputs;
    const PadFormat& in(std::size_t pad = 0) const { return inputs.at(pad); }
    const PadFormat& out(std::size_t pad = 0) const { return outputs.at(pad); }
};

// How a queue-like element wants the channel before it.
struct QueueShape {
    std::uint64_t max_frames = 0;  // 0: no limit of that kind.
    std::uint64_t max_bytes = 0;
    std::uint64_t max_time_ns = 0;
    enum class Leaky : std::uint8_t { no, upstream, downstream } leaky = Leaky::no;
};

class Element {
  public:
    Element() = default;
    Element(const Element&) = delete;
    Element& operator=(const Element&) = delete;
    virtual ~Element() = default;

    // --- Properties, as text and typed. ElementWith implements them.
    virtual Result<> set_property(std::string_view name, std::string_view text) = 0;
    virtual std::optional<PropertyValue> property(std::string_view name) const = 0;
    virtual std::vector<PropertySpec> properties() const = 0;
    // A live property was set while playing; called between two frames.
    virtual Result<> property_changed(std::string_view /*name*/) { return {}; }

    // --- Before anything flows, in this order.
    // Checks and opens what the properties name, as far as formats depend on it.
    virtual Result<> open() { return {}; }
    // Asked before open() and after it: what the properties name can be reached from the program's
    // own process alone, so that it stays there, as with Pads::local.
    virtual bool external() const { return false; }
    // After open(), and in the program's own process wherever the element itself runs: makes what
    // finish() completes there.
    virtual Result<> begin() { return {}; }
    // The formats a pad can have, given properties and opened files. A subset of the template's.
    virtual Caps pad_caps(const Pad& pad) const { return pad.caps; }
    // For Relation::transform: what `to` can have while `from` has `caps`.
    virtual Caps transform(const Pad& /*from*/, const Caps& /*caps*/, const Pad& to) const {
        return pad_caps(to);
    }
    // Once per negotiated format; again after a renegotiation, with its state kept.
    virtual Result<> configure(const Negotiated& /*formats*/) { return {}; }
    // The largest frame that process() may commit on an output. Asked after configure(). The
    // default serves raw pictures; others must say.
    virtual std::size_t output_bytes(std::size_t pad, const Negotiated& formats) const;
    // Most frames that one process() or drain() call commits on one output.
    virtual std::uint32_t burst() const { return 1; }
    virtual QueueShape queue_shape() const { return {}; }
    // When it is called, where properties say other than its pads do. Asked after configure().
    virtual std::optional<InputPolicy> input_policy() const { return std::nullopt; }
    // Most frames that it keeps at once (Context::keep) without a copy. The plan has memory for
    // them, and with them for the frames that came later.
    virtual std::uint32_t keeps() const { return 0; }
    // Frames it must see before the first comes out, less one; sizes branches that meet again.
    virtual std::uint32_t latency_frames() const { return 0; }

    // For elements that the program feeds: calling `wake`, from any thread, ends wait_for_wake().
    virtual void set_waker(std::move_only_function<void()> /*wake*/) {}

    // For elements where frames wait for the run, or for the program: that flush begins. What waits
    // is forgotten; from here until event() brings a flush of that number, or configure() is
    // called, a sink is given frames of before, and a source hands on none. From any thread.
    virtual void flush_begins(std::uint64_t /*number*/) {}

    // --- While it plays.
    // A source is called whenever there is room; everything else with its inputs.
    virtual Result<Flow> process(Context& context) = 0;
    // After the last input frame, until it answers Flow::eos.
    virtual Result<Flow> drain(Context& /*context*/) { return Flow::eos; }
    // An event that came down on an input, or up from an output; true: handled, do not hand it on.
    virtual Result<bool> event(Context& /*context*/, const Event& /*event*/) { return false; }

    // For StateClass::inline_state: writes down all that a successor needs to go on after the last
    // call; and goes on from there, after configure() and before the first call. A state of all
    // zeros is the beginning, from which nobody is restored.
    virtual void save(InlineState& /*state*/) const {}
    virtual Result<> restore(const InlineState& /*state*/) { return {}; }
    // For StateClass::checkpoint, the same where eight words are too few. `state` comes empty and
    // keeps its room from call to call; at most checkpoint_bytes(), asked after configure(), are
    // written. An empty one is the beginning. The fewer the better: it is copied at every commit.
    virtual std::size_t checkpoint_bytes() const { return 0; }
    virtual void save_checkpoint(std::vector<std::byte>& /*state*/) const {}
    virtual Result<> restore_checkpoint(std::span<const std::byte> /*state*/) { return {}; }
    // For StateClass::window: how many of the last input frames decide all that comes of the next.
    // They stay, and a successor is called with them again; what it commits then is dropped. It
    // hands on no input frame untouched, and has one input.
    virtual std::uint32_t window_frames() const { return 0; }

    // --- At the end. `complete`: the stream ended well; only then are outputs given final names.
    // Of StateClass::inline_state, one that ran elsewhere finishes there, and once more in the
    // program's own process, with what it saved last.
    virtual Result<> finish(bool /*complete*/) { return {}; }
    // Means and totals for the run report, under the element's "metrics".
    virtual std::vector<std::pair<std::string, double>> metrics() const { return {}; }
};

// The usual base: keeps the options and implements the properties by their description.
template <class Options>
class ElementWith : public Element {
  public:
    using OptionsType = Options;

    Result<> set_property(std::string_view name, std::string_view text) final {
        return option::set(options_, name, text);
    }
    std::optional<PropertyValue> property(std::string_view name) const final {
        return option::get(options_, name);
    }
    std::vector<PropertySpec> properties() const final { return option::specs<Options>(); }

  protected:
    const Options& options() const { return options_; }
    Options& options() { return options_; }

  private:
    Options options_;
};

struct NoOptions {
    static constexpr auto describe() { return std::tuple{}; }
};

}  // namespace parallax
