// Files for tests of coders in whole graphs: headerless pictures, and their caps as launch text.
#pragma once

#include <string>
#include <vector>

#include "elements/codec/file_io.h"
#include "parallax/video_caps.h"
#include "support/codec_testing.h"
#include "support/temp_folder.h"

namespace parallax {

inline void put_bytes(const std::string& path, std::span<const std::byte> bytes) {
    REQUIRE(codec::write_file(path, bytes));
}

inline std::vector<std::byte> bytes_of_file(const std::string& path) {
    return unwrap(codec::read_file(path, std::uint64_t{1} << 30));
}

// `count` pictures of noise, one after another.
inline void put_noise(const std::string& path, const ImageLayout& layout, unsigned count = 1) {
    std::vector<std::byte> all;
    for (unsigned i = 0; i < count; ++i) {
        codec::testing::Canvas canvas(layout.format, layout.width, layout.height);
        codec::testing::fill_noise(canvas.view, i + 1);
        all.insert(all.end(), canvas.bytes.begin(), canvas.bytes.end());
    }
    put_bytes(path, all);
}

// "filesrc location=… ! video/x-raw,format=RGB,width=8,height=6,framerate=30/1"
inline std::string headerless_line(const std::string& path, const ImageLayout& layout) {
    return "filesrc location=" + path + " ! " + to_string(caps_of(layout, Fraction(30, 1)));
}

}  // namespace parallax
