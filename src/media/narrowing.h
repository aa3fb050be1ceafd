// Narrowings: what one set of formats leaves of another, remembered while a graph is solved.
//
// Long chains of alike elements ask the same again and again, and the sets are long lists: telling
// that two are equal takes a tenth of working out what they have in common.
//
// Threads: none. Transforms are borrowed, and answer alike when asked alike.
#pragma once

#include <cstddef>
#include <vector>

#include "media/negotiate.h"

namespace parallax {

class Narrowings {
  public:
    struct Question {
        const PadTransform* transform = nullptr;  // None: what is fed reaches the target as it is.
        std::size_t from = 0;                     // Pads of the transform.
        std::size_t to = 0;
        const Caps& fed;
        const Caps& target;
    };
    struct Answer {
        Caps allowed;          // What comes through.
        Caps both;             // Of the target, what is allowed; in its order of preference …
        bool smaller = false;  // … and less than it.
    };
    // Valid until the next question.
    const Answer& ask(const Question& question);

  private:
    struct Known {
        const PadTransform* transform;
        std::size_t from;
        std::size_t to;
        Caps fed;
        Caps target;
        Answer answer;
    };
    std::vector<Known> known_;  // The last few, the oldest replaced first.
    std::size_t next_ = 0;
};

}  // namespace parallax
