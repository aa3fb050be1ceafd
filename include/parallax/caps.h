// Caps: a set of acceptable formats, as one side of a link states it, and the algebra on such sets.
//
//     const Caps caps = PX_TRY(parse_caps("video/x-raw,format={NV12,RGB},width=[16,4096,2]"));
//     const Caps both = intersect(caps, Structure("video/x-raw").with("width", 640));
//
// A Caps is an ordered list of alternatives (Structures), or ANY, or EMPTY; order is preference. A
// Structure is a media type, the memory it lies in, and fields. A field that is absent may have any
// value; one that is present holds a Value: see value.h.
//
// Threads: plain values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parallax/result.h"
#include "parallax/value.h"

namespace parallax {

// Where a buffer may lie. No names: plain CPU memory, always a memfd.
class Features {
  public:
    Features() = default;
    static Features any();
    // Sorted and without repetition; memory:MemFd and memory:SystemMemory say the default.
    explicit Features(std::vector<std::string> names);

    bool is_any() const { return any_; }
    bool is_plain() const { return !any_ && names_.empty(); }
    std::span<const std::string> names() const { return names_; }
    bool operator==(const Features&) const = default;

  private:
    bool any_ = false;
    std::vector<std::string> names_;
};

inline constexpr std::string_view kMemFd = "memory:MemFd";
inline constexpr std::string_view kDmaBuf = "memory:DMABuf";

struct Field {
    std::string name;
    Value value;
    bool operator==(const Field&) const = default;
};

// One alternative: a media type with features and fields. Fields keep the order they came in.
class Structure {
  public:
    explicit Structure(std::string media_type, Features features = {});

    const std::string& media_type() const { return media_type_; }
    const Features& features() const { return features_; }
    std::span<const Field> fields() const { return fields_; }

    // Nothing where the field is absent: any value.
    const Value* find(std::string_view field) const;

    // The value where the field is fixed and of this kind.
    std::optional<std::int64_t> get_int(std::string_view field) const;
    std::optional<double> get_double(std::string_view field) const;
    std::optional<bool> get_bool(std::string_view field) const;
    std::optional<std::string_view> get_string(std::string_view field) const;
    std::optional<Fraction> get_fraction(std::string_view field) const;

    void set(std::string_view field, Value value);  // Replaces in place, or adds at the end.
    bool erase(std::string_view field);
    void set_features(Features features) { features_ = std::move(features); }

    // For building: Structure("video/x-raw").with("width", 640).with("format", one_of(…)).
    Structure with(std::string_view field, Value value) &&;

    bool operator==(const Structure&) const = default;  // The same text.

  private:
    std::string media_type_;
    Features features_;
    std::vector<Field> fields_;
};

class Caps {
  public:
    Caps() = default;  // EMPTY
    Caps(Structure only) { append(std::move(only)); }
    explicit Caps(std::vector<Structure> alternatives) : structures_(std::move(alternatives)) {}
    static Caps any();
    static Caps empty() { return {}; }

    bool is_any() const { return any_; }
    bool is_empty() const { return !any_ && structures_.empty(); }
    std::span<const Structure> structures() const { return structures_; }  // None for ANY.
    void append(Structure alternative);  // Least preferred so far. ANY stays ANY.

    bool operator==(const Caps&) const = default;  // The same text; equal() compares the sets.

  private:
    bool any_ = false;
    std::vector<Structure> structures_;
};

// Text both ways. What to_string writes, parse_caps reads back to an equal value. A failure is
// Errc::invalid_argument; its message opens with "column N: ".
Result<Caps> parse_caps(std::string_view text);
std::string to_string(const Caps& caps);
std::string to_string(const Structure& structure);

// What both accept, in the order of preference of `a`; within a field, the order of a's list.
Caps intersect(const Caps& a, const Caps& b);
std::optional<Structure> intersect(const Structure& a, const Structure& b);
bool can_intersect(const Caps& a, const Caps& b);

// Exact on the sets, also where several alternatives of `b` together cover one of `a`.
bool is_subset(const Caps& a, const Caps& b);
bool equal(const Caps& a, const Caps& b);

// One alternative, known memory, and a single value in each field.
bool is_fixed(const Caps& caps);
bool is_fixed(const Structure& structure);

// The plain rule: the first alternative, the first of each list, the minimum of each range, plain
// memory for (ANY). Nothing for ANY; EMPTY stays EMPTY.
std::optional<Caps> fixate(const Caps& caps);
Structure fixate(Structure structure);

// The one alternative whose `field` comes nearest to `target`, the earlier one of two equally near,
// with that field fixed to it. Nothing when no alternative has such a value of target's kind.
std::optional<Caps> nearest(const Caps& caps, std::string_view field, const Value& target);

// The same set in fewer words: no alternative inside an earlier one, neighbours that differ in one
// field joined into a list, touching ranges joined. Order of preference stays.
Caps simplify(const Caps& caps);

}  // namespace parallax
