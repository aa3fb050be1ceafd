// Loaded before a program (LD_PRELOAD): the allocation whose number FAIL_MALLOC_AT gives fails, once; or the
// next that is not of a library that cannot bear it.
// Without a number it only counts; how many there were is said at the end, on standard error.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern void* __libc_malloc(size_t size);
extern void* __libc_calloc(size_t count, size_t size);
extern void* __libc_realloc(void* old, size_t size);
extern void* __libc_memalign(size_t alignment, size_t size);

static atomic_long g_seen;
static long g_fail_at = -1;
static int g_failed;

__attribute__((constructor)) static void begin(void) {
    const char* at = getenv("FAIL_MALLOC_AT");
    g_fail_at = at != NULL ? strtol(at, NULL, 10) : 0;
    g_seen = 0;
}

__attribute__((destructor)) static void end(void) { fprintf(stderr, "%ld allocations\n", g_seen); }

// libseccomp 2.5.4 frees twice what it could not allocate (docs/upstream.md).
static int may_fail(const void* caller) {
    Dl_info info;
    return dladdr(caller, &info) == 0 || info.dli_fname == NULL ||
           strstr(info.dli_fname, "libseccomp") == NULL;
}

// What the loader and other libraries ask for before begin() is not counted.
static int fails_for(const void* caller) {
    if (g_fail_at < 0 || atomic_fetch_add(&g_seen, 1) + 1 < g_fail_at || g_failed) return 0;
    if (g_fail_at == 0 || !may_fail(caller)) return 0;
    g_failed = 1;
    errno = ENOMEM;
    return 1;
}
#define fails() fails_for(__builtin_return_address(0))

void* malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }
void* calloc(size_t count, size_t size) { return fails() ? NULL : __libc_calloc(count, size); }
void* realloc(void* old, size_t size) { return fails() ? NULL : __libc_realloc(old, size); }
void* aligned_alloc(size_t alignment, size_t size) {
    return fails() ? NULL : __libc_memalign(alignment, size);
}
int posix_memalign(void** to, size_t alignment, size_t size) {
    if (fails()) return ENOMEM;
    *to = __libc_memalign(alignment, size);
    return *to == NULL ? ENOMEM : 0;
}
