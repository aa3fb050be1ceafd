// JpegGuard: libjpeg's way out of an error, made into a Result.
//
// libjpeg reports by longjmp. Between the setjmp in `guarded` and any call into libjpeg, no
// function may own anything: what needs a destructor lives outside, in the caller of `guarded`.
//
// Threads: one at a time.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdio>  // jpeglib.h needs FILE and size_t before it.

#include <jpeglib.h>

#include "parallax/result.h"

namespace parallax::codec {

// Its samples are unsigned characters, ours bytes; it reads its input through pointers to
// non-const.
inline JSAMPLE* jpeg_samples(const std::byte* bytes) {
    void* raw = const_cast<std::byte*>(bytes);
    return static_cast<JSAMPLE*>(raw);
}

class JpegGuard {
  public:
    // Hooks into a compress or decompress struct before it is created.
    explicit JpegGuard(jpeg_error_mgr*& hook);
    JpegGuard(const JpegGuard&) = delete;
    JpegGuard& operator=(const JpegGuard&) = delete;

    // Runs `step(state)`, which returns nothing and owns nothing. False: libjpeg gave up.
    template <class Step, class State>
    bool guarded(Step step, State& state) {
        if (setjmp(jump_) != 0) return false;
        step(state);
        return true;
    }

    // Also true when libjpeg went on with data it had to make up.
    bool damaged() const { return damaged_; }
    // Bytes stood between samples and the next marker; many a camera's JPEG has some.
    bool has_extraneous() const { return extraneous_; }
    int code() const { return manager_.msg_code; }
    Failure failure(Errc code) const;  // "jpeg: " and libjpeg's words.

  private:
    static void give_up(j_common_ptr info);
    static void note(j_common_ptr info, int level);
    static JpegGuard& of(j_common_ptr info);

    jpeg_error_mgr manager_{};
    std::jmp_buf jump_{};
    bool damaged_ = false;
    bool extraneous_ = false;
    char text_[JMSG_LENGTH_MAX] = {};
};

}  // namespace parallax::codec
