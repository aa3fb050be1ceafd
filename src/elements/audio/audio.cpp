#include "elements/audio/audio.h"

#include "elements/audio/audio_convert.h"
#include "elements/audio/audio_test_src.h"
#include "elements/audio/wav.h"

namespace parallax::elements {

void add_audio(Registry& registry) {
    registry.add<AudioTestSrc>(
        {.name = "audiotestsrc",
         .family = "audio",
         .doc = "makes test signals",
         .example = "audiotestsrc num-buffers=10 wave=sine freq=440 ! fakesink"});
    registry.add<AudioConvert>(
        {.name = "audioconvert",
         .family = "audio",
         .doc = "converts sound to another format, or to more or fewer channels",
         .example = "audiotestsrc num-buffers=10 ! audioconvert ! "
                    "audio/x-raw,format=F32LE,channels=2 ! fakesink",
         .converter = ConverterPrice{.cost = 50, .cost_per_mib = 1}});
    registry.add<AudioResample>(
        {.name = "audioresample",
         .family = "audio",
         .doc = "converts sound to another sample rate",
         .example = "audiotestsrc num-buffers=10 ! audioresample ! audio/x-raw,rate=48000 ! "
                    "fakesink",
         .converter = ConverterPrice{.cost = 80, .cost_per_mib = 4}});
    registry.add<WavEnc>({.name = "wavenc",
                          .family = "audio",
                          .doc = "puts the header of a WAV file before sound",
                          .example = "audiotestsrc num-buffers=10 ! wavenc ! fakesink"});
    registry.add<WavParse>({.name = "wavparse",
                            .family = "audio",
                            .doc = "takes the sound out of WAV files",
                            .example = "audiotestsrc num-buffers=10 ! wavenc ! wavparse ! "
                                       "fakesink"});
}

}  // namespace parallax::elements
