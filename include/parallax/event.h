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
        flush,        // Down: forget what is under way. See below.
        qos,          // Up: a frame came late by `duration_ns`.
        custom,       // Both: `name` and fields are its sender's.
    };

    Type type = Type::custom;
    std::int64_t pts_ns = -1;
    std::int64_t duration_ns = -1;
    std::string name = {};
    std::vector<std::pair<std::string, std::string>> fields = {};
    std::uint64_t number = 0;  // Of a flush: it counts those of the run, from 1.
};

// A flush is of the whole run, whoever asks for it: Pipeline::flush(), or an element that emits the
// event, up or down. Frames that are under way are dropped wherever they are; then the event comes
// down, and every element has it once before the first frame that came after. An element that has
// kept anything of frames before forgets it in Element::event(); the answer does not matter, for
// the event always goes on. What was asked for twice may come as one.
//
// Other events stay, in their order, but for gaps; and so do pieces (frame_flag::piece): a file of
// which some bytes are missing in the middle is no file any more.

}  // namespace parallax
