#include "isolate/child_phase.h"

#include <string_view>
#include <utility>

#include <doctest/doctest.h>

namespace parallax {
namespace {

using Type = ControlMessage::Type;

// A letter for each phase in which it may be said: born, mapping, building, ready, playing, ended,
// finishing, finished.
constexpr std::pair<Type, std::string_view> kTable[] = {
    {Type::hello, "X-------"},        {Type::mapped, "-X------"},
    {Type::ready, "--X-----"},        {Type::post, "--XXXXXX"},
    {Type::failed, "-XXXXXX-"},       {Type::first_frame, "---XXXX-"},
    {Type::ended, "---XXXX-"},        {Type::reconfigure_wanted, "---XXXX-"},
    {Type::up_event, "---XXXX-"},     {Type::upstream_done, "---XXXX-"},
    {Type::property_set, "---XXXX-"}, {Type::pong, "---XXXXX"},
    {Type::metric, "------X-"},       {Type::finished, "------X-"},
    {Type::rebound, "---XXXXX"},      {Type::flush_wanted, "---XXXX-"},
    {Type::rested, "------X-"},
};

TEST_CASE("child_phase: every message is valid in its phases only") {
    int found = 0;
    for (std::uint32_t number = 0; number < 256; ++number) {
        const auto type = static_cast<Type>(number);
        std::string_view phases = "--------";  // What is no message of a stage.
        for (const auto& [each, when] : kTable) {
            if (each != type) continue;
            phases = when;
            ++found;
        }
        for (std::uint8_t phase = 0; phase < 8; ++phase) {
            CAPTURE(number);
            CAPTURE(phase);
            CHECK(may_say(static_cast<ChildPhase>(phase), type) == (phases[phase] == 'X'));
        }
    }
    CHECK(found == static_cast<int>(Type::rested) - static_cast<int>(Type::hello) + 1);
}

TEST_CASE("child_phase: what may be said never leads back") {
    for (const auto& [type, phases] : kTable) {
        for (std::uint8_t phase = 0; phase < 8; ++phase) {
            if (phases[phase] == 'X') {
                CHECK(after(static_cast<ChildPhase>(phase), type) >=
                      static_cast<ChildPhase>(phase));
            }
        }
    }
}

}  // namespace
}  // namespace parallax
