#include "isolate/grants.h"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "support/temp_folder.h"

namespace parallax {
namespace {

using Paths = std::vector<std::string>;

struct Options {
    ReadPath in;
    WritePath out;
    std::string plain;
    static constexpr auto describe() {
        return std::tuple{Option{"in", &Options::in, "read"},
                          Option{"out", &Options::out, "written"},
                          Option{"plain", &Options::plain, "a word"}};
    }
};

class Reader final : public ElementWith<Options> {
  public:
    Result<Flow> process(Context&) override { return Flow::eos; }
};

struct Ground {
    TempFolder folder;
    std::string at(const std::string& name) const { return folder.file(name); }
    void make(const std::string& name) const { std::ofstream(at(name)) << "x"; }

    Paths reads(const std::string& text) const {
        Reader reader;
        if (!reader.set_property("in", text)) return {"refused"};
        SandboxGrants grants;
        if (!add_grants(reader, grants)) return {"failed"};
        CHECK(grants.write_paths.empty());
        return grants.read_paths;
    }
};

TEST_CASE("grants: a path to read opens that file, and nothing that is only a word") {
    const Ground ground;
    ground.make("a");
    CHECK(ground.reads(ground.at("a")) == Paths{ground.at("a")});
    Reader reader;
    REQUIRE(reader.set_property("plain", ground.at("a")));
    SandboxGrants grants;
    REQUIRE(add_grants(reader, grants));
    CHECK(grants.read_paths.empty());
}

TEST_CASE("grants: a pattern opens the files that it names now, and no others beside them") {
    const Ground ground;
    for (const char* name : {"a_1.raw", "a_2.raw", "a_x.raw", "secret"}) ground.make(name);
    CHECK(ground.reads(ground.at("a_?.raw")) ==
          Paths{ground.at("a_1.raw"), ground.at("a_2.raw"), ground.at("a_x.raw")});
    CHECK(ground.reads(ground.at("a_%d.raw")) == Paths{ground.at("a_1.raw"), ground.at("a_2.raw")});
    CHECK(ground.reads(ground.at("a_%01d.raw")) ==
          Paths{ground.at("a_1.raw"), ground.at("a_2.raw")});
    CHECK(ground.reads(ground.at("none*")).empty());
}

TEST_CASE("grants: where a pattern names very many files, their folder is opened") {
    const Ground ground;
    for (int n = 0; n < 200; ++n) ground.make("f" + std::to_string(n));
    CHECK(ground.reads(ground.at("f*")) == Paths{ground.folder.path()});
}

TEST_CASE("grants: a pattern over folders opens the folder above them") {
    const Ground ground;
    std::filesystem::create_directory(ground.at("day1"));
    ground.make("day1/a.raw");
    CHECK(ground.reads(ground.at("day*/a.raw")) == Paths{ground.folder.path()});
}

TEST_CASE("grants: what is not there is not granted, so that the element itself misses it") {
    const Ground ground;
    CHECK(ground.reads(ground.at("nobody")).empty());
}

TEST_CASE("grants: a path to write opens its folder, where files are renamed") {
    const Ground ground;
    Reader writer;
    REQUIRE(writer.set_property("out", ground.at("picture_%03d.png")));
    SandboxGrants grants;
    REQUIRE(add_grants(writer, grants));
    CHECK(grants.write_paths == Paths{ground.folder.path()});
    CHECK(grants.read_paths.empty());
}

}  // namespace
}  // namespace parallax
