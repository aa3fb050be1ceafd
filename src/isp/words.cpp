#include "parallax/isp.h"

namespace parallax::isp {

std::string_view to_string(Demosaic demosaic) {
    switch (demosaic) {
        case Demosaic::automatic:
            return "auto";
        case Demosaic::bilinear:
            return "bilinear";
        case Demosaic::mhc:
            return "mhc";
        case Demosaic::rcd:
            return "rcd";
        case Demosaic::superpixel:
            return "superpixel";
    }
    return "?";
}

std::string_view to_string(Quality quality) {
    switch (quality) {
        case Quality::preview:
            return "preview";
        case Quality::balanced:
            return "balanced";
        case Quality::best:
            return "best";
    }
    return "?";
}

std::string_view to_string(WhiteBalance mode) {
    switch (mode) {
        case WhiteBalance::metadata:
            return "metadata";
        case WhiteBalance::manual:
            return "manual";
        case WhiteBalance::gray_world:
            return "gray-world";
        case WhiteBalance::gray_edge:
            return "gray-edge";
    }
    return "?";
}

std::string_view to_string(Tone tone) {
    switch (tone) {
        case Tone::linear:
            return "linear";
        case Tone::srgb:
            return "srgb";
        case Tone::filmic:
            return "filmic";
    }
    return "?";
}

std::string_view to_string(Highlights mode) {
    switch (mode) {
        case Highlights::clip:
            return "clip";
        case Highlights::blend:
            return "blend";
    }
    return "?";
}

std::array<int, 2> natural_size_px(Demosaic demosaic, const ImageLayout& raw) {
    if (demosaic == Demosaic::superpixel) return {raw.width / 2, raw.height / 2};
    return {raw.width, raw.height};
}

}  // namespace parallax::isp
