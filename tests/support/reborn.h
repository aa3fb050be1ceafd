// Reborn: every element that writes its state down, replaced after each call by one that knows
// nothing else of its predecessor, as after a kill between two frames.
//
//     check_goes_on("audiotestsrc num-buffers=9 ! collect name=c");
//
// Threads: as Play.
#pragma once

#include <atomic>

#include "support/play.h"

namespace parallax {

class RebornFactory final : public Factory {
  public:
    RebornFactory(const Factory& original, std::atomic<int>& births)
        : original_(original), births_(births) {
        info = original.info;
    }
    std::unique_ptr<Element> make() const override {
        return std::make_unique<Reborn>(original_, births_);
    }
    Pads pads() const override { return original_.pads(); }
    std::vector<PropertySpec> properties() const override { return original_.properties(); }

  private:
    class Reborn final : public Element {
      public:
        Reborn(const Factory& factory, std::atomic<int>& births)
            : factory_(factory), births_(births), now_(factory.make()) {}

        Result<> set_property(std::string_view name, std::string_view text) override {
            properties_.emplace_back(name, text);
            return now_->set_property(name, text);
        }
        std::optional<PropertyValue> property(std::string_view name) const override {
            return now_->property(name);
        }
        std::vector<PropertySpec> properties() const override { return now_->properties(); }
        Result<> open() override { return now_->open(); }
        Result<> begin() override { return now_->begin(); }
        bool external() const override { return now_->external(); }
        Caps pad_caps(const Pad& pad) const override { return now_->pad_caps(pad); }
        Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override {
            return now_->transform(from, caps, to);
        }
        Result<> configure(const Negotiated& formats) override {
            formats_ = formats;
            return now_->configure(formats);
        }
        std::size_t output_bytes(std::size_t pad, const Negotiated& formats) const override {
            return now_->output_bytes(pad, formats);
        }
        std::uint32_t burst() const override { return now_->burst(); }
        std::optional<InputPolicy> input_policy() const override { return now_->input_policy(); }
        Result<bool> event(Context& context, const Event& event) override {
            const bool handled = PX_TRY(now_->event(context, event));
            PX_TRY(renew());
            return handled;
        }
        Result<Flow> process(Context& context) override {
            const Flow flow = PX_TRY(now_->process(context));
            if (flow != Flow::again) PX_TRY(renew());
            return flow;
        }
        Result<Flow> drain(Context& context) override {
            const Flow flow = PX_TRY(now_->drain(context));
            if (flow != Flow::again) PX_TRY(renew());
            return flow;
        }
        // The first of them stands for the program's own, which completes what the others did.
        Result<> finish(bool complete) override {
            InlineState state{};
            now_->save(state);
            PX_TRY(now_->finish(complete));
            if (gone_.empty()) return {};
            if (state != InlineState{}) PX_TRY(gone_.front()->restore(state));
            return gone_.front()->finish(complete);
        }
        std::vector<std::pair<std::string, double>> metrics() const override {
            return now_->metrics();
        }

      private:
        Result<> renew() {
            InlineState state{};
            now_->save(state);
            auto next = factory_.make();
            for (const auto& [name, text] : properties_) PX_TRY(next->set_property(name, text));
            PX_TRY(next->open());
            PX_TRY(next->configure(formats_));
            if (state != InlineState{}) PX_TRY(next->restore(state));
            std::vector<std::byte> checkpoint;
            now_->save_checkpoint(checkpoint);
            if (checkpoint.size() > now_->checkpoint_bytes()) {
                return fail(Errc::corrupt, "a checkpoint longer than it said");
            }
            if (!checkpoint.empty()) PX_TRY(next->restore_checkpoint(checkpoint));
            gone_.push_back(std::exchange(now_, std::move(next)));  // It tidies nothing up.
            ++births_;
            return {};
        }

        const Factory& factory_;
        std::atomic<int>& births_;
        std::unique_ptr<Element> now_;
        std::vector<std::unique_ptr<Element>> gone_;
        std::vector<std::pair<std::string, std::string>> properties_;
        Negotiated formats_;
    };

    const Factory& original_;
    std::atomic<int>& births_;
};

// Puts them in place of the originals, and outlives whatever plays them.
class Rebirths {
  public:
    Rebirths() { add_builtin_elements(originals_); }
    void take_over(Registry& registry) {
        for (const Factory* factory : originals_.all()) {
            const StateClass state = factory->pads().state;
            if (state != StateClass::inline_state && state != StateClass::checkpoint) continue;
            registry.add(std::make_unique<RebornFactory>(*factory, births_));
        }
    }
    int births() const { return births_; }

  private:
    Registry originals_;
    std::atomic<int> births_ = 0;
};

// The same frames come out of `collect name=c`, and the same metrics of all, as undisturbed.
inline void check_goes_on(const std::string& line) {
    CAPTURE(line);
    Play plain(line);
    Rebirths rebirths;
    Play reborn(line, [&](Registry& registry) { rebirths.take_over(registry); });
    for (Play* play : {&plain, &reborn}) {
        const Result<> outcome = play->run();
        if (!outcome) FAIL(to_string(outcome.error()));
    }
    CHECK(rebirths.births() > 1);
    const std::vector<HeldFrame>& expected = plain.collect("c").frames;
    const std::vector<HeldFrame>& got = reborn.collect("c").frames;
    REQUIRE(got.size() == expected.size());
    REQUIRE(got.size() > 1);
    for (std::size_t i = 0; i < got.size(); ++i) {
        CAPTURE(i);
        CHECK(got[i].bytes == expected[i].bytes);
        CHECK(got[i].meta.pts_ns == expected[i].meta.pts_ns);
        CHECK(got[i].meta.duration_ns == expected[i].meta.duration_ns);
        CHECK(got[i].meta.sequence == expected[i].meta.sequence);
        CHECK(got[i].meta.flags == expected[i].meta.flags);
    }
    const auto metrics = [](Play& play) {
        std::vector<std::pair<std::string, double>> all;
        for (const ElementReport& element : play.pipeline().report().elements)
            all.insert(all.end(), element.metrics.begin(), element.metrics.end());
        return all;
    };
    CHECK(metrics(reborn) == metrics(plain));
}

}  // namespace parallax
