// How a run is made ready: groups, formats, the plan, and then stages and channels as planned.
#include <algorithm>

#include "base/check.h"
#include "graph/add_between.h"
#include "graph/insert_converters.h"
#include "graph/negotiate_links.h"
#include "graph/pad_format.h"
#include "graph/run.h"
#include "graph/stage_track.h"

namespace parallax {

Result<> Run::make_groups() {
    std::vector<ResourceGroup::Options> wanted = options_.groups;
    if (std::ranges::find(wanted, "default", &ResourceGroup::Options::name) == wanted.end()) {
        wanted.push_back({});
    }
    for (const Graph::Node& node : graph_.nodes()) {
        const bool known =
            std::ranges::find(wanted, node.group, &ResourceGroup::Options::name) != wanted.end();
        if (known) continue;
        return fail_in(node.name, Errc::invalid_argument, "no resource group called " + node.group);
    }
    for (const auto& options : wanted) {
        // Also of one that nobody uses: what was asked for could not be kept.
        if (const Result<> possible = ResourceGroup::check(options); !possible) {
            fail("", possible.error());
            return possible;
        }
        const bool used = std::ranges::any_of(
            graph_.nodes(), [&](const Graph::Node& node) { return node.group == options.name; });
        if (!used) continue;
        auto group =
            ResourceGroup::create(options, [this](const Error& error) { fail("", error); });
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

namespace {

// Files and peers that it reads are others' work. What its formats follow from is asked once, so
// that it must be no function of what it read.
bool reads_others(const ElementRun& run) {
    bool reads = false;
    for (const PropertySpec& spec : run.element->properties()) {
        const auto value = run.element->property(spec.name);
        const auto* text = value ? std::get_if<std::string>(&*value) : nullptr;
        if (text == nullptr || text->empty()) continue;
        if (spec.type == "write-path") return false;
        reads = reads || spec.type == "read-path" || spec.type == "endpoint";
    }
    return reads && run.pads.relation != Relation::transform;
}

}  // namespace

// Where it will run, if it reads what others made: a crash is contained there.
Result<> Run::open(std::size_t element) {
    ElementRun& run = *elements_[element];
    const bool elsewhere = is_remote(element) && !run.element->external();
    if (elsewhere && options_.isolation != nullptr && reads_others(run)) {
        const Graph::Node& node = graph_.nodes()[element];
        auto* stand_in = PX_TRY(options_.isolation->open_elsewhere(run, node, registry_));
        if (stand_in != nullptr) opened_elsewhere_[element] = stand_in;
    }
    return run.element->open();
}

Result<> Run::open_elements() {
    for (std::size_t n = 0; n < elements_.size(); ++n) {
        const auto& run = elements_[n];
        if (Result<> opened = open(n); !opened) {
            fail(run->name, opened.error());
            return std::move(opened).context(run->name);
        }
        if (run->element->external() && is_remote(n)) {
            graph_.isolate(n, "no");
            bus_.post({.kind = Message::Kind::text,
                       .severity = Severity::info,
                       .element = run->name,
                       .text = "stays in the program: only from there is what it names reached"});
        }
        if (Result<> begun = run->element->begin(); !begun) {
            fail(run->name, begun.error());
            return std::move(begun).context(run->name);
        }
    }
    const std::size_t drawn = elements_.size();
    const std::lock_guard lock(mutex_);
    PX_TRY(add_relays(registry_, {graph_, elements_, links_}));
    for (std::size_t n = drawn; n < elements_.size(); ++n) adopt(*elements_[n]);
    high_water_.resize(links_.size());
    queue_drops_.resize(links_.size());
    return {};
}

Result<> Run::negotiate() {
    const std::int64_t before = monotonic_ns();
    std::vector<const ElementRun*> elements;
    elements.reserve(elements_.size());
    for (const auto& run : elements_) elements.push_back(run.get());
    const Converters converters(registry_);
    const auto solved = negotiate_links({graph_, elements, links_}, converters, registry_);
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
        place(problem, conflict.names);
        if (!conflict.field.empty()) {
            problem.left = to_string(conflict.left);
            problem.right = to_string(conflict.right);
        }
    }
    return Failure(std::move(error));
}

// Where in the text the last of those stands who disagree; caps rather than an element.
void Run::place(Problem& problem, const std::vector<std::string>& names) const {
    for (const bool caps : {true, false}) {
        for (auto name = names.rbegin(); name != names.rend(); ++name) {
            const Graph::Node* node = graph_.find(*name);
            if (node == nullptr || node->position.line == 0) continue;
            if (caps && node->factory != "capsfilter") continue;
            problem.line = node->position.line;
            problem.column = node->position.column;
            return;
        }
    }
}

Result<> Run::insert(const NegotiationSolution& solution, const Converters& converters) {
    const std::size_t before = elements_.size();
    const std::lock_guard lock(mutex_);
    notes_.clear();
    for (const NegotiationNote& note : solution.notes) {
        notes_.push_back({link_name(links_[note.link]), note.text});
    }
    auto plans = PX_TRY(insert_converters(solution, converters, {graph_, elements_, links_}));
    for (std::size_t n = before; n < elements_.size(); ++n) adopt(*elements_[n]);
    for (ConverterPlan& plan : plans) {
        bus_.post({.kind = Message::Kind::text,
                   .severity = Severity::info,
                   .element = plan.name,
                   .text = "put into " + plan.link + ": " + plan.reason});
        converters_.push_back(std::move(plan));
    }
    for (const NotePlan& note : notes_) {
        bus_.post({.kind = Message::Kind::text,
                   .severity = Severity::info,
                   .element = {},
                   .text = note.link + ": " + note.text});
    }
    high_water_.resize(links_.size());
    queue_drops_.resize(links_.size());
    return {};
}

namespace {

// Of its pads, none of which is linked yet.
Negotiated unlinked_formats(const ElementRun& run) {
    Negotiated formats;
    for (const std::size_t pad : run.input_pads) {
        formats.inputs.emplace_back().pad = run.pads.pads[pad].name;
    }
    for (const std::size_t pad : run.output_pads) {
        formats.outputs.emplace_back().pad = run.pads.pads[pad].name;
    }
    return formats;
}

}  // namespace

// What was agreed, by element.
Result<std::vector<Negotiated>> Run::formats_of_links() {
    std::vector<Negotiated> formats;
    formats.reserve(elements_.size());
    for (const auto& run : elements_) formats.push_back(unlinked_formats(*run));
    for (const PlannedLink& link : links_) {
        Result<PadFormat> agreed = pad_format(link.caps);
        if (!agreed) {
            fail(elements_[link.from]->name, agreed.error());
            return Failure(std::move(agreed).error());
        }
        PadFormat format = *std::move(agreed);
        PadFormat& out = formats[link.from].outputs[link.from_pad];
        PadFormat& in = formats[link.to].inputs[link.to_pad];
        format.pad = std::move(out.pad);
        out = format;
        format.pad = std::move(in.pad);
        in = std::move(format);
    }
    return formats;
}

// Tells elements their formats, but for those that have them already: they go on as they are. In a
// process of its own an element is made anew, and the one here is told all that it is told.
Result<> Run::configure_elements() {
    std::vector<Negotiated> formats = PX_TRY(formats_of_links());
    const bool flushed = flushes_configured_ != flushes_;  // Which configure() brings to an end.
    flushes_configured_ = flushes_;
    for (std::size_t n = 0; n < elements_.size(); ++n) {
        ElementRun& run = *elements_[n];
        const bool again = std::exchange(run.configure_again, false) || flushed || is_remote(n);
        if (!again && same(run.formats, formats[n])) continue;
        run.formats = std::move(formats[n]);
        if (Result<> configured = run.element->configure(run.formats); !configured) {
            fail(run.name, configured.error());
            return std::move(configured).context(run.name);
        }
        run.pads.policy = run.element->input_policy().value_or(run.pads.policy);
    }
    return {};
}

// Tells elements their formats, asks for sizes, and makes the plan.
Result<> Run::configure() {
    PX_TRY(configure_elements());
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

// It runs elsewhere, and writes down all that another one needs to go on.
bool Run::saves_elsewhere(std::size_t element) const {
    return is_remote(element) && elements_[element]->pads.state == StateClass::inline_state;
}

bool Run::is_remote(std::size_t element) const { return graph_.nodes()[element].isolate != "no"; }

// Memory for all that crosses to other processes, if anything does.
Result<> Run::begin_remote() {
    const bool any = std::ranges::any_of(plan_.stages, &PlannedStage::remote);
    if (!any) return {};
    if (options_.isolation == nullptr) {
        return parallax::fail(Errc::lacking, "this program runs no element in a process of its own",
                              "give Pipeline::Options an isolation");
    }
    for (std::size_t n = 0; n < elements_.size(); ++n) {
        if (!saves_elsewhere(n) || carried_.contains(n)) continue;
        elements_[n]->element->save(carried_[n].state);
    }
    remote_ = PX_TRY(options_.isolation->begin({.plan = plan_,
                                                .graph = graph_,
                                                .registry = registry_,
                                                .elements = elements_,
                                                .host = *this,
                                                .bus = bus_,
                                                .clock = clock_,
                                                .arenas = arenas_,
                                                .groups = groups_,
                                                .carried = carried_,
                                                .trace = options_.trace,
                                                .resting = resting_.get()}));
    resting_.reset();
    return {};
}

std::vector<Stage::Step> Run::chain_of(const PlannedStage& planned) const {
    std::vector<Stage::Step> chain;
    chain.reserve(planned.elements.size());
    for (const std::size_t e : planned.elements) chain.push_back({.run = elements_[e].get()});
    for (const PlannedLink& link : plan_.links) {
        if (link.channel) continue;
        for (std::size_t i = 0; i + 1 < planned.elements.size(); ++i) {
            if (planned.elements[i] != link.from) continue;
            chain[i].out_pad = link.from_pad;
            chain[i + 1].in_pad = link.to_pad;
        }
    }
    return chain;
}

namespace {

// It is as planned, and nobody in this program looks at a frame in it any more.
bool serves(const std::optional<CpuArena>& arena, const PlannedArena& planned) {
    return arena && arena->slot_bytes() >= planned.slot_bytes &&
           arena->slot_bytes() - planned.slot_bytes < CpuArena::kSlotAlignment &&
           arena->slot_count() == planned.slots && arena->slots_free() == planned.slots;
}

}  // namespace

Result<> Run::build_arenas() {
    std::vector<std::vector<ElementRun::Memory>> former(elements_.size());
    for (std::size_t n = 0; n < elements_.size(); ++n) {
        ElementRun& run = *elements_[n];
        former[n] = std::exchange(run.memory, std::vector<ElementRun::Memory>());
        former[n].resize(run.output_pads.size());
        run.memory.resize(run.output_pads.size());
    }
    for (const PlannedArena& planned : plan_.arenas) {
        ElementRun& run = *elements_[planned.element];
        if (is_remote(planned.element)) continue;  // Its process has its own.
        auto& memory = run.memory[planned.pad];
        memory.out_bytes = planned.slot_bytes;
        auto& before = former[planned.element][planned.pad].arena;
        // What an element of another process keeps is not counted here.
        if (!remote_ && serves(before, planned)) {
            memory.arena = std::move(before);
        } else {
            memory.arena = PX_TRY(CpuArena::create(
                {.slot_bytes = planned.slot_bytes, .slot_count = planned.slots, .name = run.name}));
            // Other processes may see it: no mapping of it but ours can ever write.
            PX_TRY(memory.arena->seal());
        }
        arenas_.add(*memory.arena);
    }
    return {};
}

// Null where nothing is traced.
TraceRing* Run::trace_ring(std::size_t stage) {
    if (options_.trace == nullptr) return nullptr;
    Traced traced{.ring = std::make_unique<TraceRing>()};
    traced.number = options_.trace->add(stage_track(plan_, stage, elements_), *traced.ring);
    traced_.push_back(std::move(traced));
    return traced_.back().ring.get();
}

Result<> Run::build() {
    PX_TRY(begin_remote());
    PX_TRY(build_arenas());
    for (std::size_t s = 0; s < plan_.stages.size(); ++s) {
        const PlannedStage& planned = plan_.stages[s];
        if (planned.remote()) {
            stages_.push_back(nullptr);
            continue;
        }
        stages_.push_back(
            std::make_unique<Stage>(Stage::Options{.group = &group(planned.group),
                                                   .host = this,
                                                   .clock = &clock_,
                                                   .inputs = planned.inputs,
                                                   .channels = planned.channels,
                                                   .page = remote_ ? remote_->page_for(s) : nullptr,
                                                   .trace = trace_ring(s)}));
        stages_.back()->set_chain(chain_of(planned));
        if (remote_) remote_->attach_stage(s, *stages_.back());
    }
    PX_TRY(build_channels());
    return remote_ ? remote_->start() : Result<>{};
}

Neighbour& Run::neighbour(std::size_t stage) {
    if (stages_[stage]) return *stages_[stage];
    return remote_->neighbour(stage);
}

const CommitRecord& Run::record(std::size_t stage) const {
    return stages_[stage] ? stages_[stage]->record() : remote_->record(stage);
}

Result<> Run::build_channels() {
    channels_.resize(plan_.links.size());
    for (std::size_t l = 0; l < plan_.links.size(); ++l) {
        const PlannedLink& link = plan_.links[l];
        if (!link.channel) continue;
        Stage* from = stages_[link.from_stage].get();
        Stage* to = stages_[link.to_stage].get();
        if (from == nullptr && to == nullptr) continue;  // They talk to each other directly.
        // A successor of the reader takes anew what it was called with last.
        const bool again = to == nullptr && elements_[link.to]->pads.state == StateClass::window;
        const Channel::Options options{
            .capacity = link.capacity, .leaky = link.leaky, .held = link.held, .keep_held = again};
        const Channel::End producer{&record(link.from_stage), link.from_word};
        const Channel::End consumer{&record(link.to_stage), link.to_word};
        if (from != nullptr && to != nullptr) {
            channels_[l] = std::make_unique<Channel>(options, producer, consumer);
        } else {
            channels_[l] =
                std::make_unique<Channel>(options, producer, consumer, PX_TRY(remote_->ring(l)));
            PX_TRY(remote_->attach_channel(l, *channels_[l]));
        }
        if (from != nullptr) {
            from->add_output({.channel = channels_[l].get(),
                              .pad = link.from_pad,
                              .word = link.from_word,
                              .to = &neighbour(link.to_stage)});
        }
        if (to != nullptr) {
            to->add_input({.channel = channels_[l].get(),
                           .pad = link.to_pad,
                           .from = &neighbour(link.from_stage)});
        }
    }
    return {};
}

}  // namespace parallax
