// spawn_bench: how long it takes until a sandboxed stage is ready. See spawn_bench.cpp.
#pragma once

namespace parallax {

// Prints one JSON object a line; its answer is an exit code.
int spawn_bench(int rounds);

}  // namespace parallax
