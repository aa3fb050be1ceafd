#include "isp/simulator/font.h"

#include <doctest/doctest.h>

namespace parallax::sim {
namespace {

TEST_CASE("font: ink is there where a cell is set") {
    // The bar of an L: all of its lowest row, and its left column.
    CHECK(ink("L", 2.5F, 6.5F, 0.5F) == 1.0F);
    CHECK(ink("L", 0.5F, 0.5F, 0.5F) == 1.0F);
    CHECK(ink("L", 2.5F, 2.5F, 0.5F) == 0.0F);
    CHECK(ink("L", 0.0F, 3.0F, 1.0F) == doctest::Approx(0.5F));
    CHECK(ink("-L", 6.5F, 0.5F, 0.5F) == 1.0F);
}

TEST_CASE("font: outside the line and for unknown characters there is none") {
    for (const float at : {-100.0F, -1.0F, 7.5F, 1000.0F}) {
        CHECK(ink("LL", at * 6.0F, 6.5F, 0.5F) == 0.0F);
        CHECK(ink("LL", 2.0F, at, 0.5F) == 0.0F);
    }
    CHECK(ink("~", 2.5F, 3.5F, 7.0F) == 0.0F);
    CHECK(ink("", 0.5F, 0.5F, 1.0F) == 0.0F);
}

TEST_CASE("font: every letter and figure is distinct") {
    const std::string_view all = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,-:";
    for (const char a : all)
        for (const char b : all) CHECK((glyph(a) == glyph(b)) == (a == b));
}

}  // namespace
}  // namespace parallax::sim
