// filesink, multifilesink: frames into files that appear complete or not at all.
//
// A named pipe is written to directly. Its reader may come later: filesink waits for it with the
// first frame, and for room with the others, some seconds at most and not beyond the run; nothing
// waits where a stop could not end it.
#pragma once

#include "elements/codec/file_io.h"
#include "elements/io/file_pattern.h"
#include "parallax/element.h"

namespace parallax::elements {

struct FileSinkOptions {
    WritePath location;
    bool sync = false;

    static constexpr auto describe() {
        return std::tuple{
            Option{"location",
                   &FileSinkOptions::location,
                   "file to write; a device or named pipe is written to directly",
                   {.required = true}},
            Option{"sync", &FileSinkOptions::sync, "write frames at their pts, not before"}};
    }
};

// All frames, one after another. The file gets its name when the stream has ended well.
class FileSink final : public ElementWith<FileSinkOptions> {
  public:
    static Pads pads();
    Result<> open() override;
    bool external() const override;
    Result<> begin() override;
    Result<Flow> process(Context& context) override;
    Result<bool> event(Context& context, const Event& event) override;  // rewrite_start.h
    Result<> finish(bool complete) override;
    void save(InlineState& state) const override;
    Result<> restore(const InlineState& state) override;

  private:
    Result<Flow> wait_for_reader(Context& context, const char* trouble);

    std::optional<codec::AtomicFile> file_;
    bool begun_here_ = false;             // Else the program completes it.
    std::size_t written_bytes_ = 0;       // Of the frame at hand.
    std::int64_t waiting_since_ns_ = -1;  // For the reader of a pipe.
};

enum class NextFile : std::uint8_t { buffer, max_size, max_duration };
std::span<const Nick<NextFile>> nicks(NextFile);

struct MultiFileSinkOptions {
    WritePath location{{"%05d"}};
    std::int64_t index = 0;
    std::uint64_t max_files = 0;
    NextFile next_file = NextFile::buffer;
    std::uint64_t max_file_size = std::uint64_t{2} << 30U;
    std::uint64_t max_file_duration = 60'000'000'000;
    bool post_messages = false;
    bool sync = false;

    static constexpr auto describe() {
        using O = MultiFileSinkOptions;
        return std::tuple{
            Option{"location",
                   &O::location,
                   "names of the files, with one number such as %03d; without it each "
                   "replaces the one before",
                   {.required = true}},
            Option{"index", &O::index, "number of the next file", {.min = 0}},
            Option{"max-files", &O::max_files,
                   "files kept; older ones of this run are deleted; 0 keeps all"},
            Option{"next-file", &O::next_file, "when the next file begins"},
            Option{"max-file-size",
                   &O::max_file_size,
                   "largest file of next-file=max-size, at least one frame",
                   {.min = 1, .unit = "bytes"}},
            Option{"max-file-duration",
                   &O::max_file_duration,
                   "longest file of next-file=max-duration, by pts, at least one frame",
                   {.min = 1, .unit = "ns"}},
            Option{"post-messages", &O::post_messages, "a message for each file that is complete"},
            Option{"sync", &O::sync, "write frames at their pts, not before"}};
    }
};

// Files of one frame or of several, each there under its name as soon as it is whole.
class MultiFileSink final : public ElementWith<MultiFileSinkOptions> {
  public:
    static Pads pads();
    Result<> open() override;
    bool external() const override;
    Result<> begin() override;
    Result<Flow> process(Context& context) override;
    Result<Flow> drain(Context& context) override;
    Result<> finish(bool complete) override;
    void save(InlineState& state) const override;
    Result<> restore(const InlineState& state) override;

  private:
    bool begins_new_file(const MemoryView& bytes, const Meta& meta) const;
    Result<> open_file(const Meta& meta);
    Result<> close_file(Context* context);  // Who may be told of it.
    void tell(Context& context) const;

    FilePattern pattern_;
    std::uint64_t nonce_ = 0;                // Of all its files; see AtomicFile.
    bool begun_here_ = false;                // Else others have written, and may go on.
    std::optional<codec::AtomicFile> file_;  // Begun and not complete.
    std::int64_t first_pts_ns_ = kNoTimeNs;  // In it.
    std::int64_t oldest_ = 0;  // Index of the oldest file, where max-files bounds them.
};

}  // namespace parallax::elements
