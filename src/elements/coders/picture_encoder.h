// PictureEncoder: what the encoders of single pictures share. A Coding says the rest:
//
//     struct PngCoding {
//         using Options = …;
//         static FileFormats formats();
//         static std::size_t bound(const Options&, const ImageLayout&);
//         static Result<std::size_t> encode(const Options&, const CodingInput&, MemoryViewMut);
//     };
//
// Threads: as any element.
#pragma once

#include "elements/coders/file_formats.h"
#include "elements/source_name.h"
#include "parallax/element.h"
#include "parallax/image.h"

namespace parallax::elements {

struct CodingInput {
    ImageView picture;
    const Meta& meta;
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
        const CodingInput input{context.in_image(), context.in_meta()};
        if (!context.linked()) return Flow::more;
        const Result<std::size_t> bytes = Coding::encode(this->options(), input, context.out());
        if (!bytes) return at_source(input.meta, bytes.error());
        context.commit(*bytes);
        if constexpr (requires { Coding::Options::snapshot; }) {
            if (this->options().snapshot) return Flow::eos;
        }
        return Flow::more;
    }

  private:
    const FileFormats formats_ = Coding::formats();
};

}  // namespace parallax::elements
