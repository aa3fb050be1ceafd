// PictureEncoder: what the encoders of single pictures share. A Coding says the rest:
//
//     struct PngCoding {
//         using Options = …;
//         static constexpr std::string_view kFactory = "pngenc";
//         static FileFormats formats();
//         static std::size_t bound(const Options&, const ImageLayout&);
//         static Result<std::size_t> encode(const Options&, const CodingInput&, MemoryViewMut);
//     };
//
// Threads: as any element.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "elements/codec/exif.h"
#include "elements/coders/file_formats.h"
#include "elements/provenance_text.h"
#include "elements/source_name.h"
#include "parallax/element.h"
#include "parallax/image.h"

namespace parallax::elements {

struct CodingInput {
    ImageView picture;
    const Meta& meta;        // This element's own step included.
    std::string provenance;  // provenance_text(), if it is not too long for a file.
};

template <class Coding>
class PictureEncoder final : public ElementWith<typename Coding::Options> {
  public:
    static Pads pads() {
        const FileFormats formats = Coding::formats();
        return {.pads = {{"sink", PadDirection::sink, formats.pictures()},
                         {"src", PadDirection::src, formats.files()}},
                .relation = Relation::transform};
    }

    Caps transform(const Pad& from, const Caps& caps, const Pad&) const override {
        return from.direction == PadDirection::sink ? formats_.to_files(caps)
                                                    : formats_.to_pictures(caps);
    }

    std::size_t output_bytes(std::size_t, const Negotiated& formats) const override {
        return formats.in().image ? Coding::bound(this->options(), *formats.in().image) : 0;
    }

    Result<Flow> process(Context& context) override {
        if (!context.linked()) return Flow::more;
        PX_TRY(append_own_step(context, *this, Coding::kFactory));
        const Meta& meta = context.out_meta();
        const CodingInput input{context.in_image(), meta, PX_TRY(provenance_for_file(context))};
        const Result<std::size_t> bytes = Coding::encode(this->options(), input, context.out());
        if (!bytes) return at_source(input.meta, bytes.error());
        context.commit(*bytes);
        if constexpr (requires { Coding::Options::snapshot; }) {
            if (this->options().snapshot) return Flow::eos;
        }
        return Flow::more;
    }

  private:
    Result<std::string> provenance_for_file(Context& context) {
        std::string text = PX_TRY(provenance_text(context.out_meta()));
        if (text.size() <= codec::kMostProvenanceBytes) return text;
        if (!std::exchange(told_, true)) {
            context.post(Severity::warning, "the provenance of " + std::to_string(text.size()) +
                                                " bytes is too long for a file; it is left out");
        }
        return std::string();
    }

    bool told_ = false;
    const FileFormats formats_ = Coding::formats();
};

}  // namespace parallax::elements
