// Elements that say their state fits into a commit: a successor goes on from it, byte for byte.
#include <filesystem>
#include <map>
#include <set>

#include <sys/stat.h>

#include "elements/codec/dng.h"
#include "elements/codec/file_io.h"
#include "support/codec_testing.h"
#include "support/reborn.h"
#include "support/temp_folder.h"
#include "support/unwrap.h"

namespace parallax::elements {
namespace {

constexpr std::string_view kCollect = " ! collect name=c";

void must_run(const std::string& line) {
    Play play(line);
    const Result<> outcome = play.run();
    if (!outcome) FAIL(to_string(outcome.error()));
}

std::string in_folder(std::string line, const TempFolder& folder) {
    return line.replace(line.find("FOLDER/"), 7, folder.file(""));
}

TEST_CASE("going on: sources of the test family") {
    for (const std::string line :
         {"fakesrc num-buffers=20 sizetype=random sizemax=300 datarate=1000",
          "videotestsrc num-buffers=5 pattern=ball ! video/x-raw,format=GRAY8,width=64,height=48",
          "videotestsrc num-buffers=5 pattern=snow ! video/x-raw,format=I420,width=64,height=48",
          "rawtestsrc num-buffers=4 shake=2 threads=1 ! "
          "video/x-bayer,format=rggb10le,width=64,height=48",
          "audiotestsrc num-buffers=9 samplesperbuffer=101 freq=997",
          "audiotestsrc num-buffers=9 samplesperbuffer=5000 wave=ticks",
          "audiotestsrc num-buffers=9 samplesperbuffer=77 wave=white-noise"}) {
        check_goes_on(line + std::string(kCollect));
    }
}

TEST_CASE("going on: sources of files") {
    const TempFolder folder;
    must_run(
        "videotestsrc num-buffers=6 pattern=ball ! video/x-raw,format=RGB,width=24,height=16 "
        "! tee name=t t. ! filesink location=" +
        folder.file("raw") + " t. ! pngenc ! multifilesink location=" + folder.file("%d.png"));
    const std::string caps = " ! video/x-raw,format=RGB,width=24,height=16,framerate=25/1";
    check_goes_on("filesrc blocksize=100 location=" + folder.file("raw") + std::string(kCollect));
    check_goes_on("filesrc num-buffers=4 location=" + folder.file("raw") + caps +
                  std::string(kCollect));
    check_goes_on("multifilesrc start-index=1 loop=true num-buffers=17 location=" +
                  folder.file("%d.png") + " ! pngdec" + std::string(kCollect));
    check_goes_on("multifilesrc location=" + folder.file("*.png") + " ! pngdec" +
                  std::string(kCollect));
}

#ifdef PARALLAX_HAVE_LIBRAW
TEST_CASE("going on: camera files") {
    const TempFolder folder;
    for (const unsigned seed : {1U, 2U, 3U}) {
        codec::testing::Canvas mosaic(PixelFormat::rggb10le, 32, 24);
        codec::testing::fill_noise(mosaic.view, seed);
        std::vector<std::byte> file(codec::dng_bound(mosaic.view.layout));
        RawInfo info;
        info.white_level = 1023;
        file.resize(unwrap(codec::dng_encode(mosaic.picture(), info, {}, file)));
        REQUIRE(codec::write_file(folder.file(std::to_string(seed) + ".dng"), file));
    }
    const std::string source = "rawsrc location=" + folder.file("*.dng");
    check_goes_on(source + std::string(kCollect));
    check_goes_on(source + " loop=true num-buffers=8" + std::string(kCollect));
}
#endif

TEST_CASE("going on: a file that ends is told of once") {
    const TempFolder folder;
    const std::string path = folder.file("in");
    must_run(
        "videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=16,height=8 ! y4menc ! "
        "filesink location=" +
        path);
    check_goes_on("filesrc blocksize=50 location=" + path + " ! y4mdec" + std::string(kCollect));
}

TEST_CASE("going on: sound") {
    const TempFolder folder;
    const std::string tone = "audiotestsrc num-buffers=5 samplesperbuffer=1001 wave=saw ! ";
    const std::string stereo = "audio/x-raw,format=F32LE,rate=8000,channels=2 ! ";
    check_goes_on(tone + stereo + "audioconvert dithering=tpdf ! audio/x-raw,format=U8,channels=1" +
                  std::string(kCollect));
    must_run(tone + stereo + "filesink location=" + folder.file("pcm"));
    for (const std::string block : {"7", "8", "4096", "9999"}) {
        check_goes_on("filesrc blocksize=" + block + " location=" + folder.file("pcm") +
                      " ! audio/x-raw,format=F32LE,rate=8000,channels=2,layout=interleaved ! "
                      "audioconvert ! audio/x-raw,format=S16LE" +
                      std::string(kCollect));
    }
    // Blocks that cut frames of eight channels of 64 bits.
    must_run(tone + "audio/x-raw,format=F64LE,rate=8000,channels=8 ! filesink location=" +
             folder.file("wide"));
    check_goes_on("filesrc blocksize=60 location=" + folder.file("wide") +
                  " ! audio/x-raw,format=F64LE,rate=8000,channels=8,layout=interleaved ! "
                  "audioconvert ! audio/x-raw,format=S16LE" +
                  std::string(kCollect));
    for (const std::string rates : {"8000,11025", "48000,44100", "44100,192000", "96000,1000"}) {
        const std::string to = rates.substr(rates.find(',') + 1);
        check_goes_on(
            "audiotestsrc num-buffers=9 samplesperbuffer=1001 wave=white-noise ! "
            "audio/x-raw,format=S32LE,channels=2,rate=" +
            rates.substr(0, rates.find(',')) + " ! audioresample ! audio/x-raw,rate=" + to +
            std::string(kCollect));
    }
    check_goes_on(tone + "audio/x-raw,format=U8,rate=8000,channels=1 ! wavenc" +
                  std::string(kCollect));
    must_run(tone + "audio/x-raw,format=S24LE,channels=1 ! wavenc ! filesink location=" +
             folder.file("wav"));
    for (const std::string block : {"7", "100", "4096", "99999"}) {  // The first cuts the header.
        check_goes_on("filesrc blocksize=" + block + " location=" + folder.file("wav") +
                      " ! wavparse" + std::string(kCollect));
    }
}

TEST_CASE("going on: encoders, measures and what counts frames") {
    const std::string ball =
        "videotestsrc num-buffers=6 pattern=ball ! video/x-raw,format=I420,width=48,height=32 ! ";
    check_goes_on(ball + "y4menc" + std::string(kCollect));
    check_goes_on(ball + "tee name=t t. ! m.sink t. ! identity ! m.reference metrics name=m" +
                  std::string(kCollect));
    check_goes_on(ball + "identity eos-after=4" + std::string(kCollect));
    check_goes_on(ball + "identity drop-probability=0.3" + std::string(kCollect));
}

std::map<std::string, std::vector<std::byte>> files_in(const TempFolder& folder) {
    std::map<std::string, std::vector<std::byte>> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
        files[entry.path().filename()] = unwrap(codec::read_file(entry.path().string(), 1U << 20U));
    }
    return files;
}

TEST_CASE("going on: sinks of files") {
    for (const std::string line :
         {"fakesrc num-buffers=30 sizetype=random sizemax=300 ! filesink location=FOLDER/out",
          "audiotestsrc num-buffers=9 ! wavenc ! filesink location=FOLDER/out.wav",
          "fakesrc num-buffers=7 sizetype=random ! multifilesink location=FOLDER/%d",
          "fakesrc num-buffers=9 sizetype=random ! multifilesink max-files=3 location=FOLDER/%d",
          "fakesrc num-buffers=30 sizetype=random sizemax=300 ! multifilesink location=FOLDER/%d "
          "next-file=max-size max-file-size=1000",
          "fakesrc num-buffers=30 sizetype=random sizemax=300 ! multifilesink location=FOLDER/%d "
          "next-file=max-size max-file-size=1000 max-files=4"}) {
        CAPTURE(line);
        const TempFolder plain;
        const TempFolder reborn;
        must_run(in_folder(line, plain));
        Rebirths rebirths;
        Play play(in_folder(line, reborn),
                  [&](Registry& registry) { rebirths.take_over(registry); });
        const Result<> outcome = play.run();
        if (!outcome) FAIL(to_string(outcome.error()));
        CHECK(rebirths.births() > 7);
        CHECK(files_in(reborn) == files_in(plain));
    }
}

// Killed after the file had its name, and before that was told.
TEST_CASE("going on: a file that has its name already is not begun again") {
    const TempFolder folder;
    const std::string path = folder.file("out");
    const auto bytes = std::as_bytes(std::span("twelve bytes", 12));
    codec::AtomicFile first = unwrap(codec::AtomicFile::create(path, 5));
    REQUIRE(first.write(bytes));
    const codec::AtomicFile::Begun begun{
        .nonce = 5, .written_bytes = 12, .inode = first.inode(), .or_new = false};
    REQUIRE(first.commit());
    SUBCASE("by who goes on with it") {
        codec::AtomicFile second = unwrap(codec::AtomicFile::adopt(path, begun));
        CHECK(second.commit());
        CHECK(unwrap(codec::read_file(path, 100)).size() == 12);
    }
    SUBCASE("but no link to it is followed, whatever it leads to") {
        const std::string other = folder.file("other");
        std::filesystem::rename(path, other);
        std::filesystem::create_symlink(other, path);
        codec::AtomicFile::Begun cut = begun;
        cut.written_bytes = 3;
        CHECK_FALSE(codec::AtomicFile::adopt(path, cut));
        CHECK(unwrap(codec::read_file(other, 100)).size() == 12);
    }
    SUBCASE("but another file of that name is left alone") {
        REQUIRE(codec::write_file(path, bytes.first(6)));
        CHECK_FALSE(codec::AtomicFile::adopt(path, begun));
        CHECK(unwrap(codec::read_file(path, 100)).size() == 6);
    }
}

// Whoever could write beside the file may put anything there.
TEST_CASE("going on: only the plain file that was begun is gone on with") {
    const TempFolder folder;
    const std::string path = folder.file("out");
    const std::string part = folder.file(".out.0000000000000005.part");
    const auto bytes = std::as_bytes(std::span("twelve bytes", 12));
    REQUIRE(codec::write_file(folder.file("other"), bytes));
    SUBCASE("no link") {
        std::filesystem::create_symlink(folder.file("other"), part);
        CHECK_FALSE(codec::AtomicFile::adopt(path, {.nonce = 5}));
    }
    SUBCASE("no second name of another") {
        std::filesystem::create_hard_link(folder.file("other"), part);
        CHECK_FALSE(codec::AtomicFile::adopt(path, {.nonce = 5}));
    }
    SUBCASE("no pipe, and nobody waits for its reader") {
        REQUIRE(::mkfifo(part.c_str(), 0600) == 0);
        CHECK_FALSE(codec::AtomicFile::adopt(path, {.nonce = 5}));
    }
    SUBCASE("nothing shorter than what was written") {
        codec::AtomicFile first = unwrap(codec::AtomicFile::create(path, 5));
        REQUIRE(first.write(bytes));
        CHECK_FALSE(codec::AtomicFile::adopt(path, {.nonce = 5, .written_bytes = 13}));
        CHECK(codec::AtomicFile::adopt(path, {.nonce = 5, .written_bytes = 11}));
    }
    SUBCASE("nothing that took its place before it got its name") {
        codec::AtomicFile first = unwrap(codec::AtomicFile::create(path, 5));
        REQUIRE(first.write(bytes));
        REQUIRE(codec::write_file(part, bytes.first(6)));
        CHECK_FALSE(first.commit());
        CHECK_FALSE(std::filesystem::exists(path));
    }
    CHECK(unwrap(codec::read_file(folder.file("other"), 100)).size() == 12);
}

// Whoever adds one adds it above, too.
TEST_CASE("going on: these elements say so, and no others") {
    Registry registry;
    add_builtin_elements(registry);
    std::set<std::string> names;
    for (const Factory* factory : registry.all()) {
        const StateClass state = factory->pads().state;
        if (state != StateClass::pure && state != StateClass::opaque) {
            names.insert(factory->info.name);
        }
    }
    const std::set<std::string> expected{
        "audioconvert",  "audioresample", "audiotestsrc", "fakesrc",      "filesink",
        "filesrc",       "identity",      "metrics",      "rawsrc",       "rawtestsrc",
        "multifilesink", "multifilesrc",  "videorate",    "videotestsrc", "wavenc",
        "wavparse",      "y4menc"};
    CHECK(names == expected);
}

}  // namespace
}  // namespace parallax::elements
