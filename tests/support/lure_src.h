// LureSrc: a source whose file says what becomes of who opens it, for tests of where that is.
//
//     "good 32x16"  a frame of video of that size for each run of its process, `num-buffers` in all
//     "abort" "hang" "fail"  when it is opened
//     "lie"         caps that its pad cannot have
//
// It only crashes and hangs as process 1 of a pid namespace, which a test program is not; how often
// it was opened in a process it counts there.
//
// Threads: as an element.
#pragma once

#include <cstdlib>
#include <string>

#include <unistd.h>

#include "elements/codec/file_io.h"
#include "parallax/element.h"
#include "parallax/video_caps.h"

namespace parallax::testing {

struct LureOptions {
    ReadPath location;
    std::uint64_t num_buffers = 5;
    static constexpr auto describe() {
        return std::tuple{Option{"location", &LureOptions::location, "what becomes of it"},
                          Option{"num-buffers", &LureOptions::num_buffers, "how many"}};
    }
};

class LureSrc final : public ElementWith<LureOptions> {
  public:
    static Pads pads() {
        return {.pads = {{"src", PadDirection::src, video_caps(std::array{PixelFormat::gray8})}},
                .state = StateClass::inline_state};
    }
    static int& opened_here() {
        static int count = 0;
        return count;
    }
    Result<> open() override {
        ++opened_here();
        const auto bytes = PX_TRY(codec::read_file(options().location.path, 4096));
        for (const std::byte byte : bytes) text_ += static_cast<char>(byte);
        const bool contained = ::getpid() == 1;
        if (text_ == "abort" && contained) std::abort();
        for (volatile int forever = 1; text_ == "hang" && contained && forever != 0;) {
        }
        if (text_ == "fail") return fail(Errc::corrupt, "as its file says", "write another one");
        return {};
    }
    Caps pad_caps(const Pad& pad) const override {
        if (text_ == "lie") return Caps(Structure("audio/x-raw"));
        const auto x = text_.find('x');
        if (x == std::string::npos) return pad.caps;
        const int width = std::atoi(text_.c_str() + 5);
        const int height = std::atoi(text_.c_str() + x + 1);
        const auto layout = image_layout(PixelFormat::gray8, width, height);
        return layout ? caps_of(*layout, Fraction(25, 1)) : pad.caps;
    }
    Result<Flow> process(Context& context) override {
        if (made_ == options().num_buffers) return Flow::eos;
        const MutableImageView out = context.out_image();
        context.out_meta().pts_ns = static_cast<std::int64_t>(made_++);
        return context.commit(out.layout.size_bytes);
    }
    void save(InlineState& state) const override { state[0] = made_; }
    Result<> restore(const InlineState& state) override {
        made_ = state[0];
        return {};
    }

  private:
    std::string text_;
    std::uint64_t made_ = 0;
};

}  // namespace parallax::testing
