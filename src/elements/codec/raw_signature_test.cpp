#include "elements/codec/raw_signature.h"

#include <cstring>
#include <string>

#include <doctest/doctest.h>

namespace parallax::codec {
namespace {

using std::string_literals::operator""s;

bool known(const std::string& start, std::size_t offset = 0) {
    std::string bytes(64, '\x80');
    bytes.replace(offset, start.size(), start);
    return has_raw_signature(std::as_bytes(std::span(bytes)));
}

TEST_CASE("raw signature: the beginnings of cameras' files are known") {
    for (const std::string& start :
         {"II*\0\x08\0\0\0"s, "MM\0*\0\0\0\x08"s, "IIRO\x08\0\0\0"s, "IIRS"s, "MMOR"s, "IIU\0"s,
          "II\x1a\0\0\0HEAPCCDR"s, "FUJIFILMCCD-RAW 0201"s, "\0MRM"s, "FOVb"s,
          "\0\0\0\x18"
          "ftypcrx "s,
          "\xff\xd8\xff\xe1\x20\x00"
          "Exif"s,
          "CI\x2c\0"s}) {
        CAPTURE(start);
        CHECK(known(start));
    }
    CHECK(known("ARECOYK", 25));
}

TEST_CASE("raw signature: samples, text, other pictures and films are none") {
    for (const std::string& start : {""s, "this is no raw file"s, "\x89PNG\r\n\x1a\n"s,
                                     "\xff\xd8\xff\xe0\0\x10JFIF"s, "BM"s, "RIFF\0\0\0\0WAVE"s,
                                     "\0\0\0\x18"
                                     "ftypqt  "s,
                                     "II"s, "II\xbc\x01"s, "CI"s, "P6\n"s}) {
        CAPTURE(start);
        CHECK_FALSE(known(start));
    }
    CHECK_FALSE(has_raw_signature({}));
    const std::string zeros(786432, '\0');
    CHECK_FALSE(has_raw_signature(std::as_bytes(std::span(zeros))));
}

TEST_CASE("raw signature: a beginning that is cut short is none") {
    const std::string start = "FUJIFILMCCD-RAW";
    for (std::size_t bytes = 0; bytes < start.size(); ++bytes) {
        CHECK_FALSE(has_raw_signature(std::as_bytes(std::span(start).first(bytes))));
    }
}

}  // namespace
}  // namespace parallax::codec
