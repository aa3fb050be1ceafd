#include "isolate/landlock.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "parallax/fd.h"

namespace parallax {
namespace {

// The kernel's own layout and bits; Debian 12's header ends at ABI 3.
struct RulesetAttr {
    std::uint64_t handled_access_fs;
    std::uint64_t handled_access_net;
    std::uint64_t scoped;
};
struct [[gnu::packed]] PathAttr {
    std::uint64_t allowed_access;
    std::int32_t parent_fd;
};
struct PortAttr {
    std::uint64_t allowed_access;
    std::uint64_t port;
};
constexpr unsigned kVersionFlag = 1;
constexpr int kPathRule = 1;
constexpr int kPortRule = 2;

constexpr std::uint64_t kWriteFile = 1U << 1;
constexpr std::uint64_t kReadFile = 1U << 2;
constexpr std::uint64_t kReadDir = 1U << 3;
constexpr std::uint64_t kRemoveDir = 1U << 4;
constexpr std::uint64_t kRemoveFile = 1U << 5;
constexpr std::uint64_t kMakeDir = 1U << 7;
constexpr std::uint64_t kMakeFile = 1U << 8;
constexpr std::uint64_t kRefer = 1U << 13;     // ABI 2
constexpr std::uint64_t kTruncate = 1U << 14;  // ABI 3
constexpr std::uint64_t kIoctl = 1U << 15;     // ABI 5
constexpr std::uint64_t kBindTcp = 1U << 0;    // ABI 4
constexpr std::uint64_t kConnectTcp = 1U << 1;
constexpr std::uint64_t kScopeAll = 3;  // ABI 6: abstract sockets, signals.

constexpr std::uint64_t kOnFiles = 1U | kWriteFile | kReadFile | kTruncate | kIoctl;
constexpr std::uint64_t kReads = kReadFile | kReadDir;
constexpr std::uint64_t kWrites =
    kReads | kWriteFile | kRemoveDir | kRemoveFile | kMakeDir | kMakeFile | kRefer | kTruncate;

RulesetAttr handled(int abi) {
    RulesetAttr attr{};
    const unsigned bits = abi >= 5 ? 16 : abi >= 3 ? 15 : abi >= 2 ? 14 : 13;
    attr.handled_access_fs = (std::uint64_t{1} << bits) - 1;
    if (abi >= 4) attr.handled_access_net = kBindTcp | kConnectTcp;
    if (abi >= 6) attr.scoped = kScopeAll;
    return attr;
}

class Ruleset {
  public:
    static Result<Ruleset> create(RulesetAttr attr) {
        UniqueFd fd(
            static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0)));
        if (!fd) return fail_errno("landlock_create_ruleset");
        return Ruleset(std::move(fd), attr);
    }

    Result<> allow_path(const std::string& path, std::uint64_t access) {
        const UniqueFd target(::open(path.c_str(), O_PATH | O_CLOEXEC));
        if (!target) return fail_errno("open " + path);
        struct stat status{};
        if (::fstat(target.get(), &status) != 0) return fail_errno("fstat " + path);
        access &= attr_.handled_access_fs;
        if (!S_ISDIR(status.st_mode)) access &= kOnFiles;
        const PathAttr rule{.allowed_access = access, .parent_fd = target.get()};
        return add(kPathRule, &rule, "landlock rule for " + path);
    }

    Result<> allow_port(std::uint16_t port) {
        if (attr_.handled_access_net == 0) return {};
        const PortAttr rule{.allowed_access = attr_.handled_access_net, .port = port};
        return add(kPortRule, &rule, "landlock rule for port " + std::to_string(port));
    }

    Result<> enforce() const {
        if (::syscall(SYS_landlock_restrict_self, fd_.get(), 0) != 0) {
            return fail_errno("landlock_restrict_self");
        }
        return {};
    }

  private:
    Ruleset(UniqueFd fd, RulesetAttr attr) : fd_(std::move(fd)), attr_(attr) {}

    Result<> add(int type, const void* rule, const std::string& what) const {
        if (::syscall(SYS_landlock_add_rule, fd_.get(), type, rule, 0) == 0) return {};
        return fail_errno(what);
    }

    UniqueFd fd_;
    RulesetAttr attr_;
};

// A file by itself is found by a pattern only where its folder can be listed; of that nothing but
// what is granted is there to be seen.
Result<> allow_reads(Ruleset& rules, const std::string& path) {
    struct stat status{};
    const bool file = ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
    if (file) {
        const std::string folder = path.substr(0, path.rfind('/'));
        PX_TRY(rules.allow_path(folder.empty() ? "/" : folder, kReadDir));
    }
    return rules.allow_path(path, kReads);
}

Result<> allow_endpoints(Ruleset& rules, const SandboxPolicy& policy) {
    for (const std::string& endpoint : policy.grants.endpoints) {
        const EndpointAddress address = PX_TRY(parse_endpoint(endpoint));
        if (address.unix_path.empty()) PX_TRY(rules.allow_port(address.port));
    }
    return {};
}

}  // namespace

int landlock_abi() {
    const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersionFlag);
    return abi < 0 ? 0 : static_cast<int>(abi);
}

Result<> restrict_by_landlock(const SandboxPolicy& policy, LandlockPhase phase) {
    const int abi = landlock_abi();
    if (abi == 0) return fail(Errc::lacking, "this kernel has no Landlock");
    RulesetAttr attr = handled(abi);
    // The preset alone opens every port; named endpoints open those.
    if (policy.preset == SandboxPreset::with_network && policy.grants.endpoints.empty()) {
        attr.handled_access_net = 0;
    }
    Ruleset rules = PX_TRY(Ruleset::create(attr));
    const SandboxGrants& grants = policy.grants;
    for (const std::string& path : grants.read_paths) PX_TRY(allow_reads(rules, path));
    for (const std::string& path : grants.write_paths) PX_TRY(rules.allow_path(path, kWrites));
    for (const std::string& path : grants.device_paths) {
        PX_TRY(rules.allow_path(path, kReadFile | kWriteFile | kIoctl));
    }
    if (phase == LandlockPhase::start_up) {
        for (const std::string& path : grants.load_paths) PX_TRY(rules.allow_path(path, kReads));
    }
    PX_TRY(allow_endpoints(rules, policy));
    return rules.enforce();
}

}  // namespace parallax
