// Contender: one way to develop the frame that all of them are given.
//
// They run in turns, in one process, so that whatever else the machine does meets all alike.
// Threads: each run() is called from the main thread. Lifetime: frames outlive their contenders.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace parallax::peers {

// Samples of 12 bits in words, RGGB, and what has to be done to them.
struct Frame {
    static constexpr int kBlack = 256;
    static constexpr int kWhite = 4095;
    static constexpr std::array<float, 3> kGains{2.0F, 1.0F, 1.6F};

    int width = 0;
    int height = 0;
    std::vector<std::uint16_t> samples;
    std::array<float, 9> camera_to_srgb{1, 0, 0, 0, 1, 0, 0, 0, 1};  // After white balance.

    double megapixels() const { return 1e-6 * width * height; }
};

struct Contender {
    std::string name;
    int threads = 1;
    std::function<void()> run;
    std::function<std::vector<std::uint8_t>()> picture = {};  // RGB of the last run, if it is one.
};

using Contenders = std::vector<Contender>;

// Sets the frame's matrix to the one that our developer derives, so that all use the same.
void add_ours(Frame& frame, Contenders& all);
void add_opencv(const Frame& frame, Contenders& all);
void add_libraw(const Frame& frame, Contenders& all);

}  // namespace parallax::peers
