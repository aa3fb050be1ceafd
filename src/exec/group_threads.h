// Group threads: what a resource group's threads are called, where and how they run.
//
// Threads: every function from any thread. Errors are errno's numbers, or 0.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "parallax/group.h"

namespace parallax {

// The kernel's numbers of the cores that the calling thread may use.
std::vector<int> allowed_cores();

// Whether there can be such threads on these cores; see ResourceGroup::check().
Result<> check_threads(const ResourceGroup::Options& options, const std::vector<int>& allowed);

// "plx:NAME:i" in the 15 characters that the kernel keeps; a long name loses its end.
std::string group_thread_name(std::string_view group, int number);

// Done by a new thread to itself: its name, core, memory, policy and nice value.
int set_up_group_thread(const ResourceGroup::Options& options, int number);

// These cores and no others for a thread, also of another process; 0 is the calling one.
int set_cores(pid_t thread, std::span<const int> cores);
// Cores, policy and nice value for a thread of another process that works for the group. It may use
// all of the group's cores: it is the only one there.
int place_group_thread(pid_t thread, const ResourceGroup::Options& options);
// The policy of the group's options for one of its threads.
int set_group_policy(pid_t thread, const ResourceGroup::Options& options);
// SCHED_FIFO with this priority.
int set_fifo(pid_t thread, int priority);

}  // namespace parallax
