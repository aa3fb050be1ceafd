// Plugins that misbehave while they are tried: each is left out with its reason, and costs nobody
// anything. tests/plugins/evil.c has their ways.
#include "isolate/plugin_trial.h"

#include <filesystem>
#include <functional>

#include <doctest/doctest.h>

#include "base/sanitized.h"
#include "parallax/isolation.h"
#include "support/stages.h"

namespace parallax {
namespace {

PX_STAGE("plugin-trial") { return run_plugin_trial(std::move(start)); }

const std::string kFolder = PARALLAX_EVIL_PLUGINS;

std::string reason_for(const std::string& way) {
    SandboxedPluginTrial trial;
    return trial(kFolder + "/" + way + ".so").value_or("");
}

TEST_CASE("plugin trial: a crash, an exit, a lie and a flood of memory are told apart") {
    CHECK(reason_for("crash") == "it crashed when it was tried: SIGSEGV");
    CHECK(reason_for("exit") == "it ended the process that tried it");
    CHECK(reason_for("lie").find("lie.so") != std::string::npos);
    if (kThreadSanitized) {
        MESSAGE(
            "not tried: what ThreadSanitizer maps for itself has no room for a limit of memory");
    } else {
        CHECK(reason_for("grow").starts_with("it crashed when it was tried: "));
    }
    CHECK(reason_for("nowhere") != "");
}

TEST_CASE("plugin trial: one that hangs is given up after its time") {
    CHECK(reason_for("hang") == "it did not answer within 10 s");
}

TEST_CASE("plugin trial: what a plugin does when it is opened touches no file and no network") {
    std::filesystem::remove(kFolder + "/mark");
    CHECK(reason_for("mark") == "");  // It may try.
    CHECK_FALSE(std::filesystem::exists(kFolder + "/mark"));
    CHECK(reason_for("connect").starts_with("it crashed when it was tried"));
}

TEST_CASE("plugin trial: only what passed is opened here") {
    Registry registry;
    SandboxedPluginTrial trial;
    int asked = 0;
    const auto broken = load_plugins({kFolder, "/nowhere"}, registry, [&](const std::string& path) {
        ++asked;
        return path.ends_with("hang.so") ? "not again" : trial(path);
    });
    CHECK(asked == 7);
    CHECK(broken.size() == 6);
    CHECK(registry.all().empty());
    std::filesystem::remove(kFolder + "/mark");  // Of the one that passed, and was opened.
}

}  // namespace
}  // namespace parallax
