// RawFile in a build without LibRaw: every file is refused, and the message names the remedy.
#ifndef PARALLAX_HAVE_LIBRAW

#include "base/check.h"
#include "elements/codec/raw_file.h"

namespace parallax::codec {

struct RawFile::State {};

namespace {
Failure absent() {
    return fail(Errc::lacking, "this build cannot read camera raw files",
                "build with -DPARALLAX_LIBRAW=ON");
}
}  // namespace

RawFile::RawFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
RawFile::RawFile(RawFile&&) noexcept = default;
RawFile& RawFile::operator=(RawFile&&) noexcept = default;
RawFile::~RawFile() = default;

Result<RawFile> RawFile::open(const std::string& path, const Limits&) {
    return Result<RawFile>(absent()).context(path);
}
Result<RawFile> RawFile::open(std::vector<std::byte>, const Limits&) { return absent(); }

// No RawFile can be made, so nobody can call these.
const RawShape& RawFile::shape() const { check_failed("no LibRaw", __FILE__, __LINE__); }
const RawInfo& RawFile::info() const { check_failed("no LibRaw", __FILE__, __LINE__); }
Result<RawInfo> RawFile::unpack(const MutableImageView&) { return absent(); }

}  // namespace parallax::codec

#endif
