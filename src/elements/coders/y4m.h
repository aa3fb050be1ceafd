// y4menc, y4mdec: YUV4MPEG2 streams, the plainest way to hand video to other programs.
#pragma once

#include <vector>

#include "elements/coders/file_formats.h"
#include "parallax/element.h"

namespace parallax::elements {

// The first frame carries the header of the stream.
class Y4mEnc final : public ElementWith<NoOptions> {
  public:
    static Pads pads();
    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<> configure(const Negotiated& formats) override;
    std::size_t output_bytes(std::size_t pad, const Negotiated& formats) const override;
    Result<Flow> process(Context& context) override;
    void save(InlineState& state) const override;
    Result<> restore(const InlineState& state) override;

  private:
    std::string header_;
    bool header_sent_ = false;
};

// Takes the stream in pieces of any size.
class Y4mDec final : public ElementWith<NoOptions> {
  public:
    static Pads pads();
    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<> configure(const Negotiated& formats) override;
    Result<Flow> process(Context& context) override;
    Result<bool> event(Context& context, const Event& event) override;
    Result<Flow> drain(Context& context) override;

  private:
    bool linked_ = false;
    Result<bool> gather(MemoryView& rest);
    Result<> check_header();
    Result<> emit(Context& context);
    Result<> expect_complete() const;

    ImageLayout agreed_;
    Fraction rate_;
    std::size_t samples_bytes_ = 0;  // Of one frame, without its line.
    bool header_seen_ = false;
    std::vector<std::byte> pending_;         // The line and samples that are under way,
    std::optional<std::size_t> line_bytes_;  // of which so many are the line.
    std::size_t taken_bytes_ = 0;            // Of the input.
    std::uint64_t frames_ = 0;
};

}  // namespace parallax::elements
