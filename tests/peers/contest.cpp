#include "peers/contest.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"

namespace parallax::peers {
namespace {

std::string format(const char* text, double a, double b = 0, double c = 0) {
    char out[128];
    std::snprintf(out, sizeof out, text, a, b, c);
    return out;
}

// Few digits: 3.1, 45, 1210.
std::string number(double value) {
    return format(value < 9.95 ? "%.2f" : value < 99.5 ? "%.1f" : "%.0f", value);
}

std::string spread(const std::vector<double>& values) {
    return number(part(values, 0.5)) + " (" + number(part(values, 0.25)) + "–" +
           number(part(values, 0.75)) + ")";
}

std::vector<double> ratios(const Contender& ours, const Contender& theirs) {
    std::vector<double> all;
    for (std::size_t i = 0; i < ours.samples.size(); ++i) {
        all.push_back(theirs.samples[i] / ours.samples[i]);
    }
    return all;
}

// Of all processors together, since the machine's start: user, nice, system, idle, waiting for
// the disk, interrupts (two), taken by the host.
std::vector<std::uint64_t> machine_ticks() {
    std::ifstream file("/proc/stat");
    std::string name;
    file >> name;
    std::vector<std::uint64_t> ticks(8);
    for (std::uint64_t& each : ticks) file >> each;
    return ticks;
}

double own_cpu_s() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    rusage children{};
    ::getrusage(RUSAGE_CHILDREN, &children);
    double sum = 0;
    for (const timeval& time :
         {used.ru_utime, used.ru_stime, children.ru_utime, children.ru_stime}) {
        sum += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    }
    return sum;
}

cpu_set_t all_processors() {
    static const cpu_set_t all = [] {
        cpu_set_t set;
        CPU_ZERO(&set);
        ::sched_getaffinity(0, sizeof set, &set);
        return set;
    }();
    return all;
}

}  // namespace

int processors() {
    const cpu_set_t all = all_processors();
    return CPU_COUNT(&all);
}

bool pin(int n) {
    const cpu_set_t all = all_processors();
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &all) || n-- != 0) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        return ::sched_setaffinity(0, sizeof one, &one) == 0;
    }
    return false;
}

void unpin() {
    const cpu_set_t all = all_processors();
    ::sched_setaffinity(0, sizeof all, &all);
}

double part(std::vector<double> values, double share) {
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

Contest::Options Contest::options(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--markdown") == 0) {
            options.markdown = true;
        } else if (std::strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
            options.only = argv[++i];
        } else {
            options.rounds = std::max(1, std::atoi(argv[i]));
        }
    }
    return options;
}

Contest::Contest(const Options& options)
    : options_(options), begun_ns_(monotonic_ns()), begun_ticks_(machine_ticks()) {
    static_cast<void>(all_processors());  // As they are before anybody is pinned.
    favoured_ = ::setpriority(PRIO_PROCESS, 0, -20) == 0;
}

Contest::Verdict Contest::judge(const std::vector<Contender>& all, const Limit& limit) const {
    const Contender& ours = all[0];
    if (limit.most_ns) {
        const double ns = part(ours.samples, 0.5);
        const std::string wanted = "≤ " + number(*limit.most_ns) + " ns";
        return {wanted + (ns <= *limit.most_ns ? ": reached" : ": **not reached**"), ""};
    }
    const Contender* peer = nullptr;
    for (const Contender& one : all) {
        if (&one == &ours || one.role != Role::peer) continue;
        if (!limit.peer.empty() && one.name.find(limit.peer) == std::string::npos) continue;
        if (peer == nullptr || part(one.samples, 0.5) < part(peer->samples, 0.5)) peer = &one;
    }
    const std::string whom = limit.peer.empty() ? "the best peer" : limit.peer;
    const std::string wanted = "≥ " + number(limit.times) + " × " + whom;
    if (peer == nullptr) return {wanted + ": **not shown**, it is not installed", ""};
    const std::vector<double> found = ratios(ours, *peer);
    const bool reached = part(found, 0.5) >= limit.times;
    return {wanted + (reached ? ": reached" : ": **not reached**"),
            spread(found) + " × " + peer->name};
}

