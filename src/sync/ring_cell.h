// RingCell: room for one item of a ring, which holds one or not as the ring's positions say.
//
// Threads: as the ring's positions say. The ring destroys what is left.
#pragma once

#include <memory>
#include <utility>

namespace parallax {

template <class T>
union RingCell {
    RingCell() {}
    ~RingCell() {}
    RingCell(const RingCell&) = delete;
    RingCell& operator=(const RingCell&) = delete;

    void put(T&& item) { std::construct_at(&item_, std::move(item)); }
    T take() {
        T item = std::move(item_);
        std::destroy_at(&item_);
        return item;
    }
    void take_to(T& to) {
        to = std::move(item_);
        std::destroy_at(&item_);
    }

    T item_;
};

}  // namespace parallax
