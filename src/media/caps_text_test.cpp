#include "media/caps_text.h"

#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax {
namespace {

std::string read_back(std::string_view text) {
    const auto caps = parse_caps(text);
    return caps ? to_string(*caps) : "error: " + caps.error().message;
}

struct Case {
    std::string_view text;
    std::string_view wanted;
};

TEST_CASE("caps text: what GStreamer accepts reads alike here") {
    // Compared by hand with gst_caps_from_string of 1.22; `wanted` is our normal form of it.
    const std::vector<Case> cases{
        {"ANY", "ANY"},
        {" ANY ", "ANY"},
        {"EMPTY", "EMPTY"},
        {"NONE", "EMPTY"},
        {"any", "any"},
        {"video", "video"},
        {"video/x-raw", "video/x-raw"},
        {"video/x-raw;", "video/x-raw"},
        {"video/x-raw,", "video/x-raw"},
        {"video/x-raw,width=5,;", "video/x-raw,width=5"},
        {"video/x-raw , width = 5 ,\n height = 6", "video/x-raw,width=5,height=6"},
        {"video/x-raw;audio/x-raw", "video/x-raw; audio/x-raw"},
        {"video/x-raw,width=[1,5]", "video/x-raw,width=[1,5]"},
        {"video/x-raw,width=[ 2 , 6 , 2 ]", "video/x-raw,width=[2,6,2]"},
        {"video/x-raw,width=[1,max]", "video/x-raw,width=[1,2147483647]"},
        {"video/x-raw,width={1,2,1}", "video/x-raw,width={1,2}"},
        {"video/x-raw,width={1,[3,5]}", "video/x-raw,width={1,[3,5]}"},
        {"video/x-raw,width={1}", "video/x-raw,width=1"},
        {"video/x-raw,width={1,{2,3}}", "video/x-raw,width={1,2,3}"},
        {"video/x-raw,width={1,2,}", "video/x-raw,width={1,2}"},
        {"video/x-raw,format=\"NV12\"", "video/x-raw,format=NV12"},
        {"video/x-raw,format=( string ) NV12", "video/x-raw,format=NV12"},
        {"video/x-raw,format=(string){\"NV12\",RGB}", "video/x-raw,format={NV12,RGB}"},
        {"video/x-raw,format={(string)NV12,(string)RGB}", "video/x-raw,format={NV12,RGB}"},
        {"a,x=30/1/2", "a,x=30/1/2"},
        {"a,x=30/", "a,x=30/"},
        {"a,x=(fraction)30", "a,x=30/1"},
        {"a,x=0x10", "a,x=16"},
        {"a,x=+5", "a,x=5"},
        {"a,x=-5", "a,x=-5"},
        {"a,x=--5", "a,x=--5"},
        {"a,x=1e5", "a,x=1e+05"},
        {"a,x=.5", "a,x=0.5"},
        {"a,x=5.", "a,x=5.0"},
        {"a,x=t", "a,x=true"},
        {"a,x=TRUE", "a,x=true"},
        {"a,x=no", "a,x=false"},
        {"a,x=(boolean)1", "a,x=true"},
        {"a(memory:DMABuf),w=5", "a(memory:DMABuf),w=5"},
        {"a(ANY)", "a(ANY)"},
        {"a()", "a"},
        {"a(memory:SystemMemory)", "a"},
        {"a(memory:B,meta:A)", "a(memory:B,meta:A)"},
        {"a,framerate=[0/1,30/1]", "a,framerate=[0/1,30/1]"},
        {"a,framerate=(fraction)[0,max]", "a,framerate=[0/1,2147483647/1]"},
        {"a,framerate=6/4", "a,framerate=3/2"},
        {"a,framerate=-6/-4", "a,framerate=3/2"},
        {"a,framerate=30/-1", "a,framerate=-30/1"},
        {"a,x=\"a\\\"b\"", "a,x=\"a\\\"b\""},
        {"a,x={true,false}", "a,x={true,false}"},
        {"a,a.b:c/d-e+f_g=1", "a,a.b:c/d-e+f_g=1"},
        {"a,1a=1", "a,1a=1"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        CHECK(read_back(c.text) == c.wanted);
    }
}

TEST_CASE("caps text: our own additions to the syntax") {
    const std::vector<Case> cases{
        {"a(memory:MemFd)", "a"},
        {"a(memory:MemFd,meta:A)", "a(meta:A)"},
        {"a( memory:B , meta:A )", "a(memory:B,meta:A)"},
        {"a,w=[5,5]", "a,w=5"},
        {"a,w=[1,5,2]", "a,w=[2,4,2]"},
        {"a,w=[3,5,4]", "a,w=4"},
        {"a,w=[-5,5,3]", "a,w=[-3,3,3]"},
        {"a,w={[1,5],3}", "a,w=[1,5]"},
        {"a,x=\"30\"", "a,x=\"30\""},
        {"a,x=\"\"", "a,x=\"\""},
        {"a,x=\"true\"", "a,x=\"true\""},
        {"a,x=\"grün\"", "a,x=\"grün\""},
        {"a,x=\"a\\012b\"", "a,x=\"a\\012b\""},
        {"a,x=5000000000", "a,x=5000000000"},
        {"a,x=-9223372036854775808", "a,x=-9223372036854775808"},
        {"a,x=[-9223372036854775808,9223372036854775807]",
         "a,x=[-9223372036854775808,9223372036854775807]"},
        {"a,x=(double)inf", "a,x=(double)inf"},
        {"a,x=(uint)5", "a,x=5"},
        {"a,x=(uint)[0,max]", "a,x=[0,4294967295]"},
        {"a,x=0", "a,x=0"},
        {"a,x=01.5", "a,x=1.5"},
        {"a,x=(string)010", "a,x=\"010\""},
        {"a,x=\"inf\"", "a,x=\"inf\""},
        {"a,x=(string)NaN", "a,x=\"NaN\""},
        {"a,x=(string)1e400", "a,x=\"1e400\""},
        {"a,x=nano", "a,x=nano"},
        {"a,x=0xfoo", "a,x=0xfoo"},
        {"a,x=1/9223372036854775807", "a,x=1/9223372036854775807"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        CHECK(read_back(c.text) == c.wanted);
    }
}

TEST_CASE("caps text: a mistake is named with its column") {
    const std::vector<Case> cases{
        {"", "column 1: no caps in the text"},
        {"  ", "column 3: no caps in the text"},
        {"video/x-raw;;", "column 13: ';' where a media type such as video/x-raw is expected"},
        {";a", "column 1: ';' where a media type such as video/x-raw is expected"},
        {"5video", "column 1: '5' where a media type such as video/x-raw is expected"},
        {"a b=5", "column 3: 'b' where ',' or ';' is expected"},
        {"a,w=", "column 5: the text ends where a value is expected"},
        {"a,=5", "column 3: '=' where the name of a field is expected"},
        {"a,w", "column 4: the text ends where '=' after w is expected"},
        {"a,w=1,w=2", "column 7: the field w a second time"},
        {"a,w=1,h=2,w=1", "column 11: the field w a second time"},
        {"a,w=[5,1]", "column 5: a range must not end before it starts"},
        {"a,w=[5.0,1.0]", "column 5: a range must not end before it starts"},
        {"a,w=[5/1,1/1]", "column 5: a range must not end before it starts"},
        {"a,w=[5,5,2]", "column 5: no multiple of 2 in the range"},
        {"a,w=[1,5,0]", "column 5: the step of a range must be at least 1"},
        {"a,w=[1,5,2,3]", "column 5: a range has two ends and at most one step"},
        {"a,w=[1]", "column 5: a range needs two ends"},
        {"a,w=[1,5", "column 5: the '[' is never closed"},
        {"a,w=[]", "column 6: ']' where a value is expected"},
        {"a,w=[1,2.5]", "column 8: '2.5' is not a 64-bit integer"},
        {"a,w=[a,b]", "column 6: a range is of numbers, not of strings"},
        {"a,w=[true,false]", "column 6: a range is of numbers, not of booleans"},
        {"a,w=[1.0,2.0,1.0]", "column 5: only ranges of int have a step"},
        {"a,r=[0/1,30]", "a"},
        {"a,r=1/0", "column 5: the denominator of 1/0 is zero"},
        {"a,r=(fraction)29.97", "column 15: '29.97' is not a fraction of 64-bit integers"},
        {"a,w={}", "column 5: an empty list accepts nothing"},
        {"a,w={,1}", "column 6: ',' where a value is expected"},
        {"a,w={1", "column 5: the '{' is never closed"},
        {"a,w={1;2}", "column 7: ';' where ',' or '}' is expected"},
        {"a,x=(foo)2", "column 5: no type called foo"},
        {"a,x=(int)5.0", "column 10: '5.0' is not a 64-bit integer"},
        {"a,x=(bool)2", "column 11: '2' is not a boolean (true or false)"},
        {"a,x=(double)nan", "column 13: 'nan' is not a number"},
        {"a,x=<1,2>", "column 5: arrays are not supported"},
        {"a,x='b'", "column 5: ''' where a value is expected"},
        {"a,x=b@c", "column 6: '@' where ',' or ';' is expected"},
        {"a,x=\"b", "column 5: the quote is never closed"},
        {"a,x=\"b\\", "column 5: the quote is never closed"},
        {"a,x=\"\\000\"", "column 5: text must not hold a zero byte"},
        {"a,x=9223372036854775808", "column 5: 9223372036854775808 does not fit into 64 bits"},
        {"a,x=\"ä\",y=ö", "column 11: 'ö' where a value is expected"},
        {"a(foo)", "column 3: 'foo' is no feature"},
        {"a(memory:A", "column 2: the '(' is never closed"},
        {"a (memory:A)", "column 3: '(' where ',' or ';' is expected"},
        {"a(ANY,memory:A)", "column 6: ',' where ')' after ANY is expected"},
        {"a; ANY", "column 4: ANY stands alone, not in a list of alternatives"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        if (c.wanted == "a") continue;
        CHECK(read_back(c.text) == "error: " + std::string(c.wanted));
    }
    CHECK(read_back("a,r=[0/1,30]") == "a,r=[0/1,30/1]");  // The first end says the kind.
}

// A number that cannot be kept as it was written never becomes another one, nor a word.
TEST_CASE("caps text: numbers out of range are refused with their place, typed or not") {
    const std::vector<Case> cases{
        {"a/b,x=1e400", "column 7: 1e400 does not fit into a double"},
        {"a/b,x=-1e400", "column 7: -1e400 does not fit into a double"},
        {"a/b,x=+1e400", "column 7: +1e400 does not fit into a double"},
        {"a/b,x=1e-400", "column 7: 1e-400 does not fit into a double"},
        {"a/b,x=(double)1e400", "column 15: 1e400 does not fit into a double"},
        {"a/b,x=[0.5,1e400]", "column 12: 1e400 does not fit into a double"},
        {"a/b,x={1,1e400}", "column 10: 1e400 does not fit into a double"},
        {"a/b,x=0xFFFFFFFFFFFFFFFF", "column 7: 0xFFFFFFFFFFFFFFFF does not fit into 64 bits"},
        {"a/b,x=-0x8000000000000001", "column 7: -0x8000000000000001 does not fit into 64 bits"},
        {"a/b,x=99999999999999999999", "column 7: 99999999999999999999 does not fit into 64 bits"},
        {"a/b,x=(bitmask)0xFFFFFFFFFFFFFFFF",
         "column 16: 0xFFFFFFFFFFFFFFFF does not fit into 64 bits"},
        {"a/b,x=nan", "column 7: 'nan' is not a number"},
        {"a/b,x=NaN", "column 7: 'NaN' is not a number"},
        {"a/b,x=-nan", "column 7: '-nan' is not a number"},
        {"a/b,x=inf", "column 7: inf is no finite number"},
        {"a/b,x=-Infinity", "column 7: -Infinity is no finite number"},
        {"a/b,x=(uint)-1", "column 13: '-1' is not an integer from 0 on, of 63 bits"},
        {"a/b,x=(guint64)-1", "column 16: '-1' is not an integer from 0 on, of 63 bits"},
        {"a/b,x=(uint)[-1,5]", "column 14: '-1' is not an integer from 0 on, of 63 bits"},
        {"a/b,x=010", "column 7: 010 is octal to some and decimal to others"},
        {"a/b,x=-08", "column 7: -08 is octal to some and decimal to others"},
        {"a/b,x=(int)010", "column 12: 010 is octal to some and decimal to others"},
        {"a/b,x=030/1", "column 7: '030/1' is not a fraction of 64-bit integers"},
        {"a/b,x=99999999999999999999/1",
         "column 7: '99999999999999999999/1' is not a fraction of 64-bit integers"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        CHECK(read_back(c.text) == "error: " + std::string(c.wanted));
    }
    CHECK(parse_caps("a/b,x=010").error().hint == "leave out the leading zero; as text: \"010\"");
}

TEST_CASE("caps text: every prefix of a long text either reads or says where it stops") {
    const std::string text =
        "video/x-raw(memory:DMABuf,meta:X),format=(string){NV12,\"R B\"},width=[16,4096,2],"
        "rate=[0/1,30/1],g=[0.5,1.5],b=true; video/x-bayer,format=rggb12le;";
    for (std::size_t size = 0; size <= text.size(); ++size) {
        const auto read = read_caps(std::string_view(text).substr(0, size));
        if (!read) CHECK(read.error().offset <= size);
        if (read) CHECK(unwrap(parse_caps(to_string(*read))) == *read);
    }
    CHECK(read_caps(text));
}

TEST_CASE("caps text: limits hold, and hostile depth does not reach the stack") {
    CHECK_FALSE(parse_caps(std::string(kMaxCapsBytes + 1, 'a')));
    CHECK_FALSE(parse_caps("a,x=" + std::string(60000, '{')));
    std::string many = "a";
    for (int i = 0; i < 256; ++i) many += ";a";
    CHECK_FALSE(parse_caps(many));
    std::string list = "a,x={0";
    for (int i = 1; i < 1024; ++i) list += "," + std::to_string(i);
    CHECK(parse_caps(list + "}"));
    CHECK_FALSE(parse_caps(list + ",1024}"));
}

TEST_CASE("caps text: doubles and words of any content come back the same") {
    for (const double x : {0.1, 1e300, -2.5e-8, 3.0, 0.0, std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::denorm_min()}) {
        CHECK(read_value(to_string(Value(x))) == Value(x));
    }
    for (const char* word :
         {"",    "NV12", "30", "1/2",   "1/0",    "t",   "FALSE", "min",   "max",
          "a b", "\"",   "\\", "\\101", "010",    "nan", "-Inf",  "1e400", "0xFFFFFFFFFFFFFFFF",
          "\n",  "ä",    "{}", "[1,2]", "(int)5", "1e5"}) {
        CAPTURE(word);
        CHECK(read_value(to_string(Value(word))) == Value(word));
    }
}

}  // namespace
}  // namespace parallax
