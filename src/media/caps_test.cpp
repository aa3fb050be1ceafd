#include "parallax/caps.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "media/numbers.h"
#include "parallax/video_caps.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

Caps caps(std::string_view text) { return unwrap(parse_caps(text)); }

struct Meet {
    std::string_view a;
    std::string_view b;
    std::string_view both;
};

TEST_CASE("caps: intersect keeps what both accept, in the order of the first") {
    const std::vector<Meet> cases{
        {"ANY", "ANY", "ANY"},
        {"ANY", "EMPTY", "EMPTY"},
        {"EMPTY", "a", "EMPTY"},
        {"ANY", "a,x=1", "a,x=1"},
        {"a", "b", "EMPTY"},
        {"a,x=1", "a", "a,x=1"},
        {"a", "a,x=1,y=2", "a,x=1,y=2"},
        {"a,x={3,2,1}", "a,x={1,2}", "a,x={2,1}"},
        {"a,x={1,2}", "a,x={3,2,1}", "a,x={1,2}"},
        {"a;b", "b;a", "a; b"},
        {"a,x=[1,10]", "a,x=[5,20]", "a,x=[5,10]"},
        {"a,x=[1,5]", "a,x=[5,20]", "a,x=5"},
        {"a,x=[1,4]", "a,x=[5,20]", "EMPTY"},
        {"a,x=[0,100,4]", "a,x=[0,100,6]", "a,x=[0,96,12]"},
        {"a,x=[1,11,4]", "a,x=[1,11,6]", "EMPTY"},
        {"a,x=[0,10,2]", "a,x={3,4,11,10}", "a,x={4,10}"},
        {"a,x={[0,10],20}", "a,x=[5,30]", "a,x={[5,10],20}"},
        {"a,x=30", "a,x=30/1", "EMPTY"},
        {"a,x=30", "a,x=30.0", "EMPTY"},
        {"a,r=[0/1,30/1]", "a,r=30000/1001", "a,r=30000/1001"},
        {"a,r=[0/1,30/1]", "a,r=30000001/1000000", "EMPTY"},
        {"a,x=[0.5,1.5]", "a,x=[1.5,2.0]", "a,x=1.5"},
        {"a,x={true,false}", "a,x=false", "a,x=false"},
        {"a(memory:DMABuf)", "a", "EMPTY"},
        {"a(memory:DMABuf)", "a(memory:DMABuf)", "a(memory:DMABuf)"},
        {"a(memory:MemFd)", "a", "a"},
        {"a(ANY)", "a(memory:X)", "a(memory:X)"},
        {"a(ANY)", "a", "a"},
        {"a(ANY)", "a(ANY)", "a(ANY)"},
        {"a(meta:A,memory:B)", "a(memory:B,meta:A)", "a(memory:B,meta:A)"},
        {"a(meta:A,memory:B)", "a(memory:B)", "EMPTY"},
        {"a,x=1;a,x=[1,2]", "a", "a,x=1; a,x=[1,2]"},
        {"a,x=[1,2];a,x=1", "a", "a,x=[1,2]"},
    };
    for (const Meet& c : cases) {
        CAPTURE(c.a);
        CAPTURE(c.b);
        CHECK(to_string(intersect(caps(c.a), caps(c.b))) == c.both);
        CHECK(can_intersect(caps(c.a), caps(c.b)) == (c.both != "EMPTY"));
        CHECK(can_intersect(caps(c.b), caps(c.a)) == (c.both != "EMPTY"));
    }
}

TEST_CASE("caps: steps and fractions at the edge of 64 bits do not wrap") {
    const Value big = IntRange{kInt64Min, kInt64Max, (std::int64_t{1} << 62) + 1};
    const Value odd = IntRange{kInt64Min, kInt64Max, (std::int64_t{1} << 62) - 1};
    CHECK(*intersect(big, odd) == Value(0));
    CHECK(*intersect(Value(IntRange{kInt64Min, kInt64Max}), Value(IntRange{5, kInt64Max, 7})) ==
          Value(IntRange{7, kInt64Max, 7}));
    CHECK(*nearest(Value(IntRange{kInt64Min, kInt64Max}), Value(kInt64Min)) == Value(kInt64Min));
    CHECK(*nearest(Value(IntRange{kInt64Min, 0, 7}), Value(kInt64Max)) == Value(0));
    CHECK(Fraction(kInt64Max, kInt64Max - 1) < Fraction(kInt64Max - 1, kInt64Max - 2));
    CHECK(Fraction(kInt64Min, kInt64Max) < Fraction(-1, 1));
    CHECK_FALSE(Fraction::make(1, kInt64Min));
    CHECK_FALSE(Fraction::make(kInt64Min, -1));
    CHECK(Fraction::make(kInt64Min, kInt64Min) == Fraction(1, 1));
    CHECK(Fraction::make(0, kInt64Min) == Fraction(0, 1));
}

