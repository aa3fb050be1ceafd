// Picture: a picture with its own memory, for tests.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "parallax/image.h"
#include "support/unwrap.h"

namespace parallax {

class Picture {
  public:
    Picture(PixelFormat format, int width, int height)
        : layout_(unwrap(image_layout(format, width, height))), bytes_(layout_.size_bytes) {}

    ImageView view() const { return unwrap(view_image(layout_, std::span(bytes_))); }
    MutableImageView edit() { return unwrap(view_image(layout_, std::span(bytes_))); }
    const ImageLayout& layout() const { return layout_; }
    std::vector<std::byte>& bytes() { return bytes_; }
    const std::vector<std::byte>& bytes() const { return bytes_; }

    // Every byte random, padding too: what a picture may hold at worst.
    Picture& randomize(std::uint64_t seed) {
        std::mt19937_64 random(seed);
        for (std::byte& b : bytes_) b = static_cast<std::byte>(random());
        return *this;
    }

  private:
    ImageLayout layout_;
    std::vector<std::byte> bytes_;
};

}  // namespace parallax
