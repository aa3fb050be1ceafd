// grants: what an element's own properties name, and nothing else, is opened to its process.
//
// ReadPath, WritePath, Endpoint and DevicePath are the types of properties that name something
// outside. Relative paths become absolute. A path with a pattern (frame_%03d.png, *.dng) grants the
// files that it names now, or their folder where they lie in many, or are more than a sandbox
// should mount one by one; what is written is granted by its folder, since it is renamed there.
//
// Threads: pure but for looking at the file system.
#pragma once

#include "parallax/element.h"
#include "parallax/sandbox_policy.h"

namespace parallax {

// From the root, whatever the working directory is.
std::string absolute_path(const std::string& path);

Result<> add_grants(const Element& element, SandboxGrants& grants);

}  // namespace parallax
