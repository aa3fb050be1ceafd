// bench_swscale: one conversion or scaling by libswscale, over and over; tools/bench builds it
// where libswscale-dev is there, and takes its CPU time.
//
//     bench_swscale FRAMES FROM WIDTHxHEIGHT TO WIDTHxHEIGHT fast_bilinear|bilinear|lanczos|area
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

namespace {

struct Picture {
    AVPixelFormat format = AV_PIX_FMT_NONE;
    int width = 0, height = 0;
    std::uint8_t* planes[4] = {};
    int strides[4] = {};

    Picture(const char* name, const char* size) : format(av_get_pix_fmt(name)) {
        const int bytes = std::sscanf(size, "%dx%d", &width, &height) == 2
                              ? av_image_alloc(planes, strides, width, height, format, 64)
                              : -1;
        for (int i = 0; i < bytes; ++i) planes[0][i] = static_cast<std::uint8_t>(i * 31 >> 4);
    }
    Picture(const Picture&) = delete;
    Picture& operator=(const Picture&) = delete;
    ~Picture() { av_freep(planes); }
};

}  // namespace

int main(int argc, char** argv) {
    const std::map<std::string, int> methods{{"fast_bilinear", SWS_FAST_BILINEAR},
                                             {"bilinear", SWS_BILINEAR},
                                             {"lanczos", SWS_LANCZOS},
                                             {"area", SWS_AREA}};
    if (argc != 7 || !methods.contains(argv[6])) return 2;
    const Picture src(argv[2], argv[3]);
    const Picture dst(argv[4], argv[5]);
    SwsContext* const context =
        sws_getContext(src.width, src.height, src.format, dst.width, dst.height, dst.format,
                       methods.at(argv[6]), nullptr, nullptr, nullptr);
    if (context == nullptr || src.planes[0] == nullptr || dst.planes[0] == nullptr) return 1;
    for (int i = std::atoi(argv[1]); i > 0; --i)
        sws_scale(context, src.planes, src.strides, 0, src.height, dst.planes, dst.strides);
    sws_freeContext(context);
    return 0;
}
