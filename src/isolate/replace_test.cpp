// A process is replaced while frames flow: its successor has the plugin's file as it is then, and
// no frame is lost.
#include <algorithm>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/isolated.h"
#include "support/temp_folder.h"

namespace parallax {
namespace {

using testing::Isolated;

const std::string kBuilds = PARALLAX_STAMP_PLUGINS;

const std::string kCamera =
    "videotestsrc num-buffers=-1 ! video/x-raw,format=GRAY8,width=16,height=16 ! "
    "identity name=slow sleep-time=500 ! ";

// As an installer does: the old file stays whole for who has it open.
void install(const std::string& build, const std::string& place) {
    std::filesystem::copy_file(kBuilds + "/" + build, place + ".new");
    std::filesystem::rename(place + ".new", place);
}

struct Frame {
    std::uint64_t sequence;
    int stamp;
};

// Of each frame that arrives.
class Stamps {
  public:
    explicit Stamps(Isolated& run) {
        run.pipeline().element<AppSink>("out")->on_frame([this](const AppSink::View& view) {
            const std::lock_guard lock(mutex_);
            frames_.push_back({view.meta.sequence, static_cast<int>(view.bytes.front())});
        });
    }
    std::vector<Frame> all() {
        const std::lock_guard lock(mutex_);
        return frames_;
    }
    bool any(int stamp) {
        return std::ranges::any_of(all(), [&](const Frame& f) { return f.stamp == stamp; });
    }

  private:
    std::mutex mutex_;
    std::vector<Frame> frames_;
};

}  // namespace

TEST_CASE("replace: a newer plugin takes over while frames flow, each of them once") {
    const TempFolder folder;
    const std::string plugin = folder.file("stamp.so");
    install("stamp_1.so", plugin);
    Isolated run(kCamera + "stamp name=s isolate=process ! appsink name=out", {}, {plugin});
    Stamps stamps(run);
    REQUIRE(run.play());
    while (!stamps.any(1)) (void)run.look(1'000'000);
    for (const int build : {2, 1, 2}) {
        install("stamp_" + std::to_string(build) + ".so", plugin);
        const std::size_t before = stamps.all().size();
        REQUIRE(run.pipeline().replace("s"));
        while (stamps.all().size() < before + 40 || stamps.all().back().stamp != build) {
            REQUIRE_FALSE(run.ended());
            (void)run.look(1'000'000);
        }
    }
    run.pipeline().stop();
    CHECK(run.finish().empty());
    const std::vector<Frame> frames = stamps.all();
    int changes = 0;
    for (std::size_t n = 0; n < frames.size(); ++n) {
        REQUIRE(frames[n].sequence == n);
        if (n > 0) changes += frames[n].stamp != frames[n - 1].stamp;
    }
    CHECK(changes == 3);
    CHECK(run.report("s").restarts == 3);
    CHECK(run.report("s").poisoned == 0);
}

TEST_CASE(
    "replace: a newer plugin that does not load is an error like any crash, told with its name") {
    const TempFolder folder;
    const std::string plugin = folder.file("stamp.so");
    install("stamp_1.so", plugin);
    SupervisorOptions options;
    options.restart.most = 2;
    options.restart.delay = std::chrono::milliseconds(1);
    Isolated run(kCamera + "stamp name=s isolate=process ! appsink name=out", options, {plugin});
    Stamps stamps(run);
    REQUIRE(run.play());
    while (!stamps.any(1)) (void)run.look(1'000'000);
    std::filesystem::remove(plugin);
    REQUIRE(run.pipeline().replace("s"));
    const std::vector<std::string> errors = run.finish();
    REQUIRE_FALSE(errors.empty());
    CHECK(errors.front().starts_with("s: "));
    const std::vector<Frame> frames = stamps.all();
    for (std::size_t n = 0; n < frames.size(); ++n) REQUIRE(frames[n].sequence == n);
}

TEST_CASE("replace: only what runs in a process of its own can be replaced, while it plays") {
    Isolated run(kCamera + "identity name=i isolate=process ! appsink name=out");
    CHECK(run.pipeline().replace("i").error().code == Errc::invalid_argument);
    REQUIRE(run.play());
    const Result<> inside = run.pipeline().replace("slow");
    REQUIRE_FALSE(inside);
    CHECK(inside.error().message == "slow runs in the program: it has no process to replace");
    CHECK(inside.error().hint.find("isolate=process") != std::string::npos);
    CHECK(run.pipeline().replace("nobody").error().code == Errc::not_found);
    run.pipeline().stop();
    CHECK(run.finish().empty());
}

}  // namespace parallax
