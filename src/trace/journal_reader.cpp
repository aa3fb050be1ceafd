#include "trace/journal_reader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace parallax {
namespace {

constexpr std::size_t kMostDamages = 1000;

// How many records one says that were lost: it opens with {"lost":N.
std::uint64_t lost_by(const JournalRecord& record) {
    constexpr std::string_view kOpening = "{\"lost\":";
    const std::string_view text = record.text();
    if (record.kind != RecordKind::records_lost || !text.starts_with(kOpening)) return 0;
    const std::string_view number = text.substr(kOpening.size());
    std::uint32_t lost = 0;
    (void)std::from_chars(number.data(), number.data() + number.size(), lost);
    return lost;
}

}  // namespace

Result<JournalReader> JournalReader::open(std::string folder) {
    (void)PX_TRY(list_segments(folder));
    return JournalReader(std::move(folder));
}

Result<std::optional<JournalRecord>> JournalReader::next() {
    for (;;) {
        if (segment_) {
            if (const auto record = PX_TRY(next_here(false))) return record;
        }
        // Only once a later segment is there is this one complete; and what was written to it just
        // before is read first.
        const auto names = PX_TRY(list_segments(folder_));
        const bool later = !names.empty() && (!segment_ || names.back() > segment_->name());
        if (!later) return std::nullopt;
        if (segment_) {
            if (const auto record = PX_TRY(next_here(true))) return record;
        }
        if (!PX_TRY(advance())) return std::nullopt;
    }
}

// To the segment after the one that was read; false when there is none any more.
Result<bool> JournalReader::advance() {
    for (;;) {
        const auto names = PX_TRY(list_segments(folder_));
        const auto after =
            segment_ ? std::ranges::upper_bound(names, segment_->name()) : names.begin();
        if (after == names.end()) return false;
        Result<SegmentReader> opened = SegmentReader::open(folder_, *after);
        if (!opened && opened.error().code == Errc::not_found) continue;  // Deleted just now.
        segment_ = PX_TRY(std::move(opened));
        return true;
    }
}

Result<std::optional<JournalRecord>> JournalReader::next_here(bool complete) {
    for (;;) {
        auto record = segment_->next(complete);
        for (JournalDamage& damage : segment_->take_damages()) {
            ++damage_count_;
            if (damages_.size() < kMostDamages) damages_.push_back(std::move(damage));
        }
        if (!record || !*record || counts(**record)) return record;
    }
}

// Whether its number goes on from what was read; and what that says of others.
bool JournalReader::counts(const JournalRecord& record) {
    if (record.sequence < next_ || record.sequence == ~std::uint64_t{0}) {
        ++damage_count_;
        if (damages_.size() < kMostDamages) {
            damages_.push_back({.segment = to_string(segment_->name()),
                                .offset = segment_->end_bytes(),
                                .bytes = 0,
                                .what = "a record with a number that was there before"});
        }
        return false;
    }
    // What is before the first segment was deleted; what is missing in it was not.
    const std::uint64_t expected = first_ ? next_ : segment_->name().first;
    const std::uint64_t skipped = record.sequence - std::min(record.sequence, expected);
    const std::uint64_t told = lost_by(record);
    lost_ += told;
    missing_ += skipped - std::min(skipped, told);
    if (!first_) first_ = record.sequence;
    next_ = record.sequence + 1;
    return true;
}

Result<> JournalReader::follow() {
    UniqueFd news(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!news) return fail_errno("inotify_init1");
    if (::inotify_add_watch(news.get(), folder_.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0) {
        return Result<>(fail_errno("inotify_add_watch")).context(folder_);
    }
    news_ = std::move(news);
    return {};
}

Result<> JournalReader::wait(std::chrono::milliseconds patience) {
    if (!news_) return fail(Errc::invalid_argument, "follow() comes before wait()");
    pollfd watched{.fd = news_.get(), .events = POLLIN, .revents = 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(patience.count()));
    if (ready < 0 && errno != EINTR) return fail_errno("poll");
    std::array<char, 4096> events{};
    while (::read(news_.get(), events.data(), events.size()) > 0) continue;
    return {};
}

Result<bool> JournalReader::has_writer(const std::string& folder) {
    const UniqueFd fd(::open(lock_path(folder).c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd && errno == ENOENT) return false;
    if (!fd) return Result<bool>(fail_errno("open")).context(folder);
    // Asked for and not taken: a writer that begins just now must not be turned away by us.
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (::fcntl(fd.get(), F_OFD_GETLK, &lock) != 0) return fail_errno("fcntl");
    return lock.l_type != F_UNLCK;
}

}  // namespace parallax
