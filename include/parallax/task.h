// Task: something to call once, which may fail; small ones are kept without an allocation.
//
//     Task task([frame = std::move(frame)]() mutable -> Result<> { return write(frame); });
//     Result<> result = task();
//
// The body returns nothing or a Result<>. It is destroyed with its call, or uncalled with the task.
//
// Threads: a plain value with one owner. Lifetime: owns the body and what that captured.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "parallax/result.h"

namespace parallax {

template <class F>
concept TaskBody =
    std::move_constructible<F> && std::invocable<F&> &&
    (std::is_void_v<std::invoke_result_t<F&>> || std::same_as<std::invoke_result_t<F&>, Result<>>);

class Task {
  public:
    static constexpr std::size_t kInlineBytes = 40;  // Larger bodies are allocated.

    Task() = default;
    template <class F>
        requires(!std::same_as<std::remove_cvref_t<F>, Task>) && TaskBody<std::remove_cvref_t<F>>
    explicit Task(F&& body) {
        using Body = std::remove_cvref_t<F>;
        if constexpr (kFits<Body>) {
            std::construct_at(static_cast<Body*>(place()), std::forward<F>(body));
            kind_ = &kKind<Body>;
        } else {
            using Boxed = Box<Body>;
            std::construct_at(static_cast<Boxed*>(place()),
                              Boxed{std::make_unique<Body>(std::forward<F>(body))});
            kind_ = &kKind<Boxed>;
        }
    }
    Task(Task&& other) noexcept { take(other); }
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            drop();
            take(other);
        }
        return *this;
    }
    ~Task() { drop(); }

    explicit operator bool() const { return kind_ != nullptr; }

    // Calls the body and destroys it. What it throws, as code of others may, comes back as an
    // error: Errc::system. Not on an empty one.
    Result<> operator()();

  private:
    struct Kind {
        Result<> (*call)(void* body);
        void (*move)(void* to, void* from) noexcept;  // Null: its bytes are all.
        void (*destroy)(void* body) noexcept;         // Null: there is nothing to do.
    };
    template <class Body>
    struct Box {
        std::unique_ptr<Body> body;
        auto operator()() { return (*body)(); }
    };

    template <class Body>
    static constexpr bool kFits = sizeof(Body) <= kInlineBytes && alignof(Body) <= alignof(void*) &&
                                  std::is_nothrow_move_constructible_v<Body>;

    template <class Body>
    static Result<> call(void* body) {
        Body& own = *std::launder(static_cast<Body*>(body));
        if constexpr (std::is_void_v<std::invoke_result_t<Body&>>) {
            own();
            return {};
        } else {
            return own();
        }
    }
    template <class Body>
    static void move(void* to, void* from) noexcept {
        Body& own = *std::launder(static_cast<Body*>(from));
        std::construct_at(static_cast<Body*>(to), std::move(own));
        std::destroy_at(&own);
    }
    template <class Body>
    static void destroy(void* body) noexcept {
        std::destroy_at(std::launder(static_cast<Body*>(body)));
    }
    template <class Body>
    static constexpr bool kPlain = std::is_trivially_copyable_v<Body>;
    template <class Body>
    static constexpr Kind kKind{&call<Body>, kPlain<Body> ? nullptr : &move<Body>,
                                kPlain<Body> ? nullptr : &destroy<Body>};

    void* place() { return bytes_.data(); }
    void take(Task& other) noexcept {
        kind_ = std::exchange(other.kind_, nullptr);
        if (kind_ == nullptr) return;
        if (kind_->move == nullptr) {
            std::memcpy(place(), other.place(), kInlineBytes);
        } else {
            kind_->move(place(), other.place());
        }
    }
    void drop() noexcept {
        const Kind* kind = std::exchange(kind_, nullptr);
        if (kind != nullptr && kind->destroy != nullptr) kind->destroy(place());
    }

    const Kind* kind_ = nullptr;
    alignas(void*) std::array<std::byte, kInlineBytes> bytes_;
};

}  // namespace parallax
