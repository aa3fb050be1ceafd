// FilePattern: file names with a running number, as in "out_%03d.jpg".
//
// Exactly one %d, %Nd or %0Nd; "%%" stands for a percent sign. This is the part of printf that
// multifilesink and multifilesrc need, read here, since a format from outside is not for printf.
//
// Threads: a plain value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "parallax/result.h"

namespace parallax::elements {

class FilePattern {
  public:
    // Fails on any other use of %, saying what stands there.
    static Result<FilePattern> parse(std::string_view text);

    bool numbered() const { return numbered_; }  // False: every name is the same.
    std::string name(std::int64_t number) const;

  private:
    std::string before_;
    std::string after_;
    bool numbered_ = false;
    int width_ = 0;
    char fill_ = ' ';
};

}  // namespace parallax::elements
