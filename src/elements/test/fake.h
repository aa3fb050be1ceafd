// fakesrc, fakesink: frames from nowhere and to nowhere, to try and to measure everything between.
#pragma once

#include "parallax/registry.h"

namespace parallax::elements {

enum class SizeType : std::uint8_t { empty, fixed, random };
std::span<const Nick<SizeType>> nicks(SizeType);

struct FakeSrcOptions {
    int num_buffers = -1;
    SizeType sizetype = SizeType::empty;
    int sizemin = 0;
    int sizemax = 4096;
    std::int64_t datarate = 0;
    bool is_live = false;

    static constexpr auto describe() {
        return std::tuple{
            Option{"num-buffers",
                   &FakeSrcOptions::num_buffers,
                   "frames before the end of the stream; -1 goes on for ever",
                   {.min = -1}},
            Option{"sizetype", &FakeSrcOptions::sizetype, "how large frames are"},
            Option{"sizemin",
                   &FakeSrcOptions::sizemin,
                   "smallest frame of sizetype=random",
                   {.min = 0, .max = 1 << 30, .unit = "bytes"}},
            Option{"sizemax",
                   &FakeSrcOptions::sizemax,
                   "largest frame",
                   {.min = 0, .max = 1 << 30, .unit = "bytes"}},
            Option{"datarate",
                   &FakeSrcOptions::datarate,
                   "pts as if so many bytes passed in a second; 0: no pts",
                   {.min = 0, .unit = "bytes/s"}},
            Option{"is-live", &FakeSrcOptions::is_live, "make frames at their pts, not before"}};
    }
};

class FakeSrc final : public ElementWith<FakeSrcOptions> {
  public:
    static Pads pads();
    Result<> open() override;
    std::size_t output_bytes(std::size_t pad, const Negotiated& formats) const override;
    Result<Flow> process(Context& context) override;
    void save(InlineState& state) const override;
    Result<> restore(const InlineState& state) override;

  private:
    std::size_t frame_bytes() const;
    std::int64_t frames_ = 0;
    std::uint64_t bytes_ = 0;
};

struct FakeSinkOptions {
    bool silent = true;
    bool sync = false;
    std::string last_message;

    static constexpr auto describe() {
        return std::tuple{
            Option{"silent", &FakeSinkOptions::silent, "no last-message for each frame"},
            Option{"sync", &FakeSinkOptions::sync, "take frames at their pts, not before"},
            Option{"last-message",
                   &FakeSinkOptions::last_message,
                   "what was seen last",
                   {.read_only = true}}};
    }
};

class FakeSink final : public ElementWith<FakeSinkOptions> {
  public:
    static Pads pads();
    Result<Flow> process(Context& context) override;
};

void add_test(Registry& registry);

}  // namespace parallax::elements
