// The one program. Its name, or its first word, says which subcommand is meant:
// parallax-launch is `parallax run`, parallax-inspect is `parallax inspect`.
#include <algorithm>
#include <functional>
#include <new>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/core.h>

#include "app/commands.h"
#include "base/one_line.h"
#include "graph/near_word.h"
#include "isolate/zygote.h"
#include "parallax/builtin.h"
#include "parallax/isolation.h"
#include "parallax/plugin_loader.h"

namespace {

using parallax::app::Arguments;
using parallax::app::Command;

std::string usage() {
    std::string text = "parallax: pipelines for cameras and vision\n\n";
    for (const Command& command : parallax::app::commands()) {
        text += fmt::format("  {:<12} {}\n", command.name, command.doc);
    }
    text +=
        "\nparallax COMMAND --help tells more; parallax-launch is parallax run, "
        "parallax-inspect is parallax inspect\n";
    return text;
}

int run_named(std::string_view name, Arguments arguments) {
    using parallax::app::commands;
    using parallax::app::later_commands;
    const auto command = std::ranges::find(commands(), name, &Command::name);
    if (command != commands().end()) {
        parallax::Registry registry;
        parallax::add_builtin_elements(registry);
        parallax::add_ipc_elements(registry);
        parallax::SandboxedPluginTrial trial;
        for (const auto& broken :
             load_plugins(parallax::plugin_folders(), registry, std::ref(trial))) {
            parallax::app::say(fmt::format("parallax: warning: plugin {} is left out: {}\n",
                                           parallax::one_line(broken.path),
                                           parallax::one_line(broken.reason)));
        }
        return command->body(*command, arguments, registry);
    }
    if (std::ranges::find(later_commands(), name) != later_commands().end()) {
        parallax::app::print_error("parallax",
                                   fmt::format("{} is not built in this version", name));
        return parallax::app::kExitFacility;
    }
    std::vector<std::string_view> names;
    for (const Command& each : commands()) names.push_back(each.name);
    parallax::app::print_error("parallax", fmt::format("no command called {}", name),
                               parallax::suggest(name, names));
    return parallax::app::kExitUsage;
}

// Nothing can be kept in order without memory. What lies under a final name is whole, isolated
// stages end with the program, and a stage that runs out of its own is followed by another.
[[noreturn]] void out_of_memory() {
    constexpr std::string_view kText = "parallax: error: out of memory\n";
    (void)!::write(STDERR_FILENO, kText.data(), kText.size());
    ::_exit(parallax::app::kExitError);
}

// Each isolated element takes about ten descriptors; the usual soft limit of 1024 is for programs
// that use select(2).
void allow_many_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Who started us may have closed the first three. The next file that is opened would be taken for
// one of them, and messages would go into pictures. What stands in their place cannot be read or
// written, so that a lost answer is still an error.
void hold_standard_descriptors() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) >= 0) continue;
        (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // The lowest: fd.
    }
}

}  // namespace

int main(int argc, char** argv) {
    std::set_new_handler(out_of_memory);
    hold_standard_descriptors();
    if (parallax::is_zygote(argc, argv)) {  // Else a registry would be made for nothing.
        parallax::Registry registry;
        parallax::add_builtin_elements(registry);
        if (const auto exit = parallax::stage_main_if_requested(argc, argv, registry)) return *exit;
    }
    allow_many_descriptors();
    const std::vector<std::string_view> words(argv, argv + argc);
    std::string_view program = words.empty() ? std::string_view("parallax") : words.front();
    if (const auto slash = program.rfind('/'); slash != std::string_view::npos) {
        program.remove_prefix(slash + 1);
    }
    const Arguments rest = Arguments(words).subspan(words.empty() ? 0 : 1);
    if (program == "parallax-launch") return run_named("run", rest);
    if (program == "parallax-inspect") return run_named("inspect", rest);
    if (program == "parallaxd") return run_named("serve", rest);
    if (rest.empty() || rest.front() == "--help" || rest.front() == "-h") {
        const int printed = parallax::app::print("parallax", usage());
        return rest.empty() ? parallax::app::kExitUsage : printed;
    }
    if (rest.front() == "--version") {
        return parallax::app::print("parallax", fmt::format("parallax {}\n", PARALLAX_VERSION));
    }
    return run_named(rest.front(), rest.subspan(1));
}
