// peers: develops one frame by us and by whatever else was found, in turns, and prints every sample
// as JSON, one contender a line. tools/peers.py makes medians and ratios of them.
//
//     OMP_NUM_THREADS=1 peers WIDTH HEIGHT ROUNDS [WORD]      WORD: only those with it in their
//     name
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>
#include <string_view>

#include <time.h>

#include "peers/contender.h"

namespace parallax::peers {
namespace {

constexpr double kLeastMs = 4;  // A sample shorter than this is of several runs.

// Smooth shapes, an edge here and there, and noise: no worse for caches and branches than a photo.
Frame painted(int width, int height) {
    Frame frame{width, height, {}, {}};
    std::mt19937 random(1);
    frame.samples.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const int edge = (x / 97 + y / 61) % 2 == 0 ? 300 : 0;
            const double shape = 700 + 400 * std::sin(x * 0.013) * std::cos(y * 0.017);
            const int noise = static_cast<int>(random() % 32);
            const double value = Frame::kBlack + shape + edge + noise;
            frame.samples.push_back(static_cast<std::uint16_t>(value));
        }
    }
    return frame;
}

// Of the caller alone where one thread works: others' threads may still be winding down.
double cpu_ms(int threads) {
    timespec now{};
    clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_PROCESS_CPUTIME_ID, &now);
    return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

double wall_ms() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double, std::milli>(now).count();
}

struct Samples {
    int batch = 1;
    std::vector<double> cpu_ms_per_mp;
    std::vector<double> wall_ms_per_mp;
};

void take_sample(const Contender& contender, double megapixels, Samples& to) {
    const double cpu = cpu_ms(contender.threads);
    const double wall = wall_ms();
    for (int i = 0; i < to.batch; ++i) contender.run();
    to.cpu_ms_per_mp.push_back((cpu_ms(contender.threads) - cpu) / to.batch / megapixels);
    to.wall_ms_per_mp.push_back((wall_ms() - wall) / to.batch / megapixels);
}

// Once unmeasured, which also says how many make a sample.
Samples warmed(const Contender& contender) {
    contender.run();
    const double before = cpu_ms(contender.threads);
    contender.run();
    const double once = std::max(1e-3, cpu_ms(contender.threads) - before);
    return {std::max(1, static_cast<int>(kLeastMs / once)), {}, {}};
}

// Mean difference of two pictures in codes of 255, their borders left out; none if sizes differ.
double difference(const Frame& frame, const std::vector<std::uint8_t>& a,
                  const std::vector<std::uint8_t>& b) {
    const std::size_t border = 3 * 10 * static_cast<std::size_t>(frame.width);
    if (a.size() != b.size() || a.size() <= 2 * border) return std::nan("");
    double sum = 0;
    for (std::size_t i = border; i < a.size() - border; ++i) sum += std::abs(a[i] - b[i]);
    return sum / static_cast<double>(a.size() - 2 * border);
}

void print(const std::vector<double>& values, const char* name) {
    std::printf(", \"%s\": [", name);
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::printf("%s%.4f", i == 0 ? "" : ", ", values[i]);
    }
    std::printf("]");
}

int measure(Frame frame, int rounds, std::span<char* const> names) {
    Contenders all;
    add_ours(frame, all);
#ifdef PEERS_OPENCV
    add_opencv(frame, all);
#endif
#ifdef PEERS_LIBRAW
    add_libraw(frame, all);
#endif
    if (!names.empty()) {
        std::erase_if(all, [&](const Contender& one) {
            return std::ranges::find(names, one.name) == names.end();
        });
    }
    if (all.empty()) return 2;
    std::vector<Samples> samples;
    for (const Contender& contender : all) samples.push_back(warmed(contender));
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            take_sample(all[i], frame.megapixels(), samples[i]);
        }
    }
    const std::vector<std::uint8_t> reference =
        all.front().picture ? all.front().picture() : std::vector<std::uint8_t>{};
    for (std::size_t i = 0; i < all.size(); ++i) {
        std::printf("{\"name\": \"%s\", \"threads\": %d, \"megapixels\": %.3f", all[i].name.c_str(),
                    all[i].threads, frame.megapixels());
        const double apart =
            all[i].picture ? difference(frame, reference, all[i].picture()) : std::nan("");
        if (std::isfinite(apart)) std::printf(", \"difference\": %.2f", apart);
        print(samples[i].cpu_ms_per_mp, "cpu_ms_per_mp");
        print(samples[i].wall_ms_per_mp, "wall_ms_per_mp");
        std::printf("}\n");
    }
    return 0;
}

int number(std::string_view text) {
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

int run(std::span<char* const> arguments) {
    const bool complete = arguments.size() >= 4;
    const int width = complete ? number(arguments[1]) : 0;
    const int height = complete ? number(arguments[2]) : 0;
    const int rounds = complete ? number(arguments[3]) : 0;
    if (width < 64 || height < 64 || rounds < 1) {
        std::fprintf(stderr, "usage: peers WIDTH HEIGHT ROUNDS [NAME…]   (64 x 64 at least)\n");
        return 2;
    }
    return measure(painted(width, height), rounds, arguments.subspan(4));
}

}  // namespace
}  // namespace parallax::peers

int main(int argc, char** argv) {
    return parallax::peers::run({argv, static_cast<std::size_t>(argc)});
}
