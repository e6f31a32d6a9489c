#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace weft::base {

/// Stands for an element that is constructed later, in its place.
struct Unconstructed {};

/// std::allocator, but for elements made from Unconstructed, which it leaves as they are.
template <class T>
struct FillableAllocator : std::allocator<T> {
    template <class U>
    struct rebind {
        using other = FillableAllocator<U>;
    };
    FillableAllocator() = default;
    template <class U>
    explicit(false) FillableAllocator(const FillableAllocator<U>&) noexcept {}
    template <class U, class... Args>
    void construct(U* at, Args&&... args) {
        std::construct_at(at, std::forward<Args>(args)...);
    }
    template <class U>
    void construct(U*, Unconstructed) noexcept {}
    friend bool operator==(const FillableAllocator&, const FillableAllocator&) noexcept { return true; }
};

/// A std::vector that unconstructed() can make for many threads to fill.
template <class T>
using FillableVector = std::vector<T, FillableAllocator<T>>;

/// A vector of `count` places without elements. Before anything else is done with the vector, each must be
/// constructed (std::construct_at), by whatever thread.
template <class T>
[[nodiscard]] FillableVector<T> unconstructed(size_t count) {
    struct Iterator {
        using iterator_category = std::random_access_iterator_tag;
        using value_type = Unconstructed;
        using difference_type = std::ptrdiff_t;
        using pointer = const Unconstructed*;
        using reference = Unconstructed;
        std::ptrdiff_t at;
        Unconstructed operator*() const { return {}; }
        Iterator& operator++() {
            ++at;
            return *this;
        }
        std::ptrdiff_t operator-(const Iterator& other) const { return at - other.at; }
        bool operator==(const Iterator&) const = default;
    };
    return FillableVector<T>(Iterator{0}, Iterator{static_cast<std::ptrdiff_t>(count)});
}

/// Adds `count` such places to the end of a vector; returns the first.
template <class T>
[[nodiscard]] T* add_unconstructed(FillableVector<T>& vector, size_t count) {
    vector.reserve(vector.size() + count);  // from now on nothing is moved
    for (size_t i = 0; i < count; ++i) vector.emplace_back(Unconstructed{});
    return vector.data() + (vector.size() - count);
}

}  // namespace weft::base
