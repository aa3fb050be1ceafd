/* A plugin in C: threshold makes each sample of a gray picture black or white.
 *
 *     cc -shared -fPIC -I include threshold.c -o threshold.so        or parallax_add_plugin()
 *     PARALLAX_PLUGIN_PATH=. parallax-launch "videotestsrc ! threshold at=90 ! pngenc ! …"
 *
 * Shows: the whole C ABI of parallax/plugin.h. It needs that one header and no library of ours.
 * examples/use_plugin.cpp loads it into a program; in C++ parallax/plugin_element.h is shorter.
 */
#include <stdlib.h>
#include <string.h>

#include "parallax/plugin.h"

struct threshold {
    long at;
};

static void* create(void) {
    struct threshold* self = malloc(sizeof *self);
    if (self) self->at = 128;
    return self;
}

/* Numbers come checked against minimum and maximum; only what those cannot say is ours to refuse. */
static int32_t set_property(void* self, const char* name, const char* text,
                            const parallax_host* host, void* context) {
    (void)host, (void)context;
    if (strcmp(name, "at") == 0) ((struct threshold*)self)->at = strtol(text, NULL, 0);
    return 0;
}

static int32_t process(void* self, const parallax_host* host, void* context) {
    const long at = ((struct threshold*)self)->at;
    size_t in_bytes = 0, out_bytes = 0;
    const unsigned char* in = host->in(context, 0, &in_bytes);
    unsigned char* out = host->out(context, 0, &out_bytes);
    if (!out) return PARALLAX_MORE; /* Not linked: nothing to do. */
    if (out_bytes < in_bytes) {
        host->fail(context, "the output is smaller than the input");
        return -1;
    }
    for (size_t i = 0; i < in_bytes; ++i) out[i] = in[i] < at ? 0 : 255;
    return host->commit(context, 0, in_bytes);
}

#define GRAY "video/x-raw,format=GRAY8"

static const parallax_pad pads[] = {
    {sizeof(parallax_pad), PARALLAX_PAD_SINK, "sink", GRAY},
    {sizeof(parallax_pad), PARALLAX_PAD_SRC, "src", GRAY},
};

static const parallax_property properties[] = {
    {.size = sizeof(parallax_property),
     .type = PARALLAX_INT,
     .name = "at",
     .doc = "the least value that becomes white",
     .initial = "128",
     .minimum = 0,
     .maximum = 255,
     .live = 1},
};

static const parallax_element threshold = {
    .size = sizeof(parallax_element),
    .relation = PARALLAX_PASS_THROUGH,
    .name = "threshold",
    .family = "video",
    .doc = "black or white, nothing between",
    .example = "videotestsrc num-buffers=1 ! threshold at=90 ! fakesink",
    .pads = pads,
    .pad_count = sizeof pads / sizeof *pads,
    .properties = properties,
    .property_count = sizeof properties / sizeof *properties,
    .create = create,
    .destroy = free,
    .set_property = set_property,
    .process = process,
};

static const parallax_element* const elements[] = {&threshold};

const parallax_plugin* parallax_plugin_v1(void) {
    static const parallax_plugin plugin = {sizeof(parallax_plugin), PARALLAX_PLUGIN_ABI,
                                           "threshold", "1.0", "Apache-2.0", 1, elements};
    return &plugin;
}
