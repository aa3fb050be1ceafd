#include "parallax/builtin.h"

#include "elements/audio/audio.h"
#include "elements/coders/coders.h"
#include "elements/flow/flow.h"
#include "elements/io/io.h"
#include "elements/raw/raw.h"
#include "elements/test/fake.h"
#include "elements/video/video.h"

namespace parallax {

void add_builtin_elements(Registry& registry) {
    elements::add_audio(registry);
    elements::add_coders(registry);
    elements::add_flow(registry);
    elements::add_io(registry);
    elements::add_raw(registry);
    elements::add_test(registry);
    elements::add_video(registry);
}

}  // namespace parallax
