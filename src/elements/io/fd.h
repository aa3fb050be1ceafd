// fdsrc, fdsink: bytes from and to descriptors that the program has inherited, such as pipes.
#pragma once

#include "parallax/element.h"

namespace parallax::elements {

struct FdSrcOptions {
    int fd = 0;
    int blocksize = 4096;
    std::int64_t num_buffers = -1;

    static constexpr auto describe() {
        return std::tuple{
            Option{"fd", &FdSrcOptions::fd, "descriptor to read; 0 is standard input", {.min = 0}},
            Option{"blocksize",
                   &FdSrcOptions::blocksize,
                   "most bytes of a frame, unless caps say what a frame is",
                   {.min = 1, .max = 1 << 30, .unit = "bytes"}},
            Option{"num-buffers",
                   &FdSrcOptions::num_buffers,
                   "frames before the end of the stream; -1 reads to the end",
                   {.min = -1}}};
    }
};

// Where the caps are raw video, every frame is one whole picture.
class FdSrc final : public ElementWith<FdSrcOptions> {
  public:
    static Pads pads();
    Result<> open() override;
    Result<> configure(const Negotiated& formats) override;
    std::size_t output_bytes(std::size_t pad, const Negotiated& formats) const override;
    Result<Flow> process(Context& context) override;

  private:
    std::string name() const { return "fd " + std::to_string(options().fd); }
    Result<Flow> end(Context& context) const;

    bool pictures_ = false;
    std::size_t frame_bytes_ = 0;
    std::size_t have_bytes_ = 0;  // Of the frame under way.
    Fraction rate_;
    std::uint64_t frames_ = 0;
};

struct FdSinkOptions {
    int fd = 1;
    static constexpr auto describe() {
        return std::tuple{Option{
            "fd", &FdSinkOptions::fd, "descriptor to write; 1 is standard output", {.min = 0}}};
    }
};

class FdSink final : public ElementWith<FdSinkOptions> {
  public:
    static Pads pads();
    Result<> open() override;
    Result<Flow> process(Context& context) override;

  private:
    std::size_t written_bytes_ = 0;  // Of the frame under way.
};

}  // namespace parallax::elements
