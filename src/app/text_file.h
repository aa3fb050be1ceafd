// read_text, LateText: whole files of text; "-" is standard input and output.
//
// Threads: one at a time.
// Lifetime: a LateText that is dropped unwritten leaves no trace.
#pragma once

#include <string>
#include <string_view>

#include "elements/codec/file_io.h"
#include "parallax/result.h"

namespace parallax::app {

// At most 16 MiB.
Result<std::string> read_text(const std::string& path);

// A text that comes at the end of the work, for a place that is tried at its beginning: who cannot
// write there learns it before the work. The file appears complete or not at all, and an earlier
// one survives until then.
class LateText {
  public:
    static Result<LateText> open(const std::string& path);
    Result<> write(std::string_view text);  // Once.

  private:
    LateText(codec::AtomicFile file, bool is_output)
        : file_(std::move(file)), is_output_(is_output) {}
    Result<> write_file(std::string_view text);

    codec::AtomicFile file_;
    bool is_output_ = false;
};

}  // namespace parallax::app
