// Pipeline: a graph that runs.
//
//     Registry registry;
//     add_builtin_elements(registry);
//     auto pipeline = Pipeline::from_text("videotestsrc ! fakesink", registry);
//     if (!pipeline) …pipeline.error()…                       // all that is wrong, at once
//     if (auto ok = (*pipeline)->run(); !ok) …               // plays to the end of stream
//
// States, as in GStreamer: Null (made), Ready (files open, formats agreed, plan made), Paused and
// Playing. prepare() goes to Ready, play() to Playing; pause() and play() go back and forth.
//
// Threads: one thread drives a pipeline; stop(), flush(), set_property() and property() come from
// any.
// Lifetime: the registry outlives the pipeline. Destroying a playing pipeline stops it.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parallax/graph.h"
#include "parallax/group.h"
#include "parallax/registry.h"
#include "parallax/report.h"
#include "parallax/result.h"

namespace parallax {

class ElementRun;       // src/graph/element_run.h
class OpenedElsewhere;  // src/graph/opened_elsewhere.h
class Run;              // src/graph/run.h
class RemoteStages;     // src/graph/remote_stages.h
class Trace;            // src/trace/trace.h
class TelemetryHub;     // src/trace/telemetry.h
struct RemoteSetup;

// Who runs elements in processes of their own: make_isolation() of parallax/isolation.h.
class Isolation {
  public:
    virtual ~Isolation() = default;
    virtual Result<std::unique_ptr<RemoteStages>> begin(const RemoteSetup& setup) = 0;
    // Opens the run's element in a process of its own, and puts in its place what tells of that.
    // Null: it cannot, and has done nothing.
    virtual Result<OpenedElsewhere*> open_elsewhere(ElementRun& /*run*/,
                                                    const Graph::Node& /*node*/,
                                                    const Registry& /*registry*/) {
        return nullptr;
    }
};

// What a launch line may name beside the elements of the registry. What is left out is not checked
// in the text, but where it is used.
struct LaunchNames {
    // Resource groups, for `group=`. "default" exists always.
    std::optional<std::vector<std::string>> groups = {};
    // Of a value of `sandbox=`: Errc::invalid_argument where it makes no sense.
    Result<> (*check_sandbox)(const std::string& preset_or_file) = nullptr;
    // Nobody will set properties after this text: required ones must be in it.
    bool complete = false;
};

// A launch line as gst-launch-1.0 takes it, strictly: "videotestsrc ! pngenc ! fakesink". All that
// is wrong with it is reported at once, with line, column and nearest name.
std::expected<Graph, std::vector<Problem>> parse_launch(std::string_view text,
                                                        const Registry& registry,
                                                        const LaunchNames& names = {});

class Pipeline {
  public:
    enum class State : std::uint8_t { null, ready, paused, playing, ended };

    struct Options {
        // Beside "default", which exists always and uses all cores unless given here.
        std::vector<ResourceGroup::Options> groups = {};
        // Who runs elements in processes of their own (parallax/isolation.h). Borrowed; null: no
        // element may ask for one.
        Isolation* isolation = nullptr;
        // Where every call of an element is written down. Borrowed; null: nowhere.
        Trace* trace = nullptr;
        // Where what elements count is published while somebody is in wait(). The same.
        TelemetryHub* telemetry = nullptr;
    };

    // Makes the elements and finds the pads of every link. All problems are reported at once.
    static std::expected<std::unique_ptr<Pipeline>, std::vector<Problem>> create(
        Graph graph, const Registry& registry, Options options);
    static std::expected<std::unique_ptr<Pipeline>, std::vector<Problem>> create(
        Graph graph, const Registry& registry) {
        return create(std::move(graph), registry, Options{});
    }

    // parse_launch() and create() in one.
    static std::expected<std::unique_ptr<Pipeline>, std::vector<Problem>> from_text(
        std::string_view text, const Registry& registry, Options options);
    static std::expected<std::unique_ptr<Pipeline>, std::vector<Problem>> from_text(
        std::string_view text, const Registry& registry) {
        return from_text(text, registry, Options{});
    }

    explicit Pipeline(std::unique_ptr<Run> run);  // Use create() or from_text().
    ~Pipeline();

    // Opens what the elements name, agrees on formats, makes the plan.
    Result<> prepare();
    // The same without the plan: plan() then tells formats and converters. For looking.
    Result<> agree();
    Result<> play();
    void pause();
    State state() const;

    // Sources end their streams; what is under way drains. The end is a message.
    void stop();

    // Forgets what is under way (parallax/event.h): of what was pushed before, nothing more is
    // pulled, and whatever is pushed from now on comes, marked as following a gap. Frames that are
    // dropped so are counted as dropped. Does not wait; while it is paused, what lies in the graph
    // is dropped once it goes on. Nothing to do before play() and after the end.
    void flush();

    struct Message {
        enum class Kind : std::uint8_t { text, error, ended };
        Kind kind = Kind::text;
        Severity severity = Severity::info;
        std::string element = {};
        std::string text = {};
        std::string hint = {};
        Topic topic = Topic::none;
        std::int64_t time_ns = 0;  // Since the run began.
    };
    // The next message, waiting for it at most that long. After Kind::ended comes nothing.
    std::optional<Message> wait(std::chrono::nanoseconds patience);
    std::optional<Message> wait(std::int64_t timeout_ns) {
        return wait(std::chrono::nanoseconds(timeout_ns));
    }

    // play() unless it plays already, and wait for the end; the first error if there was one.
    Result<> run();

    // Live properties at any time, others before play(). Takes effect between two frames.
    Result<> set_property(std::string_view element, std::string_view name, std::string_view text);
    Result<PropertyValue> property(std::string_view element, std::string_view name) const;

    // Another process takes over from that of an isolated element, between two commits: no frame is
    // lost, and a plugin is loaded anew, from its file as it is then. Elements that share the
    // process go along; what they keep beyond their state class begins anew. Returns at once; what
    // goes wrong is told as after a crash. Errc::invalid_argument for one that runs in the program,
    // or not now.
    Result<> replace(std::string_view element);

    // The element of that name; null if there is none.
    Element* element(std::string_view name);
    // The same as what it is: element<AppSink>("appsink0"). Null also if it is something else.
    template <class E>
    E* element(std::string_view name) {
        return dynamic_cast<E*>(element(name));
    }

    // With what negotiation put in, once it has; nodes only. Until the pipeline goes.
    const Graph& graph() const;
    PlanReport plan() const;  // After prepare().
    RunReport report() const;

  private:
    std::unique_ptr<Run> run_;
};

}  // namespace parallax
