// The name of the file that a frame came from, as a custom entry of its Meta, so that whoever
// decodes the frame can name the file in an error.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "parallax/meta.h"
#include "parallax/result.h"

namespace parallax::elements {

inline constexpr std::string_view kSourceNameKey = "parallax.source-name";

Result<> set_source_name(Meta& meta, std::string_view name);
std::string source_name(const Meta& meta);  // Empty where the frame has none.

// The same failure; where the frame's file is known, it is named.
Failure at_source(const Meta& meta, Error error);

}  // namespace parallax::elements
