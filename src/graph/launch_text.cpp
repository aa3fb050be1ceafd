#include "graph/launch_text.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "graph/launch_lexer.h"
#include "graph/near_word.h"
#include "media/caps_text.h"

namespace parallax {
namespace {

using Kind = LaunchToken::Kind;

// The grammar, one token at a time:
//     text  = { chain }
//     chain = end { "!" { caps "!" } end }
//     end   = [ ".pad" ] element { key=value } [ ".pad" ]  |  name.[pad]
class LaunchReader {
  public:
    explicit LaunchReader(std::string_view text) : lexer_(text, read_.errors) {}

    LaunchRead run() {
        while (read_.errors.size() < kMaxLaunchErrors &&
               take(lexer_.next(open_link_.has_value()))) {
        }
        return std::move(read_);
    }

  private:
    struct OpenLink {
        LinkText link;
        bool after_filter = false;
        bool filter_is_bad = false;
        bool broken = false;  // Its beginning is an error already.
    };

    bool take(LaunchToken token);
    void take_link(const LaunchToken& token);
    void take_caps(const LaunchToken& token);
    void take_word(LaunchToken token);
    void take_assign(LaunchToken token);
    void take_reference(LaunchToken token);
    void take_pad(const LaunchToken& token);
    void take_junk();
    void close_chain();
    // The next end of the chain; what it is linked from was read before.
    void take_end(EndpointText end, std::string sink_pad);

    void error(TextFault fault, std::string message, const TextPlace& place,
               std::string hint = {}) {
        read_.errors.push_back({.fault = fault,
                                .text = std::move(message),
                                .place = place,
                                .element = {},
                                .names = {},
                                .hint = std::move(hint)});
    }

    LaunchRead read_;
    LaunchLexer lexer_;

