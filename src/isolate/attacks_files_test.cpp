// Attacks on files and mounts. What they are run by: attacks_test.cpp.
#include <array>
#include <string>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "support/attacks.h"

namespace parallax {
namespace {

bool opens(const char* path, int flags) { return ::open(path, flags | O_CLOEXEC, 0600) >= 0; }

std::string own_file() { return "/tmp/parallax-attack-" + std::to_string(::gettid()); }

bool makes(int rc) {
    const bool worked = rc >= 0;
    if (worked) ::unlink(own_file().c_str());
    return worked;
}

PX_ATTACK("files: read /etc/passwd", works) { return opens("/etc/passwd", O_RDONLY); }
PX_ATTACK("files: read /etc/shadow", as_root) { return opens("/etc/shadow", O_RDONLY); }
PX_ATTACK("files: read by the raw open call", works) {
    return ::syscall(SYS_open, "/etc/passwd", O_RDONLY) >= 0;
}
PX_ATTACK("files: read by openat2", works) {
    open_how how{.flags = O_RDONLY, .mode = 0, .resolve = 0};
    return ::syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", &how, sizeof how) >= 0;
}
PX_ATTACK("files: hold a path open by O_PATH", works) { return opens("/etc", O_PATH); }
PX_ATTACK("files: read own memory by /proc/self/mem", works) {
    return opens("/proc/self/mem", O_RDWR);
}
PX_ATTACK("files: read the environment of process 1", unsafe) {
    return opens("/proc/1/environ", O_RDONLY);
}
PX_ATTACK("files: look for one's own program", works) {
    std::array<char, 256> path{};
    return ::readlink("/proc/self/exe", path.data(), path.size()) > 0;
}
PX_ATTACK("files: list the root", works) {
    const int fd = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    std::array<char, 1024> entries{};
    return fd >= 0 && ::syscall(SYS_getdents64, fd, entries.data(), entries.size()) > 0;
}
PX_ATTACK("files: climb out by ..", works) {
    return ::chdir("/../../..") == 0 && opens("etc/passwd", O_RDONLY);
}
PX_ATTACK("files: ask whether /etc exists", works) {
    struct stat status{};
    return ::stat("/etc", &status) == 0;
}
PX_ATTACK("files: statx of /etc", works) {
    struct statx status{};
    return ::statx(AT_FDCWD, "/etc", 0, STATX_BASIC_STATS, &status) == 0;
}
PX_ATTACK("files: access of /bin/sh", works) { return ::access("/bin/sh", X_OK) == 0; }
PX_ATTACK("files: statfs of the root", works) {
    struct statfs status{};
    return ::statfs("/", &status) == 0;
}
PX_ATTACK("files: make a file in /tmp", works) {
    return makes(::open(own_file().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}
PX_ATTACK("files: make an unnamed file", works) {
    return ::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) >= 0;
}
PX_ATTACK("files: make a folder", works) {
    const bool worked = ::mkdir(own_file().c_str(), 0700) == 0;
    if (worked) ::rmdir(own_file().c_str());
    return worked;
}
PX_ATTACK("files: make a symbolic link", works) {
    return makes(::symlink("/etc/passwd", own_file().c_str()));
}
PX_ATTACK("files: make a fifo", works) { return makes(::mkfifo(own_file().c_str(), 0600)); }
PX_ATTACK("files: make a device node", as_root) {
    return makes(::mknod(own_file().c_str(), S_IFCHR | 0600, makedev(1, 3)));
}
PX_ATTACK("files: remove /etc/hostname", unsafe) { return ::unlink("/etc/hostname") == 0; }
PX_ATTACK("files: rename /etc/passwd", unsafe) { return ::rename("/etc/passwd", "/etc/p") == 0; }
PX_ATTACK("files: change /etc/passwd's mode", unsafe) { return ::chmod("/etc/passwd", 0666) == 0; }
PX_ATTACK("files: own /etc/passwd", unsafe) { return ::chown("/etc/passwd", 65534, 65534) == 0; }
PX_ATTACK("files: cut /etc/hostname to nothing", unsafe) {
    return ::truncate("/etc/hostname", 0) == 0;
}
PX_ATTACK("files: set an attribute on the root", unsafe) {
    return ::setxattr("/", "user.parallax", "x", 1, 0) == 0;
}
PX_ATTACK("files: watch a folder by inotify", works) {
    const int fd = ::inotify_init1(IN_CLOEXEC);
    return fd >= 0 && ::inotify_add_watch(fd, "/", IN_OPEN) >= 0;
}
PX_ATTACK("files: watch all by fanotify", as_root) {
    return ::syscall(SYS_fanotify_init, 0, O_RDONLY) >= 0;
}
PX_ATTACK("files: hold a file by its handle", works) {
    // A struct file_handle with room: its size first, then type and bytes.
    std::array<unsigned, 64> handle{128};
    int mount = 0;
    return ::syscall(SYS_name_to_handle_at, AT_FDCWD, "/etc", handle.data(), &mount, 0) == 0;
}
PX_ATTACK("files: find a folder among the descriptors", unsafe) {
    for (int fd = 0; fd < 2048; ++fd) {
        struct stat status{};
        if (::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) return true;
    }
    return false;
}
PX_ATTACK("files: find a socket of the fork server", unsafe) {
    // The stage's own socket, input and the three of stdio: whatever else is open leaked.
    int open = 0;
    for (int fd = 0; fd < 2048; ++fd) open += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return open > 5;
}

PX_ATTACK("mounts: chroot", as_root) { return ::chroot("/") == 0; }
PX_ATTACK("mounts: mount a tmpfs", unsafe) {
    return ::mount("none", "/", "tmpfs", 0, nullptr) == 0;
}
PX_ATTACK("mounts: make the root writable", unsafe) {
    return ::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND, nullptr) == 0;
}
PX_ATTACK("mounts: unmount the root", unsafe) { return ::umount2("/", MNT_DETACH) == 0; }
PX_ATTACK("mounts: pivot_root", unsafe) { return ::syscall(SYS_pivot_root, "/", "/") == 0; }
PX_ATTACK("mounts: fsopen", as_root) { return ::fsopen("tmpfs", 0) >= 0; }
PX_ATTACK("mounts: open_tree", works) { return ::open_tree(AT_FDCWD, "/", 0) >= 0; }
PX_ATTACK("mounts: clone a tree", as_root) {
    return ::open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE) >= 0;
}
PX_ATTACK("mounts: mount_setattr", unsafe) {
    mount_attr none{};
    return ::mount_setattr(AT_FDCWD, "/", 0, &none, sizeof none) == 0;
}
PX_ATTACK("mounts: swap on a file", unsafe) { return ::swapon("/etc/passwd", 0) == 0; }

}  // namespace
}  // namespace parallax
