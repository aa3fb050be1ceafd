#include "isolate/crash_report.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "isolate/seccomp_rules.h"

namespace parallax {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostLines = 40;
constexpr std::size_t kLineBytes = 400;
constexpr std::size_t kNameBytes = 64;

std::string hex(std::uint64_t number) { return fmt::format("{:#x}", number); }

// Where an address of the stage lies in the program, which is ours too, if elsewhere in memory.
std::string place_of(std::uint64_t address, std::uint64_t anchor) {
    const std::uint64_t here = address - anchor + crash_anchor();
    Dl_info found{};
    Dl_info ours{};
    if (::dladdr(reinterpret_cast<const void*>(here), &found) == 0 ||
        ::dladdr(reinterpret_cast<const void*>(crash_anchor()), &ours) == 0 ||
        found.dli_fbase != ours.dli_fbase) {
        return {};  // Of a library, which need not lie as far away as the program does.
    }
    const std::string_view file(found.dli_fname);
    const auto base = reinterpret_cast<std::uintptr_t>(found.dli_fbase);
    std::string place = fmt::format("{}+{:#x}", file.substr(file.rfind('/') + 1), here - base);
    if (found.dli_sname != nullptr) place += fmt::format(" {}", found.dli_sname);
    return place;
}

Json crash_of(const CrashRecord& crash) {
    Json json{{"signal", ::sigabbrev_np(crash.signal)},
              {"code", crash.code},
              {"address", hex(crash.address)}};
    if (crash.system_call >= 0) json["system_call"] = syscall_name(crash.system_call);
    Json& registers = json["registers"] = Json::object();
    const auto names = crash_register_names();
    for (std::size_t i = 0; i < std::min(names.size(), crash.registers.size()); ++i) {
        registers[names[i]] = hex(crash.registers[i]);
    }
    Json& frames = json["backtrace"] = Json::array();
    for (const std::uint64_t address : crash.frames) {
        Json frame{{"address", hex(address)}};
        const std::string place = place_of(address, crash.anchor);
        if (!place.empty()) frame["place"] = place;
        frames.push_back(std::move(frame));
    }
    return json;
}

// Length of an escape sequence at the start of `text`: CSI to its letter, OSC and its like to
// their end, else the two characters.
std::size_t escape_length(std::string_view text) {
    if (text.size() < 2) return text.size();
    if (text[1] == '[') {
        std::size_t at = 2;
        while (at < text.size() && (text[at] < '@' || text[at] > '~')) ++at;
        return std::min(at + 1, text.size());
    }
    if (std::string_view("]P_^X").find(text[1]) == std::string_view::npos) return 2;
    for (std::size_t at = 2; at < text.size(); ++at) {
        if (text[at] == '\a') return at + 1;
        if (text[at] == '\x1b') return std::min(at + 2, text.size());
        if (text[at] == '\n') return at;  // Never ended: the line ends it.
    }
    return text.size();
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }

// C2 80 … C2 9F: the same commands in UTF-8. Its halves may meet only once what lay between them is
// gone, so it is looked for in what is kept.
bool completes_a_control(std::string_view line, char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 && byte < 0xa0 && line.ends_with('\xc2');
}

std::string file_name(const CrashReport& report) {
    std::string name;
    for (const char c : report.element.substr(0, kNameBytes)) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                           (c >= 'a' && c <= 'z') || c == '_' || c == '-';
        name += plain ? c : '_';
    }
    return fmt::format("crash-{}-{}-{}.json", name, report.exit.pid, report.exit.id);
}

void make_room(const std::string& folder, std::size_t keep) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    std::vector<std::pair<fs::file_time_type, fs::path>> files;
    for (auto entry = fs::directory_iterator(folder, ignored);
         !ignored && entry != fs::directory_iterator(); entry.increment(ignored)) {
        const std::string name = entry->path().filename().string();
        if (!name.starts_with("crash-") || !name.ends_with(".json")) continue;
        files.emplace_back(entry->last_write_time(ignored), entry->path());
    }
    std::ranges::sort(files);
    for (std::size_t i = 0; i + keep < files.size(); ++i) fs::remove(files[i].second, ignored);
}

Result<> write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return fail_errno("write");
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

}  // namespace

std::string tame_text(std::string_view text, std::size_t most_lines) {
    std::vector<std::string> lines(1);
    while (!text.empty()) {
        std::size_t length = 1;
        const char c = text.front();
        if (c == '\n') {
            lines.emplace_back();
        } else if (c == '\x1b') {
            length = escape_length(text);
        } else if (completes_a_control(lines.back(), c)) {
            lines.back().pop_back();
        } else if ((c == '\t' || !is_control(c)) && lines.back().size() < kLineBytes) {
            lines.back() += c;
        }
        text.remove_prefix(length);
    }
    if (lines.back().empty()) lines.pop_back();
    std::string tamed;
    const std::size_t first = lines.size() - std::min(lines.size(), most_lines);
    for (std::size_t i = first; i < lines.size(); ++i) tamed += lines[i] + "\n";
    return tamed;
}

std::string crash_json(const CrashReport& report) {
    Json json{{"schema", 1},
              {"element", report.element},
              {"reason", report.reason},
              {"pid", report.exit.pid},
              {"exit_code", report.exit.code}};
    if (report.exit.signal != 0) json["exit_signal"] = report.exit.signal;
    json["out_of_memory"] = report.exit.out_of_memory;
    if (report.sequence) json["frame_sequence"] = *report.sequence;
    if (report.crash) json["crash"] = crash_of(*report.crash);
    json["stderr"] = tame_text(report.errors, kMostLines);
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<std::string> write_crash_report(const std::string& folder, const CrashReport& report,
                                       std::size_t keep) {
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        return fail_errno("crash reports in " + folder);
    }
    std::string path = folder + "/" + file_name(report);
    // Never through a link that somebody left there, never over an older one.
    const UniqueFd fd(
        ::open(path.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0600));
    if (!fd) return fail_errno("crash report " + path);
    PX_TRY(write_all(fd.get(), crash_json(report)).context(path));
    make_room(folder, std::max<std::size_t>(keep, 1));
    return path;
}

}  // namespace parallax