void Contest::hold(const std::string& title, std::vector<Contender> all,
                   const std::vector<Limit>& limits) {
    if (title.find(options_.only) == std::string::npos) return;
    for (int round = -1; round < options_.rounds; ++round) {
        for (Contender& one : all) {
            const double ns = one.run();
            if (round >= 0) one.samples.push_back(ns);
        }
    }
    std::printf("%s\n", title.c_str());
    std::string others;
    for (const Contender& one : all) {
        const std::vector<double> found = ratios(all[0], one);
        std::printf("  %-40s %9.1f ns (%.1f to %.1f; best %.1f)  %7.2f x ours (%.2f to %.2f)\n",
                    one.name.c_str(), part(one.samples, 0.5), part(one.samples, 0.25),
                    part(one.samples, 0.75), part(one.samples, 0), part(found, 0.5),
                    part(found, 0.25), part(found, 0.75));
        if (&one == all.data()) continue;
        others += (others.empty() ? "" : "; ") + one.name + " " + number(part(one.samples, 0.5)) +
                  ", " + number(part(found, 0.5)) + " ×";
    }
    std::string verdicts;
    for (const Limit& limit : limits) {
        const Verdict verdict = judge(all, limit);
        std::printf("    limit %s%s%s\n", verdict.text.c_str(), verdict.ratio.empty() ? "" : ": ",
                    verdict.ratio.c_str());
        verdicts += (verdicts.empty() ? "" : "; ") + verdict.text +
                    (verdict.ratio.empty() ? "" : ", " + verdict.ratio);
    }
    std::fflush(stdout);
    rows_.push_back("| " + title + " | " + spread(all[0].samples) + " | " + others + " | " +
                    verdicts + " |");
}

void Contest::not_shown(const std::string& title, const std::string& why) {
    if (title.find(options_.only) == std::string::npos) return;
    std::printf("%s\n  not shown here: %s\n", title.c_str(), why.c_str());
    rows_.push_back("| " + title + " | | | **not shown**: " + why + " |");
}

// Busy processors that were not ours, in processors; what the host took, likewise.
void Contest::finish() {
    const double wall_s = static_cast<double>(monotonic_ns() - begun_ns_) / 1e9;
    const std::vector<std::uint64_t> now = machine_ticks();
    const auto tick_s = 1 / static_cast<double>(::sysconf(_SC_CLK_TCK));
    double busy_s = 0;
    for (const std::size_t kind : {0, 1, 2, 5, 6}) {
        busy_s += static_cast<double>(now[kind] - begun_ticks_[kind]) * tick_s;
    }
    const double taken_s = static_cast<double>(now[7] - begun_ticks_[7]) * tick_s;
    double load[1] = {0};
    static_cast<void>(::getloadavg(load, 1));
    std::ostringstream state;
    state << processors() << " processors, " << format("%.0f s; other programs used ", wall_s)
          << format("%.2f of them, the host took %.2f; load %.1f",
                    std::max(0.0, busy_s - own_cpu_s()) / wall_s, taken_s / wall_s, load[0])
          << (favoured_ ? "; nice -20" : "; without leave to be favoured (nice)");
    std::printf("%s\n", state.str().c_str());
    if (!options_.markdown) return;
    std::printf("\nMedian ns (middle half) of %d rounds in turns; %s.\n\n", options_.rounds,
                state.str().c_str());
    std::printf("| what | ours, ns | others: ns, × ours | limit |\n| --- | --- | --- | --- |\n");
    for (const std::string& row : rows_) std::printf("%s\n", row.c_str());
}

}  // namespace parallax::peers
