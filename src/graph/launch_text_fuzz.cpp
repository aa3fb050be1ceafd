// Launch text of any content: reading ends, and every place lies in the text.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "graph/launch_text.h"

// libFuzzer names it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
    const parallax::LaunchRead read = parallax::read_launch(text);
    PX_CHECK(read.errors.size() <= parallax::kMaxLaunchErrors);
    for (const parallax::TextError& error : read.errors) {
        PX_CHECK(error.place.offset <= size);
        PX_CHECK(error.place.length <= size - error.place.offset);
        PX_CHECK(!error.text.empty());
        PX_CHECK(!render(text, error.place).empty());
    }
    if (!read.errors.empty()) return 0;
    PX_CHECK(!read.launch.elements.empty());
    for (const parallax::LinkText& link : read.launch.links) {
        PX_CHECK(link.from.element < read.launch.elements.size());
        PX_CHECK(link.to.element < read.launch.elements.size());
    }
    return 0;
}
