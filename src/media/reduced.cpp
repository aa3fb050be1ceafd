#include "media/reduced.h"

#include <algorithm>
#include <utility>

#include "media/culprits.h"

namespace parallax {
namespace {

class Reducer {
  public:
    Reducer(const NegotiationProblem& whole, const Conflict& conflict)
        : named_(whole.nodes.size(), false), links_at_(whole.nodes.size()) {
        std::vector<bool> says(whole.nodes.size() + whole.links.size(), false);
        for (const std::size_t n : conflict.nodes) says[n] = named_[n] = true;
        for (const std::size_t l : conflict.filters) says[whole.nodes.size() + l] = true;
        rest_ = only(whole, says);
        alive_.assign(rest_.links.size(), true);
        for (std::size_t l = 0; l < rest_.links.size(); ++l) {
            links_at_[rest_.links[l].from].push_back(l);
            links_at_[rest_.links[l].to].push_back(l);
        }
    }

    Reduced run() && {
        for (std::size_t n = 0; n < named_.size(); ++n) waiting_.push_back(n);
        while (!waiting_.empty()) {
            const std::size_t n = waiting_.back();
            waiting_.pop_back();
            if (!named_[n]) shrink(n);
        }
        return std::move(*this).kept();
    }

  private:
    void shrink(std::size_t n) {
        auto& links = links_at_[n];
        std::erase_if(links, [&](std::size_t l) { return !alive_[l]; });
        const bool passes_on = rest_.nodes[n].relation == PadRelation::pass_through;
        if (!passes_on || links.size() == 1) {
            for (const std::size_t l : links) drop(l, n);
            links.clear();
        } else if (links.size() == 2) {
            const bool in_order = rest_.links[links[0]].to == n;
            const std::size_t in = in_order ? links[0] : links[1];
            const std::size_t out = in_order ? links[1] : links[0];
            if (rest_.links[in].to == n && rest_.links[out].from == n) join(in, out, n);
        }
    }

    void drop(std::size_t l, std::size_t n) {
        const NegotiationLink& link = rest_.links[l];
        if (!link.filters.empty()) return;  // It still has its say at the other end.
        alive_[l] = false;
        waiting_.push_back(link.from == n ? link.to : link.from);
    }

    void join(std::size_t in, std::size_t out, std::size_t n) {
        const NegotiationLink& first = rest_.links[in];
        NegotiationLink& second = rest_.links[out];
        second.from = first.from;
        second.from_pad = first.from_pad;
        second.filters.insert(second.filters.begin(), first.filters.begin(), first.filters.end());
        second.convertible = second.convertible || first.convertible;
        second.borders.on_link |= first.borders.on_link;
        second.borders.before_converter |= first.borders.before_converter;
        second.borders.behind_converter |= first.borders.behind_converter;
        alive_[in] = false;
        links_at_[first.from].push_back(out);
        links_at_[n].clear();
    }

    Reduced kept() && {
        Reduced result;
        std::vector<bool> kept = named_;
        for (std::size_t l = 0; l < alive_.size(); ++l) {
            if (alive_[l]) kept[rest_.links[l].from] = kept[rest_.links[l].to] = true;
        }
        std::vector<std::size_t> number(named_.size(), 0);
        for (std::size_t n = 0; n < named_.size(); ++n) {
            if (!kept[n]) continue;
            number[n] = result.node_of.size();
            result.node_of.push_back(n);
            result.problem.nodes.push_back(std::move(rest_.nodes[n]));
        }
        for (std::size_t l = 0; l < alive_.size(); ++l) {
            if (!alive_[l]) continue;
            NegotiationLink link = std::move(rest_.links[l]);
            link.from = number[link.from];
            link.to = number[link.to];
            result.problem.links.push_back(std::move(link));
            result.link_of.push_back(l);
        }
        result.problem.defaults = std::move(rest_.defaults);
        result.problem.converters = std::move(rest_.converters);
        return result;
    }

    NegotiationProblem rest_;
    std::vector<bool> named_;
    std::vector<std::vector<std::size_t>> links_at_;
    std::vector<bool> alive_;
    std::vector<std::size_t> waiting_;
};

}  // namespace

Reduced reduced(const NegotiationProblem& whole, const Conflict& conflict) {
    return Reducer(whole, conflict).run();
}

}  // namespace parallax
