#include "elements/codec/jpeg_guard.h"

#include <algorithm>
#include <array>
#include <string>

#include <jerror.h>

namespace parallax::codec {
namespace {

// The warnings that mean missing or broken data; others are about curious headers.
constexpr std::array<int, 5> kDamage{JWRN_JPEG_EOF, JWRN_HIT_MARKER, JWRN_HUFF_BAD_CODE,
                                     JWRN_MUST_RESYNC, JWRN_ARITH_BAD_CODE};

}  // namespace

JpegGuard::JpegGuard(jpeg_error_mgr*& hook) {
    hook = jpeg_std_error(&manager_);
    manager_.error_exit = &give_up;
    manager_.emit_message = &note;
    manager_.output_message = [](j_common_ptr) {};
}

JpegGuard& JpegGuard::of(j_common_ptr info) {
    // manager_ is the first member of a class without virtual functions or bases.
    void* first_member = info->err;
    return *static_cast<JpegGuard*>(first_member);
}

void JpegGuard::give_up(j_common_ptr info) {
    JpegGuard& guard = of(info);
    info->err->format_message(info, guard.text_);
    std::longjmp(guard.jump_, 1);
}

void JpegGuard::note(j_common_ptr info, int level) {
    JpegGuard& guard = of(info);
    if (level < 0 && info->err->msg_code == JWRN_EXTRANEOUS_DATA) guard.extraneous_ = true;
    if (level >= 0 || std::ranges::find(kDamage, info->err->msg_code) == kDamage.end()) return;
    if (!guard.damaged_) info->err->format_message(info, guard.text_);
    guard.damaged_ = true;
}

Failure JpegGuard::failure(Errc code) const { return fail(code, "jpeg: " + std::string(text_)); }

}  // namespace parallax::codec
