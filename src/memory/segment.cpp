#include "parallax/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace parallax {
namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kLargestBytes = std::size_t{1} << 46;  // Half of what x86-64 can map.

int protection(Access access) {
    return access == Access::read_only ? PROT_READ : PROT_READ | PROT_WRITE;
}

Result<std::byte*> map(int fd, std::size_t size_bytes, Access access) {
    void* base = ::mmap(nullptr, size_bytes, protection(access), MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) return fail_errno("mmap of " + std::to_string(size_bytes) + " bytes");
    return static_cast<std::byte*>(base);
}

// Only a memfd knows seals, so this also refuses plain files, which others may truncate.
Result<> check_sealed_size(int fd, std::size_t size_bytes) {
    const int seals = ::fcntl(fd, F_GET_SEALS);
    if (seals < 0) return fail(Errc::corrupt, "the descriptor is not a memfd");
    if ((seals & F_SEAL_SHRINK) == 0) {
        return fail(Errc::corrupt, "the memfd is not sealed against shrinking");
    }
    struct stat status{};
    if (::fstat(fd, &status) != 0) return fail_errno("fstat");
    if (std::cmp_less(status.st_size, size_bytes)) {
        return fail(Errc::corrupt, "the memfd has " + std::to_string(status.st_size) +
                                       " bytes, expected " + std::to_string(size_bytes));
    }
    return {};
}

}  // namespace

Result<CpuSegment> CpuSegment::create(const Options& options) {
    if (options.size_bytes == 0 || options.size_bytes > kLargestBytes) {
        return fail(Errc::invalid_argument, "a segment of " + std::to_string(options.size_bytes) +
                                                " bytes is outside 1 to 2^46");
    }
    const std::size_t size = (options.size_bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
    UniqueFd fd(::memfd_create(options.name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd) return fail_errno("memfd_create");
    if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) return fail_errno("ftruncate");
    std::byte* base = PX_TRY(map(fd.get(), size, Access::read_write));
    return CpuSegment(std::move(fd), base, size, Access::read_write);
}

Result<CpuSegment> CpuSegment::from_fd(UniqueFd fd, std::size_t size_bytes, Access access) {
    if (size_bytes == 0 || size_bytes > kLargestBytes) {
        return fail(Errc::corrupt,
                    "a segment cannot have " + std::to_string(size_bytes) + " bytes");
    }
    PX_TRY(check_sealed_size(fd.get(), size_bytes));
    std::byte* base = PX_TRY(map(fd.get(), size_bytes, access));
    return CpuSegment(std::move(fd), base, size_bytes, access);
}

CpuSegment::CpuSegment(CpuSegment&& other) noexcept
    : fd_(std::move(other.fd_)),
      base_(std::exchange(other.base_, nullptr)),
      size_bytes_(std::exchange(other.size_bytes_, 0)),
      access_(other.access_) {}

CpuSegment& CpuSegment::operator=(CpuSegment other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(base_, other.base_);
    std::swap(size_bytes_, other.size_bytes_);
    std::swap(access_, other.access_);
    return *this;
}

CpuSegment::~CpuSegment() {
    if (base_ != nullptr) ::munmap(base_, size_bytes_);
}

Result<MemoryViewMut> CpuSegment::view_mut() {
    if (access_ == Access::read_only) {
        return fail(Errc::permission, "this segment is mapped read-only");
    }
    return MemoryViewMut{base_, size_bytes_};
}

Result<> CpuSegment::seal(Seals seals) {
    const int bits = (seals.size ? F_SEAL_SHRINK | F_SEAL_GROW : 0) |
                     (seals.future_write ? F_SEAL_FUTURE_WRITE : 0);
    if (::fcntl(fd_.get(), F_ADD_SEALS, bits) != 0) return fail_errno("F_ADD_SEALS");
    return {};
}

}  // namespace parallax
