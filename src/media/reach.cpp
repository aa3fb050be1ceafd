#include "media/reach.h"

#include <bit>
#include <utility>

namespace parallax {

Reach::Reach(std::size_t values) : values_(values), words_((values + 63) / 64) {
    Bits everything(words_);
    for (std::size_t v = 0; v < values_; ++v) put(everything, v);
    Bits open;
    for (std::size_t v = 0; v < values_; ++v) {
        open.insert(open.end(), everything.begin(), everything.end());
    }
    known_set(Bits(words_));           // kNothing
    known_set(std::move(everything));  // kEverything
    known_table(std::move(open));      // kOpen
}

std::uint32_t Reach::known(std::vector<Bits>& all, std::map<Bits, std::uint32_t>& numbers,
                           Bits bits) {
    const auto [place, is_new] =
        numbers.try_emplace(std::move(bits), static_cast<std::uint32_t>(all.size()));
    if (is_new) all.push_back(place->first);
    return place->second;
}

Reach::Set Reach::set(const std::vector<bool>& members) {
    Bits bits(words_);
    for (std::size_t v = 0; v < values_; ++v) {
        if (members[v]) put(bits, v);
    }
    return known_set(std::move(bits));
}

Reach::Table Reach::table(const std::vector<std::vector<bool>>& rows) {
    Bits bits(values_ * words_);
    for (std::size_t a = 0; a < values_; ++a) {
        for (std::size_t b = 0; b < values_; ++b) {
            if (rows[a][b]) put(bits, a * words_ * 64 + b);
        }
    }
    return known_table(std::move(bits));
}

bool Reach::follows(Table table, std::size_t a, std::size_t b) const {
    return bit(tables_[table], a * words_ * 64 + b);
}

Reach::Set Reach::meet(Set a, Set b) {
    if (a == b || b == kEverything) return a;
    if (a == kEverything) return b;
    const auto [place, is_new] = meets_.try_emplace(key(a, b));
    if (!is_new) return place->second;
    steps_ += words_;
    Bits bits = sets_[a];
    for (std::size_t w = 0; w < words_; ++w) bits[w] &= sets_[b][w];
    return place->second = known_set(std::move(bits));
}

void Reach::gather(const Bits& rows, const std::uint64_t* from, std::uint64_t* to) {
    for (std::size_t w = 0; w < words_; ++w) {
        for (std::uint64_t left = from[w]; left != 0; left &= left - 1) {
            const std::size_t row = w * 64 + static_cast<std::size_t>(std::countr_zero(left));
            for (std::size_t i = 0; i < words_; ++i) to[i] |= rows[row * words_ + i];
            steps_ += words_;
        }
    }
}

Reach::Set Reach::image(Table table, Set from) {
    if (table == kOpen || from == kNothing) return from == kNothing ? kNothing : kEverything;
    const auto [place, is_new] = images_.try_emplace(key(table, from));
    if (!is_new) return place->second;
    Bits bits(words_);
    gather(tables_[table], sets_[from].data(), bits.data());
    return place->second = known_set(std::move(bits));
}

Reach::Table Reach::turned(Table table) {
    if (table == kOpen) return table;
    const auto [place, is_new] = turned_.try_emplace(table);
    if (!is_new) return place->second;
    steps_ += values_ * values_;
    Bits bits(values_ * words_);
    for (std::size_t a = 0; a < values_; ++a) {
        for (std::size_t b = 0; b < values_; ++b) {
            if (follows(table, a, b)) put(bits, b * words_ * 64 + a);
        }
    }
    const Table other = known_table(std::move(bits));
    place->second = other;
    turned_.try_emplace(other, table);
    return other;
}

Reach::Table Reach::both(Table a, Table b) {
    if (a == b || b == kOpen) return a;
    if (a == kOpen) return b;
    const auto [place, is_new] = both_.try_emplace(key(a, b));
    if (!is_new) return place->second;
    steps_ += values_ * words_;
    Bits bits = tables_[a];
    for (std::size_t w = 0; w < bits.size(); ++w) bits[w] &= tables_[b][w];
    return place->second = known_table(std::move(bits));
}

Reach::Table Reach::through(Table first, Set between, Table second) {
    const auto [place, is_new] = through_.try_emplace({first, between, second});
    if (!is_new) return place->second;
    Bits bits(values_ * words_);
    Bits middle(words_);
    for (std::size_t a = 0; a < values_; ++a) {
        for (std::size_t w = 0; w < words_; ++w) {
            middle[w] = tables_[first][a * words_ + w] & sets_[between][w];
        }
        gather(tables_[second], middle.data(), &bits[a * words_]);
    }
    return place->second = known_table(std::move(bits));
}

}  // namespace parallax
