// What travels beside a frame: entries of one's own, what the sensor told, and where it all
// came from.
//
//     provenance
//
// Shows: Meta::set and find with a key of one's own, raw_info() and provenance(): the chain of
// elements with their parameters, enough to make the same bytes again.
#include <cstdio>
#include <cstring>

#include "parallax/app.h"
#include "parallax/builtin.h"
#include "parallax/pipeline.h"

namespace {

constexpr const char* kKey = "example.verdict";

// Marks each frame as bright or dark, and hands it on untouched.
class Judge final : public parallax::ElementWith<parallax::NoOptions> {
  public:
    static parallax::Pads pads() {
        return {
            .pads = {{"sink", parallax::PadDirection::sink}, {"src", parallax::PadDirection::src}},
            .relation = parallax::Relation::pass_through};
    }
    parallax::Result<parallax::Flow> process(parallax::Context& context) override {
        const parallax::MemoryView in = context.in();
        std::uint64_t sum = 0;
        for (const std::byte sample : in) sum += std::to_integer<unsigned>(sample);
        const std::string_view verdict = sum / in.size() > 100 ? "bright" : "dark";
        parallax::Meta& meta = context.out_meta();  // Starts as the input's, entries and all.
        const auto bytes = std::as_bytes(std::span(verdict));
        PX_TRY(meta.set(kKey, {bytes.begin(), bytes.end()}));
        PX_TRY(append_step(meta, {.element = context.element_name(),
                                  .factory = "judge",
                                  .version = "1",
                                  .parameters = {}}));
        std::ranges::copy(in, context.out().begin());
        return context.commit(in.size());
    }
};

bool show(const parallax::AppSink::View& frame) {
    std::printf("frame %llu, %s\n", static_cast<unsigned long long>(frame.meta.sequence),
                to_string(frame.format.caps).c_str());
    const auto verdict = frame.meta.find(kKey);
    if (!verdict) return false;
    std::string word(verdict->size(), ' ');
    std::memcpy(word.data(), verdict->data(), verdict->size());
    std::printf("  verdict: %s\n", word.c_str());

    const auto info = raw_info(frame.meta);  // May fail: entries may come from strangers.
    if (info && *info) {
        std::printf("  sensor:  %s %s, ISO %.0f, 1/%.0f s\n", (*info)->make.c_str(),
                    (*info)->model.c_str(), (*info)->iso, 1 / (*info)->exposure_s);
    }
    const auto history = provenance(frame.meta);
    if (!history || !*history) return false;
    std::printf("  seed:    %llu\n", static_cast<unsigned long long>((*history)->seed));
    for (const parallax::ProvenanceStep& step : (*history)->chain) {
        std::printf("  made by: %s (%s %s) %s\n", step.element.c_str(), step.factory.c_str(),
                    step.version.c_str(), step.parameters.c_str());
    }
    return (*history)->chain.size() == 3;
}

}  // namespace

int main() {
    parallax::Registry registry;
    parallax::add_builtin_elements(registry);
    registry.add<Judge>(
        {.name = "judge", .family = "test", .doc = "bright or dark?", .example = ""});
    auto pipeline = parallax::Pipeline::from_text(
        "rawtestsrc num-buffers=2 seed=11 gain=2 ! video/x-bayer,width=256,height=192 "
        "! softisp tone=filmic exposure-ev=0.5 ! judge ! appsink name=out",
        registry);
    if (!pipeline) return std::puts(to_string(pipeline.error().front()).c_str()), 2;
    int good = 0;
    (*pipeline)->element<parallax::AppSink>("out")->on_frame(
        [&](const auto& frame) { good += show(frame) ? 1 : 0; });
    const auto done = (*pipeline)->run();
    if (!done) std::puts(to_string(done.error()).c_str());
    return done && good == 2 ? 0 : 1;
}
