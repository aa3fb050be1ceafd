/* stamp writes STAMP into the first byte of each frame: two builds of it are told apart by what they do.
 * Built twice by tests/CMakeLists.txt.
 */
#include <stdlib.h>
#include <string.h>

#include "parallax/plugin.h"

static void* create(void) { return malloc(1); }

static int32_t process(void* self, const parallax_host* host, void* context) {
    size_t in_bytes = 0, out_bytes = 0;
    (void)self;
    const unsigned char* in = host->in(context, 0, &in_bytes);
    unsigned char* out = host->out(context, 0, &out_bytes);
    if (!out || out_bytes < in_bytes || in_bytes == 0) return -1;
    memcpy(out, in, in_bytes);
    out[0] = STAMP;
    return host->commit(context, 0, in_bytes);
}

#define GRAY "video/x-raw,format=GRAY8"

static const parallax_pad pads[] = {
    {sizeof(parallax_pad), PARALLAX_PAD_SINK, "sink", GRAY},
    {sizeof(parallax_pad), PARALLAX_PAD_SRC, "src", GRAY},
};

static const parallax_element stamp = {
    .size = sizeof(parallax_element),
    .relation = PARALLAX_PASS_THROUGH,
    .name = "stamp",
    .family = "test",
    .doc = "marks each frame with the build that made it",
    .example = "videotestsrc num-buffers=1 ! stamp ! fakesink",
    .pads = pads,
    .pad_count = sizeof pads / sizeof *pads,
    .create = create,
    .destroy = free,
    .process = process,
};

static const parallax_element* const elements[] = {&stamp};

const parallax_plugin* parallax_plugin_v1(void) {
    static const parallax_plugin plugin = {sizeof(parallax_plugin), PARALLAX_PLUGIN_ABI,
                                           "stamp", "1.0", "Apache-2.0", 1, elements};
    return &plugin;
}
