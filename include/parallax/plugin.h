// The C ABI of plugins: shared objects that bring elements of their own.
//
// A plugin exports one function, `parallax_plugin_v1`, and needs no library of ours. Every struct
// opens with its own size, so that either side may be older: a member is there if it lies within
// the size. C++ authors use parallax/plugin_element.h, which wraps all this.
//
// Threads: one instance is called from one thread at a time; instances may run in parallel.
// Lifetime: all that parallax_plugin_v1 returns is static. Texts passed in end with the call.
// Errors: functions answer 0, or a negative code after telling why through `fail`.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Names as in C.  NOLINTBEGIN(readability-identifier-naming)
#define PARALLAX_PLUGIN_ABI 1u

enum { PARALLAX_PAD_SINK = 0, PARALLAX_PAD_SRC = 1 };
/* How the formats of an element's pads hang together: not at all; all the same; the same but for
   the media type, as the pads' caps say, and the fields that `changes` names. */
enum { PARALLAX_INDEPENDENT = 0, PARALLAX_PASS_THROUGH = 1, PARALLAX_TRANSFORM = 2 };
/* What it remembers from one call to the next, for who goes on where its process died: something
   that dies with it; nothing; what save() writes. */
enum { PARALLAX_OPAQUE = 0, PARALLAX_PURE = 1, PARALLAX_INLINE = 2 };
enum { PARALLAX_MORE = 0, PARALLAX_EOS = 1 }; /* What process() answers. */
enum { PARALLAX_BOOLEAN = 0, PARALLAX_INT = 1, PARALLAX_DOUBLE = 2, PARALLAX_STRING = 3 };

typedef struct parallax_pad {
    uint32_t size;
    uint32_t direction;
    const char* name;
    const char* caps; /* Caps text; "ANY" for anything. */
} parallax_pad;

typedef struct parallax_property {
    uint32_t size;
    uint32_t type;
    const char* name;
    const char* doc;
    const char* unit;    /* May be null. */
    const char* initial; /* The default, as text. */
    double minimum;      /* Of numbers; ignored where minimum > maximum. */
    double maximum;
    uint32_t live; /* 1: may change while playing. */
} parallax_property;

/* What was agreed for a pad. Plane layout is that of GStreamer's defaults. */
typedef struct parallax_format {
    uint32_t size;
    uint32_t linked;
    const char* caps;  /* Fixed caps text. */
    uint32_t width_px; /* 0 unless a raw picture. */
    uint32_t height_px;
    uint64_t frame_bytes; /* 0 unless a raw picture. */
    uint64_t offset_bytes[3];
    uint64_t stride_bytes[3];
} parallax_format;

typedef struct parallax_frame_info {
    uint32_t size;
    uint32_t flags;
    uint64_t sequence;
    int64_t pts_ns;      /* -1: none */
    int64_t duration_ns; /* -1: none */
} parallax_frame_info;

/* What the runtime does for an element during a call; `context` is handed back to it. */
typedef struct parallax_host {
    uint32_t size;
    const void* (*in)(void* context, uint32_t pad, size_t* size_bytes); /* Null: nothing there. */
    void* (*out)(void* context, uint32_t pad, size_t* size_bytes);      /* Null: not linked. */
    void (*frame_info)(void* context, uint32_t in_pad, parallax_frame_info* info);
    void (*set_frame_info)(void* context, uint32_t out_pad, const parallax_frame_info* info);
    int32_t (*commit)(void* context, uint32_t pad, size_t size_bytes);
    int32_t (*forward)(void* context, uint32_t out_pad, uint32_t in_pad);
    void (*post)(void* context, uint32_t severity, const char* text); /* 0 debug … 3 error */
    void (*fail)(void* context, const char* text);
} parallax_host;

typedef struct parallax_element {
    uint32_t size;
    uint32_t relation;
    const char* name;
    const char* family;
    const char* doc;
    const char* example; /* A launch line that runs, or null. */
    const parallax_pad* pads;
    uint32_t pad_count;
    uint32_t property_count;
    const parallax_property* properties;

    void* (*create)(void); /* Null: out of memory. */
    void (*destroy)(void* self);
    /* `text` lies within minimum and maximum; may be null where there are no properties. */
    int32_t (*set_property)(void* self, const char* name, const char* text,
                            const parallax_host* host, void* context);
    /* Largest frame committed on an output, given its format; may be null for raw pictures. */
    uint64_t (*output_bytes)(void* self, uint32_t pad);
    int32_t (*configure)(void* self, /* May be null. */
                         const parallax_format* inputs, uint32_t input_count,
                         const parallax_format* outputs, uint32_t output_count,
                         const parallax_host* host, void* context);
    int32_t (*process)(void* self, const parallax_host* host, void* context);
    int32_t (*drain)(void* self, const parallax_host* host, void* context); /* May be null. */

    /* Where `size` ends before one of these it is 0 or null. */
    uint32_t state;
    uint32_t
        converter_cost; /* Above 0: negotiation may put it into a link where formats do not fit. */
    uint32_t converter_cost_per_mib; /* For each MiB of the larger side that passes in a second. */
    uint32_t unused;
    const char* changes; /* Of PARALLAX_TRANSFORM: "format,width"; null: none. */
    /* Of PARALLAX_INLINE, both. All zeros is the beginning, from which nobody is restored. */
    void (*save)(void* self, uint64_t words[8]);
    int32_t (*restore)(void* self, const uint64_t words[8], const parallax_host* host,
                       void* context);
} parallax_element;

typedef struct parallax_plugin {
    uint32_t size;
    uint32_t abi; /* PARALLAX_PLUGIN_ABI */
    const char* name;
    const char* version;
    const char* licence; /* SPDX */
    uint32_t element_count;
    const parallax_element* const* elements;
} parallax_plugin;

/* The one exported symbol. */
__attribute__((visibility("default"))) const parallax_plugin* parallax_plugin_v1(void);
// NOLINTEND(readability-identifier-naming)

#ifdef __cplusplus
}
#endif
