// PluginElement: writing a plugin in C++, over the C ABI of parallax/plugin.h. Headers only.
//
//     class Invert final : public parallax::PluginElement {
//       public:
//         static constexpr Info kInfo{.name = "invert", .family = "video", .doc = "negative"};
//         static constexpr parallax_pad kPads[] = {…};
//         static constexpr parallax_property kProperties[] = {…};
//         bool set(std::string_view name, std::string_view text) override;
//         int process(Call& call) override;
//     };
//     PARALLAX_PLUGIN("invert", "1.0", "Apache-2.0", Invert)
//
// Threads and lifetime: as parallax/plugin.h says. Nothing here throws; nothing may.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <new>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "parallax/plugin.h"

namespace parallax {

// One call from the runtime, and what can be asked during it.
class Call {
  public:
    Call(const parallax_host* host, void* context) : host_(*host), context_(context) {}

    std::span<const std::byte> in(std::uint32_t pad = 0) const {
        std::size_t size = 0;
        const void* bytes = host_.in(context_, pad, &size);
        return {static_cast<const std::byte*>(bytes), bytes == nullptr ? 0 : size};
    }
    std::span<std::byte> out(std::uint32_t pad = 0) const {
        std::size_t size = 0;
        void* bytes = host_.out(context_, pad, &size);
        return {static_cast<std::byte*>(bytes), bytes == nullptr ? 0 : size};
    }
    parallax_frame_info frame_info(std::uint32_t pad = 0) const {
        parallax_frame_info info{sizeof(parallax_frame_info), 0, 0, -1, -1};
        host_.frame_info(context_, pad, &info);
        return info;
    }
    // Both answer 0, or a negative code that process() hands on.
    int commit(std::size_t size_bytes, std::uint32_t pad = 0) const {
        return host_.commit(context_, pad, size_bytes);
    }
    int forward(std::uint32_t out_pad = 0, std::uint32_t in_pad = 0) const {
        return host_.forward(context_, out_pad, in_pad);
    }
    void post(std::uint32_t severity, const char* text) const {
        host_.post(context_, severity, text);
    }
    // return call.fail("why");
    int fail(const char* text) const {
        host_.fail(context_, text);
        return -1;
    }

  private:
    const parallax_host& host_;
    void* context_;
};

class PluginElement {
  public:
    struct Info {
        const char* name;
        const char* family;
        const char* doc;
        const char* example = nullptr;
        std::uint32_t relation = PARALLAX_INDEPENDENT;
        std::uint32_t state = PARALLAX_OPAQUE;
        std::uint32_t converter_cost = 0;  // Above 0: negotiation may put it into a link.
        std::uint32_t converter_cost_per_mib = 0;
        const char* changes = nullptr;  // Of PARALLAX_TRANSFORM: "format,width".
    };
    using Words = std::span<std::uint64_t, 8>;
    using Formats = std::span<const parallax_format>;

    virtual ~PluginElement() = default;
    // False: no such value.
    virtual bool set(std::string_view /*name*/, std::string_view /*text*/) { return false; }
    virtual int configure(Call& /*call*/, Formats /*inputs*/, Formats /*outputs*/) { return 0; }
    virtual std::uint64_t output_bytes(std::uint32_t /*pad*/) { return 0; }  // 0: the picture's.
    virtual int process(Call& call) = 0;
    virtual int drain(Call& /*call*/) { return PARALLAX_EOS; }
    // Of PARALLAX_INLINE: what it remembers, between two calls.
    virtual void save(Words /*words*/) {}
    virtual int restore(Call& /*call*/, std::span<const std::uint64_t, 8> /*words*/) { return 0; }
};

template <class E>
const parallax_element* plugin_element() {
    static constexpr auto self = [](void* p) { return static_cast<PluginElement*>(p); };
    static constexpr parallax_element kElement{
        .size = sizeof(parallax_element),
        .relation = E::kInfo.relation,
        .name = E::kInfo.name,
        .family = E::kInfo.family,
        .doc = E::kInfo.doc,
        .example = E::kInfo.example,
        .pads = std::data(E::kPads),
        .pad_count = std::size(E::kPads),
        .property_count = std::size(E::kProperties),
        .properties = std::data(E::kProperties),
        .create = []() -> void* { return static_cast<PluginElement*>(::new (std::nothrow) E); },
        .destroy = [](void* p) { ::delete self(p); },
        .set_property =
            [](void* p, const char* name, const char* text, const parallax_host* host,
               void* context) {
                if (self(p)->set(name, text)) return 0;
                host->fail(context, "the element refuses this value");
                return -1;
            },
        .output_bytes = [](void* p, std::uint32_t pad) { return self(p)->output_bytes(pad); },
        .configure = [](void* p, const parallax_format* inputs, std::uint32_t input_count,
                        const parallax_format* outputs, std::uint32_t output_count,
                        const parallax_host* host, void* context) -> std::int32_t {
            Call call(host, context);
            return self(p)->configure(call, {inputs, input_count}, {outputs, output_count});
        },
        .process = [](void* p, const parallax_host* host, void* context) -> std::int32_t {
            Call call(host, context);
            return self(p)->process(call);
        },
        .drain = [](void* p, const parallax_host* host, void* context) -> std::int32_t {
            Call call(host, context);
            return self(p)->drain(call);
        },
        .state = E::kInfo.state,
        .converter_cost = E::kInfo.converter_cost,
        .converter_cost_per_mib = E::kInfo.converter_cost_per_mib,
        .unused = 0,
        .changes = E::kInfo.changes,
        .save = [](void* p,
                   std::uint64_t* words) { self(p)->save(PluginElement::Words(words, 8)); },
        .restore = [](void* p, const std::uint64_t* words, const parallax_host* host,
                      void* context) -> std::int32_t {
            Call call(host, context);
            return self(p)->restore(call, std::span<const std::uint64_t, 8>(words, 8));
        }};
    return &kElement;
}

}  // namespace parallax

#define PARALLAX_PLUGIN(plugin_name, plugin_version, plugin_licence, ...)                     \
    extern "C" const parallax_plugin* parallax_plugin_v1(void) {                              \
        return []<class... E>(std::type_identity<std::tuple<E...>>) {                         \
            static const std::array<const parallax_element*, sizeof...(E)> elements{          \
                ::parallax::plugin_element<E>()...};                                          \
            static const parallax_plugin plugin{                                              \
                sizeof(parallax_plugin), PARALLAX_PLUGIN_ABI, plugin_name,    plugin_version, \
                plugin_licence,          sizeof...(E),        elements.data()};               \
            return &plugin;                                                                   \
        }(std::type_identity<std::tuple<__VA_ARGS__>>{});                                     \
    }
