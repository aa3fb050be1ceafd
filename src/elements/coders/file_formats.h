// FileFormats: how caps cross a coder: which pictures a kind of file can hold, and as what.
//
// A file's caps have the fields of GStreamer (width, height, framerate) and, where a decoder must
// know it, `format`: that of the pixels as the file holds them.
//
// Threads: a plain value; pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parallax/caps.h"
#include "parallax/format.h"

namespace parallax::elements {

class FileFormats {
  public:
    // One format of pictures, and what it is in a file: a format again, or empty where every
    // decoder may choose.
    struct Pair {
        PixelFormat picture;
        std::string_view in_file;
    };
    FileFormats(std::string media_type, std::vector<Pair> pairs)
        : media_type_(std::move(media_type)), pairs_(std::move(pairs)) {}

    // Every format stands for itself; a mosaic for gray of its sample size.
    static FileFormats plain(std::string media_type, std::span<const PixelFormat> pictures);
    // `in_file` says nothing of the format.
    static FileFormats silent(std::string media_type, std::span<const PixelFormat> pictures);

    const std::string& media_type() const { return media_type_; }
    Caps pictures() const;  // All of them, in any size.
    Caps files() const;

    // The same set, seen from the other side: size, rate and orientation stay.
    Caps to_files(const Caps& pictures) const;
    Caps to_pictures(const Caps& files) const;

  private:
    std::string media_type_;
    std::vector<Pair> pairs_;
};

}  // namespace parallax::elements
