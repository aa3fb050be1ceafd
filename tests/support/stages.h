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

#include <functional>
#include <map>
#include <string>
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

}  // namespace parallax::testing

#define PX_STAGE_CAT_(a, b) a##b
#define PX_STAGE_CAT(a, b) PX_STAGE_CAT_(a, b)
#define PX_STAGE(label)                                                                         \
    static int PX_STAGE_CAT(px_stage_, __LINE__)(::parallax::StageStart&);                      \
    [[maybe_unused]] static const bool PX_STAGE_CAT(px_stage_reg_, __LINE__) =                  \
        ::parallax::testing::stages().emplace(label, PX_STAGE_CAT(px_stage_, __LINE__)).second; \
    static int PX_STAGE_CAT(px_stage_, __LINE__)([[maybe_unused]] ::parallax::StageStart & start)
