#include "graph/plugin_element_adapter.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace parallax {
namespace {

// The first that plugins were built with.
constexpr std::size_t kSmallest = offsetof(parallax_element, state);

// A description of our own, in which what an older plugin does not know is absent.
parallax_element completed(const parallax_element& element) {
    parallax_element whole{};
    std::memcpy(&whole, &element, std::min<std::size_t>(element.size, sizeof whole));
    whole.size = sizeof whole;
    return whole;
}

std::string text_of(const char* text) { return text == nullptr ? "" : text; }

// What a plugin's calls back reach: the context of this very call, and a place for its complaint.
struct HostCall {
    Context* context = nullptr;
    std::string failure = {};
};

HostCall& call_of(void* context) { return *static_cast<HostCall*>(context); }

const void* host_in(void* context, std::uint32_t pad, std::size_t* size_bytes) {
    Context* c = call_of(context).context;
    *size_bytes = 0;
    if (c == nullptr || !c->has_input(pad)) return nullptr;
    const MemoryView bytes = c->in(pad);
    *size_bytes = bytes.size();
    return bytes.data();
}

void* host_out(void* context, std::uint32_t pad, std::size_t* size_bytes) {
    Context* c = call_of(context).context;
    *size_bytes = 0;
    if (c == nullptr || !c->linked(pad)) return nullptr;
    const MemoryViewMut bytes = c->out(pad);
    *size_bytes = bytes.size();
    return bytes.data();
}

void host_frame_info(void* context, std::uint32_t pad, parallax_frame_info* info) {
    Context* c = call_of(context).context;
    if (c == nullptr || !c->has_input(pad)) return;
    const Meta& meta = c->in_meta(pad);
    info->flags = meta.flags;
    info->sequence = meta.sequence;
    info->pts_ns = meta.pts_ns;
    info->duration_ns = meta.duration_ns;
}

void host_set_frame_info(void* context, std::uint32_t pad, const parallax_frame_info* info) {
    Context* c = call_of(context).context;
    if (c == nullptr || !c->linked(pad)) return;
    Meta& meta = c->out_meta(pad);
    meta.flags = info->flags & frame_flag::all;
    meta.sequence = info->sequence;
    meta.pts_ns = std::max(info->pts_ns, kNoTimeNs);
    meta.duration_ns = std::max(info->duration_ns, kNoTimeNs);
}

std::int32_t host_commit(void* context, std::uint32_t pad, std::size_t size_bytes) {
    HostCall& call = call_of(context);
    if (call.context == nullptr || !call.context->linked(pad)) return 0;
    if (size_bytes > call.context->out(pad).size()) {
        call.failure = "committed " + std::to_string(size_bytes) + " bytes where " +
                       std::to_string(call.context->out(pad).size()) + " fit";
        return -1;
    }
    call.context->commit(size_bytes, pad);
    return 0;
}

std::int32_t host_forward(void* context, std::uint32_t out_pad, std::uint32_t in_pad) {
    HostCall& call = call_of(context);
    if (call.context != nullptr) call.context->forward(out_pad, in_pad);
    return 0;
}

void host_post(void* context, std::uint32_t severity, const char* text) {
    HostCall& call = call_of(context);
    if (call.context == nullptr) return;
    call.context->post(static_cast<Severity>(std::min(severity, 3U)), text_of(text));
}

void host_fail(void* context, const char* text) { call_of(context).failure = text_of(text); }

constexpr parallax_host kHost{.size = sizeof(parallax_host),
                              .in = host_in,
                              .out = host_out,
                              .frame_info = host_frame_info,
                              .set_frame_info = host_set_frame_info,
                              .commit = host_commit,
                              .forward = host_forward,
                              .post = host_post,
                              .fail = host_fail};

PropertyValue typed(const parallax_property& property, const std::string& text) {
    bool yes = false;
    std::int64_t number = 0;
    double real = 0;
    if (property.type == PARALLAX_BOOLEAN && parse_value(text, yes)) return yes;
    if (property.type == PARALLAX_INT && parse_value(text, number)) return number;
    if (property.type == PARALLAX_DOUBLE && parse_value(text, real)) return real;
    return text;
}

PropertySpec spec_of(const parallax_property& property) {
    static constexpr std::array<std::string_view, 4> kTypes{"boolean", "int", "double", "string"};
    PropertySpec spec{.name = property.name,
                      .doc = property.doc == nullptr ? "" : property.doc,
                      .type = kTypes.at(std::min<std::size_t>(property.type, 3))};
    if (property.minimum <= property.maximum) {
        spec.detail.min = property.minimum;
        spec.detail.max = property.maximum;
    }
    if (property.unit != nullptr) spec.detail.unit = property.unit;
    spec.detail.live = property.live != 0;
    spec.initial = typed(property, text_of(property.initial));
    return spec;
}

parallax_format c_format(const PadFormat& format, const std::string& caps) {
    parallax_format c{};
    c.size = sizeof c;
    c.linked = format.linked ? 1 : 0;
    c.caps = caps.c_str();
    if (!format.image) return c;
    c.width_px = static_cast<std::uint32_t>(format.image->width);
    c.height_px = static_cast<std::uint32_t>(format.image->height);
    c.frame_bytes = format.image->size_bytes;
    for (std::size_t p = 0; p < 3; ++p) {
        c.offset_bytes[p] = format.image->offset_bytes[p];
        c.stride_bytes[p] = format.image->stride_bytes[p];
    }
    return c;
}

// "format,width" as names.
std::vector<std::string> names_in(const char* list) {
    std::vector<std::string> names;
    std::string rest = text_of(list);
    while (!rest.empty()) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        names.push_back(rest.substr(0, comma));
        rest.erase(0, comma + 1);
    }
    return names;
}

