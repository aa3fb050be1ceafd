// selector, output-selector: one of several ways is open, and may change while frames flow.
//
// Both name it as GStreamer's input-selector and output-selector do, by active-pad=sink_1, or by
// its number among the linked pads, active=1. Whichever was set last holds; without either it is
// the first. A change takes effect between two frames.
//
// Threads: as any element.
#pragma once

#include <string>
#include <vector>

#include "parallax/element.h"

namespace parallax::elements {

// Which of several pads is open. The two properties are two names of one thing.
class ActivePad {
  public:
    Result<> configure(const std::vector<PadFormat>& pads, std::string& name,
                       std::uint64_t& number);
    // After the property `changed` was set; the other one follows.
    Result<> change(std::string_view changed, std::string& name, std::uint64_t& number) const;

  private:
    Result<> follow_name(const std::string& name, std::uint64_t& number) const;
    std::string names() const;

    std::vector<std::string> pads_;  // By number; unlinked ones are empty.
};

struct SelectorOptions {
    std::uint64_t active = 0;
    std::string active_pad;
    bool sync_streams = false;

    static constexpr auto describe() {
        using O = SelectorOptions;
        return std::tuple{
            Option{"active",
                   &O::active,
                   "number of the input that is handed on",
                   {.max = 15, .live = true}},
            Option{"active-pad", &O::active_pad, "the same by its name: sink_1", {.live = true}},
            Option{"sync-streams", &O::sync_streams,
                   "take frames of all inputs in the order of pts, so that a change leaves no "
                   "gap; else each as it comes"}};
    }
};

class Selector final : public ElementWith<SelectorOptions> {
  public:
    static Pads pads();
    Result<> configure(const Negotiated& formats) override;
    std::optional<InputPolicy> input_policy() const override;
    Result<> property_changed(std::string_view name) override;
    Result<Flow> process(Context& context) override;

  private:
    ActivePad active_;
};

struct OutputSelectorOptions {
    std::uint64_t active = 0;
    std::string active_pad;

    static constexpr auto describe() {
        using O = OutputSelectorOptions;
        return std::tuple{
            Option{"active",
                   &O::active,
                   "number of the output that frames go to",
                   {.max = 15, .live = true}},
            Option{"active-pad", &O::active_pad, "the same by its name: src_1", {.live = true}}};
    }
};

class OutputSelector final : public ElementWith<OutputSelectorOptions> {
  public:
    static Pads pads();
    Result<> configure(const Negotiated& formats) override;
    Result<> property_changed(std::string_view name) override;
    Result<Flow> process(Context& context) override;

  private:
    ActivePad active_;
};

}  // namespace parallax::elements
