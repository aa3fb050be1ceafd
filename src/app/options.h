// Options: the command line of one subcommand, declared once.
//
// One table of OptionSpec feeds parsing, --help, completion and the man page. Options stand before
// the first word that is none; after it everything is operand, so that a launch line may hold what
// it likes. `--name=value` and `--name value` mean the same, but for options whose value may be
// left out: those take it only after `=`.
//
// Threads: plain values.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parallax/result.h"

namespace parallax::app {

struct OptionSpec {
    std::string_view name;        // "report"
    char letter = 0;              // 'q' for -q
    std::string_view value = {};  // "FILE"; empty: takes none.
    std::string_view doc = {};
    bool value_optional = false;
    std::string_view words = {};  // Legal values, separated by '|'.
    bool later = false;           // In the contract, not built yet: refused, exit 4.
};

class Options {
  public:
    // Fails on unknown options (with the nearest), missing and illegal values.
    static Result<Options> parse(std::span<const OptionSpec> specs,
                                 std::span<const std::string_view> arguments);

    bool has(std::string_view name) const { return values_.contains(name); }
    // The last value given.
    std::optional<std::string> get(std::string_view name) const;
    std::vector<std::string> all(std::string_view name) const;
    const std::vector<std::string_view>& operands() const { return operands_; }
    // Options that this version does not carry out, in the order given.
    const std::vector<std::string>& later() const { return later_; }

  private:
    std::map<std::string, std::vector<std::string>, std::less<>> values_;
    std::vector<std::string_view> operands_;
    std::vector<std::string> later_;
};

std::string help_of(std::span<const OptionSpec> specs);

// "10s", "500ms", "2m", or plain seconds; in nanoseconds.
Result<std::int64_t> parse_duration(std::string_view text);

}  // namespace parallax::app
