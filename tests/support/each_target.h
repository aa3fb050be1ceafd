// each_target: run a test once for every instruction set this machine and this build have, the
// scalar fallback included.
//
//     each_target([&] { CHECK(developed(frame) == expected); });
#pragma once

#include <doctest/doctest.h>
#include <hwy/targets.h>

namespace parallax {

template <class Body>
void each_target(const Body& body) {
    for (const auto target : hwy::SupportedAndGeneratedTargets()) {
        INFO("on " << hwy::TargetName(target));
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(target);
        body();
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().DeInit();
}

}  // namespace parallax
