#include "media/narrowing.h"

#include <algorithm>
#include <utility>

namespace parallax {
namespace {

// Enough for a chain of a few kinds of elements, and few enough to look through.
constexpr std::size_t kMostKnown = 16;

Narrowings::Answer answer_to(const Narrowings::Question& question) {
    Narrowings::Answer answer{
        .allowed = question.transform
                       ? question.transform->across(question.from, question.fed, question.to)
                       : question.fed,
        .both = {}};
    answer.both = intersect(question.target, answer.allowed);
    answer.smaller = answer.both != question.target && !is_subset(question.target, answer.both);
    return answer;
}

}  // namespace

const Narrowings::Answer& Narrowings::ask(const Question& question) {
    const auto known = std::ranges::find_if(known_, [&](const Known& each) {
        return each.transform == question.transform && each.from == question.from &&
               each.to == question.to && each.fed == question.fed && each.target == question.target;
    });
    if (known != known_.end()) return known->answer;
    Known asked{question.transform, question.from,   question.to,
                question.fed,       question.target, answer_to(question)};
    if (known_.size() < kMostKnown) {
        known_.push_back(std::move(asked));
        return known_.back().answer;
    }
    Known& oldest = known_[std::exchange(next_, (next_ + 1) % kMostKnown)];
    oldest = std::move(asked);
    return oldest.answer;
}

}  // namespace parallax
