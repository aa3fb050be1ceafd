// wavenc, wavparse: raw audio to WAV files and back.
//
// wavenc knows how long the file is when it ends. It says so by the event below, with which
// filesink goes back and rewrites the header; where nobody can go back (pipes), the header keeps
// saying that the length is unknown.
#pragma once

#include <optional>

#include "elements/audio/audio_pieces.h"
#include "elements/codec/wav.h"
#include "parallax/element.h"

namespace parallax::elements {

class WavEnc final : public ElementWith<NoOptions> {
  public:
    static Pads pads();
    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<> configure(const Negotiated& formats) override;
    std::size_t output_bytes(std::size_t pad, const Negotiated& formats) const override;
    Result<Flow> process(Context& context) override;
    Result<Flow> drain(Context& context) override;
    void save(InlineState& state) const override;
    Result<> restore(const InlineState& state) override;

  private:
    void send_header(Context& context);

    std::optional<AudioFormatCaps> audio_;
    bool header_sent_ = false;
    bool ended_ = false;
    std::uint64_t data_bytes_ = 0;
};

class WavParse final : public ElementWith<NoOptions> {
  public:
    static Pads pads();
    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<> configure(const Negotiated& formats) override;
    std::size_t output_bytes(std::size_t pad, const Negotiated& formats) const override;
    Result<Flow> process(Context& context) override;
    Result<bool> event(Context& context, const Event& event) override;
    std::size_t checkpoint_bytes() const override;
    void save_checkpoint(std::vector<std::byte>& state) const override;
    Result<> restore_checkpoint(std::span<const std::byte> state) override;

  private:
    Result<bool> read_header();
    Result<> expect_complete() const;

    std::optional<AudioFormatCaps> agreed_;
    std::vector<std::byte> pending_;  // The header until it is whole, then what waits.
    std::size_t at_ = 0;
    bool loaded_ = false;
    bool header_seen_ = false;
    std::optional<std::uint64_t> left_bytes_;
    std::uint64_t frames_ = 0;
    std::uint64_t sent_ = 0;
};

}  // namespace parallax::elements
