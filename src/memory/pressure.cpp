#include "memory/pressure.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "parallax/fd.h"

namespace parallax {
namespace {

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=864442", microseconds; "full …" follows.
std::optional<std::uint64_t> total_us(std::string_view text) {
    if (!text.starts_with("some ")) return std::nullopt;
    text = text.substr(0, text.find('\n'));
    constexpr std::string_view kKey = " total=";
    const std::size_t at = text.find(kKey);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view digits = text.substr(at + kKey.size());
    std::uint64_t total = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), total);
    if (error != std::errc() || end == digits.data()) return std::nullopt;
    return total;
}

std::optional<std::uint64_t> read_total_us(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return std::nullopt;
    std::array<char, 512> text{};
    const ssize_t size = ::read(fd.get(), text.data(), text.size());
    if (size <= 0) return std::nullopt;
    return total_us({text.data(), static_cast<std::size_t>(size)});
}

}  // namespace

std::optional<double> PressureGauge::stalled_share(std::int64_t now_ns) {
    const std::optional<std::uint64_t> stalled_us = read_total_us(file_);
    if (!stalled_us) {
        last_.reset();
        return std::nullopt;
    }
    const std::optional<Look> before = std::exchange(last_, Look{now_ns, *stalled_us});
    if (!before || now_ns <= before->at_ns || *stalled_us < before->stalled_us) return std::nullopt;
    const auto stalled_ns = static_cast<double>(*stalled_us - before->stalled_us) * 1e3;
    return std::min(1.0, stalled_ns / static_cast<double>(now_ns - before->at_ns));
}

}  // namespace parallax
