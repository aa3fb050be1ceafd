// ByteWriter, ByteReader: little-endian encodings of small records, and reading them with distrust.
//
// A reader that met anything wrong (too short, a count above its limit) is `bad` from then on and
// reads zeros, so that a parser asks once, at the end. Neither allocates more than the input holds.
//
// Threads: one writer or reader belongs to one thread.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace parallax {

static_assert(std::endian::native == std::endian::little, "encodings are copied as they lie");

template <class T>
concept PlainNumber = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

class ByteWriter {
  public:
    ByteWriter() = default;
    explicit ByteWriter(std::vector<std::byte> begun) : bytes_(std::move(begun)) {}
    template <PlainNumber T>
    void put(T number) {
        put_bytes(std::as_bytes(std::span(&number, 1)));
    }
    void put_bytes(std::span<const std::byte> more) {
        const std::size_t at = bytes_.size();
        bytes_.resize(at + more.size());
        if (!more.empty()) std::memcpy(bytes_.data() + at, more.data(), more.size());
    }
    // Length first.
    void put_text(std::string_view text) {
        put(static_cast<std::uint32_t>(text.size()));
        put_bytes(std::as_bytes(std::span(text)));
    }
    void reserve(std::size_t bytes) { bytes_.reserve(bytes); }
    std::vector<std::byte> take() && { return std::move(bytes_); }

  private:
    std::vector<std::byte> bytes_;
};

class ByteReader {
  public:
    explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}

    template <PlainNumber T>
    T get() {
        T number{};
        const auto from = get_bytes(sizeof(T));
        if (!from.empty()) std::memcpy(&number, from.data(), sizeof(T));
        return number;
    }
    std::span<const std::byte> get_bytes(std::size_t count) {
        if (bad_ || count > rest_.size()) {
            bad_ = true;
            return {};
        }
        const auto taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    std::string get_text(std::size_t max_bytes) {
        const auto size = get<std::uint32_t>();
        if (size > max_bytes) bad_ = true;
        const auto bytes = get_bytes(size);
        std::string text(bytes.size(), '\0');
        if (!bytes.empty()) std::memcpy(text.data(), bytes.data(), bytes.size());
        return text;
    }
    // How many items follow; bad when above the limit, or when they could not fit into what is
    // left.
    std::size_t get_count(std::size_t max_items, std::size_t item_bytes) {
        const auto count = get<std::uint32_t>();
        if (count > max_items || count > rest_.size() / item_bytes) bad_ = true;
        return bad_ ? 0 : count;
    }

    bool at_end() const { return rest_.empty(); }
    bool bad() const { return bad_; }
    void fail() { bad_ = true; }  // What was read makes no sense.

  private:
    std::span<const std::byte> rest_;
    bool bad_ = false;
};

}  // namespace parallax
