#include "parallax/group.h"

#include <atomic>
#include <utility>
#include <vector>

#include "exec/device_cores.h"
#include "exec/group_pool.h"
#include "exec/group_threads.h"

namespace parallax {
namespace {

// With the cores near its device, where it has one.
Result<ResourceGroup::Options> placed(ResourceGroup::Options options,
                                      const std::vector<int>& allowed) {
    if (options.near.empty()) return options;
    if (!options.cores.empty()) {
        return fail(Errc::invalid_argument,
                    "resource group " + options.name + ": either cores or near, not both");
    }
    Result<std::vector<int>> cores = cores_near(options.near);
    if (!cores) return Failure(std::move(cores).error());
    for (const int core : *cores) {
        if (std::ranges::find(allowed, core) != allowed.end()) options.cores.push_back(core);
    }
    if (!options.cores.empty()) return options;
    return fail(Errc::lacking, "resource group " + options.name + ": no core near " + options.near +
                                   " is allowed");
}

}  // namespace

void Actor::notify() {
    if (ResourceGroup::Pool::mark_queued(*this)) group_.post(this);
}
void Actor::notify_at(std::int64_t monotonic_ns) { group_.post_at(this, monotonic_ns); }

void Actor::watch(const std::atomic<std::uint32_t>& word) { group_.pool_->watch(word, *this); }
void Actor::unwatch(const std::atomic<std::uint32_t>& word) { group_.pool_->unwatch(word, *this); }

void Actor::run() {
    state_.exchange(State::running, std::memory_order_acq_rel);  // Pairs with mark_queued().
    const bool more = step();
    State seen = State::running;
    if (!more && state_.compare_exchange_strong(seen, State::idle, std::memory_order_acq_rel)) {
        return;
    }
    // Behind the others, so that actors of one group take turns.
    state_.exchange(State::queued, std::memory_order_acq_rel);
    group_.post(this);
}

Result<> ResourceGroup::check(const Options& options) {
    const std::vector<int> allowed = allowed_cores();
    PX_TRY(check_threads(options, allowed));
    PX_TRY(placed(options, allowed));
    return {};
}

Result<std::unique_ptr<ResourceGroup>> ResourceGroup::create(const Options& options,
                                                             OnError on_error) {
    const std::vector<int> allowed = allowed_cores();
    PX_TRY(check_threads(options, allowed));
    Options complete = PX_TRY(placed(options, allowed));
    if (complete.threads == 0) {
        complete.threads =
            static_cast<int>(complete.cores.empty() ? allowed.size() : complete.cores.size());
    }
    auto pool = std::make_unique<Pool>(std::move(complete), std::move(on_error));
    PX_TRY(pool->start());
    return std::make_unique<ResourceGroup>(std::move(pool));
}

ResourceGroup::ResourceGroup(std::unique_ptr<Pool> pool) : pool_(std::move(pool)) {}
ResourceGroup::~ResourceGroup() = default;
const std::string& ResourceGroup::name() const { return pool_->options().name; }
int ResourceGroup::threads() const { return pool_->options().threads; }
const ResourceGroup::Options& ResourceGroup::options() const { return pool_->options(); }
std::uint64_t ResourceGroup::active_tasks() const { return pool_->active(); }
bool ResourceGroup::inside() const { return pool_->inside(); }
void ResourceGroup::forget(Actor& actor) { pool_->forget(actor); }
std::vector<Task> ResourceGroup::stop() {
    pool_->end(false);
    return pool_->take_rest();
}
void ResourceGroup::finish() { pool_->end(true); }
void ResourceGroup::post(Actor* actor) { pool_->post(actor); }
void ResourceGroup::post_at(Actor* actor, std::int64_t at_ns) { pool_->post_at(actor, at_ns); }
Result<> ResourceGroup::spawn_task(Task task) { return pool_->spawn(task); }
Result<> ResourceGroup::run_task(Task task) { return pool_->call(task); }

}  // namespace parallax
