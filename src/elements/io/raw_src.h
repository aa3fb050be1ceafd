// rawsrc: the pictures of camera raw files (DNG, CR2, NEF, ARW …), as they came from the sensor.
//
// The first file fixes the format; when a later one has another, the run agrees anew. Each frame
// carries its RawInfo, its file's name, and the hash of the file as provenance.
#pragma once

#include <vector>

#include "base/hash.h"
#include "elements/codec/raw_file.h"
#include "parallax/element.h"

namespace parallax::elements {

struct RawSrcOptions {
    ReadPath location;
    std::int64_t num_buffers = -1;
    bool loop = false;
    Fraction framerate{1, 1};

    static constexpr auto describe() {
        return std::tuple{
            Option{"location",
                   &RawSrcOptions::location,
                   "a raw file, or a pattern such as shots/*.dng, taken in order of names",
                   {.required = true}},
            Option{"num-buffers",
                   &RawSrcOptions::num_buffers,
                   "pictures before the end of the stream; -1 takes all files",
                   {.min = -1}},
            Option{"loop", &RawSrcOptions::loop, "begin anew after the last file"},
            Option{"framerate", &RawSrcOptions::framerate,
                   "pictures a second, for their pts; 0/1 gives them none"}};
    }
};

class RawSrc final : public ElementWith<RawSrcOptions> {
  public:
    static Pads pads();
    Result<> open() override;
    Caps pad_caps(const Pad& pad) const override;
    Result<> configure(const Negotiated& formats) override;
    Result<Flow> process(Context& context) override;
    void save(InlineState& state) const override;
    Result<> restore(const InlineState& state) override;

  private:
    struct Loaded {  // The file whose picture comes next.
        codec::RawFile file;
        Hash128 hash;
    };
    Result<> load();
    const std::string& path() const { return paths_[next_ % paths_.size()]; }
    Result<> describe(Context& context, const RawInfo& info) const;

    std::vector<std::string> paths_;
    std::uint64_t next_ = 0;  // Counts on through the rounds of a loop.
    std::optional<Loaded> loaded_;
    codec::RawShape shape_;  // Of the file that was loaded last.
    int orientation_ = 1;    // Of the same.
    std::optional<ImageLayout> agreed_;
    int agreed_orientation_ = 1;
};

}  // namespace parallax::elements
