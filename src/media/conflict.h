// describe: two sets of formats that do not meet, told so that a person sees where.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>

#include "media/negotiate.h"

namespace parallax {

// Where the solver found nothing left.
struct Clash {
    std::size_t link = 0;
    Caps left = {};                // From upstream.
    Caps right = {};               // From downstream.
    bool crosses_process = false;  // Nothing of the left can be handed to another process.
};

// Reason, field and both sides; names are the caller's.
Conflict describe(const Clash& clash);

// What each side has at the field in which they differ, in a few words: "format RGB".
struct Sides {
    std::string left;
    std::string right;
};
Sides sides(const Conflict& conflict);

}  // namespace parallax
