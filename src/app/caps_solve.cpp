#include "app/caps_solve.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "media/memory_copies.h"
#include "media/negotiate.h"

namespace parallax::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostNodes = 10'000;
constexpr std::size_t kMostLinks = 100'000;
constexpr std::size_t kMostConverters = 1'000;
constexpr std::array<std::string_view, 4> kKinds{"source", "sink", "pass", "convert"};
constexpr std::uint64_t kMostCost = 1'000'000'000'000;
constexpr std::array kMemories{MemoryKind::memfd, MemoryKind::heap, MemoryKind::file,
                               MemoryKind::dmabuf, MemoryKind::gpu};

Failure bad(const std::string& where, const std::string& what) {
    return fail(Errc::invalid_argument, fmt::format("{}: {}", where, what));
}

Result<const Json*> member(const Json& object, const char* key, const std::string& where) {
    if (!object.is_object()) return bad(where, "an object is wanted");
    const auto found = object.find(key);
    if (found == object.end()) return bad(where, fmt::format("\"{}\" is missing", key));
    return &*found;
}

Result<std::string> text_of(const Json& json, const std::string& where) {
    if (!json.is_string()) return bad(where, "a string is wanted");
    return json.get<std::string>();
}

Result<std::string> text_at(const Json& object, const char* key, const std::string& where) {
    const Json* found = PX_TRY(member(object, key, where));
    return text_of(*found, fmt::format("{}.{}", where, key));
}

Result<Caps> caps_of(const std::string& text, const std::string& where) {
    auto caps = parse_caps(text);
    if (!caps) return bad(where, fmt::format("\"{}\": {}", text, caps.error().message));
    return caps;
}

Result<Caps> caps_at(const Json& object, const char* key, const std::string& where) {
    const std::string text = PX_TRY(text_at(object, key, where));
    return caps_of(text, fmt::format("{}.{}", where, key));
}

Result<std::uint64_t> number_at(const Json& object, const char* key, const std::string& where) {
    const Json& number = *PX_TRY(member(object, key, where));
    if (!number.is_number_unsigned() || number.get<std::uint64_t>() > kMostCost) {
        return bad(fmt::format("{}.{}", where, key),
                   fmt::format("a whole number from 0 to {} is wanted", kMostCost));
    }
    return number.get<std::uint64_t>();
}

// "memory:GPU"
Result<MemoryKind> memory_at(const Json& object, const char* key, const std::string& where) {
    const std::string name = PX_TRY(text_at(object, key, where));
    const auto found = std::ranges::find(kMemories, name, feature_of);
    if (found != kMemories.end()) return *found;
    std::vector<std::string_view> names;
    for (const MemoryKind kind : kMemories) names.push_back(feature_of(kind));
    return bad(fmt::format("{}.{}", where, key),
               fmt::format("\"{}\" is none of {}", name, fmt::join(names, ", ")));
}

Result<MemoryCopy> copy_at(const Json& json, const std::string& where) {
    MemoryCopy copy;
    copy.from = PX_TRY(memory_at(json, "from", where));
    copy.to = PX_TRY(memory_at(json, "to", where));
    copy.cost = PX_TRY(number_at(json, "cost", where));
    if (json.contains("bytes_per_second")) {
        copy.bytes_per_second = PX_TRY(number_at(json, "bytes_per_second", where));
    }
    return copy;
}

// Of all texts in the list, in their order.
Result<Caps> formats_at(const Json& object, const char* key, const std::string& where) {
    const Json* list = PX_TRY(member(object, key, where));
    const std::string here = fmt::format("{}.{}", where, key);
    if (!list->is_array()) return bad(here, "a list is wanted");
    Caps all;
    for (const Json& format : *list) {
        const std::string text = PX_TRY(text_of(format, here));
        const Caps caps = PX_TRY(caps_of(text, here));
        if (caps.is_any()) all = Caps::any();
        for (const Structure& structure : caps.structures()) all.append(structure);
    }
    return all;
}

