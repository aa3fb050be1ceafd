// Registry: the elements a program knows. Filled by its main() and handed down; there is no global
// list to surprise anyone.
//
//     Registry registry;
//     add_builtin_elements(registry);
//     registry.add<Blur>({.name = "blur", .family = "video", .doc = "gaussian blur"});
//
// Threads: fill it on one thread; read it from any afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parallax/element.h"

namespace parallax {

// An element with one input and one output that negotiation may put into a link where formats do
// not fit. Prices are added up over the whole graph; the cheapest plan wins.
struct ConverterPrice {
    std::uint32_t cost = 100;
    std::uint32_t cost_per_mib = 1;  // For each MiB of the larger side that passes in a second.
};

struct FactoryInfo {
    std::string name;
    std::string family;               // "source", "sink", "video", "codec", "raw", "flow", "test" …
    std::string doc;                  // One sentence.
    std::string example;              // A launch line; a test runs each of them.
    std::string origin = "built-in";  // Or the plugin's file.
    std::optional<ConverterPrice> converter = {};
};

// Makes one kind of element and knows all about it without making one.
class Factory {
  public:
    virtual ~Factory() = default;
    virtual std::unique_ptr<Element> make() const = 0;
    virtual Pads pads() const = 0;
    virtual std::vector<PropertySpec> properties() const = 0;
    FactoryInfo info;
};

class Registry {
  public:
    template <class E>
    void add(FactoryInfo info) {
        auto factory = std::make_unique<FactoryOf<E>>();
        factory->info = std::move(info);
        add(std::move(factory));
    }
    void add(std::unique_ptr<Factory> factory);  // A later one of the same name wins.

    const Factory* find(std::string_view name) const;
    std::vector<const Factory*> all() const;  // By name.

  private:
    template <class E>
    class FactoryOf final : public Factory {
      public:
        std::unique_ptr<Element> make() const override { return std::make_unique<E>(); }
        Pads pads() const override { return E::pads(); }
        std::vector<PropertySpec> properties() const override {
            if constexpr (requires { E::all_properties(); }) {
                return E::all_properties();  // Those of its request pads too.
            } else {
                return option::specs<typename E::OptionsType>();
            }
        }
    };
    std::map<std::string, std::unique_ptr<Factory>, std::less<>> factories_;
};

// Every property has a name, but these four belong to the graph: name, isolate, sandbox, group.
const std::vector<PropertySpec>& common_properties();

}  // namespace parallax
