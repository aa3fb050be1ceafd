// Provenance in files: one line of JSON that says how a picture came to be.
//
//     {"parallax.provenance":1,"seed":7,"input_hash":"9f…","chain":[{"element":"softisp0",
//      "factory":"softisp","version":"1","parameters":"demosaic=mhc"},…]}
//
// PNG holds it as iTXt "parallax.provenance", JPEG as a comment, TIFF as ImageDescription. DNG
// holds none, so that a copy of a copy is the same file.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "parallax/element.h"
#include "parallax/meta.h"
#include "parallax/result.h"

namespace parallax::elements {

// Empty where the frame is not followed. `input_hash` is left out where there is none; bytes that
// are no UTF-8 (of a file's name) are replaced.
Result<std::string> provenance_text(const Meta& meta);

// The other way; a failure is Errc::corrupt.
Result<Provenance> parse_provenance_text(std::string_view text);

// Adds to a followed frame, about to be committed, that this element made it.
Result<> append_own_step(Context& context, const Element& element, std::string_view factory);

}  // namespace parallax::elements
