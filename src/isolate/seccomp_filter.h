// SeccompFilter: a policy's system-call rules as BPF, ready to be installed in a child.
//
// Compiled by libseccomp where memory may be allocated and mistakes reported; the child gets raw
// instructions and makes one system call. x86-64; calls by the i386 and x32 tables kill.
//
// Threads: plain values; install() affects the calling process.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isolate/seccomp_rules.h"
#include "parallax/fd.h"
#include "parallax/result.h"

namespace parallax {

class SeccompFilter {
  public:
    static Result<SeccompFilter> compile(std::span<const SyscallRule> rules);
    // From the bytes of another one; checked for shape only, the kernel verifies the rest.
    static Result<SeccompFilter> from_bytes(std::span<const std::byte> bytes);

    std::span<const std::byte> bytes() const { return bytes_; }

    // For every thread of the process, for good. Needs no_new_privs. Allocates nothing.
    Result<> install() const;

  private:
    explicit SeccompFilter(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}

    std::vector<std::byte> bytes_;
};

}  // namespace parallax
