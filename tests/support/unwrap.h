// unwrap: the value of a Result, or a failed test that says why.
#pragma once

#include <doctest/doctest.h>

#include "parallax/result.h"

namespace parallax {

template <class T>
T unwrap(Result<T>&& result) {
    if (!result) FAIL(to_string(result.error()));
    return *std::move(result);
}

}  // namespace parallax