// The same fields but for those, and with the media type and memory of another.
Structure carried_over(const Structure& from, const Structure& like,
                       const std::vector<std::string>& changed) {
    Structure to(like.media_type(), like.features());
    for (const Field& field : from.fields()) {
        if (std::ranges::find(changed, field.name) == changed.end())
            to.set(field.name, field.value);
    }
    return to;
}

class AdaptedElement final : public Element {
  public:
    explicit AdaptedElement(const parallax_element& element)
        : element_(element), changed_(names_in(element.changes)), self_(element.create()) {
        for (std::uint32_t p = 0; p < element.property_count; ++p) {
            values_.emplace_back(element.properties[p].name,
                                 text_of(element.properties[p].initial));
        }
    }
    ~AdaptedElement() override {
        if (self_ != nullptr) element_.destroy(self_);
    }

    Result<> set_property(std::string_view name, std::string_view text) override {
        for (std::uint32_t p = 0; p < element_.property_count; ++p) {
            const parallax_property& property = element_.properties[p];
            if (name != property.name) continue;
            PX_TRY(check(property, text));
            HostCall call;
            const std::string owned(text);
            if (element_.set_property(self_, property.name, owned.c_str(), &kHost, &call) < 0) {
                return fail(Errc::invalid_argument, std::move(call.failure));
            }
            values_[p].second = owned;
            return {};
        }
        return fail(Errc::not_found, "no property called " + std::string(name));
    }

    std::optional<PropertyValue> property(std::string_view name) const override {
        for (std::uint32_t p = 0; p < element_.property_count; ++p) {
            if (values_[p].first == name) return typed(element_.properties[p], values_[p].second);
        }
        return std::nullopt;
    }

    std::vector<PropertySpec> properties() const override {
        std::vector<PropertySpec> specs;
        specs.reserve(element_.property_count);
        for (std::uint32_t p = 0; p < element_.property_count; ++p) {
            specs.push_back(spec_of(element_.properties[p]));
        }
        return specs;
    }

    Result<> open() override {
        if (self_ != nullptr) return {};
        return fail(Errc::system, "the plugin could not make its element");
    }

    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override {
        if (element_.relation != PARALLAX_TRANSFORM) return Element::transform(from, caps, to);
        Caps wanted = pad_caps(to);
        if (wanted.is_any()) return wanted;
        Caps all;
        for (const Structure& structure : caps.structures()) {
            for (const Structure& like : wanted.structures()) {
                auto fits = intersect(carried_over(structure, like, changed_), like);
                if (fits) all.append(*std::move(fits));
            }
        }
        return all;
    }

    void save(InlineState& state) const override {
        if (element_.save != nullptr) element_.save(self_, state.data());
    }
    Result<> restore(const InlineState& state) override {
        if (element_.restore == nullptr) return {};
        HostCall call;
        if (element_.restore(self_, state.data(), &kHost, &call) >= 0) return {};
        return fail(Errc::corrupt, std::move(call.failure));
    }

    Result<> configure(const Negotiated& formats) override {
        if (element_.configure == nullptr) return {};
        std::vector<std::string> texts;
        texts.reserve(formats.inputs.size() + formats.outputs.size());  // Pointed at below.
        const auto convert = [&](const std::vector<PadFormat>& pads) {
            std::vector<parallax_format> c;
            for (const PadFormat& pad : pads) {
                texts.push_back(to_string(pad.caps));
                c.push_back(c_format(pad, texts.back()));
            }
            return c;
        };
        const auto inputs = convert(formats.inputs);
        const auto outputs = convert(formats.outputs);
        HostCall call;
        const std::int32_t code = element_.configure(
            self_, inputs.data(), static_cast<std::uint32_t>(inputs.size()), outputs.data(),
            static_cast<std::uint32_t>(outputs.size()), &kHost, &call);
        if (code < 0) return fail(Errc::invalid_argument, std::move(call.failure));
        return {};
    }

    std::size_t output_bytes(std::size_t pad, const Negotiated& formats) const override {
        const std::uint64_t wanted =
            element_.output_bytes == nullptr
                ? 0
                : element_.output_bytes(self_, static_cast<std::uint32_t>(pad));
        return wanted != 0 ? wanted : Element::output_bytes(pad, formats);
    }

