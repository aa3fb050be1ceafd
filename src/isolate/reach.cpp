#include "isolate/reach.h"

#include <algorithm>
#include <set>

namespace parallax {
namespace {

class Search {
  public:
    Search(const Plan& plan, const std::vector<std::unique_ptr<ElementRun>>& elements)
        : plan_(plan), elements_(elements) {}

    void into(std::size_t element) {
        for (const PlannedLink& link : plan_.links) {
            if (link.to == element) out_of(link.from, link.from_pad);
        }
    }
    Outputs found() && { return {found_.begin(), found_.end()}; }

  private:
    void out_of(std::size_t element, std::size_t pad) {
        if (!found_.insert({element, pad}).second) return;
        if (elements_[element]->pads.forwards) into(element);
    }

    const Plan& plan_;
    const std::vector<std::unique_ptr<ElementRun>>& elements_;
    std::set<std::pair<std::size_t, std::size_t>> found_;
};

}  // namespace

Outputs outputs_reaching(const Plan& plan, const std::vector<std::unique_ptr<ElementRun>>& elements,
                         std::size_t stage) {
    Search search(plan, elements);
    for (const std::size_t element : plan.stages[stage].elements) search.into(element);
    return std::move(search).found();
}

}  // namespace parallax
