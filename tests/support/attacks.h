// PX_ATTACK: one thing that hostile code in a sandbox would try, run for real in a sandboxed child.
//
//     PX_ATTACK("files: read /etc/passwd", works) {
//         return ::open("/etc/passwd", O_RDONLY) >= 0;     // true: the attack worked
//     }
//
// The second word says what happens without a sandbox: `works` for anyone, `as_root` for root only,
// or `unsafe` to try. attacks_test.cpp runs each one in a sandbox, where it must fail, and those
// that can be run outside of one, where they must work: else they would prove nothing.
#pragma once

#include <vector>

namespace parallax::testing {

enum class Outside { works, as_root, unsafe };

struct Target {
    int input = -1;  // A sealed memfd that the stage may only read.
};

struct Attack {
    const char* name;
    Outside outside;
    bool (*run)(const Target& target);
};

inline std::vector<Attack>& attacks() {
    static std::vector<Attack> all;
    return all;
}

}  // namespace parallax::testing

#define PX_ATTACK_CAT_(a, b) a##b
#define PX_ATTACK_CAT(a, b) PX_ATTACK_CAT_(a, b)
#define PX_ATTACK(label, outside)                                                                  \
    static bool PX_ATTACK_CAT(px_attack_, __LINE__)(const ::parallax::testing::Target&);           \
    [[maybe_unused]] static const bool PX_ATTACK_CAT(px_attack_reg_, __LINE__) =                   \
        (::parallax::testing::attacks().push_back(                                                 \
             {label, ::parallax::testing::Outside::outside, PX_ATTACK_CAT(px_attack_, __LINE__)}), \
         true);                                                                                    \
    static bool PX_ATTACK_CAT(                                                                     \
        px_attack_, __LINE__)([[maybe_unused]] const ::parallax::testing::Target& target)
