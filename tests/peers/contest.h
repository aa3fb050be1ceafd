// contest: who does the same work in turns in one process; medians, ratios, and whether a limit is
// reached.
//
//     Contest contest({.rounds = 11});
//     contest.hold("1 M timers, set and fired; a timer",
//                  {{"ours", wheel}, {"std::priority_queue", heap}},
//                  {{.peer = "std::priority_queue", .times = 3}});
//     contest.finish();                      // How loaded the machine was; the table in Markdown.
//
// The first contender is ours. A limit is met when the peer takes so many times as long as we do,
// as the median of the rounds' own ratios: what slows a round slows all who take part in it.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace parallax::peers {

enum class Role : std::uint8_t {
    peer,
    aside,  // One more of ours, or a yardstick: no limit is about it.
};

struct Contender {
    std::string name;
    std::function<double()> run;  // Nanoseconds an operation.
    Role role = Role::peer;
    std::vector<double> samples = {};
};

// One of the two.
struct Limit {
    std::string peer = {};               // Whom it is about; nobody named: the fastest peer.
    double times = 0;                    // It takes at least so many times as long as we do.
    std::optional<double> most_ns = {};  // We take at most so long.
};

class Contest {
  public:
    struct Options {
        int rounds = 11;
        bool markdown = false;
        std::string only = {};  // Contests whose title contains it.
    };
    // From the command line: [ROUNDS] [--markdown] [--only TEXT].
    static Options options(int argc, char** argv);

    explicit Contest(const Options& options);

    // Who is not there is left out; `limits` about those are said to be not shown.
    void hold(const std::string& title, std::vector<Contender> all,
              const std::vector<Limit>& limits = {});
    // A row that this machine cannot show.
    void not_shown(const std::string& title, const std::string& why);
    void finish();

  private:
    struct Verdict {
        std::string text;
        std::string ratio;
    };
    Verdict judge(const std::vector<Contender>& all, const Limit& limit) const;

    const Options options_;
    std::vector<std::string> rows_;  // In Markdown.
    std::int64_t begun_ns_ = 0;
    std::vector<std::uint64_t> begun_ticks_;
    bool favoured_ = false;
};

// The calling thread stays on the n-th of the processors that the process had at its start; false
// where there is none.
bool pin(int n);
// Again on all of them.
void unpin();
int processors();

double part(std::vector<double> values, double share);

}  // namespace parallax::peers
