// Event: what flows between elements beside frames, in order with them (down) or against them (up).
//
// Threads: a plain value.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace parallax {

struct Event {
    enum class Type : std::uint8_t {
        eos,          // Down: nothing more will come.
        reconfigure,  // Down: what follows has another format; the run solves anew.
        caps,         // Down: the format of what follows.
        tag,          // Down: facts about the stream, as fields.
        gap,          // Down: a frame that is not there; `pts_ns` and `duration_ns` say which.
        flush,        // Both: forget what is under way.
        qos,          // Up: a frame came late by `duration_ns`.
        custom,       // Both: `name` and fields are its sender's.
    };

    Type type = Type::custom;
    std::int64_t pts_ns = -1;
    std::int64_t duration_ns = -1;
    std::string name = {};
    std::vector<std::pair<std::string, std::string>> fields = {};
};

}  // namespace parallax
