#include "isolate/namespaces.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <sched.h>
#include <unistd.h>

#include "parallax/fd.h"

namespace parallax {
namespace {

constexpr uid_t kNobody = 65534;
constexpr uid_t kInside = 1000;  // Any but 0, so that nothing takes the stage for root.

Result<> write_file(const std::string& path, std::string_view text) {
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) return fail_errno("open " + path);
    // These files take their text in one write or not at all.
    if (::write(fd.get(), text.data(), text.size()) < 0) return fail_errno("write " + path);
    return {};
}

Result<> write_maps(const std::string& process, uid_t inside, const StageIdentity& identity) {
    const std::string id = std::to_string(inside) + " ";
    PX_TRY(write_file(process + "uid_map", id + std::to_string(identity.uid) + " 1"));
    // Who may not set groups outside must give it up before mapping one.
    if (!identity.other_than_ours) PX_TRY(write_file(process + "setgroups", "deny"));
    return write_file(process + "gid_map", id + std::to_string(identity.gid) + " 1");
}

}  // namespace

std::uint64_t stage_namespaces() {
    return CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
           CLONE_NEWCGROUP;
}

std::vector<NamespaceName> namespace_names() {
    return {{CLONE_NEWUSER, "user-namespace"}, {CLONE_NEWNS, "mount-namespace"},
            {CLONE_NEWPID, "pid-namespace"},   {CLONE_NEWIPC, "ipc-namespace"},
            {CLONE_NEWUTS, "uts-namespace"},   {CLONE_NEWCGROUP, "cgroup-namespace"}};
}

StageIdentity stage_identity(bool opens_granted_files) {
    if (::geteuid() != 0 || opens_granted_files) return {::geteuid(), ::getegid(), false};
    return {kNobody, kNobody, true};
}

Result<> map_identity(pid_t child, const StageIdentity& identity) {
    return write_maps("/proc/" + std::to_string(child) + "/", kInside, identity);
}

Result<> take_identity(const StageIdentity& identity, bool in_user_namespace) {
    const uid_t uid = in_user_namespace ? kInside : identity.uid;
    const gid_t gid = in_user_namespace ? kInside : identity.gid;
    if (identity.other_than_ours && ::setgroups(0, nullptr) != 0) return fail_errno("setgroups");
    if (::setresgid(gid, gid, gid) != 0) return fail_errno("setresgid");
    if (::setresuid(uid, uid, uid) != 0) return fail_errno("setresuid");
    return {};
}

Result<> leave_network() {
    const uid_t uid = ::geteuid();
    const gid_t gid = ::getegid();
    if (uid == 0 && ::unshare(CLONE_NEWNET) == 0) return {};
    // An ordinary user may, inside a user namespace of its own, in which it stays the same user.
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return fail_errno("unshare of the network");
    return write_maps("/proc/self/", uid, {uid, gid, false});
}

Result<> hide_host_name() {
    if (::sethostname("stage", 5) != 0) return fail_errno("sethostname");
    return {};
}

}  // namespace parallax
