#include "elements/codec/raw_signature.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace parallax::codec {
namespace {

using std::string_view_literals::operator""sv;

struct Signature {
    std::string_view bytes;
    std::size_t offset = 0;
};

// Those that LibRaw tells files apart by, but for films.
constexpr std::array kSignatures{
    Signature{"II*\0"sv},        // TIFF, little-endian: DNG, CR2, NEF, ARW, PEF, SRW, 3FR, IIQ …
    Signature{"MM\0*"sv},        // TIFF, big-endian: NEF, DCR, MOS …
    Signature{"IIRO"sv},         // Olympus ORF
    Signature{"IIRS"sv},         // Olympus ORF
    Signature{"MMOR"sv},         // Olympus ORF
    Signature{"IIU\0"sv},        // Panasonic RW2, Leica RWL
    Signature{"HEAPCCDR"sv, 6},  // Canon CRW
    Signature{"ftypcrx "sv, 4},  // Canon CR3
    Signature{"FUJIFILMCCD-RAW"sv},
    Signature{"\0MRM"sv},  // Minolta MRW
    Signature{"FOVb"sv},   // Sigma X3F
    Signature{"IIII"sv},   // Phase One IIQ, Leaf
    Signature{"MMMM"sv},
    Signature{"Exif"sv, 6},      // A JPEG with samples behind it.
    Signature{"ARECOYK"sv, 25},  // Contax
    Signature{"DSC-Image"sv},    // Rollei
    Signature{"PWAD"sv},         // Sinar
    Signature{"qktk\0"sv},       // Apple QuickTake
    Signature{"qktn\0"sv},
    Signature{"PXN\0"sv},  // Logitech
    Signature{"NOKIARAW"sv},
    Signature{"\0\1\0\1\0@"sv},  // Nokia
    Signature{"CI,\0"sv},        // Phantom CINE, with the length of its header.
    Signature{"ARRI"sv},
    Signature{"XPDS"sv},     // Canon RMF
    Signature{"RED1"sv, 4},  // Redcode
};

}  // namespace

bool has_raw_signature(Bytes bytes) {
    return std::ranges::any_of(kSignatures, [&](const Signature& each) {
        if (bytes.size() < each.offset + each.bytes.size()) return false;
        return std::ranges::equal(bytes.subspan(each.offset, each.bytes.size()), each.bytes, {}, {},
                                  [](char c) { return static_cast<std::byte>(c); });
    });
}

const Directory* raw_directory(std::span<const Directory> directories) {
    constexpr std::uint32_t kMosaic = 32803;  // TIFF/EP
    constexpr std::uint32_t kLinear = 34892;  // DNG
    const Directory* largest = nullptr;
    std::uint64_t largest_px = 0;
    for (const Directory& d : directories) {
        const Tag* kind = d.find(TagId::photometric);
        const Tag* width = d.find(TagId::image_width);
        const Tag* height = d.find(TagId::image_length);
        if (kind == nullptr || width == nullptr || height == nullptr) continue;
        if (kind->whole() != kMosaic && kind->whole() != kLinear) continue;
        const std::uint64_t px = std::uint64_t{width->whole()} * height->whole();
        if (px <= largest_px) continue;
        largest = &d;
        largest_px = px;
    }
    return largest;
}

ToldSize told_size(Bytes bytes) {
    const auto tiff = TagReader::open(bytes);
    if (!tiff) return {};
    const std::vector<Directory> directories = tiff->directories();
    const Directory* raw = raw_directory(directories);
    if (raw == nullptr) return {};
    return {raw->find(TagId::image_width)->whole(), raw->find(TagId::image_length)->whole()};
}

}  // namespace parallax::codec
