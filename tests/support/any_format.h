// AnyFormat: a transform for tests and benchmarks of negotiation, as of videoconvert: any pixel
// format in, any out, rather the same.
#pragma once

#include "media/negotiate.h"

namespace parallax::testing {

class AnyFormat final : public PadTransform {
  public:
    Caps across(std::size_t, const Caps& from, std::size_t) const override {
        if (from.is_any()) return from;
        Caps out = from;
        for (Structure other : from.structures()) {
            other.erase("format");
            out.append(std::move(other));
        }
        return out;
    }
};

}  // namespace parallax::testing
