// PX_STAGE: what a sandboxed child of a test does.
//
//     PX_STAGE("echo") {                          // int(StageStart& start)
//         if (!start.lock_down.now()) return 1;
//         …
//     }
//     zygote->spawn({.name = "e", .entry = "echo"}, fds);
//
// The test program is its own fork server: support/main.cpp hands these to zygote_main(). An entry
// is looked up by its first word; the body reads the rest of it.
#pragma once

#include <chrono>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "isolate/zygote.h"

namespace parallax::testing {

using StageBody = std::function<int(StageStart&)>;

inline std::map<std::string, StageBody>& stages() {
    static std::map<std::string, StageBody> all;
    return all;
}

class TestStages final : public StageEntry {
  public:
    int run(StageStart start) override {
        const auto body = stages().find(start.entry.substr(0, start.entry.find(' ')));
        return body == stages().end() ? 124 : body->second(start);
    }
};

// The only child of an idle fork server: the spare that it has made for the next stage. 0: none
// came.
inline pid_t await_spare(const Zygote& zygote) {
    const std::string pid = std::to_string(zygote.pid());
    for (int i = 0; i < 30'000; ++i) {
        std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
        if (pid_t spare = 0; children >> spare) return spare;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return 0;
}

}  // namespace parallax::testing

#define PX_STAGE_CAT_(a, b) a##b
#define PX_STAGE_CAT(a, b) PX_STAGE_CAT_(a, b)
#define PX_STAGE(label)                                                                         \
    static int PX_STAGE_CAT(px_stage_, __LINE__)(::parallax::StageStart&);                      \
    [[maybe_unused]] static const bool PX_STAGE_CAT(px_stage_reg_, __LINE__) =                  \
        ::parallax::testing::stages().emplace(label, PX_STAGE_CAT(px_stage_, __LINE__)).second; \
    static int PX_STAGE_CAT(px_stage_, __LINE__)([[maybe_unused]] ::parallax::StageStart & start)
