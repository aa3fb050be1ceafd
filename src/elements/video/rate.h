// videorate: the same pictures at another rate, by repeating and dropping them.
//
// No picture is made or copied: frames are handed on as often as they are shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parallax/element.h"

namespace parallax::elements {

struct VideoRateOptions {
    std::uint64_t max_repeat = 64;
    static constexpr auto describe() {
        return std::tuple{Option{"max-repeat",
                                 &VideoRateOptions::max_repeat,
                                 "most times that one picture is shown; a longer gap stays a gap",
                                 {.min = 1, .max = 1024}}};
    }
};

// Each picture of the output is the one of the input that is on show at the middle of its time, so
// that times that tremble by less than half a picture change nothing. What no pictures come for is
// filled with the one after it. Without a rate on the output (0/1) frames pass as they are.
class VideoRate final : public ElementWith<VideoRateOptions> {
  public:
    static Pads pads();
    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<> configure(const Negotiated& formats) override;
    std::uint32_t burst() const override;
    Result<Flow> process(Context& context) override;
    Result<bool> event(Context& context, const Event& event) override;
    void save(InlineState& state) const override;
    Result<> restore(const InlineState& state) override;
    std::vector<std::pair<std::string, double>> metrics() const override;

  private:
    struct Shown {
        std::uint64_t times = 0;
        bool after_gap = false;
    };
    void begin_anew();
    Result<std::int64_t> time_of(const Meta& meta) const;
    __extension__ using Wide = __int128;  // Times come from anybody.
    Shown shown_until(Wide end_ns);

    Fraction in_rate_{0, 1};
    Fraction rate_{0, 1};
    bool begun_ = false;
    std::int64_t base_ns_ = 0;  // When slot 0 begins; that of the first picture.
    std::uint64_t slot_ = 0;    // The next one of the output.
    std::uint64_t given_ = 0;   // Pictures that came,
    std::uint64_t since_ = 0;   // of these since the base,
    std::uint64_t made_ = 0;    // and went, with those that were repeated.
    std::uint64_t repeated_ = 0;
};

}  // namespace parallax::elements
