#include "parallax/registry.h"

namespace parallax {

void Registry::add(std::unique_ptr<Factory> factory) {
    std::string name = factory->info.name;
    factories_.insert_or_assign(std::move(name), std::move(factory));
}

const Factory* Registry::find(std::string_view name) const {
    const auto found = factories_.find(name);
    return found == factories_.end() ? nullptr : found->second.get();
}

std::vector<const Factory*> Registry::all() const {
    std::vector<const Factory*> all;
    for (const auto& [name, factory] : factories_) all.push_back(factory.get());
    return all;
}

const std::vector<PropertySpec>& common_properties() {
    static const std::vector<PropertySpec> kCommon{
        {.name = "name", .doc = "unique in the graph", .type = "string", .initial = ""},
        {.name = "isolate",
         .doc = "no, process, or the name of a shared process",
         .type = "string",
         .initial = "no"},
        {.name = "sandbox", .doc = "preset or policy file", .type = "string", .initial = ""},
        {.name = "group",
         .doc = "resource group whose threads run it",
         .type = "string",
         .initial = "default"}};
    return kCommon;
}

}  // namespace parallax