TEST_CASE("caps: a subset is found where only several alternatives together cover it") {
    const auto subset = [](const char* a, const char* b) { return is_subset(caps(a), caps(b)); };
    CHECK(subset("EMPTY", "EMPTY"));
    CHECK(subset("EMPTY", "a"));
    CHECK(subset("a", "ANY"));
    CHECK_FALSE(subset("ANY", "a"));
    CHECK_FALSE(subset("a", "EMPTY"));
    CHECK(subset("a,x=1", "a"));
    CHECK_FALSE(subset("a", "a,x=1"));
    CHECK(subset("a,x=[1,10]", "a,x=[1,5];a,x=[6,10]"));
    CHECK_FALSE(subset("a,x=[1,10]", "a,x=[1,5];a,x=[7,10]"));
    CHECK(subset("a,x=[1,10]", "a,x={[1,5],6,[7,10]}"));
    CHECK_FALSE(subset("a,x=[0.0,1.0]", "a,x=[0.0,0.5];a,x=[0.6,1.0]"));
    CHECK(subset("a,x=[0.0,1.0]", "a,x=[0.0,0.5];a,x=[0.5,1.0]"));
    CHECK(subset("a,x=[0,12,6]", "a,x=[0,12,2]"));
    CHECK(subset("a,x=[0,12,6]", "a,x=[0,12,4];a,x=6"));
    CHECK_FALSE(subset("a,x=[0,12,2]", "a,x=[0,12,4];a,x=[0,12,6]"));  // 2 and 10 are in neither.
    CHECK(subset("a,x={1,2},y={1,2}", "a,x=1;a,x=2,y=1;a,x=2,y=2"));
    CHECK_FALSE(subset("a,x={1,2},y={1,2}", "a,x=1;a,x=2,y=1"));
    CHECK_FALSE(subset("a,y=1", "a,x=1;a,x={2,3}"));  // x may be anything.
    CHECK(subset("a", "a(ANY)"));
    CHECK_FALSE(subset("a(ANY)", "a"));
    CHECK_FALSE(subset("a(ANY)", "a;a(memory:B)"));
    CHECK(equal(caps("a,x={1,2}"), caps("a,x=2;a,x=1")));
    CHECK(equal(caps("a,x=[1,2],y=1"), caps("a,y=1,x={2,1}")));
    CHECK_FALSE(equal(caps("a,x=[1,3]"), caps("a,x={1,3}")));
}

TEST_CASE("caps: fixed and fixate by the plain rule") {
    CHECK(is_fixed(caps("a")));
    CHECK(is_fixed(caps("a,x=[4,4],y={1}")));
    for (const char* open : {"ANY", "EMPTY", "a;b", "a(ANY)", "a,x=[1,2]", "a,x={1,2}"}) {
        CHECK_FALSE(is_fixed(caps(open)));
    }
    const auto fixed = [](const char* text) { return to_string(*fixate(caps(text))); };
    CHECK(fixed("a,x=[3,9,2],y={[5,6],1},r=[1/2,3/1],d=[0.5,1.0],f={B,A};b") ==
          "a,x=4,y=5,r=1/2,d=0.5,f=B");
    CHECK(fixed("a(ANY),x=1") == "a,x=1");
    CHECK(fixed("EMPTY") == "EMPTY");
    CHECK_FALSE(fixate(Caps::any()));
}

TEST_CASE("caps: nearest looks through all alternatives and keeps to multiples") {
    const auto near = [](const char* text, const char* field, const Value& target) {
        const auto found = nearest(caps(text), field, target);
        return found ? to_string(*found) : "none";
    };
    CHECK(near("a,x=[16,4096,16]", "x", 1000) == "a,x=992");
    CHECK(near("a,x=[16,4096,16]", "x", 1001) == "a,x=1008");
    CHECK(near("a,x=[16,4096,2]", "x", 641) == "a,x=640");  // As near as 642, and lower.
    CHECK(near("a,x=[16,4096,2]", "x", 1) == "a,x=16");
    CHECK(near("a,x={480,720,1080}", "x", 600) == "a,x=480");
    CHECK(near("a,x={720,480}", "x", 600) == "a,x=720");
    CHECK(near("a,x=100;a,x=640;b,x=700", "x", 650) == "a,x=640");
    CHECK(near("a,x=100,y=1;a,y=2", "x", 650) == "a,y=2,x=650");  // Absent: any value.
    CHECK(near("a,r=[0/1,30/1]", "r", Fraction(60, 1)) == "a,r=30/1");
    CHECK(near("a,r={24/1,25/1,30000/1001}", "r", 29) == "a,r=30000/1001");
    CHECK(near("a,d=[0.5,1.5]", "d", 1) == "a,d=1.0");
    CHECK(near("a,f={NV12,RGB}", "f", "RGB") == "a,f=RGB");
    CHECK(near("a,f={NV12,RGB}", "f", "I420") == "none");
    CHECK(near("a,f={NV12,RGB}", "f", 5) == "none");
    CHECK(near("ANY", "x", 5) == "none");
    CHECK(near("EMPTY", "x", 5) == "none");
}

