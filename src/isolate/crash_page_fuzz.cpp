// A crash page of any bytes, which a hostile stage may leave: what is believed of it is in bounds,
// and a report can be made of it.
#include <csignal>
#include <cstdint>
#include <span>
#include <string>

#include "base/check.h"
#include "isolate/crash_page.h"
#include "isolate/crash_report.h"

// libFuzzer names it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto record = parallax::parse_crash_page(bytes);
    if (record && *record) {
        PX_CHECK((*record)->frames.size() <= parallax::kCrashFrames);
        PX_CHECK((*record)->registers.size() == parallax::kCrashRegisters);
        PX_CHECK((*record)->signal > 0 && (*record)->signal < NSIG);
        (void)parallax::crash_json({.element = "fuzz", .crash = **record});
    }
    // The same bytes as what a stage printed.
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::string tame = parallax::tame_text(text, 8);
    PX_CHECK(tame.find('\x1b') == std::string::npos && tame.find('\r') == std::string::npos);
    PX_CHECK(tame == parallax::tame_text(tame, 8));
    return 0;
}
