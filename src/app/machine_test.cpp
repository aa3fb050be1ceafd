#include "app/machine.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/unwrap.h"
#include "support/written.h"

namespace parallax::app {
namespace {

HardwareProfile some_machine() {
    auto machine = unwrap(synthetic_hardware("pack:2 [numa(memory=1073741824)] l3:1 core:2 pu:2"));
    machine.architecture = "x86_64";
    machine.packages[0].model = "Some \x1b[31mCPU";
    machine.cores[3].kind = CoreKind::big;
    machine.devices = {{.name = "card0",
                        .kind = "gpu",
                        .model = "",
                        .address = "0000:3b:00.0",
                        .numa_node = 1,
                        .cpus = {4, 5, 6, 7}}};
    machine.limits = {.cpus = {0, 1, 5}, .cpu_quota = 1.5, .memory_bytes = 512U << 20};
    return machine;
}

TEST_CASE(
    "machine: everything has its line, alike cores share one, and no name steers a terminal") {
    const std::string text = machine_text(some_machine());
    CHECK(text.starts_with("machine: x86_64, 4 cores, 8 CPUs, 2.0 GiB of memory\n"));
    for (const char* line :
         {"  package 0  Some \\x1b[31mCPU: CPUs 0-3\n", "  package 1  unknown: CPUs 4-7\n",
          "  node 1     1.0 GiB (the kernel's 1): CPUs 4-7\n",
          "  cores      2, package 0, node 0: CPUs 0-3\n",
          "  cores      1, package 1, node 1: CPUs 4-5\n",
          "  cores      1 big, package 1, node 1: CPUs 6-7\n", "× L3 of ", "shared by 4 CPUs\n",
          "  device     card0 (gpu), at 0000:3b:00.0, near node 1\n", "  CPUs       0-1,5\n",
          "  CPU time   1.50 cores\n", "  memory     512 MiB\n", "  threads    not limited\n",
          "  cgroups    none seen\n"}) {
        CAPTURE(std::string(line));
        CHECK(text.find(line) != std::string::npos);
    }
}

TEST_CASE("machine: its JSON has lists of CPUs, and null where nothing is known or limited") {
    const auto json = nlohmann::json::parse(machine_json(some_machine()));
    CHECK(json["cores"].size() == 4);
    CHECK(json["cores"][3]["kind"] == "big");
    CHECK(json["cores"][0]["cpus"] == nlohmann::json::parse("[0,1]"));
    CHECK(json["numa_nodes"][1]["memory_bytes"] == 1U << 30);
    CHECK(json["caches"][0]["level"] == 3);
    CHECK(json["devices"][0]["numa_node"] == 1);
    CHECK(json["limits"]["cpus"] == nlohmann::json::parse("[0,1,5]"));
    CHECK(json["limits"]["cpu_quota"] == 1.5);
    CHECK(json["limits"]["pids"].is_null());
    auto bare = HardwareProfile{.cores = {{.cpus = {0}}}};
    CHECK(nlohmann::json::parse(machine_json(bare))["cores"][0]["package"].is_null());
    bare.architecture = "\xff";
    CHECK(nlohmann::json::accept(machine_json(bare)));
}

TEST_CASE("inspect: machine tells of this one, as text and as JSON") {
    const Ran text = ran("inspect", {"machine"});
    CHECK(text.code == kExitOk);
    CHECK(text.out.find("limits in force\n") != std::string::npos);
    for (const auto& words : {std::vector<std::string_view>{"machine", "--json"},
                              std::vector<std::string_view>{"--json", "machine"}}) {
        const auto json = nlohmann::json::parse(ran("inspect", words).out);
        CHECK(json["cores"].size() >= 1);
        CHECK(json["limits"]["cpus"].size() >= 1);
    }
}

}  // namespace
}  // namespace parallax::app
