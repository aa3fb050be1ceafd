// fdsrc, fdsink: bytes from and to descriptors that the program has inherited, such as pipes.
#pragma once

#include <vector>

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

// Where the caps are raw video, every frame is one whole picture. Where they are those of a picture
// file or of Y4M, what comes first tells the size, and the run agrees on it before any frame.
class FdSrc final : public ElementWith<FdSrcOptions> {
  public:
    static Pads pads();
    Result<> open() override;
    Caps pad_caps(const Pad&) const override { return offered_; }
    Result<> configure(const Negotiated& formats) override;
    std::size_t output_bytes(std::size_t pad, const Negotiated& formats) const override;
    Result<Flow> process(Context& context) override;

  private:
    enum class Kind : std::uint8_t { blocks, pictures, picture_file, y4m };
    using Count = std::optional<std::size_t>;  // 0 at the end; nothing when none are there yet.

    std::string name() const { return "fd " + std::to_string(options().fd); }
    Result<Count> read_fd(MemoryViewMut out) const;
    Result<Count> read_some(MemoryViewMut out);
    Result<bool> look_ahead();
    bool must_agree_anew();
    Result<Flow> fill_frame(Context& context);
    Result<Flow> end(Context& context) const;

    Kind kind_ = Kind::blocks;
    Caps offered_ = Caps::any();
    PadFormat agreed_;
    bool looked_ = false;
    std::vector<std::byte> ahead_;  // What look_ahead() has read,
    std::size_t ahead_used_ = 0;    // of which so much has gone on.
    std::size_t frame_bytes_ = 0;
    std::size_t have_bytes_ = 0;  // Of the frame under way.
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