    std::optional<EndpointText> left_;  // What the next `!` links from.
    bool left_is_new_element_ = false;  // Properties may follow.
    bool left_is_linked_ = false;
    bool left_is_junk_ = false;  // Something stood here that was an error.
    std::optional<OpenLink> open_link_;
    std::optional<LaunchToken> sink_pad_;  // `.pad` in front of an element.
};

bool LaunchReader::take(LaunchToken token) {
    if (open_link_ && open_link_->after_filter && token.kind != Kind::link) {
        if (!open_link_->filter_is_bad) {
            error(TextFault::syntax, "a filter without `!` behind it", token.place,
                  "write … ! caps ! element");
        }
        open_link_->after_filter = false;
        open_link_->broken = true;
    }
    if (sink_pad_ && token.kind != Kind::word && token.kind != Kind::junk) {
        error(TextFault::syntax, "a pad without an element behind it", sink_pad_->place,
              "write element.pad for an element elsewhere");
        sink_pad_.reset();
    }
    switch (token.kind) {
        case Kind::link:
            take_link(token);
            return true;
        case Kind::caps:
            take_caps(token);
            return true;
        case Kind::word:
            take_word(std::move(token));
            break;
        case Kind::assign:
            take_assign(std::move(token));
            return true;
        case Kind::reference:
            if (token.text.empty()) {
                take_pad(token);
            } else {
                take_reference(std::move(token));
            }
            break;
        case Kind::junk:
            take_junk();
            return true;
        case Kind::end:
            close_chain();
            return false;
    }
    return read_.launch.elements.size() <= kMaxLaunchElements &&
           read_.launch.links.size() <= kMaxLaunchLinks;
}

void LaunchReader::take_link(const LaunchToken& token) {
    if (open_link_ && open_link_->after_filter) {
        open_link_->after_filter = false;
        return;
    }
    if (open_link_) {
        if (!open_link_->broken) {
            error(TextFault::syntax, "nothing between two `!`", token.place,
                  "remove one, or name an element");
        }
        return;
    }
    OpenLink link;
    link.link.place = token.place;
    link.broken = !left_;
    if (left_) {
        link.link.from = *left_;
        left_is_linked_ = true;
    } else if (!left_is_junk_) {
        error(TextFault::syntax, "nothing before `!` to link from", token.place,
              "name an element first");
    }
    open_link_ = std::move(link);
    left_is_new_element_ = false;
}

void LaunchReader::take_caps(const LaunchToken& token) {
    auto caps = read_caps(token.text);
    if (!caps) {
        const CapsTextError& wrong = caps.error();
        const TextPlace place =
            lexer_.place_in(token, wrong.offset, std::max<std::size_t>(wrong.length, 1));
        const bool ran_on = wrong.message.find("','") != std::string::npos;
        error(TextFault::bad_caps, wrong.message, place,
              ran_on && wrong.hint.empty() ? "a filter ends at the next `!`" : wrong.hint);
    }
    if (!open_link_) {
        if (caps) {
            error(TextFault::syntax, "a filter that is not between two `!`", token.place,
                  "write element ! caps ! element");
        }
        // What follows `caps !` is linked to nothing, and this said so.
        left_.reset();
        left_is_junk_ = true;
        return;
    }
    if (caps) {
        if (caps->is_empty()) {
            error(TextFault::bad_caps, "a filter that lets nothing pass", token.place);
        }
        open_link_->link.filters.push_back({*std::move(caps), token.text, token.place});
    }
    open_link_->after_filter = true;
    open_link_->filter_is_bad = !caps;
}

void LaunchReader::take_end(EndpointText end, std::string sink_pad) {
    const bool linked = open_link_.has_value();
    if (open_link_ && !open_link_->broken) {
        LinkText link = std::move(open_link_->link);
        link.to = end;
        link.to.pad = std::move(sink_pad);
        read_.launch.links.push_back(std::move(link));
        if (read_.launch.links.size() > kMaxLaunchLinks) {
            error(TextFault::syntax, "more than 40000 links", end.place);
        }
    }
    open_link_.reset();
    left_ = std::move(end);
    left_is_linked_ = linked;
    left_is_junk_ = false;
}

void LaunchReader::take_word(LaunchToken token) {
    if (!open_link_) close_chain();
    if (sink_pad_ && !open_link_) {
        error(TextFault::syntax, "a pad that nothing is linked to", sink_pad_->place,
              "write ! .pad element");
    }
    EndpointText end{.element = read_.launch.elements.size(), .place = token.place};
    ElementText element{.factory = std::move(token.text)};
    element.place = token.place;
    read_.launch.elements.push_back(std::move(element));
    if (read_.launch.elements.size() > kMaxLaunchElements) {
        error(TextFault::syntax, "more than 10000 elements", token.place);
    }
    std::string sink_pad = sink_pad_ ? std::move(sink_pad_->value) : std::string();
    sink_pad_.reset();
    take_end(std::move(end), std::move(sink_pad));
    left_is_new_element_ = true;
}

void LaunchReader::take_assign(LaunchToken token) {
    if (!left_is_new_element_) {
        if (left_is_junk_ && !open_link_) return;
        error(TextFault::syntax, "a property that belongs to no element", token.place,
              "properties follow the element: element name=value");
        return;
    }
    if (token.text.empty()) return;
    ElementText& element = read_.launch.elements.back();
    if (token.text == "name") {
        if (token.value.empty()) {
            error(TextFault::bad_value, "an empty name", token.value_place);
            return;
        }
        element.named = true;
        element.name = std::move(token.value);
        return;
    }
    element.properties.push_back({.key = std::move(token.text),
                                  .value = std::move(token.value),
                                  .key_place = token.place,
                                  .value_place = token.value_place});
}

void LaunchReader::take_reference(LaunchToken token) {
    if (!open_link_) close_chain();
    const bool is_sink = open_link_.has_value();
    EndpointText end{.reference = std::move(token.text), .place = token.place};
    if (!is_sink) end.pad = token.value;
    take_end(std::move(end), is_sink ? std::move(token.value) : std::string());
    left_is_new_element_ = false;
}

void LaunchReader::take_pad(const LaunchToken& token) {
    if (open_link_) {
        sink_pad_ = token;
    } else if (left_ && left_->pad.empty()) {
        left_->pad = token.value;
        left_is_new_element_ = false;
    } else if (!left_is_junk_) {
        error(TextFault::syntax, "a pad of no element", token.place, "write element.pad");
    }
}

void LaunchReader::take_junk() {
    open_link_.reset();
    sink_pad_.reset();
    left_.reset();
    left_is_new_element_ = false;
    left_is_linked_ = false;
    left_is_junk_ = true;
}

// Called where a chain ends: before an element that no `!` leads to, and at the end of the text.
void LaunchReader::close_chain() {
    if (open_link_ && !open_link_->broken) {
        error(TextFault::syntax, "nothing behind `!` to link to", open_link_->link.place,
              "name an element, or remove the `!`");
    }
    if (left_ && !left_->reference.empty() && !left_is_linked_) {
        error(TextFault::syntax, "the reference " + left_->reference + ". is linked to nothing",
              left_->place, "write " + left_->reference + ". ! element");
        read_.errors.back().element = left_->reference;
    }
    if (left_ && left_->reference.empty() && !left_->pad.empty() && !open_link_) {
        error(TextFault::syntax, "the pad ." + left_->pad + " is linked to nothing", left_->place,
              "write element ." + left_->pad + " ! element");
    }
    open_link_.reset();
    left_.reset();
    left_is_new_element_ = false;
}

// ── What single tokens cannot tell ──────────────────────────────────────────────────────────

using Names = std::unordered_map<std::string_view, std::size_t>;

void name_elements(LaunchText& launch) {
    std::unordered_map<std::string_view, int> unnamed;
    for (ElementText& element : launch.elements) {
        if (!element.named) {
            element.name = element.factory + std::to_string(unnamed[element.factory]++);
        }
    }
}

Names index_names(const LaunchText& launch, std::vector<TextError>& errors) {
    Names names;
    for (std::size_t i = 0; i < launch.elements.size(); ++i) {
        const ElementText& element = launch.elements[i];
        const auto [first, fresh] = names.emplace(element.name, i);
        if (fresh) continue;
        const TextPlace& other = launch.elements[first->second].place;
        const bool both_named = element.named && launch.elements[first->second].named;
        errors.push_back(
            {.fault = TextFault::duplicate_name,
             .text = "the name " + element.name + " is taken by the " +
                     launch.elements[first->second].factory + " at line " +
                     std::to_string(other.line) + ", column " + std::to_string(other.column),
             .place = element.place,
             .names = {element.name},
             .hint = both_named ? "choose another name"
                                : "elements without a name are called " + element.factory + "0, " +
                                      element.factory + "1 …: choose another name"});
    }
    return names;
}

void resolve(EndpointText& end, const Names& names, std::vector<TextError>& errors) {
    if (end.reference.empty()) return;
    if (const auto found = names.find(end.reference); found != names.end()) {
        end.element = found->second;
        return;
    }
    if (errors.size() >= kMaxLaunchErrors) return;
    std::vector<std::string_view> known;
    for (const auto& [name, index] : names) known.push_back(name);
    std::ranges::sort(known);
    errors.push_back({.fault = TextFault::unresolved_ref,
                      .text = "no element is named " + end.reference,
                      .place = end.place,
                      .element = end.reference,
                      .names = nearest_words(end.reference, known),
                      .hint = suggest(end.reference, known)});
}

void check_filters(const LinkText& link, std::vector<TextError>& errors) {
    if (link.filters.size() < 2) return;
    Caps both = link.filters.front().caps;
    for (const FilterText& filter : std::span(link.filters).subspan(1)) {
        const bool was_empty = both.is_empty();
        both = intersect(both, filter.caps);
        if (was_empty || !both.is_empty() || filter.caps.is_empty()) continue;
        errors.push_back({.fault = TextFault::bad_caps,
                          .text = "this filter and the one before it have nothing in common",
                          .place = filter.place,
                          .element = {},
                          .names = {},
                          .hint = "nothing can pass both: make them agree"});
    }
}

}  // namespace

LaunchRead read_launch(std::string_view text) {
    if (text.size() > kMaxLaunchBytes) {
        LaunchRead read;
        read.errors.push_back(
            {.fault = TextFault::syntax, .text = "a launch text of more than 1 MiB", .place = {}});
        return read;
    }
    LaunchRead read = LaunchReader(text).run();
    if (read.launch.elements.empty() && read.errors.empty()) {
        read.errors.push_back({.fault = TextFault::empty,
                               .text = "no elements in the text",
                               .place = {},
                               .element = {},
                               .names = {},
                               .hint = "write a pipeline such as videotestsrc ! fakesink"});
    }
    name_elements(read.launch);
    const Names names = index_names(read.launch, read.errors);
    for (LinkText& link : read.launch.links) {
        resolve(link.from, names, read.errors);
        resolve(link.to, names, read.errors);
        check_filters(link, read.errors);
    }
    sort_errors(read.errors, kMaxLaunchErrors);
    return read;
}

std::string join_launch_arguments(std::span<const std::string_view> arguments) {
    if (arguments.size() == 1) return std::string(arguments.front());
    std::string text;
    for (const std::string_view argument : arguments) {
        if (!text.empty()) text += ' ';
        const bool linked = argument.find(" ! ") != std::string_view::npos ||
                            argument.ends_with(" !") || argument.starts_with("! ");
        bool quoted = false;
        for (std::size_t i = 0; i < argument.size(); ++i) {
            if (argument[i] == '"' && (i == 0 || argument[i - 1] != '\\')) quoted = !quoted;
            const bool space = argument[i] == ' ' || argument[i] == '\t' || argument[i] == '\n';
            if (space && !quoted && !linked && (i == 0 || argument[i - 1] != '\\')) text += '\\';
            text += argument[i];
        }
    }
    return text;
}

}  // namespace parallax
