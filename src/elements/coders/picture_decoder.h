// PictureDecoder: what the decoders of single pictures share. A Decoding says the rest:
//
//     struct PngDecoding {
//         using Options = …;
//         static FileFormats template_formats();                 // whatever the options
//         static FileFormats formats(const Options&);
//         static Result<codec::PictureInfo> probe(codec::Bytes file);
//         static Result<> decode(codec::Bytes file, const MutableImageView& out);
//     };
//
// The format is agreed before any file is seen: sources tell it in their caps. A file that is of
// another size is an error here; filesrc and multifilesrc, which look, make the run agree anew.
//
// Threads: as any element.
#pragma once

#include "elements/codec/picture.h"
#include "elements/coders/file_formats.h"
#include "parallax/element.h"
#include "parallax/image.h"

namespace parallax::elements {

// Fails unless a file of this size fits what was agreed: both sizes, and how to say it in caps.
Result<> expect_agreed(const codec::PictureInfo& found, const ImageLayout& agreed,
                       const std::string& media_type);

// The camera's orientation goes on with the picture, unless it is a mosaic.
Result<> note_orientation(const codec::PictureInfo& found, PixelFormat format, Meta& meta);

Failure in_file(const Meta& meta, const Error& error);  // Names the file, where it is known.

template <class Decoding>
class PictureDecoder final : public ElementWith<typename Decoding::Options> {
  public:
    static Pads pads() {
        const FileFormats formats = Decoding::template_formats();
        return {.pads = {{"sink", PadDirection::sink, formats.files()},
                         {"src", PadDirection::src, formats.pictures()}},
                .relation = Relation::transform};
    }

    Result<> open() override {
        formats_ = PX_TRY(Decoding::formats(this->options()));
        return {};
    }

    Caps pad_caps(const Pad& pad) const override {
        return pad.direction == PadDirection::sink ? formats_.files() : formats_.pictures();
    }

    Caps transform(const Pad& from, const Caps& caps, const Pad&) const override {
        return from.direction == PadDirection::sink ? formats_.to_pictures(caps)
                                                    : formats_.to_files(caps);
    }

    Result<Flow> process(Context& context) override {
        if (!context.linked()) return Flow::more;
        const Result<std::size_t> bytes = decode(context);
        if (!bytes) return in_file(context.in_meta(), bytes.error());
        return context.commit(*bytes);
    }

  private:
    Result<std::size_t> decode(Context& context) {
        const codec::Bytes file = context.in();
        const codec::PictureInfo info = PX_TRY(Decoding::probe(file));
        const MutableImageView out = context.out_image();
        PX_TRY(expect_agreed(info, out.layout, formats_.media_type()));
        PX_TRY(Decoding::decode(file, out));
        PX_TRY(note_orientation(info, out.format(), context.out_meta()));
        return out.layout.size_bytes;
    }

    FileFormats formats_ = Decoding::template_formats();
};

}  // namespace parallax::elements
