#include "exec/group_threads.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include <linux/mempolicy.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace parallax {
namespace {

using Policy = ResourceGroup::Policy;

constexpr std::size_t kNameKept = 15;
constexpr int kDeadlinePolicy = 6;  // SCHED_DEADLINE of <linux/sched.h>, which libc's lacks.

std::string listed(const std::vector<int>& cores) {
    std::string text;
    for (const int core : cores) text += (text.empty() ? "" : ",") + std::to_string(core);
    return text;
}

Failure refuse(const ResourceGroup::Options& options, const std::string& why) {
    return fail(Errc::invalid_argument, "resource group " + options.name + ": " + why);
}

Result<> check_policy(const ResourceGroup::Options& options) {
    if (options.policy == Policy::fifo || options.policy == Policy::rr) {
        if (options.priority >= 1 && options.priority <= 99) return {};
        return refuse(options, "a real-time priority is 1 to 99");
    }
    if (options.policy != Policy::deadline) return {};
    const bool sound = options.runtime.count() > 0 && options.runtime <= options.period &&
                       options.period <= std::chrono::seconds(4);
    if (!sound) return refuse(options, "of a deadline group 0 < runtime <= period <= 4 s");
    if (options.cores.empty() && options.near.empty()) return {};
    return refuse(options, "the kernel places deadline threads itself, so it can have no cores");
}

// struct sched_attr of <linux/sched/types.h>, which libc's header contradicts.
struct DeadlineAttributes {
    std::uint32_t size = sizeof(DeadlineAttributes);
    std::uint32_t policy = kDeadlinePolicy;
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t runtime_ns = 0;
    std::uint64_t deadline_ns = 0;
    std::uint64_t period_ns = 0;
};

int set_deadline(pid_t thread, const ResourceGroup::Options& options) {
    DeadlineAttributes wanted;
    wanted.runtime_ns = static_cast<std::uint64_t>(options.runtime.count()) * 1000U;
    wanted.period_ns = static_cast<std::uint64_t>(options.period.count()) * 1000U;
    wanted.deadline_ns = wanted.period_ns;
    return ::syscall(SYS_sched_setattr, thread, &wanted, 0) == 0 ? 0 : errno;
}

int set_plain(pid_t thread, int policy, int priority) {
    const sched_param parameters{.sched_priority = priority};
    return ::sched_setscheduler(thread, policy, &parameters) == 0 ? 0 : errno;
}

int set_nice(pid_t thread, int nice) {
    return ::setpriority(PRIO_PROCESS, static_cast<id_t>(thread), nice) == 0 ? 0 : errno;
}

}  // namespace

std::vector<int> allowed_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    std::vector<int> cores;
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return {0};
    for (int core = 0; core < CPU_SETSIZE; ++core) {
        if (CPU_ISSET(core, &set)) cores.push_back(core);
    }
    return cores;
}

Result<> check_threads(const ResourceGroup::Options& options, const std::vector<int>& allowed) {
    for (const int core : options.cores) {
        if (std::ranges::find(allowed, core) != allowed.end()) continue;
        return fail(Errc::lacking,
                    "resource group " + options.name + ": core " + std::to_string(core) +
                        " does not exist here or is not allowed",
                    "allowed: " + listed(allowed));
    }
    if (options.threads < 0 || options.threads > 256) {
        return refuse(options, std::to_string(options.threads) + " threads are outside 0 to 256");
    }
    if (options.most_tasks < 1 || options.most_tasks > std::size_t{1} << 24U) {
        return refuse(options, "a queue has room for 1 to 2^24 tasks");
    }
    return check_policy(options);
}

std::string group_thread_name(std::string_view group, int number) {
    const std::string end = ":" + std::to_string(number);
    const std::string begin = "plx:" + std::string(group);
    return begin.substr(0, kNameKept - end.size()) + end;
}

int set_cores(pid_t thread, std::span<const int> cores) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int core : cores) {
        if (core < 0 || core >= CPU_SETSIZE) return EINVAL;
        CPU_SET(static_cast<std::size_t>(core), &set);
    }
    return ::sched_setaffinity(thread, sizeof set, &set) == 0 ? 0 : errno;
}

int place_group_thread(pid_t thread, const ResourceGroup::Options& options) {
    if (!options.cores.empty()) {
        if (const int error = set_cores(thread, options.cores)) return error;
    }
    if (options.policy != Policy::normal) {
        if (const int error = set_group_policy(thread, options)) return error;
    }
    return options.nice == 0 ? 0 : set_nice(thread, options.nice);
}

int set_group_policy(pid_t thread, const ResourceGroup::Options& options) {
    switch (options.policy) {
        case Policy::normal:
            return set_plain(thread, SCHED_OTHER, 0);
        case Policy::batch:
            return set_plain(thread, SCHED_BATCH, 0);
        case Policy::fifo:
            return set_plain(thread, SCHED_FIFO, options.priority);
        case Policy::rr:
            return set_plain(thread, SCHED_RR, options.priority);
        case Policy::deadline:
            return set_deadline(thread, options);
    }
    return EINVAL;
}

int set_fifo(pid_t thread, int priority) { return set_plain(thread, SCHED_FIFO, priority); }

int set_up_group_thread(const ResourceGroup::Options& options, int number) {
    ::pthread_setname_np(::pthread_self(), group_thread_name(options.name, number).c_str());
    if (!options.cores.empty()) {
        const auto place = static_cast<std::size_t>(number) % options.cores.size();
        if (const int error = set_cores(0, std::span(options.cores).subspan(place, 1)))
            return error;
        // Its memory comes from its own node, whatever the process was told (numactl). A sandbox
        // may refuse the call; then what the process was told holds, by default the same.
        static_cast<void>(::syscall(SYS_set_mempolicy, MPOL_LOCAL, nullptr, 0));
    }
    if (options.policy != Policy::normal) {
        if (const int error = set_group_policy(0, options)) return error;
    }
    return options.nice == 0 ? 0 : set_nice(::gettid(), options.nice);
}

}  // namespace parallax
