#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "graph/launch_text.h"
#include "parallax/pipeline.h"
#include "parallax/registry.h"

namespace parallax {
namespace {

enum class Mode : std::uint8_t { slow, fast };
std::span<const Nick<Mode>> nicks(Mode) {
    static constexpr std::array kNicks{Nick<Mode>{Mode::slow, "slow", ""},
                                       Nick<Mode>{Mode::fast, "fast", ""}};
    return kNicks;
}

struct SourceOptions {
    int count = -1;
    bool silent = true;
    Mode mode = Mode::slow;
    Caps caps = Caps::any();
    std::string message;
    static constexpr auto describe() {
        return std::tuple{
            Option{"num-buffers", &SourceOptions::count, "", {.min = -1, .max = 1000}},
            Option{"silent", &SourceOptions::silent, ""}, Option{"mode", &SourceOptions::mode, ""},
            Option{"caps", &SourceOptions::caps, ""},
            Option{"last-message", &SourceOptions::message, "", {.read_only = true}}};
    }
};

template <int kind>  // 0 source, 1 sink, 2 filter, 3 tee, 4 mixer
class Fake final : public ElementWith<SourceOptions> {
  public:
    static Pads pads() {
        const Pad in{.name = kind == 4 ? "sink_%u" : "sink"};
        const Pad out{.name = kind == 3 ? "src_%u" : "src", .direction = PadDirection::src};
        if constexpr (kind == 0) return {.pads = {out}};
        if constexpr (kind == 1) return {.pads = {in}};
        return {.pads = {in, out}};
    }
    Result<Flow> process(Context&) override { return Flow::eos; }
};

template <class E>
void add(Registry& registry, std::string name) {
    FactoryInfo info;
    info.name = std::move(name);
    registry.add<E>(std::move(info));
}

const Registry& registry() {
    static const Registry all = [] {
        Registry made;
        add<Fake<0>>(made, "fakesrc");
        add<Fake<1>>(made, "fakesink");
        add<Fake<2>>(made, "identity");
        add<Fake<3>>(made, "tee");
        add<Fake<4>>(made, "mixer");
        return made;
    }();
    return all;
}

std::string outcome(std::string_view text) {
    const LaunchRead read = read_launch(text, registry(), {});
    std::string all;
    for (const TextError& error : read.errors) {
        all += (all.empty() ? "" : "; ") + std::string(to_string(error.fault)) + "@" +
               std::to_string(error.place.column);
    }
    return all.empty() ? "fine" : all;
}

struct Case {
    std::string_view text;
    std::string_view wanted;
};

TEST_CASE("launch check: names of elements, properties and values are held against what there is") {
    const std::vector<Case> cases{
        {"fakesrc ! fakesink", "fine"},
        {"fakesrc num-buffers=5 silent=no mode=fast ! fakesink", "fine"},
        {"fakesrc caps=\"a,x=[1,5]\" ! fakesink", "fine"},
        {"fakesrc isolate=process sandbox=off group=x ! fakesink", "fine"},
        {"fakesrk ! fakesink", "no-such-element@1"},
        {"fakesrk bogus=1 ! fakesnik.", "no-such-element@1; unresolved-ref@19"},
        {"fakesrc bogus=1 ! fakesink", "no-such-property@9"},
        {"fakesrc num-buffers=many ! fakesink", "bad-value@21"},
        {"fakesrc num-buffers=1001 ! fakesink", "bad-value@21"},
        {"fakesrc num-buffers=-2 ! fakesink", "bad-value@21"},
        {"fakesrc num-buffers=99999999999999999999 ! fakesink", "bad-value@21"},
        {"fakesrc num-buffers=\"\" ! fakesink", "bad-value@21"},
        {"fakesrc silent=maybe ! fakesink", "bad-value@16"},
        {"fakesrc mode=2 ! fakesink", "bad-value@14"},
        {"fakesrc last-message=x ! fakesink", "bad-value@9"},
        {"fakesrc caps=a,x=[5,1] ! fakesink", "bad-caps@14"},
        {"fakesrc num-buffers=x num-buffers=5 silent=z ! fakesink", "bad-value@21; bad-value@44"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        CHECK(outcome(c.text) == c.wanted);
    }
}

struct PlaceOptions {
    ReadPath location;
    WritePath copy{{"%05d"}};
    static constexpr auto describe() {
        return std::tuple{Option{"location", &PlaceOptions::location, "", {.required = true}},
                          Option{"copy", &PlaceOptions::copy, "", {.required = true}}};
    }
};
class Placed final : public ElementWith<PlaceOptions> {
  public:
    static Pads pads() { return {.pads = {{.name = "src", .direction = PadDirection::src}}}; }
    Result<Flow> process(Context&) override { return Flow::eos; }
};

TEST_CASE("launch check: where nothing follows the text, what an element needs must be in it") {
    Registry registry;
    add<Placed>(registry, "filesrc");
    add<Fake<1>>(registry, "fakesink");
    const auto outcome = [&](std::string_view text, bool complete) {
        std::string all;
        for (const TextError& error : read_launch(text, registry, {.complete = complete}).errors) {
            CHECK((error.fault != TextFault::bad_value || !error.hint.empty()));
            all +=
                (all.empty() ? "" : "; ") + error.text + "@" + std::to_string(error.place.column);
        }
        return all.empty() ? "fine" : all;
    };
    CHECK(outcome("filesrc location=x ! fakesink", true) == "fine");
    CHECK(outcome("filesrc ! fakesink", true) == "filesrc needs a location@1");
    CHECK(outcome("filesrc location=\"\" ! fakesink", true) == "location: is empty@18");
    CHECK(outcome("filesrc location=x location=\"\" ! fakesink", true) == "location: is empty@29");
    CHECK(outcome("filesrc location=\"\" location=x ! fakesink", true) == "fine");
    CHECK(outcome("filesrc location=x copy=\"\" ! fakesink", true) == "copy: is empty@25");
    // All at once, in the order of the text.
    CHECK(outcome("filesrc name=a ! fakesink filesrc bogus=1 ! fakesnk", true) ==
          "filesrc needs a location@1; filesrc needs a location@27; "
          "filesrc has no property called bogus@35; no element called fakesnk@45");
    // A program may set it before it plays.
    CHECK(outcome("filesrc ! fakesink", false) == "fine");
    CHECK(outcome("filesrc location=\"\" ! fakesink", false) == "fine");
}

TEST_CASE("launch check: a link needs a free pad of its direction at both ends") {
    const std::vector<Case> cases{
        {"fakesrc .src ! .sink fakesink", "fine"},
        {"fakesrc ! tee name=t t. ! fakesink t. ! fakesink t.src_7 ! fakesink", "fine"},
        {"fakesrc ! tee name=t t.src_%u ! fakesink", "fine"},
        {"mixer name=m ! fakesink fakesrc ! m. fakesrc ! m.sink_3", "fine"},
        {"fakesink ! fakesrc", "link@1; link@12"},
        {"fakesrc ! fakesrc", "link@11"},
        {"fakesrc ! identity name=i i. ! fakesink i. ! fakesink", "link@44"},
        {"fakesrc ! identity name=i fakesrc ! i.", "link@35"},
        {"fakesrc .bogus ! fakesink", "link@1"},
        {"fakesrc ! .src identity ! fakesink", "link@16"},
        {"fakesrc ! tee name=t t.sink ! fakesink", "link@22"},
        {"fakesrc ! tee name=t t.src_x ! fakesink", "link@22"},
        {"fakesrc ! tee name=t t.src_1 ! fakesink t.src_1 ! fakesink", "link@41"},
        {"fakesrc name=s s.src ! fakesink s. ! fakesink", "link@36"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        CHECK(outcome(c.text) == c.wanted);
    }
}

TEST_CASE("launch check: messages offer the nearest name or what there is") {
    const auto first = [](std::string_view text) {
        const LaunchRead read = read_launch(text, registry(), {});
        REQUIRE_FALSE(read.errors.empty());
        return read.errors[0].text + " / " + read.errors[0].hint;
    };
    CHECK(first("fakesnik") == "no element called fakesnik / did you mean fakesink?");
    CHECK(first("zebra") == "no element called zebra / list them with parallax-inspect");
    CHECK(first("fakesrc num-bufers=5 ! fakesink") ==
          "fakesrc has no property called num-bufers / did you mean num-buffers?");
    CHECK(first("fakesrc zebra=5 ! fakesink") ==
          "fakesrc has no property called zebra / there are: num-buffers, silent, mode, caps, "
          "last-message, name, isolate, sandbox, group");
    CHECK(first("fakesrc ! fakesrc") == "fakesrc1 has no sink pad / a source begins a chain");
    CHECK(first("fakesrc ! tee name=t t.scr_0 ! fakesink") ==
          "t has no pad called scr_0 / there are: sink, src_%u");
}

TEST_CASE("launch check: an error names its element and the nearest valid names") {
    const TextError error =
        read_launch("fakesrc ! idntity slient=1 ! fakesink", registry(), {}).errors[0];
    CHECK(error.element == "idntity0");
    CHECK(error.names == std::vector<std::string>{"identity"});
    const TextError property = read_launch("fakesrc name=s slient=1", registry(), {}).errors[0];
    CHECK(property.element == "s");
    CHECK(property.names == std::vector<std::string>{"silent"});
}

TEST_CASE("launch check: ten thousand elements with mistakes are judged quickly and boundedly") {
    std::string text = "fakesrc";
    for (int i = 0; i < 9000; ++i) text += " ! identty num-bufers=x";
    const LaunchRead read = read_launch(text, registry(), {});
    CHECK(read.errors.size() == kMaxLaunchErrors);
    CHECK(read.errors.back().hint == "there are more mistakes behind this one");
}

TEST_CASE("launch check: groups and sandboxes are words of the text too, where they are known") {
    const LaunchNames names{.groups = std::vector<std::string>{"isp"},
                            .check_sandbox = [](const std::string& word) -> Result<> {
                                if (word == "off") return {};
                                if (word == "gone.toml") return fail(Errc::io, "unreadable");
                                return fail(Errc::invalid_argument, "no preset " + word, "off");
                            }};
    const auto errors = [&](std::string_view text) {
        return read_launch(text, registry(), names).errors;
    };
    CHECK(errors("fakesrc group=isp sandbox=off ! fakesink group=default").empty());
    CHECK(errors("fakesrc sandbox=\"\" ! fakesink").empty());
    CHECK(errors("fakesrc sandbox=gone.toml ! fakesink").empty());  // No fault of the text.
    const auto group = errors("fakesrc ! fakesink group=ips");
    REQUIRE(group.size() == 1);
    CHECK(group[0].fault == TextFault::bad_value);
    CHECK(group[0].place.column == 26);
    CHECK(group[0].element == "fakesink0");
    CHECK(group[0].names == std::vector<std::string>{"isp"});
    CHECK(group[0].hint == "did you mean isp?");
    const auto sandbox = errors("fakesrc sandbox=bogus ! fakesink");
    REQUIRE(sandbox.size() == 1);
    CHECK(sandbox[0].fault == TextFault::bad_value);
    CHECK(sandbox[0].place.column == 17);
    CHECK(sandbox[0].text == "sandbox: no preset bogus");
    // Who does not say what there is finds out later.
    CHECK(read_launch("fakesrc group=x sandbox=y ! fakesink", registry(), {}).errors.empty());
}

}  // namespace
}  // namespace parallax
