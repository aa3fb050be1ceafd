// Blueprint: all that a process needs to know to run one stage, as a value that can be sent.
//
// Descriptors are named by their place in the list that comes with it. It is written by the
// supervisor, which the stage's process trusts; reading checks it all the same.
//
// Threads: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "graph/stage.h"
#include "parallax/arena.h"
#include "parallax/segment.h"

namespace parallax {

struct Blueprint {
    struct Format {             // Of one pad.
        std::string pad = {};   // "sink_2"
        std::string caps = {};  // Fixed; empty: not linked.
    };
    struct Piece {  // One element of the chain.
        std::string name;
        std::string factory;
        std::vector<std::pair<std::string, std::string>> properties;
        std::vector<Format> inputs;  // In the order of their numbers.
        std::vector<Format> outputs;
        struct Output {
            std::uint32_t arena = kNone;  // In `arenas`.
            std::uint64_t most_bytes = 0;
        };
        std::vector<Output> memory;  // By output.
        std::uint32_t in_pad = 0;    // From the piece before, and to the one after it.
        std::uint32_t out_pad = 0;
    };
    struct Arena {
        ArenaShape shape;
        std::uint32_t fd = 0;
        bool own = false;
    };
    struct Input {
        std::uint32_t pad = 0;
        std::uint32_t capacity = 0;
        std::uint32_t held = 0;
        std::uint32_t ring_fd = 0;
        std::uint32_t record_fd = 0;  // Of the producer.
        std::uint32_t word = 0;
        std::uint32_t producer_inputs = 0;  // How many words its record has.
        std::uint32_t producer_channels = 0;
        struct Former {  // A ring of a producer that is gone.
            std::uint32_t ring_fd = 0;
            std::uint64_t until = 0;
        };
        std::vector<Former> formers = {};  // Oldest first.
    };
    struct Output {
        std::uint32_t pad = 0;
        std::uint32_t capacity = 0;
        std::uint32_t held = 0;
        std::uint32_t ring_fd = 0;
        std::uint32_t record_fd = 0;  // Of the consumer.
        std::uint32_t word = 0;
        std::uint32_t consumer_inputs = 0;
        std::uint32_t consumer_channels = 0;
    };
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

    std::string group = "default";
    bool placed = false;  // It says which its thread is, for the supervisor to place.
    std::vector<Piece> pieces;
    std::vector<Arena> arenas;
    std::vector<Input> inputs;
    std::vector<Output> outputs;
    std::uint32_t record_fd = 0;
    std::uint32_t counters_fd = 0;
    std::uint32_t checkpoints_fd = 0;
    std::uint64_t checkpoint_bytes = 0;  // 0: it writes none.
    bool traced = false;                 // A ring for a trace lies behind the counters.
    Positions start;
    std::vector<Stage::Lent> lent;
    bool stand_in = false;  // The element was given up: what comes is let go of, and the end told.
    std::vector<std::vector<std::uint64_t>> poison;  // Positions by input, to be skipped.
    std::vector<std::string> plugins;                // Files.
};

std::vector<std::byte> encode(const Blueprint& blueprint);
Result<Blueprint> decode_blueprint(std::span<const std::byte> bytes);

// Sealed memory that holds it, to be sent with its size; and what such memory holds.
Result<CpuSegment> memory_with(const Blueprint& blueprint);
Result<Blueprint> blueprint_in(const UniqueFd& memory, std::uint64_t bytes);

}  // namespace parallax
