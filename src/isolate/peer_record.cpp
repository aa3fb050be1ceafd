#include "isolate/peer_record.h"

namespace parallax {
namespace {

// Only ever read through: the mapping has no right to write.
RecordPage& page_in(const CpuSegment& segment) {
    return *reinterpret_cast<RecordPage*>(const_cast<std::byte*>(segment.view().data()));
}

}  // namespace

PeerRecord::PeerRecord(CpuSegment page, std::size_t inputs, std::size_t channels)
    : page_(std::move(page)), record_(page_in(page_), inputs, channels) {}

Result<std::unique_ptr<PeerRecord>> PeerRecord::map(UniqueFd fd, std::size_t inputs,
                                                    std::size_t channels) {
    if (inputs > kMaxInputs || channels > kMaxChannels) {
        return fail(Errc::corrupt, "a record of more pads than a stage can have");
    }
    CpuSegment page =
        PX_TRY(CpuSegment::from_fd(std::move(fd), sizeof(RecordPage), Access::read_only));
    return std::make_unique<PeerRecord>(std::move(page), inputs, channels);
}

}  // namespace parallax
