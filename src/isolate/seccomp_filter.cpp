#include "isolate/seccomp_filter.h"

#include <cerrno>
#include <cstring>
#include <memory>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace parallax {
namespace {

struct Release {
    void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

std::uint32_t action_of(const SyscallRule& rule) {
    switch (rule.action) {
        case SyscallAction::allow:
            return SCMP_ACT_ALLOW;
        case SyscallAction::error:
            return SCMP_ACT_ERRNO(static_cast<std::uint32_t>(rule.error));
        case SyscallAction::kill:
            break;
    }
    return SCMP_ACT_KILL_PROCESS;
}

scmp_arg_cmp compare(const ArgumentRule& rule) {
    constexpr std::uint64_t low_half = 0xffff'ffff;
    switch (rule.test) {
        case ArgumentTest::equal:
            if (rule.wide) return {rule.index, SCMP_CMP_EQ, rule.value, 0};
            return {rule.index, SCMP_CMP_MASKED_EQ, low_half, rule.value};
        case ArgumentTest::not_equal:
            return {rule.index, SCMP_CMP_NE, rule.value, 0};
        case ArgumentTest::masked_equal:
            break;
    }
    return {rule.index, SCMP_CMP_MASKED_EQ, rule.mask, rule.value};
}

Failure refused(int code, const std::string& what) {
    return fail(Errc::system, "libseccomp: " + what + ": " + ::strerrordesc_np(-code));
}

Result<> add(const Context& context, const SyscallRule& rule) {
    std::vector<scmp_arg_cmp> arguments;
    arguments.reserve(rule.arguments.size());
    for (const ArgumentRule& argument : rule.arguments) arguments.push_back(compare(argument));
    const int code =
        seccomp_rule_add_exact_array(context.get(), action_of(rule), rule.number,
                                     static_cast<unsigned>(arguments.size()), arguments.data());
    if (code != 0) return refused(code, rule.name);
    return {};
}

Result<std::vector<std::byte>> exported(const Context& context) {
    UniqueFd fd(::memfd_create("seccomp", MFD_CLOEXEC));
    if (!fd) return fail_errno("memfd_create");
    if (const int code = seccomp_export_bpf(context.get(), fd.get()); code != 0) {
        return refused(code, "export");
    }
    const off_t size = ::lseek(fd.get(), 0, SEEK_END);
    if (size <= 0) return fail_errno("lseek");
    std::vector<std::byte> bytes(static_cast<std::size_t>(size));
    if (::pread(fd.get(), bytes.data(), bytes.size(), 0) != size) return fail_errno("pread");
    return bytes;
}

}  // namespace

Result<SeccompFilter> SeccompFilter::compile(std::span<const SyscallRule> rules) {
    const Context context(seccomp_init(SCMP_ACT_TRAP));
    if (!context) return fail(Errc::system, "libseccomp: no memory");
    // Calls by the tables of i386 and x32 come with another number for another call.
    int code = seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (code != 0) return refused(code, "bad-architecture action");
    // A tree, not a list: the kernel tries every call's number once while it installs a filter.
    code = seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (code != 0) return refused(code, "optimization");
    for (const SyscallRule& rule : rules) PX_TRY(add(context, rule));
    return from_bytes(PX_TRY(exported(context)));
}

Result<SeccompFilter> SeccompFilter::from_bytes(std::span<const std::byte> bytes) {
    const std::size_t count = bytes.size() / sizeof(sock_filter);
    if (bytes.size() % sizeof(sock_filter) != 0 || count == 0 || count > BPF_MAXINSNS) {
        return fail(Errc::corrupt, "a filter of " + std::to_string(bytes.size()) + " bytes");
    }
    return SeccompFilter(std::vector(bytes.begin(), bytes.end()));
}

Result<> SeccompFilter::install() const {
    sock_fprog program{};
    program.len = static_cast<unsigned short>(bytes_.size() / sizeof(sock_filter));
    // The kernel only reads it.
    program.filter = const_cast<sock_filter*>(  // NOLINT(*-const-cast)
        reinterpret_cast<const sock_filter*>(bytes_.data()));
    const long rc =
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    if (rc > 0) return fail(Errc::system, "seccomp: a thread has a filter of its own");
    if (rc != 0) return fail_errno("seccomp");
    return {};
}

}  // namespace parallax
