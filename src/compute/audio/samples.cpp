#include "compute/audio/samples.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/check.h"

namespace parallax::compute {
namespace {

// Little-endian integers of 1 to 4 bytes, sign extended.
std::int32_t load_code(const std::byte* at, std::size_t bytes) {
    // The last byte that is read has the sign.
    auto code = std::to_integer<std::int32_t>(at[bytes - 1]);
    if (code >= 128) code -= 256;
    for (std::size_t i = bytes - 1; i > 0; --i)
        code = code * 256 + std::to_integer<std::int32_t>(at[i - 1]);
    return code;
}

void store_code(std::int32_t code, std::byte* at, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i)
        at[i] = static_cast<std::byte>(static_cast<std::uint32_t>(code) >> (8 * i));
}

template <class Float>
void read_floats(std::span<const std::byte> in, std::span<double> out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        Float value;
        std::memcpy(&value, in.data() + i * sizeof value, sizeof value);
        out[i] = static_cast<double>(value);
    }
}

template <class Float>
void write_floats(std::span<const double> in, std::span<std::byte> out) {
    for (std::size_t i = 0; i < in.size(); ++i) {
        const auto value = static_cast<Float>(in[i]);
        std::memcpy(out.data() + i * sizeof value, &value, sizeof value);
    }
}

}  // namespace

// Marsaglia's xorshift64*: G. Marsaglia, "Xorshift RNGs", 2003, with Vigna's multiplier.
double Dither::uniform() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<double>((state_ * 0x2545F4914F6CDD1DU) >> 11) * 0x1p-53 - 0.5;
}

double Dither::next() {
    switch (kind_) {
        case DitherKind::none:
            return 0.0;
        case DitherKind::rpdf:
            return uniform();
        case DitherKind::tpdf:
            break;
    }
    const double first = uniform();
    return first + uniform();
}

void read_samples(SampleFormat format, std::span<const std::byte> in, std::span<double> out) {
    const SampleTraits& t = traits(format);
    PX_CHECK(in.size() >= out.size() * t.bytes);
    if (format == SampleFormat::f32le) return read_floats<float>(in, out);
    if (format == SampleFormat::f64le) return read_floats<double>(in, out);
    const double unit = std::ldexp(1.0, 1 - t.bits);
    const std::byte flip{format == SampleFormat::u8 ? std::uint8_t{0x80} : std::uint8_t{0}};
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (t.bytes == 1) {
            const std::byte code = in[i] ^ flip;
            out[i] = load_code(&code, 1) * unit;
        } else {
            out[i] = load_code(in.data() + i * t.bytes, t.bytes) * unit;
        }
    }
}

void write_samples(SampleFormat format, std::span<const double> in, std::span<std::byte> out,
                   Dither& dither) {
    const SampleTraits& t = traits(format);
    PX_CHECK(out.size() >= in.size() * t.bytes);
    if (format == SampleFormat::f32le) return write_floats<float>(in, out);
    if (format == SampleFormat::f64le) return write_floats<double>(in, out);
    const double full = std::ldexp(1.0, t.bits - 1);
    const std::byte flip{format == SampleFormat::u8 ? std::uint8_t{0x80} : std::uint8_t{0}};
    for (std::size_t i = 0; i < in.size(); ++i) {
        const double level = std::isnan(in[i]) ? 0.0 : in[i] * full + dither.next();
        const auto code =
            static_cast<std::int32_t>(std::clamp(std::round(level), -full, full - 1.0));
        std::byte* const at = out.data() + i * t.bytes;
        store_code(code, at, t.bytes);
        if (t.bytes == 1) *at ^= flip;
    }
}

}  // namespace parallax::compute
