#include "exec/frame.h"

#include <algorithm>

#include "base/check.h"

namespace parallax {

void Borrows::skip_to(std::uint64_t position) {
    while (taken_ < position) give_back(take());
}

void Borrows::give_back(std::uint64_t position) {
    PX_CHECK(position >= released_ && position < taken_);
    if (position != released_) {
        early_.push_back(position);
        return;
    }
    ++released_;
    while (!early_.empty()) {
        const auto next = std::ranges::find(early_, released_);
        if (next == early_.end()) return;
        *next = early_.back();
        early_.pop_back();
        ++released_;
    }
}

void Payload::drop() {
    Held& held = *held_;
    held.slot = Slot();
    if (held.borrows != nullptr) held.borrows->give_back(held.position);
    held.borrows = nullptr;
    held.home->idle_.push_back(held_);
}

Payload::Held* FramePool::take() {
    if (idle_.empty()) {
        all_.push_back(std::make_unique<Payload::Held>());
        all_.back()->home = this;
        return all_.back().get();
    }
    Payload::Held* held = idle_.back();
    idle_.pop_back();
    return held;
}

Payload FramePool::own(Slot slot) {
    Payload::Held* held = take();
    held->slot = std::move(slot);
    return Payload(held);
}

Payload FramePool::borrow(Borrows& borrows, std::uint64_t position) {
    Payload::Held* held = take();
    held->borrows = &borrows;
    held->position = position;
    return Payload(held);
}

}  // namespace parallax
