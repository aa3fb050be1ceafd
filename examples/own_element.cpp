// An element of one's own beside the built-in ones: posterize, with typed properties.
//
//     own_element                         writes posterized.png
//
// Shows: ElementWith<Options>, describe() (ranges, units, enums with nicks, live), Pads that pass
// the format through, configure() and process(), Registry::add. Text, ranges and mistakes are then
// dealt with as for any other element.
#include <algorithm>
#include <array>
#include <cstdio>

#include "parallax/builtin.h"
#include "parallax/pipeline.h"
#include "parallax/video_caps.h"

namespace demo {

using parallax::Option;

enum class Rounding : std::uint8_t { down, nearest };

// Found by the options of Parallax because it stands beside the enum.
std::span<const parallax::Nick<Rounding>> nicks(Rounding) {
    static constexpr std::array<parallax::Nick<Rounding>, 2> kNicks{
        {{Rounding::down, "down", "towards black"}, {Rounding::nearest, "nearest", "either way"}}};
    return kNicks;
}

struct PosterizeOptions {
    int levels = 4;
    Rounding rounding = Rounding::nearest;

    static constexpr auto describe() {
        using O = PosterizeOptions;
        return std::tuple{Option{"levels",
                                 &O::levels,
                                 "how many values a sample may have",
                                 {.min = 2, .max = 256, .live = true}},
                          Option{"rounding", &O::rounding, "to which of two values"}};
    }
};

class Posterize final : public parallax::ElementWith<PosterizeOptions> {
  public:
    static parallax::Pads pads() {
        const auto caps =
            parallax::video_caps({parallax::PixelFormat::rgb, parallax::PixelFormat::gray8});
        return {.pads = {{"sink", parallax::PadDirection::sink, caps},
                         {"src", parallax::PadDirection::src, caps}},
                .relation = parallax::Relation::pass_through};
    }

    parallax::Result<> configure(const parallax::Negotiated& formats) override {
        std::printf("  configured for %s\n", to_string(formats.in().caps).c_str());
        return make_table();
    }
    // `levels` is live: called between two frames.
    parallax::Result<> property_changed(std::string_view) override { return make_table(); }

    parallax::Result<parallax::Flow> process(parallax::Context& context) override {
        const parallax::MemoryView in = context.in();
        const parallax::MemoryViewMut out = context.out();  // Already there, of the right size.
        std::ranges::transform(in, out.begin(), [&](std::byte sample) {
            return table_[std::to_integer<std::size_t>(sample)];
        });
        return context.commit(in.size());
    }

  private:
    parallax::Result<> make_table() {
        const int steps = options().levels - 1;
        const int half = options().rounding == Rounding::nearest ? 127 : 0;
        for (int value = 0; value < 256; ++value) {
            const int step = std::min(steps, (value * steps + half) / 255);
            table_[static_cast<std::size_t>(value)] = static_cast<std::byte>(step * 255 / steps);
        }
        return {};
    }
    std::array<std::byte, 256> table_{};
};

}  // namespace demo

int main() {
    parallax::Registry registry;
    parallax::add_builtin_elements(registry);
    registry.add<demo::Posterize>({.name = "posterize",
                                   .family = "video",
                                   .doc = "few colours, as on a poster",
                                   .example = "videotestsrc num-buffers=1 ! posterize ! fakesink"});

    for (const char* line :
         {"videotestsrc num-buffers=1 ! posterize levels=1 ! fakesink",
          "videotestsrc num-buffers=1 ! posterize rounding=up ! fakesink",
          "videotestsrc num-buffers=1 pattern=gradient ! posterize levels=3 rounding=down "
          "! pngenc ! filesink location=posterized.png"}) {
        std::printf("%s\n", line);
        const auto pipeline = parallax::Pipeline::from_text(line, registry);
        if (!pipeline) {
            std::printf("  %s\n", to_string(pipeline.error().front()).c_str());
            continue;
        }
        if (const auto done = (*pipeline)->run(); !done) {
            return std::puts(to_string(done.error()).c_str()), 1;
        }
        std::printf("  done\n");
        return 0;
    }
    return 1;
}
