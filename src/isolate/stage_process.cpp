#include "isolate/stage_process.h"

#include <algorithm>

#include <poll.h>

#include "isolate/crash_page.h"
#include "isolate/hosted_stage.h"

namespace parallax {
namespace {

using Stages = std::vector<std::unique_ptr<HostedStage>>;

// Who crashes the process meanwhile is the one whose turn it is.
std::optional<int> each_in_turn(Stages& stages, std::optional<int> (HostedStage::*step)()) {
    for (std::size_t i = 0; i < stages.size(); ++i) {
        CrashPage::sit_at(static_cast<std::uint32_t>(i));
        if (const auto code = (stages[i].get()->*step)()) return code;
    }
    return std::nullopt;
}

std::optional<int> get_ready(Stages& stages, const std::function<Result<>()>& lock_down) {
    if (const auto code = each_in_turn(stages, &HostedStage::map)) return code;
    if (const auto code = each_in_turn(stages, &HostedStage::make)) return code;
    if (const Result<> locked = lock_down(); !locked) {
        return stages.front()->refuse(locked.error());
    }
    return each_in_turn(stages, &HostedStage::settle);
}

bool all_rest(const Stages& stages) {
    return std::ranges::all_of(stages, [](const auto& stage) { return stage->rests(); });
}

// Until all are through or rest, or one finds that nobody is there to talk to.
int serve(Stages& stages) {
    int worst = 0;
    std::vector<pollfd> news;
    news.reserve(stages.size());
    for (const auto& stage : stages)
        news.push_back({.fd = stage->fd(), .events = POLLIN, .revents = 0});
    for (std::size_t left = stages.size(); left > 0;) {
        if (::poll(news.data(), news.size(), -1) < 0) continue;  // A signal.
        for (std::size_t i = 0; i < stages.size(); ++i) {
            if (news[i].revents == 0) continue;
            CrashPage::sit_at(static_cast<std::uint32_t>(i));
            const auto code = stages[i]->hear();
            if (!code && !stages[i]->rests()) continue;
            if (code == 1) return 1;
            worst = std::max(worst, code.value_or(0));
            news[i].fd = -1;
            --left;
        }
    }
    return worst;
}

}  // namespace

int run_stage_process(StageProcessOptions options) {
    Stages stages;
    for (UniqueFd& socket : options.sockets) {
        const auto seat = static_cast<std::uint32_t>(stages.size());
        stages.push_back(
            make_hosted_stage(ControlSocket(std::move(socket)), options.registry, seat));
    }
    auto lock_down = options.lock_down;
    for (;;) {
        if (const auto code = get_ready(stages, lock_down)) return *code;
        const int code = serve(stages);
        if (code != 0 || !all_rest(stages)) return code;
        lock_down = [] { return Result<>(); };  // For good.
    }
}

}  // namespace parallax
