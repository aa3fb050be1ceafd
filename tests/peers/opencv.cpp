// OpenCV: the same chain, each step a pass of its library over the whole frame.
//
// In the order that is cheapest for it: white balance goes into the matrix. For the tone curve it
// has tables of 256 entries only, which are coarse in the dark, or floating point, which is exact.
#include <cmath>
#include <memory>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "peers/contender.h"

namespace parallax::peers {
namespace {

cv::Mat srgb_table() {
    cv::Mat table(1, 256, CV_8U);
    for (int i = 0; i < 256; ++i) {
        const double v = i / 255.0;
        const double y = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
        table.at<std::uint8_t>(i) = static_cast<std::uint8_t>(std::lround(255 * y));
    }
    return table;
}

struct Kind {
    const char* name;
    int code;
    bool exact_tone = false;
    int threads = 1;
};

class Chain {
  public:
    Chain(const Frame& frame, const Kind& kind)
        : kind_(kind),
          raw_(frame.height, frame.width, CV_16U,
               const_cast<std::uint16_t*>(frame.samples.data())),  // Only ever read.
          matrix_(3, 3, CV_32F),
          table_(srgb_table()) {
        for (int r = 0; r < 3; ++r)
            for (int c = 0; c < 3; ++c)
                matrix_.at<float>(r, c) =
                    frame.camera_to_srgb[static_cast<std::size_t>(3 * r + c)] *
                    Frame::kGains[static_cast<std::size_t>(c)];
    }

    void run() {
        cv::setNumThreads(kind_.threads);
        cv::subtract(raw_, cv::Scalar(Frame::kBlack), levelled_);
        cv::demosaicing(levelled_, camera_, kind_.code);
        cv::transform(camera_, linear_, matrix_);
        kind_.exact_tone ? tone_by_power() : tone_by_table();
    }
    std::vector<std::uint8_t> picture() const { return {picture_.datastart, picture_.dataend}; }

  private:
    static constexpr double kFull = Frame::kWhite - Frame::kBlack;

    void tone_by_table() {
        linear_.convertTo(bytes_, CV_8U, 255.0 / kFull);
        cv::LUT(bytes_, table_, picture_);
    }
    void tone_by_power() {
        linear_.convertTo(floats_, CV_32F, 1.0 / kFull);
        cv::pow(floats_, 1 / 2.4, floats_);
        floats_.convertTo(picture_, CV_8U, 255 * 1.055, -255 * 0.055);
    }

    Kind kind_;
    cv::Mat raw_, matrix_, table_;
    cv::Mat levelled_, camera_, linear_, bytes_, floats_, picture_;  // Kept, so allocated once.
};

}  // namespace

// OpenCV names a mosaic by its second row: what others call RGGB is BayerBG there.
void add_opencv(const Frame& frame, Contenders& all) {
    for (const Kind& kind :
         {Kind{"OpenCV, bilinear", cv::COLOR_BayerBG2RGB},
          Kind{"OpenCV, edge-aware", cv::COLOR_BayerBG2RGB_EA},
          Kind{"OpenCV, bilinear, exact tone", cv::COLOR_BayerBG2RGB, true},
          Kind{"OpenCV, bilinear, two threads", cv::COLOR_BayerBG2RGB, false, 2}}) {
        auto chain = std::make_shared<Chain>(frame, kind);
        all.push_back(
            {kind.name, kind.threads, [=] { chain->run(); }, [=] { return chain->picture(); }});
    }
}

}  // namespace parallax::peers
