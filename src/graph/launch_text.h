// LaunchText: what a launch line says, as pure data: elements, properties, links and filters, each
// with its place in the text. What gst-launch-1.0 takes, read strictly; differences are listed in
// src/graph/README.md.
//
//     const LaunchRead read = read_launch("videotestsrc num-buffers=5 ! video/x-raw,width=64 !
//     fakesink"); const auto more = check_launch(read.launch, registry);   // what only a
//     vocabulary can tell
//
// Reading never stops at the first mistake: all are listed, in the order of the text. Time is
// linear in the text; see the limits below.
//
// Threads: plain values and pure functions.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/text_error.h"
#include "parallax/caps.h"

namespace parallax {

class Registry;
struct LaunchNames;  // parallax/pipeline.h

inline constexpr std::size_t kMaxLaunchBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxLaunchElements = 10'000;
inline constexpr std::size_t kMaxLaunchLinks = 40'000;
inline constexpr std::size_t kMaxLaunchErrors = 100;  // More are counted in the last one.

struct PropertyText {
    std::string key = {};
    std::string value = {};  // Without quotes and escapes.
    TextPlace key_place = {};
    TextPlace value_place = {};
};

struct ElementText {
    std::string factory = {};
    std::string name = {};  // Always set: unnamed ones are factory0, factory1 … as they appear.
    bool named = false;     // The text gave the name.
    std::vector<PropertyText> properties =
        {};  // As written, `name` left out; the last of a key wins.
    TextPlace place = {};
};

// One end of a link.
struct EndpointText {
    static constexpr std::size_t kUnresolved = std::numeric_limits<std::size_t>::max();
    std::size_t element = kUnresolved;  // Index; also of what a reference points to.
    std::string reference = {};         // "t" of `t.src_0`; empty where the element stands itself.
    std::string pad = {};               // Empty: any that fits.
    TextPlace place = {};
};

struct FilterText {
    Caps caps = {};
    std::string text = {};  // As written, escapes taken out.
    TextPlace place = {};
};

struct LinkText {
    EndpointText from;
    EndpointText to;
    std::vector<FilterText> filters = {};  // In the direction of the data.
    TextPlace place = {};                  // Of the first `!`.
};

struct LaunchText {
    std::vector<ElementText> elements = {};
    std::vector<LinkText> links = {};
};

struct LaunchRead {
    LaunchText launch;
    std::vector<TextError> errors = {};  // None: the text is sound as far as text goes.
};

// Tokens, grammar, caps, names and references.
LaunchRead read_launch(std::string_view text);

// What needs to know the elements: their names, properties, values and pads.
std::vector<TextError> check_launch(const LaunchText& launch, const Registry& registry,
                                    const LaunchNames& names);

// Both, in the order of the text.
LaunchRead read_launch(std::string_view text, const Registry& registry, const LaunchNames& names);

// Program arguments as one text. A single argument is the text itself; of several, each stays one
// word although it holds spaces, unless it holds a link: "location=my file" but "a ! b".
std::string join_launch_arguments(std::span<const std::string_view> arguments);

}  // namespace parallax
