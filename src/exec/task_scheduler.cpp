#include "exec/task_scheduler.h"

#include <algorithm>

namespace parallax {

// The count first: tasks that the group drops at its end still give their leave back.
struct TaskScheduler::Entry {
    Terms terms;
    std::atomic<std::uint64_t> admitted{0};
    std::unique_ptr<ResourceGroup> group;

    bool suits(const Needs& needs) const {
        const ResourceGroup::Options& options = group->options();
        const bool real_time = options.policy == ResourceGroup::Policy::fifo ||
                               options.policy == ResourceGroup::Policy::rr ||
                               options.policy == ResourceGroup::Policy::deadline;
        return terms.kind == needs.kind && real_time == needs.real_time &&
               options.threads >= needs.threads &&
               (needs.device.empty() || options.near == needs.device);
    }
    // Exact, however many ask at once.
    bool admit() {
        std::uint64_t now = admitted.load(std::memory_order_relaxed);
        do {
            if (now >= terms.most_admitted) return false;
        } while (!admitted.compare_exchange_weak(now, now + 1, std::memory_order_relaxed));
        return true;
    }
    double load() const {
        return static_cast<double>(group->active_tasks()) / static_cast<double>(group->threads());
    }
};

TaskScheduler::Admission::~Admission() {
    if (entry_ != nullptr) entry_->admitted.fetch_sub(1, std::memory_order_relaxed);
}
ResourceGroup& TaskScheduler::Admission::group() const { return *entry_->group; }

TaskScheduler::TaskScheduler() = default;
TaskScheduler::~TaskScheduler() {
    // All before any is gone: a task of one may be handing over to another.
    for (const auto& entry : entries_) static_cast<void>(entry->group->stop());
}

Result<> TaskScheduler::add(std::unique_ptr<ResourceGroup> group, const Terms& terms) {
    if (find(group->name()) != nullptr) {
        return fail(Errc::invalid_argument,
                    "scheduler: there is a group called " + group->name() + " already");
    }
    auto entry = std::make_unique<Entry>();
    entry->terms = terms;
    entry->group = std::move(group);
    entries_.push_back(std::move(entry));
    return {};
}

ResourceGroup* TaskScheduler::find(std::string_view name) const {
    for (const auto& entry : entries_) {
        if (entry->group->name() == name) return entry->group.get();
    }
    return nullptr;
}

// The least loaded first, of equals the first added; each load is read once, since they change
// meanwhile.
std::vector<TaskScheduler::Entry*> TaskScheduler::suiting(const Needs& needs) const {
    std::vector<std::pair<double, std::size_t>> loads;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (entries_[i]->suits(needs)) loads.emplace_back(entries_[i]->load(), i);
    }
    std::ranges::sort(loads);
    std::vector<Entry*> entries;
    for (const auto& [load, place] : loads) entries.push_back(entries_[place].get());
    return entries;
}

ResourceGroup* TaskScheduler::best_group(const Needs& needs) const {
    const std::vector<Entry*> entries = suiting(needs);
    return entries.empty() ? nullptr : entries.front()->group.get();
}

Result<TaskScheduler::Admission> TaskScheduler::admit(const Needs& needs) {
    const std::vector<Entry*> entries = suiting(needs);
    for (Entry* const entry : entries) {
        if (entry->admit()) return Admission(*entry);
    }
    if (!entries.empty()) {
        return fail(Errc::quota_exceeded, "scheduler: all groups for " + needs.kind + " are full");
    }
    std::string known;
    for (const auto& entry : entries_) {
        known += (known.empty() ? "" : ", ") + entry->group->name() + " for " + entry->terms.kind;
    }
    return fail(Errc::lacking, "scheduler: no group suits a task for " + needs.kind,
                known.empty() ? "there are no groups" : "there are: " + known);
}

std::uint64_t TaskScheduler::admitted(std::string_view name) const {
    for (const auto& entry : entries_) {
        if (entry->group->name() != name) continue;
        return entry->admitted.load(std::memory_order_relaxed);
    }
    return 0;
}

}  // namespace parallax
