// psnr, ssim, delta_e2000: how far a picture is from its reference.
//
// Both pictures may have any format but Bayer and are compared as sRGB-encoded RGB; where one is
// linear its options say so and it is encoded first. Sizes must agree.
// Threads: pure functions.
#pragma once

#include <array>

#include "compute/image/color.h"
#include "parallax/image.h"
#include "parallax/result.h"

namespace parallax::compute {

struct CompareOptions {
    int border_px = 0;  // Left out on each side: what a demosaic cannot know.
    Transfer transfer = Transfer::srgb;
    Transfer reference_transfer = Transfer::srgb;
    ColorOptions color = {};  // Of both, where YUV.
};

// Equal pictures have an infinite PSNR; reports clamp it here.
inline constexpr double kPsnrCeilingDb = 100.0;

struct Psnr {
    std::array<double, 3> channel_db{};  // R, G, B
    double cpsnr_db = 0.0;               // Of the mean squared error over all three.
};

// 10·log10(peak² / MSE), clamped to kPsnrCeilingDb.
Result<Psnr> psnr(const ImageView& image, const ImageView& reference,
                  const CompareOptions& options = {});

// Mean structural similarity of luma (BT.601), 1 for equal pictures: Z. Wang, A. C. Bovik,
// H. R. Sheikh, E. P. Simoncelli, "Image Quality Assessment: From Error Visibility to Structural
// Similarity", IEEE TIP 13(4), 2004, with its 11×11 Gaussian window (σ = 1.5), K1 = 0.01,
// K2 = 0.03, over windows that lie wholly inside. Fails on pictures under 11×11.
Result<double> ssim(const ImageView& image, const ImageView& reference,
                    const CompareOptions& options = {});

// Mean over pixels of the colour difference of delta_e.h.
Result<double> delta_e2000(const ImageView& image, const ImageView& reference,
                           const CompareOptions& options = {});

}  // namespace parallax::compute
