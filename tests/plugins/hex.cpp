// A converter from outside: bytes as hexadecimal digits. Negotiation puts it in by itself; it
// counts its frames in a state that outlives its process.
#include "parallax/plugin_element.h"

namespace {

constexpr std::size_t kMostBytes = 4096;

class Hex final : public parallax::PluginElement {
  public:
    static constexpr Info kInfo{.name = "hexenc",
                                .family = "test",
                                .doc = "bytes as hexadecimal digits, numbered",
                                .relation = PARALLAX_TRANSFORM,
                                .state = PARALLAX_INLINE,
                                .converter_cost = 10,
                                .converter_cost_per_mib = 1};
    static constexpr parallax_pad kPads[] = {
        {sizeof(parallax_pad), PARALLAX_PAD_SINK, "sink", "application/x-test-bytes"},
        {sizeof(parallax_pad), PARALLAX_PAD_SRC, "src", "application/x-test-hex"}};
    static constexpr std::array<parallax_property, 0> kProperties{};

    std::uint64_t output_bytes(std::uint32_t /*pad*/) override { return 2 * kMostBytes + 2; }

    int process(parallax::Call& call) override {
        constexpr std::string_view kDigits = "0123456789abcdef";
        const auto in = call.in();
        const auto out = call.out();
        if (in.size() > kMostBytes) return call.fail("more than 4096 bytes");
        out[0] = static_cast<std::byte>('a' + frames_++ % 26);
        std::size_t at = 1;
        for (const std::byte each : in) {
            out[at++] = static_cast<std::byte>(kDigits[std::to_integer<std::size_t>(each) >> 4U]);
            out[at++] = static_cast<std::byte>(kDigits[std::to_integer<std::size_t>(each) & 15U]);
        }
        out[at++] = std::byte{'\n'};
        return call.commit(at);
    }

    void save(Words words) override { words[0] = frames_; }
    int restore(parallax::Call& /*call*/, std::span<const std::uint64_t, 8> words) override {
        frames_ = words[0];
        return 0;
    }

  private:
    std::uint64_t frames_ = 0;
};

}  // namespace

PARALLAX_PLUGIN("hex", "1.0", "Apache-2.0", Hex)
