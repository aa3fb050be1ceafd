// Isolated: a launch line whose elements run in processes, in the test program itself.
//
//     Isolated run("fakesrc num-buffers=20 ! evilfilter isolate=process ! appsink name=out", {});
//     CHECK(run.finish().empty());
//     CHECK(run.sequences() == …);
//
// The stage that children run is this program's own, with its elements and EvilFilter.
// Threads: one.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "parallax/app.h"
#include "parallax/isolation.h"
#include "parallax/pipeline.h"
#include "parallax/plugin_loader.h"
#include "support/evil_filter.h"
#include "support/forgetful.h"
#include "support/known_elements.h"
#include "support/lure_src.h"
#include "support/moving_sum.h"
#include "support/prying.h"
#include "support/thready.h"

namespace parallax::testing {

inline Registry evil_registry() {
    Registry registry = known_elements();
    registry.add<EvilFilter>({.name = "evilfilter", .family = "test", .doc = "", .example = ""});
    registry.add<MovingSum>({.name = "movingsum", .family = "test", .doc = "", .example = ""});
    registry.add<Forgetful>({.name = "forgetful", .family = "test", .doc = "", .example = ""});
    registry.add<Thready>({.name = "thready", .family = "test", .doc = "", .example = ""});
    registry.add<LureSrc>({.name = "luresrc", .family = "test", .doc = "", .example = ""});
    registry.add<Prying>({.name = "prying", .family = "test", .doc = "", .example = ""});
    return registry;
}

class Isolated {
  public:
    explicit Isolated(const std::string& line, SupervisorOptions options = {},
                      const std::vector<std::string>& plugins = {},
                      std::vector<ResourceGroup::Options> groups = {})
        : registry_(evil_registry()) {
        for (const std::string& plugin : plugins) REQUIRE(load_plugin(plugin, registry_));
        auto isolation = make_isolation(std::move(options));
        if (!isolation) FAIL(to_string(isolation.error()));
        isolation_ = *std::move(isolation);
        auto made = Pipeline::from_text(
            line, registry_, {.groups = std::move(groups), .isolation = isolation_.get()});
        if (!made) FAIL(made.error().front().text);
        pipeline_ = *std::move(made);
        if (auto* out = pipeline_->element<AppSink>("out")) {
            out->on_frame([this](const AppSink::View& view) {
                const std::lock_guard lock(mutex_);
                sequences_.push_back(view.meta.sequence);
                times_.push_back(view.meta.pts_ns);
            });
        }
    }

    Pipeline& pipeline() { return *pipeline_; }
    Result<> play() { return pipeline_->play(); }
    // The one place where messages are taken: errors and the end are not lost to who only waits.
    bool look(std::int64_t timeout_ns) {
        if (ended_) FAIL("it has ended already");
        const auto message = pipeline_->wait(timeout_ns);
        if (!message) return false;
        using Kind = Pipeline::Message::Kind;
        ended_ = message->kind == Kind::ended;
        const std::string text = message->element + ": " + message->text;
        if (!ended_) (message->kind == Kind::error ? errors_ : said_).push_back(text);
        return true;
    }
    bool ended() const { return ended_; }
    // To the end; what went wrong, as "element: text".
    std::vector<std::string> finish() {
        for (int idle = 0; idle < 60 && !ended_;) idle = look(1'000'000'000) ? 0 : idle + 1;
        if (!ended_) FAIL("it did not come to an end");
        return errors_;
    }
    // The next message, if there is one soon, among what was said.
    bool listen() { return look(10'000'000); }
    std::vector<std::string> run() {
        if (const Result<> playing = play(); !playing) FAIL(to_string(playing.error()));
        return finish();
    }
    ElementReport report(const std::string& name) const {
        for (const ElementReport& element : pipeline_->report().elements) {
            if (element.name == name) return element;
        }
        FAIL("no report of " << name);
        return {};
    }
    bool was_said(const std::string& part) const {
        for (const std::string& text : said_) {
            if (text.find(part) != std::string::npos) return true;
        }
        return false;
    }
    const std::vector<std::string>& said() const { return said_; }
    std::vector<std::uint64_t> sequences() {
        const std::lock_guard lock(mutex_);
        return sequences_;
    }
    std::vector<std::int64_t> times() {
        const std::lock_guard lock(mutex_);
        return times_;
    }

  private:
    Registry registry_;
    std::unique_ptr<Isolation> isolation_;
    std::unique_ptr<Pipeline> pipeline_;
    bool ended_ = false;
    std::vector<std::string> errors_;
    std::vector<std::string> said_;
    std::mutex mutex_;
    std::vector<std::uint64_t> sequences_;
    std::vector<std::int64_t> times_;
};

}  // namespace parallax::testing
