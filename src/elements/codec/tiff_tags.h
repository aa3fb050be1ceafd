// TagReader: the tags of a TIFF structure (TIFF 6.0), of which DNG and EXIF are made.
//
// It reads tags only, never pictures, from bytes that may be hostile: each offset and count is
// checked against the bytes there are, and a directory holds at most 4096 tags. BigTIFF is not
// read; cameras do not write it.
//
// Threads: plain values. Lifetime: a TagReader and its tags borrow the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "parallax/result.h"

namespace parallax::codec {

// Tag numbers of TIFF 6.0, TIFF/EP, EXIF 2.3 and DNG 1.7 that are read or written here.
enum class TagId : std::uint16_t {
    new_subfile_type = 254,
    image_width = 256,
    image_length = 257,
    bits_per_sample = 258,
    compression = 259,
    photometric = 262,
    make = 271,
    model = 272,
    strip_offsets = 273,
    orientation = 274,
    samples_per_pixel = 277,
    rows_per_strip = 278,
    strip_byte_counts = 279,
    planar_configuration = 284,
    software = 305,
    date_time = 306,
    tile_offsets = 324,
    tile_byte_counts = 325,
    sub_ifds = 330,
    cfa_repeat_pattern_dim = 33421,
    cfa_pattern = 33422,
    exposure_time = 33434,
    f_number = 33437,
    exif_ifd = 34665,
    iso = 34855,
    sensitivity_type = 34864,
    recommended_exposure_index = 34866,
    exif_version = 36864,
    date_time_original = 36867,
    focal_length = 37386,
    dng_version = 50706,
    dng_backward_version = 50707,
    unique_camera_model = 50708,
    cfa_plane_color = 50710,
    cfa_layout = 50711,
    linearization_table = 50712,
    black_level_repeat_dim = 50713,
    black_level = 50714,
    black_level_delta_h = 50715,
    black_level_delta_v = 50716,
    white_level = 50717,
    color_matrix1 = 50721,
    color_matrix2 = 50722,
    camera_calibration1 = 50723,
    camera_calibration2 = 50724,
    analog_balance = 50727,
    as_shot_neutral = 50728,
    baseline_exposure = 50730,
    calibration_illuminant1 = 50778,
    calibration_illuminant2 = 50779,
    active_area = 50829,
    camera_calibration_signature = 50931,
    profile_calibration_signature = 50932,
    opcode_list1 = 51008,
    opcode_list2 = 51009,
    noise_profile = 51041,
};

enum class TagType : std::uint16_t {
    byte = 1,
    ascii = 2,
    word = 3,
    dword = 4,
    rational = 5,
    sbyte = 6,
    undefined = 7,
    sword = 8,
    sdword = 9,
    srational = 10,
    float32 = 11,
    float64 = 12,
    ifd = 13,  // An offset; TIFF Technical Note 1, and how libtiff writes EXIF's.
};
std::size_t bytes_of(TagType type);  // Of one value; 0 for types unknown.

struct Tag {
    TagId id{};
    TagType type{};
    std::uint32_t count = 0;
    bool big_endian = false;
    std::span<const std::byte> value;  // All of it: count × bytes_of(type).

    // The i-th number, whatever its type; 0 past the end, for text, and for n/0.
    double number(std::size_t i = 0) const;
    std::uint32_t whole(std::size_t i = 0) const;  // Clamped to 0 … 2^32 − 1.
    std::string text() const;                      // Up to the first NUL.
};

struct Directory {
    std::vector<Tag> tags;
    std::vector<TagId> cut_off;  // Tags whose values lie outside the file.
    std::uint32_t next = 0;      // Offset of the one after it, or 0.

    const Tag* find(TagId id) const;
    double number(TagId id, double otherwise) const;
};

class TagReader {
  public:
    // Looks at the eight bytes of the header only.
    static Result<TagReader> open(std::span<const std::byte> bytes);

    std::uint32_t first() const { return first_; }
    // A tag whose value lies outside the file is only named; a directory that does is an error.
    Result<Directory> directory(std::uint32_t offset) const;
    // The first one, those after it and those below them: at most 64, damaged ones left out.
    std::vector<Directory> directories() const;

    // Fails if the largest picture in the file has strips or tiles beyond its end, saying how many
    // bytes there should be.
    Result<> expect_whole() const;

  private:
    std::span<const std::byte> bytes_;
    bool big_endian_ = false;
    std::uint32_t first_ = 0;
};

// The orientation (1 … 8) in an EXIF block, which is a TIFF structure without picture, or 1.
int exif_orientation(std::span<const std::byte> block);

// The EXIF orientation (1 … 8) that a JPEG file's APP1 segment carries, or 1.
int jpeg_orientation(std::span<const std::byte> jpeg);

}  // namespace parallax::codec
