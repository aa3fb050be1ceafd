// A real plugin, built as one outside the tree would be: the negative of 8-bit pictures.
#include <charconv>

#include "parallax/plugin_element.h"

namespace {

class Invert final : public parallax::PluginElement {
  public:
    static constexpr Info kInfo{.name = "invert",
                                .family = "video",
                                .doc = "the negative of a picture",
                                .example = "videotestsrc num-buffers=1 ! invert ! fakesink",
                                .relation = PARALLAX_PASS_THROUGH};
    static constexpr parallax_pad kPads[] = {
        {sizeof(parallax_pad), PARALLAX_PAD_SINK, "sink", "video/x-raw,format={RGB,GRAY8}"},
        {sizeof(parallax_pad), PARALLAX_PAD_SRC, "src", "video/x-raw,format={RGB,GRAY8}"}};
    static constexpr parallax_property kProperties[] = {{sizeof(parallax_property), PARALLAX_INT,
                                                         "white", "the value that becomes black",
                                                         nullptr, "255", 0, 255, 0}};

    bool set(std::string_view /*name*/, std::string_view text) override {
        return std::from_chars(text.data(), text.data() + text.size(), white_).ec == std::errc{};
    }

    int process(parallax::Call& call) override {
        const auto in = call.in();
        const auto out = call.out();
        if (out.size() < in.size()) return call.fail("the output is smaller than the input");
        for (std::size_t i = 0; i < in.size(); ++i) {
            const int value = white_ - std::to_integer<int>(in[i]);
            out[i] = static_cast<std::byte>(value < 0 ? 0 : value);
        }
        return call.commit(in.size());
    }

  private:
    int white_ = 255;
};

}  // namespace

PARALLAX_PLUGIN("invert", "1.0", "Apache-2.0", Invert)