TEST_CASE("caps: simplify says the same set in fewer words, and prefers as before") {
    const auto simple = [](const char* text) { return to_string(simplify(caps(text))); };
    CHECK(simple("a,x=1;a,x=1") == "a,x=1");
    CHECK(simple("a;a,x=1") == "a");
    CHECK(simple("a,x=1;a") == "a,x=1; a");  // x=1 is preferred.
    CHECK(simple("a,x=[1,5];a,x=[6,10]") == "a,x=[1,10]");
    CHECK(simple("a,x=[6,10];a,x=[1,5]") == "a,x={[6,10],[1,5]}");  // 6 is preferred to 1.
    CHECK(simple("a,x=1,y=1;a,x=1,y=2") == "a,x=1,y={1,2}");
    CHECK(simple("a,x=1,y=1;a,x=2,y=2") == "a,x=1,y=1; a,x=2,y=2");
    CHECK(simple("a,x=[0,8,4];a,x=[12,20,4]") == "a,x=[0,20,4]");
    CHECK(simple("a,d=[0.0,1.0];a,d=[0.5,2.0]") == "a,d=[0.0,2.0]");
    CHECK(simple("ANY") == "ANY");
    CHECK(simple("EMPTY") == "EMPTY");
}

TEST_CASE("caps: fields are read by their kind, and only when fixed") {
    const Caps both = caps("a,i=5,d=0.5,b=yes,s=word,f=30/1,r=[1,2]");
    const Structure& s = both.structures().front();
    CHECK(s.get_int("i") == 5);
    CHECK(s.get_double("d") == 0.5);
    CHECK(s.get_bool("b") == true);
    CHECK(s.get_string("s") == "word");
    CHECK(s.get_fraction("f") == Fraction(30, 1));
    CHECK_FALSE(s.get_int("r"));
    CHECK_FALSE(s.get_int("d"));
    CHECK_FALSE(s.get_int("missing"));
    Structure changed = s;
    CHECK(changed.erase("i"));
    CHECK_FALSE(changed.erase("i"));
    changed.set("d", "now a word");
    CHECK(to_string(changed) == "a,d=\"now a word\",b=true,s=word,f=30/1,r=[1,2]");
}

TEST_CASE("caps: builders make what the text says") {
    const Caps built = Structure("video/x-raw", Features({std::string(kDmaBuf)}))
                           .with("format", one_of("NV12", "RGB"))
                           .with("width", IntRange{16, 4096, 2})
                           .with("interlaced", false)
                           .with("framerate", Fraction(60, 2));
    CHECK(built == caps("video/x-raw(memory:DMABuf),format={NV12,RGB},width=[16,4096,2],"
                        "interlaced=false,framerate=30/1"));
}

TEST_CASE("video caps: one alternative for each media type, any size and rate") {
    CHECK(to_string(video_caps({PixelFormat::nv12, PixelFormat::rggb12le, PixelFormat::rgb})) ==
          "video/x-raw,format={NV12,RGB},width=[1,65536],height=[1,65536],"
          "framerate=[0/1,2147483647/1]; video/x-bayer,format=rggb12le,width=[1,65536],"
          "height=[1,65536],framerate=[0/1,2147483647/1]");
    CHECK(video_caps(std::span<const PixelFormat>()).is_empty());
}

TEST_CASE("video caps: each layout goes to caps and back, and the pad's caps hold it") {
    for (const PixelFormat format : all_pixel_formats()) {
        for (const int side : {1, 7, 640, kMaxSidePx}) {
            const ImageLayout layout = unwrap(image_layout(format, side, 33));
            const Caps fixed = caps_of(layout, Fraction(30, 1));
            CHECK(is_fixed(fixed));
            CHECK(is_subset(fixed, video_caps(all_pixel_formats())));
            CHECK(unwrap(layout_from_caps(fixed.structures().front())) == layout);
        }
    }
}

TEST_CASE("video caps: what is missing or wrong for a layout is named") {
    const auto message = [](const char* text) {
        const auto layout = layout_from_caps(caps(text).structures().front());
        return layout ? "fine" : layout.error().message;
    };
    CHECK(message("video/x-raw,format=RGB,width=4,height=4") == "fine");
    CHECK(message("video/x-raw,width=4,height=4").find("without a fixed format") !=
          std::string::npos);
    CHECK(message("video/x-raw,format=RGB,height=4").find("without a fixed width") !=
          std::string::npos);
    CHECK(message("video/x-bayer,format=RGB,width=4,height=4") ==
          "no pixel format called RGB in video/x-bayer");
    CHECK(message("video/x-raw,format=RGB,width=4,height=0") == "height 0 is outside 1 to 65536");
    CHECK(message("video/x-raw,format=RGB,width=4294967297,height=1") ==
          "width 4294967297 is outside 1 to 65536");
}

}  // namespace
}  // namespace parallax
