// How a run is made ready: groups, formats, the plan, and then stages and channels as planned.
#include <algorithm>

#include "base/check.h"
#include "graph/insert_converters.h"
#include "graph/negotiate_links.h"
#include "graph/run.h"
#include "parallax/video_caps.h"

namespace parallax {
namespace {

bool is_image(const Structure& caps) {
    return caps.media_type() == "video/x-raw" || caps.media_type() == "video/x-bayer";
}

Result<PadFormat> pad_format(const Structure& caps) {
    PadFormat format{.linked = true, .caps = caps, .image = {}, .framerate = {}};
    if (!is_image(caps)) return format;
    format.image = PX_TRY(layout_from_caps(caps));
    format.framerate = caps.get_fraction("framerate").value_or(Fraction(0, 1));
    return format;
}

}  // namespace

Result<> Run::make_groups() {
    std::vector<ResourceGroup::Options> wanted = options_.groups;
    if (std::ranges::find(wanted, "default", &ResourceGroup::Options::name) == wanted.end()) {
        wanted.push_back({});
    }
    for (const Graph::Node& node : graph_.nodes()) {
        if (node.isolate != "no") {
            return fail_in(node.name, Errc::unsupported,
                           "isolate=" + node.isolate + " is not built in this version");
        }
        const bool known =
            std::ranges::find(wanted, node.group, &ResourceGroup::Options::name) != wanted.end();
        if (known) continue;
        return fail_in(node.name, Errc::invalid_argument, "no resource group called " + node.group);
    }
    for (const auto& options : wanted) {
        const bool used = std::ranges::any_of(
            graph_.nodes(), [&](const Graph::Node& node) { return node.group == options.name; });
        if (!used) continue;
        auto group = ResourceGroup::create(options);
        if (!group) {
            fail("", group.error());
            return Failure(std::move(group).error());
        }
        groups_.push_back(*std::move(group));
    }
    return {};
}

Failure Run::fail_in(const std::string& element, Errc code, std::string text) {
    Error error{code, std::move(text), {}, {}};
    fail(element, error);
    return Failure(std::move(error));
}

Result<> Run::open_elements() {
    for (auto& run : elements_) {
        if (Result<> opened = run->element->open(); !opened) {
            fail(run->name, opened.error());
            return std::move(opened).context(run->name);
        }
    }
    return {};
}

Result<> Run::negotiate() {
    const std::int64_t before = monotonic_ns();
    std::vector<const ElementRun*> elements;
    for (const auto& run : elements_) elements.push_back(run.get());
    const Converters converters(registry_);
    const auto solved = negotiate_links(elements, links_, converters);
    negotiation_ns_ = monotonic_ns() - before;
    if (solved) return insert(*solved, converters);
    const Conflict& conflict = solved.error();
    Error error = error_of(conflict);
    fail("", error);
    {
        const std::lock_guard lock(mutex_);
        Problem& problem = errors_.back();
        problem.names = conflict.names;
        problem.field = conflict.field;
        problem.path = conflict.path;
        if (!conflict.field.empty()) {
            problem.left = to_string(conflict.left);
            problem.right = to_string(conflict.right);
        }
    }
    return Failure(std::move(error));
}

Result<> Run::insert(const NegotiationSolution& solution, const Converters& converters) {
    const std::size_t before = elements_.size();
    const std::lock_guard lock(mutex_);
    auto plans = PX_TRY(insert_converters(solution, converters, graph_, elements_, links_));
    for (std::size_t n = before; n < elements_.size(); ++n) adopt(*elements_[n]);
    for (ConverterPlan& plan : plans) {
        bus_.post({.kind = Message::Kind::text,
                   .severity = Severity::info,
                   .element = plan.name,
                   .text = "put into " + plan.link + ": " + plan.reason});
        converters_.push_back(std::move(plan));
    }
    high_water_.resize(links_.size());
    queue_drops_.resize(links_.size());
    return {};
}

// Tells every element its formats, asks for sizes, and makes the plan.
Result<> Run::configure() {
    for (auto& run : elements_) {
        run->formats.inputs.assign(run->input_pads.size(), {});
        run->formats.outputs.assign(run->output_pads.size(), {});
        for (std::size_t i = 0; i < run->input_pads.size(); ++i) {
            run->formats.inputs[i].pad = run->pads.pads[run->input_pads[i]].name;
        }
        for (std::size_t i = 0; i < run->output_pads.size(); ++i) {
            run->formats.outputs[i].pad = run->pads.pads[run->output_pads[i]].name;
        }
    }
    for (const PlannedLink& link : links_) {
        Result<PadFormat> agreed = pad_format(link.caps);
        if (!agreed) {
            fail(elements_[link.from]->name, agreed.error());
            return Failure(std::move(agreed).error());
        }
        PadFormat format = *std::move(agreed);
        PadFormat& out = elements_[link.from]->formats.outputs[link.from_pad];
        PadFormat& in = elements_[link.to]->formats.inputs[link.to_pad];
        format.pad = std::move(out.pad);
        out = format;
        format.pad = std::move(in.pad);
        in = std::move(format);
    }
    for (auto& run : elements_) {
        if (Result<> configured = run->element->configure(run->formats); !configured) {
            fail(run->name, configured.error());
            return std::move(configured).context(run->name);
        }
        run->pads.policy = run->element->input_policy().value_or(run->pads.policy);
    }
    for (PlannedLink& link : links_) {
        ElementRun& from = *elements_[link.from];
        link.frame_bytes = from.element->output_bytes(link.from_pad, from.formats);
    }
    PlanInput input{.nodes = {}, .links = links_};
    for (std::size_t n = 0; n < elements_.size(); ++n) {
        const Graph::Node& node = graph_.nodes()[n];
        input.nodes.push_back({elements_[n].get(), node.group, node.isolate});
    }
    Result<Plan> plan = make_plan(input);
    if (!plan) {
        fail("", plan.error());
        return Failure(std::move(plan).error());
    }
    plan_ = *std::move(plan);
    return {};
}

ResourceGroup& Run::group(const std::string& name) const {
    const auto found =
        std::ranges::find(groups_, name, [](const auto& each) { return each->name(); });
    PX_CHECK(found != groups_.end());
    return **found;
}

Result<> Run::build() {
    for (auto& run : elements_) {
        run->memory.clear();
        run->memory.resize(run->output_pads.size());
    }
    for (const PlannedArena& planned : plan_.arenas) {
        ElementRun& run = *elements_[planned.element];
        auto& memory = run.memory[planned.pad];
        memory.out_bytes = planned.slot_bytes;
        memory.arena = PX_TRY(CpuArena::create(
            {.slot_bytes = planned.slot_bytes, .slot_count = planned.slots, .name = run.name}));
    }
    for (const PlannedStage& planned : plan_.stages) {
        std::size_t inputs = 0;
        std::size_t outputs = 0;
        for (const PlannedLink& link : plan_.links) {
            if (link.channel && link.to == planned.elements.front()) ++inputs;
            if (link.channel && link.from == planned.elements.back()) ++outputs;
        }
        stages_.push_back(std::make_unique<Stage>(Stage::Options{.group = &group(planned.group),
                                                                 .host = this,
                                                                 .clock = &clock_,
                                                                 .inputs = inputs,
                                                                 .channels = outputs}));
        std::vector<Stage::Step> chain;
        for (const std::size_t e : planned.elements) chain.push_back({.run = elements_[e].get()});
        for (const PlannedLink& link : plan_.links) {
            if (link.channel) continue;
            for (std::size_t i = 0; i + 1 < planned.elements.size(); ++i) {
                if (planned.elements[i] != link.from) continue;
                chain[i].out_pad = link.from_pad;
                chain[i + 1].in_pad = link.to_pad;
            }
        }
        stages_.back()->set_chain(std::move(chain));
    }
    build_channels();
    return {};
}

void Run::build_channels() {
    channels_.resize(plan_.links.size());
    std::vector<std::size_t> inputs(stages_.size(), 0);
    std::vector<std::size_t> outputs(stages_.size(), 0);
    const auto stage_index = [&](std::size_t element) {
        return static_cast<std::size_t>(
            std::ranges::find_if(plan_.stages,
                                 [&](const PlannedStage& stage) {
                                     return std::ranges::find(stage.elements, element) !=
                                            stage.elements.end();
                                 }) -
            plan_.stages.begin());
    };
    for (std::size_t l = 0; l < plan_.links.size(); ++l) {
        const PlannedLink& link = plan_.links[l];
        if (!link.channel) continue;
        const std::size_t from = stage_index(link.from);
        const std::size_t to = stage_index(link.to);
        const std::size_t out_word = outputs[from]++;
        const std::size_t in_word = inputs[to]++;
        channels_[l] = std::make_unique<Channel>(
            Channel::Options{.capacity = link.capacity, .leaky = link.leaky},
            Channel::End{&stages_[from]->record(), out_word},
            Channel::End{&stages_[to]->record(), in_word});
        stages_[from]->add_output({.channel = channels_[l].get(),
                                   .pad = link.from_pad,
                                   .word = out_word,
                                   .to = stages_[to].get()});
        stages_[to]->add_input(
            {.channel = channels_[l].get(), .pad = link.to_pad, .from = stages_[from].get()});
    }
}

}  // namespace parallax
