// Elements that do what a test tells them, and Acting, a graph of them.
//
//     Acting graph;
//     auto source = graph.add("source");
//     auto sink = graph.add("sink");
//     graph.link(source, sink);
//     graph.make();
//     graph.at(source).process_as = [](Context& c) { … };
//     CHECK(graph.run().empty());
//
// By themselves a source makes `frames` empty frames of pts 0, 1, 2 …, a middle hands on what it
// gets, a join hands on what comes on its first input, and a sink counts.
//
// Threads: what a test changes while the graph plays, it guards itself.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "parallax/builtin.h"
#include "parallax/pipeline.h"

namespace parallax {

struct ActorOptions {
    int knob = 0;
    int fixed = 0;
    std::string told;
    static constexpr auto describe() {
        return std::tuple{
            Option{"knob",
                   &ActorOptions::knob,
                   "may change while it plays",
                   {.min = 0, .max = 100, .live = true}},
            Option{"fixed", &ActorOptions::fixed, "may not"},
            Option{"told", &ActorOptions::told, "what it says itself", {.read_only = true}}};
    }
};

class ActingElement : public ElementWith<ActorOptions> {
  public:
    std::function<Result<Flow>(Context&)> process_as;
    std::function<Result<Flow>(Context&)> drain_as;
    std::function<Result<bool>(Context&, const Event&)> event_as;
    std::function<Result<>(std::string_view)> change_as;
    std::size_t bytes = 1;  // Of its largest frame.
    std::uint32_t most_at_once = 1;
    std::uint64_t frames = 10;  // Of a source.
    std::uint64_t seen = 0;     // Calls to process(), on the stage's thread.

    using ElementWith::options;

    std::size_t output_bytes(std::size_t, const Negotiated&) const override { return bytes; }
    std::uint32_t burst() const override { return most_at_once; }
    Result<Flow> process(Context& context) override {
        if (process_as) return process_as(context);
        return plain(context);
    }
    Result<Flow> drain(Context& context) override {
        return drain_as ? drain_as(context) : Result<Flow>(Flow::eos);
    }
    Result<bool> event(Context& context, const Event& event) override {
        return event_as ? event_as(context, event) : Result<bool>(false);
    }
    Result<> property_changed(std::string_view name) override {
        return change_as ? change_as(name) : Result<>{};
    }

    virtual Result<Flow> plain(Context& context) = 0;
};

class ActingSource final : public ActingElement {
  public:
    static Pads pads() { return {.pads = {{"src", PadDirection::src}}}; }
    Result<Flow> plain(Context& context) override {
        if (seen == frames) return Flow::eos;
        context.out_meta().pts_ns = static_cast<std::int64_t>(seen++);
        return context.commit(0);
    }
};

class ActingMiddle final : public ActingElement {
  public:
    static Pads pads() {
        return {.pads = {{"sink", PadDirection::sink}, {"src", PadDirection::src}},
                .relation = Relation::pass_through,
                .forwards = true};
    }
    Result<Flow> plain(Context& context) override {
        ++seen;
        return context.forward();
    }
};

template <InputPolicy policy>
class ActingJoin final : public ActingElement {
  public:
    static Pads pads() {
        return {.pads = {{"sink_%u", PadDirection::sink}, {"src", PadDirection::src}},
                .policy = policy,
                .forwards = true};
    }
    Result<Flow> plain(Context& context) override {
        ++seen;
        return context.forward(0, context.has_input(0) ? 0 : context.active_input());
    }
};

class ActingSink final : public ActingElement {
  public:
    static Pads pads() { return {.pads = {{"sink", PadDirection::sink}}, .allocates = false}; }
    Result<Flow> plain(Context&) override {
        ++seen;
        return Flow::more;
    }
};

class Acting {
  public:
    Acting() {
        add_builtin_elements(registry_);
        registry_.add<ActingSource>(named("source"));
        registry_.add<ActingMiddle>(named("middle"));
        registry_.add<ActingJoin<InputPolicy::all_by_pts>>(named("pair"));
        registry_.add<ActingJoin<InputPolicy::any>>(named("merge"));
        registry_.add<ActingSink>(named("sink"));
    }

    std::size_t add(std::string factory, Graph::Properties properties = {}) {
        return graph_.add(std::move(factory), std::move(properties));
    }
    std::size_t add_filter(const Caps& caps) { return graph_.add_filter(caps); }
    void link(std::size_t from, std::size_t to) { graph_.link(from, to); }
    // Each linked to the next.
    std::vector<std::size_t> chain(const std::vector<std::string>& factories) {
        std::vector<std::size_t> all;
        for (const std::string& factory : factories) {
            all.push_back(add(factory));
            if (all.size() > 1) link(all[all.size() - 2], all.back());
        }
        return all;
    }

    // With so many threads; 0: one for each core.
    void make(int threads = 0) {
        auto made = Pipeline::create(graph_, registry_,
                                     {.groups = {{.name = "default", .threads = threads}}});
        if (!made) FAIL(made.error().front().text);
        pipeline_ = *std::move(made);
    }
    Pipeline& pipeline() { return *pipeline_; }
    const std::string& name(std::size_t node) const { return graph_.nodes().at(node).name; }
    ActingElement& at(std::size_t node) {
        auto* element = dynamic_cast<ActingElement*>(pipeline_->element(name(node)));
        if (element == nullptr) FAIL("not an acting element: " << name(node));
        return *element;
    }

    // To the end; what went wrong, as "element: text", in order.
    std::vector<std::string> finish() {
        std::vector<std::string> errors;
        for (;;) {
            const auto message = pipeline_->wait(1'000'000'000);
            if (!message) continue;
            if (message->kind == Pipeline::Message::Kind::ended) return errors;
            if (message->kind == Pipeline::Message::Kind::error) {
                errors.push_back(message->element + ": " + message->text);
            }
        }
    }
    std::vector<std::string> run() {
        if (const Result<> playing = pipeline_->play(); !playing) FAIL(to_string(playing.error()));
        return finish();
    }
    ElementReport report(std::size_t node) const {
        for (const ElementReport& element : pipeline_->report().elements) {
            if (element.name == name(node)) return element;
        }
        FAIL("no report of " << name(node));
        return {};
    }

  private:
    static FactoryInfo named(std::string name) {
        return {.name = std::move(name), .family = "test", .doc = "does as told", .example = ""};
    }

    Registry registry_;
    Graph graph_;
    std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace parallax
