/* A plugin that misbehaves as EVIL says, when it is opened or asked what it has. */
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parallax/plugin.h"

enum { kCrash, kHang, kExit, kMark, kConnect, kLie, kGrow };

static const parallax_plugin kNothing = {
    .size = sizeof(parallax_plugin), .abi = PARALLAX_PLUGIN_ABI, .name = "evil", .element_count = 0};
static const parallax_plugin kLiar = {.size = sizeof(parallax_plugin),
                                      .abi = PARALLAX_PLUGIN_ABI,
                                      .name = "liar",
                                      .element_count = 700};

__attribute__((constructor)) static void opened(void) {
    if (EVIL == kMark) (void)!open(MARK, O_CREAT | O_WRONLY, 0600);
    if (EVIL == kConnect) {
        struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_port = htons(9)};
        const int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (struct sockaddr*)&nobody, sizeof nobody) != 0) abort();
    }
}

const parallax_plugin* parallax_plugin_v1(void) {
    if (EVIL == kCrash) *(volatile int*)0 = 1;
    if (EVIL == kExit) _exit(0);
    while (EVIL == kHang) sleep(1);
    while (EVIL == kGrow) {
        volatile char* block = malloc(1 << 20);
        if (!block) abort();
        for (int i = 0; i < 1 << 20; i += 4096) block[i] = 1;
    }
    return EVIL == kLie ? &kLiar : &kNothing;
}
