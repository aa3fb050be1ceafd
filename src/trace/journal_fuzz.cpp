// A segment that anybody may have written: reading it, by whom tails it and as a whole, gives
// records whose sums are right, comes to an end, and never reads beyond it.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "trace/journal_export.h"
#include "trace/journal_segment.h"

namespace {

constexpr parallax::SegmentName kName{.first = 1, .salt = 0x1234ABCD};

// A folder of the process's own, with the one file in it.
struct Rig {
    char folder[32] = "/tmp/journal-fuzz-XXXXXX";
    int file = -1;

    Rig() {
        PX_CHECK(::mkdtemp(folder) != nullptr);
        const std::string path = std::string(folder) + "/" + to_string(kName);
        file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        PX_CHECK(file >= 0);
    }
    ~Rig() {
        ::close(file);
        ::unlink((std::string(folder) + "/" + to_string(kName)).c_str());
        ::rmdir(folder);
    }
};

// Wherever a record could stand behind the one before.
void make_sums_right(std::span<std::byte> bytes) {
    for (std::size_t at = parallax::kSegmentHeadBytes;
         at + parallax::kRecordHeadBytes <= bytes.size();) {
        std::uint16_t kind = 0;
        std::memcpy(&kind, &bytes[at + 12], sizeof kind);
        const auto head = parallax::peek_record(bytes.subspan(at));
        if (head.bytes > bytes.size() - at) return;
        const std::size_t most = head.bytes - parallax::kRecordHeadBytes;
        const std::size_t some = most - std::min<std::size_t>(most, kind % 8);
        const std::vector<std::byte> payload(
            bytes.begin() + static_cast<std::ptrdiff_t>(at + parallax::kRecordHeadBytes),
            bytes.begin() + static_cast<std::ptrdiff_t>(at + parallax::kRecordHeadBytes + some));
        // Some stay as they are, damaged.
        if (kind % 5 != 4) {
            parallax::write_record({.sequence = head.sequence,
                                    .time_ns = 0,
                                    .kind = parallax::RecordKind{kind},
                                    .payload = payload},
                                   parallax::payload_sum(payload, kName.salt), kName.salt,
                                   bytes.subspan(at));
        }
        at += head.bytes;
    }
}

std::uint64_t read_all(const Rig& rig, bool complete, std::uint64_t size) {
    auto reader = parallax::SegmentReader::open(rig.folder, kName).value();
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
    for (;;) {
        const auto record = reader.next(complete);
        PX_CHECK(record.has_value());
        if (!*record) break;
        ++records;
        bytes += parallax::record_bytes((*record)->payload.size());
        PX_CHECK(bytes <= size);
        PX_CHECK(!journal_line(**record, parallax::JournalForm::csv).empty());
    }
    std::uint64_t damaged = 0;
    for (const parallax::JournalDamage& damage : reader.take_damages()) damaged += damage.bytes;
    PX_CHECK(bytes + damaged <= size);
    PX_CHECK(!complete || reader.torn_bytes() == 0);
    return records;
}

}  // namespace

// libFuzzer names it. An input that opens with P, as segments do, is taken as it is; of another the
// sums are made right first, since no search gets past them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    static const Rig rig;
    std::vector<std::byte> bytes(size);
    if (size > 0) std::memcpy(bytes.data(), data, size);
    if (size > 0 && bytes[0] != std::byte{'P'}) make_sums_right(bytes);
    PX_CHECK(::ftruncate(rig.file, 0) == 0);
    PX_CHECK(::pwrite(rig.file, bytes.data(), size, 0) == static_cast<ssize_t>(size));
    const std::uint64_t tailed = read_all(rig, false, size);
    PX_CHECK(read_all(rig, true, size) >= tailed);
    return 0;
}
