// multifilesrc: one frame for each of many files.
//
// Picture files tell their kind and size: a sequence whose size changes makes the run agree anew.
// Headerless files need caps, and each must be exactly one picture of them.
#pragma once

#include <vector>

#include "elements/codec/file_io.h"
#include "parallax/element.h"

namespace parallax::elements {

struct MultiFileSrcOptions {
    ReadPath location{{"%05d"}};
    std::int64_t index = 0;
    std::int64_t start_index = 0;
    std::int64_t stop_index = -1;
    bool loop = false;
    Caps caps = Caps::any();
    std::int64_t num_buffers = -1;

    static constexpr auto describe() {
        return std::tuple{
            Option{"location",
                   &MultiFileSrcOptions::location,
                   "files with one number such as %03d, or a pattern such as shots/*.png",
                   {.required = true}},
            Option{"index",
                   &MultiFileSrcOptions::index,
                   "number of the first file, if above start-index",
                   {.min = 0, .max = 1e15}},
            Option{"start-index",
                   &MultiFileSrcOptions::start_index,
                   "number of the first file of every round of a loop",
                   {.min = 0, .max = 1e15}},
            Option{"stop-index",
                   &MultiFileSrcOptions::stop_index,
                   "number of the last file; -1 goes on to the first that is missing",
                   {.min = -1, .max = 1e15}},
            Option{"loop", &MultiFileSrcOptions::loop, "begin anew after the last file"},
            Option{"caps", &MultiFileSrcOptions::caps, "what the files hold"},
            Option{"num-buffers",
                   &MultiFileSrcOptions::num_buffers,
                   "frames before the end of the stream; -1 takes all files",
                   {.min = -1}}};
    }
};

class MultiFileSrc final : public ElementWith<MultiFileSrcOptions> {
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
    struct File {
        std::string path;
        std::uint64_t size_bytes;
    };
    Result<> list_files();
    Result<> add_file(const std::string& path);
    Result<> note_type(const std::optional<Structure>& type, const std::string& path);
    const File& next_file() const { return files_[next_ % files_.size()]; }

    std::vector<File> files_;
    std::uint64_t next_ = 0;  // Counts on through the rounds of a loop.
    std::uint64_t frames_ = 0;
    Caps offered_ = Caps::any();
    int agreed_orientation_ = 1;
    PadFormat agreed_;
    Fraction rate_;
};

}  // namespace parallax::elements