// Any of its formats in, any out.
class Convert final : public PadTransform {
  public:
    explicit Convert(Caps formats) : formats_(std::move(formats)) {}
    Caps across(std::size_t /*from*/, const Caps& caps, std::size_t /*to*/) const override {
        return can_intersect(caps, formats_) ? formats_ : Caps::empty();
    }

  private:
    Caps formats_;
};

struct Node {
    std::string name;
    std::string kind;
    Caps formats;
    // The nodes of the problem that links end and start at; they differ where a converter feeds
    // several links, which all carry the same.
    std::size_t in = 0;
    std::size_t out = 0;
    std::optional<std::size_t> in_link = {};  // One of its links, to be asked for the answer.
    std::optional<std::size_t> out_link = {};
};

Result<Node> node_at(const Json& json, const std::string& where) {
    Node node;
    node.name = PX_TRY(text_at(json, "name", where));
    node.kind = PX_TRY(text_at(json, "kind", where));
    node.formats = PX_TRY(formats_at(json, "formats", where));
    if (std::ranges::find(kKinds, node.kind) == kKinds.end()) {
        return bad(where + ".kind",
                   fmt::format("\"{}\" is none of {}", node.kind, fmt::join(kKinds, ", ")));
    }
    return node;
}

class Solve {
  public:
    Result<std::string> run(const Json& json) {
        const Json* nodes = PX_TRY(member(json, "nodes", "the problem"));
        PX_TRY(read_nodes(*nodes));
        if (json.contains("converters")) PX_TRY(read_converters(json["converters"]));
        if (json.contains("copies")) PX_TRY(read_copies(json["copies"]));
        if (json.contains("links")) PX_TRY(read_links(json["links"]));
        make_links();
        problem_.insert_only_if_needed = false;
        problem_.defaults.clear();
        for (const Node& node : nodes_) {
            if (node.formats.is_empty()) {
                return conflict({.names = {node.name}, .right = node.formats});
            }
        }
        const auto solved = negotiate(problem_);
        if (!solved && solved.error().reason == ConflictReason::gave_up) {
            return fail(Errc::gave_up, solved.error().message(), "ask with fewer formats");
        }
        if (!solved) return conflict(solved.error());
        return answer(*solved);
    }

  private:
    struct End {
        std::size_t link = 0;
        std::size_t from = 0;
        std::size_t to = 0;
        bool crosses_process = false;
    };

    Result<> read_nodes(const Json& list) {
        if (!list.is_array() || list.size() > kMostNodes) {
            return bad("nodes", fmt::format("a list of at most {} is wanted", kMostNodes));
        }
        for (std::size_t i = 0; i < list.size(); ++i) {
            const std::string where = fmt::format("nodes[{}]", i);
            Node node = PX_TRY(node_at(list[i], where));
            if (!by_name_.emplace(node.name, i).second) {
                return bad(where, fmt::format("a second node is called \"{}\"", node.name));
            }
            node.in = node.out = i;
            problem_.nodes.push_back({.name = node.name, .relation = PadRelation::pass_through});
            nodes_.push_back(std::move(node));
        }
        return {};
    }

    // What goes into a converter is one format for all links, and so is what comes out: where there
    // are several, a node that passes on gathers them.
    void make_convert(std::size_t n, std::size_t inputs, std::size_t outputs) {
        Node& node = nodes_[n];
        transforms_.push_back(std::make_unique<Convert>(node.formats));
        problem_.nodes[n].relation = PadRelation::transform;
        problem_.nodes[n].transform = transforms_.back().get();
        if (inputs > 1) {
            node.in = add_hub();
            node.in_link =
                add_link(add_src(node.in, Caps::any()), add_sink(n, node.formats), false);
        }
        if (outputs > 1) {
            node.out = add_hub();
            node.out_link =
                add_link(add_src(n, node.formats), add_sink(node.out, Caps::any()), false);
        }
    }

    std::size_t add_hub() {
        problem_.nodes.push_back({.name = {}, .relation = PadRelation::pass_through});
        return problem_.nodes.size() - 1;
    }

