// mix_matrix: how the channels of one layout become those of another.
//
// Layouts follow from the number of channels, up to eight: mono; L R; L R C; L R, rear L R; L R C,
// rear L R; L R C LFE, rear L R (5.1); the same and rear centre (6.1); the same and sides (7.1).
// Downmixing follows ITU-R BS.775-3: centre and surrounds go to their neighbours at -3 dB, LFE is
// left out; then all weights shrink together as far as no full-scale input can clip. A single
// channel is heard at full level on both front ones.
//
// Threads: pure functions.
#pragma once

#include <span>
#include <vector>

namespace parallax::compute {

inline constexpr int kMostMixedChannels = 8;

// out[o] = Σ weights[o · in + i] · in[i].
struct MixMatrix {
    int in = 1;
    int out = 1;
    std::vector<double> weights;
    bool identity() const;
};

// Numbers that agree are left alone, whatever they are; others are at most kMostMixedChannels.
MixMatrix mix_matrix(int in, int out);

// Interleaved frames: as many as both hold.
void mix(const MixMatrix& matrix, std::span<const double> in, std::span<double> out);

}  // namespace parallax::compute
