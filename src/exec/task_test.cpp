#include "parallax/task.h"

#include <array>
#include <exception>
#include <new>
#include <stdexcept>
#include <vector>

#include <doctest/doctest.h>

#include "support/allocations.h"

namespace parallax {
namespace {

// As code of others does.
template <class Thrown>
auto throwing(Thrown thrown) {
    return [thrown] { std::rethrow_exception(std::make_exception_ptr(thrown)); };
}

// Tells of its life by a count of those that exist.
class Counted {
  public:
    explicit Counted(int& alive) : alive_(&alive) { ++*alive_; }
    Counted(Counted&& other) noexcept : alive_(other.alive_) { ++*alive_; }
    Counted& operator=(Counted&&) = delete;
    ~Counted() { --*alive_; }

  private:
    int* alive_;
};

TEST_CASE("task: a call hands on what the body says, good and bad") {
    CHECK(Task([] {})());
    CHECK(Task([]() -> Result<> { return {}; })());
    const Result<> bad = Task([]() -> Result<> { return fail(Errc::io, "no such disk"); })();
    REQUIRE_FALSE(bad);
    CHECK(bad.error().message == "no such disk");
}

TEST_CASE("task: what the body throws comes back as an error") {
    const Result<> thrown = Task(throwing(std::runtime_error("out of paper")))();
    REQUIRE_FALSE(thrown);
    CHECK(thrown.error().message == "a task threw: out of paper");
    CHECK_FALSE(Task(throwing(7))());
    CHECK(Task(throwing(std::bad_alloc()))().error().message == "a task found no memory");
}

TEST_CASE_TEMPLATE("task: the body lives until its call has ended, wherever the task moved", Size,
                   std::array<char, 1>, std::array<char, 24>, std::array<char, 200>) {
    int alive = 0;
    bool called = false;
    {
        Task task([counted = Counted(alive), &called, room = Size{}] {
            static_cast<void>(room);
            called = true;
        });
        CHECK(alive == 1);
        Task moved(std::move(task));
        CHECK_FALSE(task);  // NOLINT(bugprone-use-after-move): that it is empty is the point
        task = std::move(moved);
        CHECK(alive == 1);
        CHECK(task());
        CHECK(alive == 0);
        CHECK_FALSE(task);
    }
    CHECK(called);
    CHECK(alive == 0);
}

TEST_CASE("task: a body is destroyed when it threw, when it was never called, and when replaced") {
    int alive = 0;
    CHECK_FALSE(Task([counted = Counted(alive)] { throwing(1)(); })());
    CHECK(alive == 0);
    {
        Task never([counted = Counted(alive)] {});
        CHECK(alive == 1);
        Task& same = never;
        never = std::move(same);
        CHECK(alive == 1);
        never = Task([] {});
        CHECK(alive == 0);
        never = Task([counted = Counted(alive)] {});
    }
    CHECK(alive == 0);
}

TEST_CASE("task: bodies of five words need no allocation, in all their moves") {
    const std::array<void*, 5> words{};
    bool good = false;
    const auto asked = allocations_of([&] {
        Task task([words] { static_cast<void>(words); });
        Task moved(std::move(task));
        good = moved().has_value();
    });
    CHECK(good);
    CHECK(asked.value_or(0) == 0);
}

}  // namespace
}  // namespace parallax
