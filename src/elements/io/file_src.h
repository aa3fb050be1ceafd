// filesrc: the bytes of one file.
//
// What a frame is depends on what was agreed: one picture of a headerless file, where the caps are
// raw video (`filesrc location=x.raw ! video/x-bayer,format=bggr10p,width=…`); the whole file,
// where they are those of a picture file; else the next `blocksize` bytes.
#pragma once

#include "elements/codec/file_io.h"
#include "parallax/element.h"

namespace parallax::elements {

struct FileSrcOptions {
    ReadPath location;
    int blocksize = 4096;
    std::int64_t num_buffers = -1;

    static constexpr auto describe() {
        return std::tuple{
            Option{"location", &FileSrcOptions::location, "file to read", {.required = true}},
            Option{"blocksize",
                   &FileSrcOptions::blocksize,
                   "size of a frame, unless caps say what a frame is",
                   {.min = 1, .max = 1 << 30, .unit = "bytes"}},
            Option{"num-buffers",
                   &FileSrcOptions::num_buffers,
                   "frames before the end of the stream; -1 reads to the end of the file",
                   {.min = -1}}};
    }
};

class FileSrc final : public ElementWith<FileSrcOptions> {
  public:
    static Pads pads();
    Result<> open() override;
    Caps pad_caps(const Pad& pad) const override;
    Result<> configure(const Negotiated& formats) override;
    std::size_t output_bytes(std::size_t pad, const Negotiated& formats) const override;
    Result<Flow> process(Context& context) override;
    void save(InlineState& state) const override;
    Result<> restore(const InlineState& state) override;

  private:
    std::optional<codec::InputFile> file_;
    std::optional<Structure> type_;  // Where the contents told.
    Fraction rate_;
    std::uint64_t frame_bytes_ = 0;
    std::uint64_t position_bytes_ = 0;
    std::uint64_t frames_ = 0;
    bool end_told_ = false;
    bool pieces_ = false;  // Frames are no pictures, but bytes of the file.
};

}  // namespace parallax::elements
