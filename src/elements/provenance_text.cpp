#include "elements/provenance_text.h"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "elements/video_format.h"

namespace parallax::elements {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kMark = "parallax.provenance";
constexpr int kFormat = 1;
constexpr std::size_t kHashDigits = 32;

// High word first, as hash128 is usually written.
std::string hash_text(const std::array<std::uint64_t, 2>& hash) {
    return fmt::format("{:016x}{:016x}", hash[1], hash[0]);
}

bool parse_hash(std::string_view text, std::array<std::uint64_t, 2>& hash) {
    if (text.size() != kHashDigits) return false;
    for (const std::size_t word : {std::size_t{1}, std::size_t{0}}) {
        const char* first = text.data() + (1 - word) * kHashDigits / 2;
        const char* last = first + kHashDigits / 2;
        const auto [end, error] = std::from_chars(first, last, hash.at(word), 16);
        if (error != std::errc{} || end != last) return false;
    }
    return true;
}

std::string text_in(const Json& json, const char* key) {
    const auto at = json.find(key);
    return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}

Failure no_provenance() { return fail(Errc::corrupt, "no provenance in this text"); }

}  // namespace

Result<std::string> provenance_text(const Meta& meta) {
    const auto record = PX_TRY(provenance(meta));
    if (!record) return std::string();
    Json json{{kMark, kFormat}, {"seed", record->seed}};
    if (record->input_hash != std::array<std::uint64_t, 2>{}) {
        json["input_hash"] = hash_text(record->input_hash);
    }
    json["chain"] = Json::array();
    for (const ProvenanceStep& step : record->chain) {
        json["chain"].push_back({{"element", step.element},
                                 {"factory", step.factory},
                                 {"version", step.version},
                                 {"parameters", step.parameters}});
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Provenance> parse_provenance_text(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains(kMark)) return no_provenance();
    Provenance record;
    if (const auto seed = json.find("seed"); seed != json.end() && seed->is_number_unsigned()) {
        record.seed = seed->get<std::uint64_t>();
    }
    const std::string hash = text_in(json, "input_hash");
    if (!hash.empty() && !parse_hash(hash, record.input_hash)) return no_provenance();
    const auto chain = json.find("chain");
    if (chain == json.end() || !chain->is_array()) return no_provenance();
    for (const Json& step : *chain) {
        if (!step.is_object()) return no_provenance();
        record.chain.push_back({.element = text_in(step, "element"),
                                .factory = text_in(step, "factory"),
                                .version = text_in(step, "version"),
                                .parameters = text_in(step, "parameters")});
    }
    return record;
}

Result<> append_own_step(Context& context, const Element& element, std::string_view factory) {
    Meta& meta = context.out_meta();
    if (!meta.find(kProvenanceKey)) return {};
    return append_step(meta, {.element = context.element_name(),
                              .factory = std::string(factory),
                              .version = "1",
                              .parameters = changed_properties(element)});
}

}  // namespace parallax::elements
