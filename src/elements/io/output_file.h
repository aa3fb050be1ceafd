// open_output: a file about to be written, refused early and clearly where it cannot be.
//
// Threads: a pure function of the file system.
#pragma once

#include <string>

#include "elements/codec/file_io.h"
#include "parallax/result.h"

namespace parallax::elements {

// As AtomicFile::create, but a missing or unwritable folder is named. An empty path is refused.
Result<codec::AtomicFile> open_output(const std::string& path, std::uint64_t nonce);

}  // namespace parallax::elements
