#include "elements/video/video.h"

#include "elements/video/compositor.h"
#include "elements/video/convert.h"
#include "elements/video/geometry.h"
#include "elements/video/picture_metrics.h"
#include "elements/video/rate.h"
#include "elements/video/video_test_src.h"

namespace parallax::elements {

void add_video(Registry& registry) {
    registry.add<VideoTestSrc>({.name = "videotestsrc",
                                .family = "video",
                                .doc = "makes test pictures",
                                .example = "videotestsrc num-buffers=3 pattern=ball ! fakesink"});
    registry.add<VideoConvert>(
        {.name = "videoconvert",
         .family = "video",
         .doc = "converts pictures between formats, YUV matrices and ranges, linear light and sRGB",
         .example = "videotestsrc num-buffers=3 ! video/x-raw,format=RGB ! videoconvert ! "
                    "video/x-raw,format=NV12 ! fakesink",
         .converter = ConverterPrice{.cost = 100, .cost_per_mib = 1}});
    registry.add<VideoScale>({.name = "videoscale",
                              .family = "video",
                              .doc = "scales pictures to another size",
                              .example = "videotestsrc num-buffers=3 ! videoscale ! "
                                         "video/x-raw,width=160,height=120 ! fakesink",
                              .converter = ConverterPrice{.cost = 120, .cost_per_mib = 2}});
    registry.add<VideoRate>({.name = "videorate",
                             .family = "video",
                             .doc = "repeats and drops pictures until they come at another rate",
                             .example = "videotestsrc num-buffers=30 ! videorate ! "
                                        "video/x-raw,framerate=25/1 ! fakesink"});
    registry.add<VideoCrop>({.name = "videocrop",
                             .family = "video",
                             .doc = "takes away the edges of pictures",
                             .example = "videotestsrc num-buffers=3 ! videocrop left=20 top=10 ! "
                                        "fakesink"});
    registry.add<VideoFlip>({.name = "videoflip",
                             .family = "video",
                             .doc = "turns and mirrors pictures",
                             .example = "videotestsrc num-buffers=3 ! videoflip method=clockwise ! "
                                        "fakesink"});
    registry.add<Compositor>({.name = "compositor",
                              .family = "video",
                              .doc = "lays pictures side by side",
                              .example =
                                  "compositor name=c ! fakesink videotestsrc num-buffers=2 ! c. "
                                  "videotestsrc num-buffers=2 pattern=ball ! c."});
    registry.add<PictureMetrics>(
        {.name = "metrics",
         .family = "video",
         .doc = "compares pictures with references: PSNR, SSIM and CIEDE2000 in the run report",
         .example = "rawtestsrc name=r num-buffers=1 ! softisp ! metrics name=m "
                    "r.truth ! m.reference"});
}

}  // namespace parallax::elements
