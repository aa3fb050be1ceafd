#include "isolate/empty_root.h"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace parallax {
namespace {

constexpr std::uint64_t kPlain = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
constexpr unsigned long kRootFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

// The folders above a relative path, in the root that is being built.
Result<> make_folders(const std::string& path) {
    for (std::size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
        const std::string folder = path.substr(0, slash);
        if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return fail_errno("mkdir");
    }
    return {};
}

Result<> make_target(const std::string& path, bool folder) {
    PX_TRY(make_folders(path));
    if (folder) {
        if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return fail_errno("mkdir");
        return {};
    }
    const UniqueFd file(::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444));
    if (!file && errno != EEXIST) return fail_errno("creating a mount point");
    return {};
}

// Any folder will do: it is covered, and left behind.
Result<> cover_a_folder() {
    for (const char* place : {"/tmp", "/proc", "/mnt", "/usr"}) {
        if (::mount("stage", place, "tmpfs", kRootFlags, "mode=0755,size=1m,nr_inodes=4096") == 0) {
            if (::chdir(place) != 0) return fail_errno("chdir");
            return {};
        }
        if (errno != ENOENT && errno != ENOTDIR) break;
    }
    return fail_errno("mount of an empty root");
}

}  // namespace

Result<EmptyRoot> EmptyRoot::gather(const SandboxGrants& grants) {
    EmptyRoot root;
    for (const std::string& path : grants.load_paths) {
        PX_TRY(root.add(path, (kPlain & ~std::uint64_t{MOUNT_ATTR_NOEXEC}) | MOUNT_ATTR_RDONLY));
    }
    for (const std::string& path : grants.read_paths) {
        PX_TRY(root.add(path, kPlain | MOUNT_ATTR_RDONLY));
    }
    for (const std::string& path : grants.write_paths) PX_TRY(root.add(path, kPlain));
    for (const std::string& path : grants.device_paths) {
        PX_TRY(root.add(path, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
    }
    for (const std::string& endpoint : grants.endpoints) {
        const EndpointAddress address = PX_TRY(parse_endpoint(endpoint));
        if (!address.unix_path.empty()) PX_TRY(root.add(address.unix_path, kPlain));
    }
    // Outer folders first, else they would cover what lies in them.
    std::ranges::sort(root.mounts_, {},
                      [](const Mount& m) { return std::pair(m.path.size(), m.path); });
    return root;
}

Result<> EmptyRoot::add(const std::string& path, std::uint64_t attributes) {
    Mount mount{.path = path.substr(1), .tree = {}, .folder = false};  // Relative to the new root.
    while (mount.path.ends_with('/')) mount.path.pop_back();
    mount.tree = UniqueFd(
        ::open_tree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
    if (!mount.tree) {
        if (errno != ENOENT && errno != ENOTDIR) return fail_errno("granting " + path);
        return fail(Errc::not_found, "granting " + path + ": there is no such file or folder",
                    "a grant names what exists; to create a file, grant its folder");
    }
    mount_attr wanted{};
    wanted.attr_set = attributes;
    wanted.propagation = MS_PRIVATE;
    if (::mount_setattr(mount.tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &wanted,
                        sizeof wanted) != 0) {
        return fail_errno("mount_setattr of " + path);
    }
    struct stat status{};
    if (::fstat(mount.tree.get(), &status) != 0) return fail_errno("fstat of " + path);
    mount.folder = S_ISDIR(status.st_mode);
    mounts_.push_back(std::move(mount));
    return {};
}

Result<> EmptyRoot::attach(const Mount& mount) {
    PX_TRY(make_target(mount.path, mount.folder).context("/" + mount.path));
    if (::move_mount(mount.tree.get(), "", AT_FDCWD, mount.path.c_str(), MOVE_MOUNT_F_EMPTY_PATH) !=
        0) {
        return fail_errno("move_mount of /" + mount.path);
    }
    return {};
}

Result<> EmptyRoot::enter() && {
    PX_TRY(cover_a_folder());
    for (const Mount& mount : mounts_) PX_TRY(attach(mount));
    // The new root takes the old one's place, which then lies on top of it for one line.
    if (::syscall(SYS_pivot_root, ".", ".") != 0) return fail_errno("pivot_root");
    if (::umount2(".", MNT_DETACH) != 0) return fail_errno("umount of the old root");
    if (::chdir("/") != 0) return fail_errno("chdir");
    if (::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | kRootFlags, nullptr) !=
        0) {
        return fail_errno("read-only remount of the root");
    }
    return {};
}

}  // namespace parallax
