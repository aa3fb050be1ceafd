#include "app/group_options.h"

#include <charconv>
#include <chrono>

#include <fmt/core.h>

namespace parallax::app {
namespace {

template <class Number>
Result<Number> number_in(std::string_view text, std::string_view what) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size()) return value;
    return fail(Errc::invalid_argument, fmt::format("{}: \"{}\" is no number", what, text));
}

// "0-1" or "0", into a list of cores.
Result<> add_cores(std::string_view text, std::vector<int>& cores) {
    const std::size_t dash = text.find('-');
    const int first = PX_TRY(number_in<int>(text.substr(0, dash), "cores"));
    const int last = dash == std::string_view::npos
                         ? first
                         : PX_TRY(number_in<int>(text.substr(dash + 1), "cores"));
    if (first < 0 || last < first || last > 4095) {
        return fail(Errc::invalid_argument, fmt::format("cores={} is no range of cores", text));
    }
    for (int core = first; core <= last; ++core) cores.push_back(core);
    return {};
}

// RUNTIME/PERIOD in microseconds.
Result<> set_deadline(std::string_view text, ResourceGroup::Options& group) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) {
        return fail(Errc::invalid_argument,
                    fmt::format("policy=deadline:{} is not RUNTIME/PERIOD, in us", text));
    }
    using std::chrono::microseconds;
    group.runtime = microseconds(PX_TRY(number_in<int>(text.substr(0, slash), "policy")));
    group.period = microseconds(PX_TRY(number_in<int>(text.substr(slash + 1), "policy")));
    return {};
}

Result<> set_policy(std::string_view text, ResourceGroup::Options& group) {
    using enum ResourceGroup::Policy;
    const std::size_t colon = text.find(':');
    const std::string_view word = text.substr(0, colon);
    if (word == "normal" || word == "batch") {
        group.policy = word == "batch" ? batch : normal;
        return {};
    }
    if (word == "deadline") {
        group.policy = deadline;
        return colon == std::string_view::npos ? Result<>{}
                                               : set_deadline(text.substr(colon + 1), group);
    }
    if (word != "fifo" && word != "rr") {
        return fail(Errc::invalid_argument,
                    fmt::format("policy={} is none of normal, batch, fifo:PRIO, rr:PRIO, "
                                "deadline, deadline:RUNTIME/PERIOD",
                                text));
    }
    group.policy = word == "fifo" ? fifo : rr;
    group.priority = colon == std::string_view::npos
                         ? 1
                         : PX_TRY(number_in<int>(text.substr(colon + 1), "policy"));
    if (group.priority >= 1 && group.priority <= 99) return {};
    return fail(Errc::invalid_argument, "a real-time priority is 1 to 99");
}

// NAME:cores=0-1,threads=2,policy=fifo:10,nice=0,near=DEVICE. A part without `=` continues the
// cores.
Result<> set_in_group(std::string_view part, ResourceGroup::Options& group) {
    const std::size_t equals = part.find('=');
    const std::string_view key = equals == std::string_view::npos ? "" : part.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? part : part.substr(equals + 1);
    if (key == "cores" || (key.empty() && !group.cores.empty())) {
        return add_cores(value, group.cores);
    }
    if (key == "policy") return set_policy(value, group);
    if (key == "near") {
        if (value.empty()) return fail(Errc::invalid_argument, "near= needs a device");
        group.near = value;
        return {};
    }
    if (key == "nice") {
        group.nice = PX_TRY(number_in<int>(value, "nice"));
        return {};
    }
    if (key == "threads") {
        group.threads = PX_TRY(number_in<int>(value, "threads"));
        if (group.threads >= 1) return {};
        return fail(Errc::invalid_argument, "threads must be at least 1");
    }
    return fail(Errc::invalid_argument,
                fmt::format("resource group {}: what is \"{}\"?", group.name, part),
                "NAME:cores=0-1,threads=2,policy=fifo:10,nice=0,near=DEVICE");
}

}  // namespace

Result<ResourceGroup::Options> parse_group(std::string_view text) {
    const std::size_t colon = text.find(':');
    ResourceGroup::Options group;
    group.name = text.substr(0, colon);
    if (group.name.empty()) return fail(Errc::invalid_argument, "a resource group needs a name");
    std::string_view rest = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    while (!rest.empty()) {
        const std::size_t comma = rest.find(',');
        const std::string_view part = rest.substr(0, comma);
        rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
        PX_TRY(set_in_group(part, group));
    }
    return group;
}

}  // namespace parallax::app
