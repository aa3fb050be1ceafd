// LibRaw: its own develop of the same samples, in memory. Opening and unpacking are not counted.
#include <memory>

#include <libraw/libraw.h>

#include "peers/contender.h"

namespace parallax::peers {
namespace {

constexpr int kLinear = 0;  // LibRaw's numbers of demosaics.
constexpr int kAhd = 3;

class Developing {
  public:
    Developing(const Frame& frame, int quality) {
        libraw_output_params_t& wanted = raw_.imgdata.params;
        wanted.user_qual = quality;
        wanted.no_auto_bright = 1;
        wanted.output_bps = 8;
        wanted.output_color = 1;  // sRGB.
        wanted.gamm[0] = 1 / 2.4;
        wanted.gamm[1] = 12.92;
        wanted.user_black = Frame::kBlack;
        wanted.user_sat = Frame::kWhite;
        for (std::size_t c = 0; c < 4; ++c) wanted.user_mul[c] = Frame::kGains[c == 3 ? 1 : c];
        auto* bytes = const_cast<std::uint16_t*>(frame.samples.data());  // Only ever read.
        ok_ = raw_.open_bayer(static_cast<unsigned char*>(static_cast<void*>(bytes)),
                              static_cast<unsigned>(2 * frame.samples.size()),
                              static_cast<ushort>(frame.width), static_cast<ushort>(frame.height),
                              0, 0, 0, 0, 0, LIBRAW_OPENBAYER_RGGB, 0, 0,
                              Frame::kBlack) == LIBRAW_SUCCESS &&
              raw_.unpack() == LIBRAW_SUCCESS;
        if (ok_) use_matrix(frame);
    }
    bool ok() const { return ok_; }

    void run() {
        ok_ = ok_ && raw_.dcraw_process() == LIBRAW_SUCCESS;
        picture_.reset(ok_ ? raw_.dcraw_make_mem_image() : nullptr);
    }
    std::vector<std::uint8_t> picture() const {
        if (!picture_) return {};
        return {picture_->data, picture_->data + picture_->data_size};
    }

  private:
    // From memory there is no camera whose matrix it would know. It restores these before each run.
    void use_matrix(const Frame& frame) {
        raw_.imgdata.rawdata.ioparams.raw_color = 0;
        for (std::size_t r = 0; r < 3; ++r)
            for (std::size_t c = 0; c < 3; ++c)
                raw_.imgdata.rawdata.color.rgb_cam[r][c] = frame.camera_to_srgb[3 * r + c];
    }

    struct Clear {
        void operator()(libraw_processed_image_t* image) const { LibRaw::dcraw_clear_mem(image); }
    };
    LibRaw raw_;
    bool ok_ = false;
    std::unique_ptr<libraw_processed_image_t, Clear> picture_;
};

}  // namespace

void add_libraw(const Frame& frame, Contenders& all) {
    struct Kind {
        const char* name;
        int quality;
    };
    for (const Kind& kind : {Kind{"LibRaw, linear", kLinear}, Kind{"LibRaw, AHD", kAhd}}) {
        auto developing = std::make_shared<Developing>(frame, kind.quality);
        if (!developing->ok()) continue;
        all.push_back(
            {kind.name, 1, [=] { developing->run(); }, [=] { return developing->picture(); }});
    }
}

}  // namespace parallax::peers
