// What isolation costs in time: the birth of a stage, the way of a frame through a process, and the
// pause that a kill makes. Each prints one JSON object a line; its answer is an exit code.
#pragma once

namespace parallax {

// `bench --spawn ROUNDS`: until a sandboxed stage is ready (spawn_bench.cpp).
int spawn_bench(int rounds);

// `bench --crossing FRAMES`: into a process and back out of it (crossing_bench.cpp).
int crossing_bench(int frames);

// `bench --kills ROUNDS`: from SIGKILL to the first frame of the successor (crossing_bench.cpp).
int kill_bench(int rounds);

}  // namespace parallax
