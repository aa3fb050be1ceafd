// Play: a launch line that runs in a test, with `feed` and `collect` at its ends.
//
//     Play play("feed name=f ! softisp ! collect name=c");
//     play.feed("f").give(picture.view(), meta);
//     CHECK(play.run());
//     CHECK(play.collect("c").frames.size() == 1);
//
// Threads: one. Lifetime: the elements live as long as the Play.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "graph/launch_text.h"
#include "parallax/builtin.h"
#include "parallax/pipeline.h"
#include "parallax/video_caps.h"

namespace parallax {

struct HeldFrame {
    std::vector<std::byte> bytes;
    Meta meta;
};

// A source that plays what it was given.
class Feed final : public ElementWith<NoOptions> {
  public:
    static Pads pads() { return {.pads = {{"src", PadDirection::src}}}; }
    Caps pad_caps(const Pad&) const override { return caps; }
    std::size_t output_bytes(std::size_t, const Negotiated&) const override {
        std::size_t most = 1;
        for (const HeldFrame& frame : frames) most = std::max(most, frame.bytes.size());
        return most;
    }
    Result<Flow> process(Context& context) override {
        if (next_ == frames.size()) return Flow::eos;
        const HeldFrame& frame = frames[next_++];
        std::ranges::copy(frame.bytes, context.out().begin());
        const std::uint64_t sequence = context.out_meta().sequence;
        context.out_meta() = frame.meta;
        context.out_meta().sequence = sequence;
        return context.commit(frame.bytes.size());
    }

    void give(const ImageView& picture, Meta meta = {}) {
        if (caps.is_any()) caps = caps_of(picture.layout, Fraction(30, 1));
        frames.push_back({{picture.bytes.begin(), picture.bytes.end()}, std::move(meta)});
    }
    Caps caps = Caps::any();
    std::vector<HeldFrame> frames;

  private:
    std::size_t next_ = 0;
};

// A sink that keeps all it gets.
class Collect final : public ElementWith<NoOptions> {
  public:
    static Pads pads() { return {.pads = {{"sink", PadDirection::sink}}, .allocates = false}; }
    Result<> configure(const Negotiated& formats) override {
        format = formats.in();
        return {};
    }
    Result<Flow> process(Context& context) override {
        const MemoryView bytes = context.in();
        frames.push_back({{bytes.begin(), bytes.end()}, context.in_meta()});
        return Flow::more;
    }
    ImageView image(std::size_t frame) const { return {format.image.value(), frames[frame].bytes}; }

    PadFormat format;
    std::vector<HeldFrame> frames;
};

class Play {
  public:
    // `change` may put other elements in place of the usual ones.
    explicit Play(std::string_view line, const std::function<void(Registry&)>& change = {}) {
        add_builtin_elements(registry_);
        registry_.add<Feed>({.name = "feed", .family = "test", .doc = "plays", .example = ""});
        registry_.add<Collect>(
            {.name = "collect", .family = "test", .doc = "keeps", .example = ""});
        if (change) change(registry_);
        const LaunchRead read = read_launch(line, registry_, {});
        if (!read.errors.empty()) FAIL(read.errors.front().text);
        auto pipeline = Pipeline::create(graph_of(read.launch), registry_);
        if (!pipeline) FAIL(pipeline.error().front().text);
        pipeline_ = *std::move(pipeline);
    }

    Result<> run() { return pipeline_->run(); }
    Pipeline& pipeline() { return *pipeline_; }
    Feed& feed(std::string_view name) { return found<Feed>(name); }
    Collect& collect(std::string_view name) { return found<Collect>(name); }
    ElementReport report(std::string_view name) const {
        for (const ElementReport& element : pipeline_->report().elements) {
            if (element.name == name) return element;
        }
        FAIL("no element called " << std::string(name));
        return {};
    }

  private:
    static Graph graph_of(const LaunchText& launch) {
        Graph graph;
        for (const ElementText& element : launch.elements) {
            Graph::Properties properties{{"name", element.name}};
            for (const PropertyText& p : element.properties)
                properties.emplace_back(p.key, p.value);
            graph.add(element.factory, std::move(properties));
        }
        for (const LinkText& link : launch.links) {
            std::size_t from = link.from.element;
            std::string from_pad = link.from.pad;
            for (const FilterText& filter : link.filters) {
                const std::size_t pass = graph.add_filter(filter.caps);
                graph.link({.from = from, .from_pad = from_pad, .to = pass, .to_pad = {}});
                from = pass;
                from_pad = {};
            }
            graph.link(
                {.from = from, .from_pad = from_pad, .to = link.to.element, .to_pad = link.to.pad});
        }
        return graph;
    }

    template <class E>
    E& found(std::string_view name) {
        auto* element = dynamic_cast<E*>(pipeline_->element(name));
        if (element == nullptr) FAIL("no such element: " << std::string(name));
        return *element;
    }

    Registry registry_;
    std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace parallax