    struct PadAt {
        std::size_t node;
        std::size_t pad;
    };

    PadAt add_pad(std::size_t node, NegotiationPad pad) {
        problem_.nodes[node].pads.push_back(std::move(pad));
        return {node, problem_.nodes[node].pads.size() - 1};
    }
    PadAt add_sink(std::size_t node, Caps caps) {
        return add_pad(node, {"sink", PadSide::sink, std::move(caps)});
    }
    PadAt add_src(std::size_t node, Caps caps) {
        return add_pad(node, {"src", PadSide::src, std::move(caps)});
    }

    std::size_t add_link(const PadAt& from, const PadAt& to, bool convertible) {
        NegotiationLink link{
            .from = from.node, .from_pad = from.pad, .to = to.node, .to_pad = to.pad};
        link.convertible = convertible;
        problem_.links.push_back(std::move(link));
        return problem_.links.size() - 1;
    }

    Result<> read_converters(const Json& list) {
        if (!list.is_array() || list.size() > kMostConverters) {
            return bad("converters",
                       fmt::format("a list of at most {} is wanted", kMostConverters));
        }
        for (std::size_t i = 0; i < list.size(); ++i) {
            const std::string where = fmt::format("converters[{}]", i);
            NegotiationConverter converter{.name = where};
            converter.sink = PX_TRY(caps_at(list[i], "from", where));
            converter.src = PX_TRY(caps_at(list[i], "to", where));
            converter.cost = PX_TRY(number_at(list[i], "cost", where));
            problem_.converters.push_back(std::move(converter));
        }
        return {};
    }

    Result<> read_copies(const Json& list) {
        if (!list.is_array() || list.size() > kMostConverters) {
            return bad("copies", fmt::format("a list of at most {} is wanted", kMostConverters));
        }
        std::vector<MemoryCopy> copies;
        for (std::size_t i = 0; i < list.size(); ++i) {
            copies.push_back(PX_TRY(copy_at(list[i], fmt::format("copies[{}]", i))));
        }
        const auto& entries = copies_.emplace(copies).entries();
        problem_.converters.insert(problem_.converters.end(), entries.begin(), entries.end());
        return {};
    }

    Result<std::size_t> find(const Json& json, const std::string& where) const {
        const std::string name = PX_TRY(text_of(json, where));
        const auto found = by_name_.find(name);
        if (found == by_name_.end()) {
            return bad(where, fmt::format("no node is called \"{}\"", name));
        }
        return found->second;
    }

    // ["a","b"], or {"from":"a","to":"b","crosses_process":true}.
    Result<End> end_at(const Json& json, const std::string& where) const {
        End end;
        if (json.is_object()) {
            end.from = PX_TRY(find(*PX_TRY(member(json, "from", where)), where));
            end.to = PX_TRY(find(*PX_TRY(member(json, "to", where)), where));
            const auto crosses = json.find("crosses_process");
            if (crosses == json.end()) return end;
            if (!crosses->is_boolean()) return bad(where, "true or false is wanted");
            end.crosses_process = crosses->get<bool>();
            return end;
        }
        if (!json.is_array() || json.size() != 2) return bad(where, "a pair of names is wanted");
        end.from = PX_TRY(find(json[0], where));
        end.to = PX_TRY(find(json[1], where));
        return end;
    }

    Result<> read_links(const Json& list) {
        if (!list.is_array() || list.size() > kMostLinks) {
            return bad("links", fmt::format("a list of at most {} is wanted", kMostLinks));
        }
        for (std::size_t i = 0; i < list.size(); ++i) {
            const std::string where = fmt::format("links[{}]", i);
            const End end = PX_TRY(end_at(list[i], where));
            if (nodes_[end.from].kind == "sink") {
                return bad(where, nodes_[end.from].name + " is a sink: nothing leaves it");
            }
            if (nodes_[end.to].kind == "source") {
                return bad(where, nodes_[end.to].name + " is a source: nothing enters it");
            }
            ends_.push_back(end);
        }
        return {};
    }

