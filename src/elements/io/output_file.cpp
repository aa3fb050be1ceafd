#include "elements/io/output_file.h"

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace parallax::elements {
namespace {

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<codec::AtomicFile> open_output(const std::string& path, std::uint64_t nonce) {
    if (path.empty()) return fail(Errc::io, "no location given", "set location=FILE");
    const std::string folder = folder_of(path);
    struct stat st{};
    if (::stat(folder.c_str(), &st) != 0) {
        if (errno != ENOENT) return codec::AtomicFile::create(path, nonce);  // It says why.
        return fail(Errc::io, path + ": there is no folder " + folder,
                    "make it first: mkdir -p " + folder);
    }
    if (!S_ISDIR(st.st_mode)) {
        return fail(Errc::io, path + ": expected a folder, found a file: " + folder);
    }
    if (::stat(path.c_str(), &st) != 0 && ::access(folder.c_str(), W_OK | X_OK) != 0) {
        return fail(Errc::io, path + ": the folder " + folder + " cannot be written to",
                    "check who may write there, or choose another folder");
    }
    return codec::AtomicFile::create(path, nonce);
}

}  // namespace parallax::elements
