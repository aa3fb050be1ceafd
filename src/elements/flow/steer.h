// Elements that hand frames on untouched: tee, funnel, valve, capsfilter, identity.
//
// None of them allocates; a frame that passes keeps its slot.
#pragma once

#include "parallax/element.h"

namespace parallax::elements {

struct TeeOptions {
    bool allow_not_linked = false;
    static constexpr auto describe() {
        return std::tuple{Option{"allow-not-linked", &TeeOptions::allow_not_linked,
                                 "no error when no output is linked"}};
    }
};

class Tee final : public ElementWith<TeeOptions> {
  public:
    static Pads pads();
    Result<> configure(const Negotiated& formats) override;
    Result<Flow> process(Context& context) override;

  private:
    std::size_t outputs_ = 0;
};

class Funnel final : public ElementWith<NoOptions> {
  public:
    static Pads pads();
    Result<Flow> process(Context& context) override {
        return context.forward(0, context.active_input());
    }
};

struct ValveOptions {
    bool drop = false;
    static constexpr auto describe() {
        return std::tuple{
            Option{"drop", &ValveOptions::drop, "shut: drop every frame", {.live = true}}};
    }
};

class Valve final : public ElementWith<ValveOptions> {
  public:
    static Pads pads();
    Result<Flow> process(Context& context) override;
};

struct CapsFilterOptions {
    Caps caps = Caps::any();
    static constexpr auto describe() {
        return std::tuple{Option{"caps",
                                 &CapsFilterOptions::caps,
                                 "what may pass; while it plays, all formats are agreed anew",
                                 {.live = true}}};
    }
};

class CapsFilter final : public ElementWith<CapsFilterOptions> {
  public:
    static Pads pads();
    Caps pad_caps(const Pad&) const override { return options().caps; }
    Result<Flow> process(Context& context) override { return context.forward(); }
};

struct IdentityOptions {
    bool silent = true;
    bool sync = false;
    std::uint64_t sleep_time = 0;
    int error_after = -1;
    int eos_after = -1;
    double drop_probability = 0;

    static constexpr auto describe() {
        return std::tuple{
            Option{"silent", &IdentityOptions::silent, "no message for each frame"},
            Option{"sync", &IdentityOptions::sync, "hand frames on at their pts, not before"},
            Option{"sleep-time",
                   &IdentityOptions::sleep_time,
                   "time to wait before each frame is handed on",
                   {.max = 3.6e9, .unit = "us", .live = true}},
            Option{"error-after",
                   &IdentityOptions::error_after,
                   "fail on the frame of this number, from 1; -1 never",
                   {.min = -1}},
            Option{"eos-after",
                   &IdentityOptions::eos_after,
                   "end the stream after so many frames; -1 never",
                   {.min = -1}},
            Option{"drop-probability",
                   &IdentityOptions::drop_probability,
                   "share of frames to drop; the same frames in every run",
                   {.min = 0, .max = 1, .live = true}}};
    }
};

class Identity final : public ElementWith<IdentityOptions> {
  public:
    static Pads pads();
    Result<Flow> process(Context& context) override;
    Result<bool> event(Context& context, const Event& event) override;
    void save(InlineState& state) const override;
    Result<> restore(const InlineState& state) override;

  private:
    Result<Flow> slow_process(Context& context);
    std::int64_t frames_ = 0;
    std::int64_t waiting_until_ns_ = -1;
};

}  // namespace parallax::elements