    void make_links() {
        std::vector<std::size_t> inputs(nodes_.size());
        std::vector<std::size_t> outputs(nodes_.size());
        for (const End& end : ends_) {
            ++outputs[end.from];
            ++inputs[end.to];
        }
        for (std::size_t n = 0; n < nodes_.size(); ++n) {
            if (nodes_[n].kind == "convert") make_convert(n, inputs[n], outputs[n]);
        }
        for (End& end : ends_) {
            Node& from = nodes_[end.from];
            Node& to = nodes_[end.to];
            const PadAt sink = add_sink(to.in, to.in == end.to ? to.formats : Caps::any());
            const PadAt src = add_src(from.out, from.out == end.from ? from.formats : Caps::any());
            end.link = add_link(src, sink, true);
            // What is put in runs where the frames come from.
            problem_.links[end.link].borders = {.on_link = end.crosses_process,
                                                .behind_converter = end.crosses_process};
            if (from.out == end.from) from.out_link = end.link;
            if (to.in == end.to) to.in_link = end.link;
        }
    }

    static Result<std::string> conflict(const Conflict& found) {
        std::vector<std::string> names = found.names;
        std::erase(names, std::string());
        return Json{{"sat", false},
                    {"cost", nullptr},
                    {"nodes", Json::object()},
                    {"inserted", Json::array()},
                    {"conflict", names},
                    {"reason", to_string(found.reason)},
                    {"text", found.message()}}
            .dump();
    }

    static std::string shown(const Structure& structure) {
        return structure.media_type() == "ANY" ? "ANY" : to_string(structure);
    }

    // What leaves a link: the same as enters it, unless converters were put in.
    static const Structure& end_of(const NegotiationSolution& solution, std::size_t link) {
        const Structure* caps = &solution.link_caps[link];
        for (const InsertedConverter& inserted : solution.inserted) {
            if (inserted.link == link) caps = &inserted.to;
        }
        return *caps;
    }

    std::string alone(const Node& node) const {
        if (node.formats.is_any()) return "ANY";
        return shown(fixate(node.formats.structures().front()));
    }

    Result<std::string> answer(const NegotiationSolution& solution) const {
        Json nodes = Json::object();
        for (const Node& node : nodes_) {
            std::optional<std::string> in;
            std::optional<std::string> out;
            if (node.in_link) in = shown(end_of(solution, *node.in_link));
            if (node.out_link) out = shown(solution.link_caps[*node.out_link]);
            if (!in && !out) in = out = alone(node);
            if (!in) in = out;
            if (!out) out = in;
            Json sides = Json::object();
            if (node.kind != "source") sides["in"] = *in;
            if (node.kind != "sink") sides["out"] = *out;
            nodes[node.name] = std::move(sides);
        }
        Json inserted = Json::array();
        for (const InsertedConverter& each : solution.inserted) {
            for (const End& end : ends_) {
                if (end.link != each.link) continue;
                inserted.push_back({{"link", {nodes_[end.from].name, nodes_[end.to].name}},
                                    {"from", shown(each.from)},
                                    {"to", shown(each.to)}});
            }
        }
        Json json{{"sat", true},
                  {"cost", solution.cost},
                  {"nodes", std::move(nodes)},
                  {"inserted", std::move(inserted)},
                  {"conflict", Json::array()}};
        for (const NegotiationNote& note : solution.notes) {
            for (const End& end : ends_) {
                if (end.link != note.link) continue;
                json["notes"].push_back(
                    {{"link", {nodes_[end.from].name, nodes_[end.to].name}}, {"text", note.text}});
            }
        }
        return json.dump();
    }

    NegotiationProblem problem_;
    std::vector<Node> nodes_;
    std::map<std::string, std::size_t, std::less<>> by_name_;
    std::vector<std::unique_ptr<PadTransform>> transforms_;
    std::optional<MemoryCopies> copies_;
    std::vector<End> ends_;
};

}  // namespace

Result<std::string> solve_json(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return fail(Errc::invalid_argument, "this is not JSON");
    return Solve().run(json);
}

}  // namespace parallax::app
