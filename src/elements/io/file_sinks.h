// filesink, multifilesink: frames into files that appear complete or not at all.
#pragma once

#include <deque>

#include "elements/codec/file_io.h"
#include "elements/io/file_pattern.h"
#include "parallax/element.h"

namespace parallax::elements {

struct FileSinkOptions {
    WritePath location;
    static constexpr auto describe() {
        return std::tuple{Option{"location", &FileSinkOptions::location,
                                 "file to write; a device or named pipe is written to directly"}};
    }
};

// All frames, one after another. The file gets its name when the stream has ended well.
class FileSink final : public ElementWith<FileSinkOptions> {
  public:
    static Pads pads();
    Result<> open() override;
    Result<Flow> process(Context& context) override;
    Result<bool> event(Context& context, const Event& event) override;  // rewrite_start.h
    Result<> finish(bool complete) override;

  private:
    std::optional<codec::AtomicFile> file_;
};

struct MultiFileSinkOptions {
    WritePath location{{"%05d"}};
    std::int64_t index = 0;
    std::uint64_t max_files = 0;

    static constexpr auto describe() {
        return std::tuple{
            Option{"location", &MultiFileSinkOptions::location,
                   "names of the files, with one number such as %03d; without it each frame "
                   "replaces the file"},
            Option{"index", &MultiFileSinkOptions::index, "number of the next file", {.min = 0}},
            Option{"max-files", &MultiFileSinkOptions::max_files,
                   "files kept; older ones of this run are deleted; 0 keeps all"}};
    }
};

// One file for each frame, there under its name as soon as it is whole.
class MultiFileSink final : public ElementWith<MultiFileSinkOptions> {
  public:
    static Pads pads();
    Result<> open() override;
    Result<Flow> process(Context& context) override;

  private:
    FilePattern pattern_;
    std::deque<std::string> written_;  // Only where max-files bounds it.
};

}  // namespace parallax::elements