    Result<Flow> process(Context& context) override { return run(context, element_.process); }
    Result<Flow> drain(Context& context) override {
        return element_.drain == nullptr ? Flow::eos : run(context, element_.drain);
    }

  private:
    static Result<> check(const parallax_property& property, std::string_view text) {
        bool yes = false;
        double number = 0;
        if (property.type == PARALLAX_BOOLEAN) return parse_value(text, yes);
        if (property.type == PARALLAX_STRING) return {};
        std::int64_t whole = 0;
        if (property.type == PARALLAX_INT) PX_TRY(parse_value(text, whole));
        PX_TRY(parse_value(text, number));
        return option::check_range(number, spec_of(property).detail);
    }

    template <class Function>
    Result<Flow> run(Context& context, Function function) {
        HostCall call{.context = &context};
        const std::int32_t code = function(self_, &kHost, &call);
        if (code == PARALLAX_EOS) return Flow::eos;
        if (code == PARALLAX_MORE && call.failure.empty()) return Flow::more;
        return fail(Errc::invalid_argument,
                    call.failure.empty() ? "answered " + std::to_string(code) : call.failure);
    }

    const parallax_element element_;  // Its own: it may outlive the registry.
    const std::vector<std::string> changed_;
    void* self_;
    std::vector<std::pair<std::string, std::string>> values_;
};

class AdaptedFactory final : public Factory {
  public:
    AdaptedFactory(const parallax_element& element, Pads pads)
        : element_(completed(element)), pads_(std::move(pads)) {}
    std::unique_ptr<Element> make() const override {
        return std::make_unique<AdaptedElement>(element_);
    }
    Pads pads() const override { return pads_; }
    std::vector<PropertySpec> properties() const override {
        std::vector<PropertySpec> specs;
        specs.reserve(element_.property_count);
        for (std::uint32_t p = 0; p < element_.property_count; ++p) {
            specs.push_back(spec_of(element_.properties[p]));
        }
        return specs;
    }

  private:
    const parallax_element element_;
    const Pads pads_;
};

Relation relation_of(std::uint32_t relation) {
    if (relation == PARALLAX_PASS_THROUGH) return Relation::pass_through;
    return relation == PARALLAX_TRANSFORM ? Relation::transform : Relation::independent;
}

StateClass state_of(std::uint32_t state) {
    if (state == PARALLAX_PURE) return StateClass::pure;
    return state == PARALLAX_INLINE ? StateClass::inline_state : StateClass::opaque;
}

// One input and one output, which is what fits into a link.
bool fits_into_a_link(const Pads& pads) {
    return pads.pads.size() == 2 && pads.pads[0].direction != pads.pads[1].direction &&
           !pads.pads[0].is_request() && !pads.pads[1].is_request();
}

// What an element cannot do without and does not have.
std::string_view lacking(const parallax_element& element) {
    if (element.name == nullptr || *element.name == '\0') return "name";
    if (element.create == nullptr) return "create()";
    if (element.destroy == nullptr) return "destroy()";
    if (element.process == nullptr) return "process()";
    if (element.property_count > 0 && element.set_property == nullptr) return "set_property()";
    if (element.pad_count > 64) return "a sane number of pads";
    if (element.property_count > 256) return "a sane number of properties";
    if (element.state == PARALLAX_INLINE &&
        (element.save == nullptr || element.restore == nullptr)) {
        return "save() and restore()";
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<Factory>> plugin_factory(const parallax_element& described,
                                                const std::string& origin) {
    if (described.size < kSmallest) {
        return fail(Errc::unsupported, "an element of " + std::to_string(described.size) +
                                           " bytes is older than this version");
    }
    const parallax_element element = completed(described);
    if (const std::string_view lack = lacking(element); !lack.empty()) {
        return fail(Errc::corrupt, "an element without " + std::string(lack));
    }
    Pads pads{.pads = {},
              .relation = relation_of(element.relation),
              .state = state_of(element.state),
              .forwards = true};
    for (std::uint32_t p = 0; p < element.pad_count; ++p) {
        const parallax_pad& pad = element.pads[p];
        const std::string caps = text_of(pad.caps);
        pads.pads.push_back({.name = text_of(pad.name),
                             .direction = pad.direction == PARALLAX_PAD_SINK ? PadDirection::sink
                                                                             : PadDirection::src,
                             .caps = caps == "ANY" ? Caps::any() : PX_TRY(parse_caps(caps))});
    }
    if (element.converter_cost > 0 && !fits_into_a_link(pads)) {
        return fail(Errc::corrupt,
                    std::string(element.name) + " is a converter without one input and one output");
    }
    auto factory = std::make_unique<AdaptedFactory>(element, std::move(pads));
    factory->info = {.name = element.name,
                     .family = text_of(element.family),
                     .doc = text_of(element.doc),
                     .example = text_of(element.example),
                     .origin = origin};
    if (element.converter_cost > 0) {
        factory->info.converter = {.cost = element.converter_cost,
                                   .cost_per_mib = element.converter_cost_per_mib};
    }
    return std::unique_ptr<Factory>(std::move(factory));
}

}  // namespace parallax
