#include "isolate/blueprint.h"

#include <algorithm>

#include <fcntl.h>

#include "media/bytes.h"

namespace parallax {
namespace {

constexpr std::size_t kMostText = std::size_t{1} << 20U;
constexpr std::size_t kMostItems = 65'536;

// One walk over all fields serves both ways: `Io` writes each one, or reads it.
struct Writer {
    ByteWriter out;
    template <PlainNumber T>
    void field(const T& number) {
        out.put(number);
    }
    void field(const bool& flag) { out.put(static_cast<std::uint8_t>(flag)); }
    void field(const std::string& text) { out.put_text(text); }
    template <class T, class Each>
    void list(const std::vector<T>& items, Each each) {
        out.put(static_cast<std::uint32_t>(items.size()));
        for (const T& item : items) each(item);
    }
};

struct Reader {
    ByteReader in;
    template <PlainNumber T>
    void field(T& number) {
        number = in.get<T>();
    }
    void field(bool& flag) { flag = in.get<std::uint8_t>() != 0; }
    void field(std::string& text) { text = in.get_text(kMostText); }
    template <class T, class Each>
    void list(std::vector<T>& items, Each each) {
        const std::size_t count = in.get_count(kMostItems, 1);
        for (std::size_t i = 0; i < count && !in.bad(); ++i) each(items.emplace_back());
    }
};

template <class Io>
void walk(Io& io, auto& format)
    requires requires {
        format.caps;
        format.pad;
    }
{
    io.field(format.pad);
    io.field(format.caps);
}

template <class Io>
void walk_piece(Io& io, auto& piece) {
    io.field(piece.name);
    io.field(piece.factory);
    io.list(piece.properties, [&](auto& property) {
        io.field(property.first);
        io.field(property.second);
    });
    io.list(piece.inputs, [&](auto& format) { walk(io, format); });
    io.list(piece.outputs, [&](auto& format) { walk(io, format); });
    io.list(piece.memory, [&](auto& memory) {
        io.field(memory.arena);
        io.field(memory.most_bytes);
    });
    io.field(piece.in_pad);
    io.field(piece.out_pad);
}

template <class Io>
void walk_positions(Io& io, auto& positions) {
    const auto all = [&](auto& words) {
        for (auto& word : words) io.field(word);
    };
    all(positions.consumed);
    all(positions.done);
    all(positions.released);
    all(positions.published);
    all(positions.state);
    io.field(positions.ended);
    io.field(positions.epoch);
    io.field(positions.sequence);
}

template <class Io>
void walk_blueprint(Io& io, auto& blueprint) {
    io.field(blueprint.group);
    io.field(blueprint.placed);
    io.list(blueprint.pieces, [&](auto& piece) { walk_piece(io, piece); });
    io.list(blueprint.arenas, [&](auto& arena) {
        io.field(arena.shape.id);
        io.field(arena.shape.slot_bytes);
        io.field(arena.shape.slot_count);
        io.field(arena.fd);
        io.field(arena.own);
    });
    io.list(blueprint.inputs, [&](auto& input) {
        for (auto* number :
             {&input.pad, &input.capacity, &input.held, &input.ring_fd, &input.record_fd,
              &input.word, &input.producer_inputs, &input.producer_channels}) {
            io.field(*number);
        }
        io.list(input.formers, [&](auto& former) {
            io.field(former.ring_fd);
            io.field(former.until);
        });
    });
    io.list(blueprint.outputs, [&](auto& output) {
        for (auto* number :
             {&output.pad, &output.capacity, &output.held, &output.ring_fd, &output.record_fd,
              &output.word, &output.consumer_inputs, &output.consumer_channels}) {
            io.field(*number);
        }
    });
    io.field(blueprint.record_fd);
    io.field(blueprint.counters_fd);
    io.field(blueprint.checkpoints_fd);
    io.field(blueprint.checkpoint_bytes);
    io.field(blueprint.traced);
    walk_positions(io, blueprint.start);
    io.list(blueprint.lent, [&](auto& lent) {
        io.field(lent.channel);
        io.field(lent.position);
        io.field(lent.origin.input);
        io.field(lent.origin.position);
    });
    io.field(blueprint.stand_in);
    io.list(blueprint.poison, [&](auto& positions) {
        io.list(positions, [&](auto& position) { io.field(position); });
    });
    io.list(blueprint.plugins, [&](auto& plugin) { io.field(plugin); });
}

}  // namespace

std::vector<std::byte> encode(const Blueprint& blueprint) {
    Writer writer;
    walk_blueprint(writer, blueprint);
    return std::move(writer.out).take();
}

Result<Blueprint> decode_blueprint(std::span<const std::byte> bytes) {
    Reader reader{ByteReader(bytes)};
    Blueprint blueprint;
    walk_blueprint(reader, blueprint);
    if (reader.in.bad()) return fail(Errc::corrupt, "a blueprint that does not check out");
    return blueprint;
}

Result<CpuSegment> memory_with(const Blueprint& blueprint) {
    const std::vector<std::byte> bytes = encode(blueprint);
    CpuSegment memory =
        PX_TRY(CpuSegment::create({.size_bytes = bytes.size(), .name = "blueprint"}));
    std::ranges::copy(bytes, PX_TRY(memory.view_mut()).begin());
    PX_TRY(memory.seal({.size = true, .future_write = true}));
    return memory;
}

Result<Blueprint> blueprint_in(const UniqueFd& memory, std::uint64_t bytes) {
    const CpuSegment text = PX_TRY(CpuSegment::from_fd(
        UniqueFd(::fcntl(memory.get(), F_DUPFD_CLOEXEC, 3)), bytes, Access::read_only));
    return decode_blueprint(text.view().first(bytes));
}

}  // namespace parallax
