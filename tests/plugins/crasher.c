/* A plugin that crashes when it is asked what it has: it must cost nobody anything. */
#include "parallax/plugin.h"

const parallax_plugin* parallax_plugin_v1(void) {
    volatile int* nowhere = 0;
    *nowhere = 1;
    return 0;
}
