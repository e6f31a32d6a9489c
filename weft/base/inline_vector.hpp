#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <type_traits>
#include <utility>

namespace weft::base {

/// A vector whose first N elements need no memory of their own. For short lists in great number.
template <class T, uint32_t N = 1>
class InlineVector {
    static_assert(std::is_trivially_copyable_v<T>);

public:
    using value_type = T;
    using iterator = T*;
    using const_iterator = const T*;

    InlineVector() noexcept {}
    InlineVector(std::initializer_list<T> items) { fill(items.begin(), items.size()); }
    InlineVector(const T* first, const T* last) { fill(first, static_cast<size_t>(last - first)); }
    InlineVector(const InlineVector& other) { fill(other.data(), other.size()); }
    InlineVector(InlineVector&& other) noexcept { take(other); }
    InlineVector& operator=(const InlineVector& other) {
        if (this != &other) {
            clear();
            fill(other.data(), other.size());
        }
        return *this;
    }
    InlineVector& operator=(InlineVector&& other) noexcept {
        if (this != &other) {
            free();
            take(other);
        }
        return *this;
    }
    ~InlineVector() { free(); }

    [[nodiscard]] size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] T* data() noexcept { return is_inline() ? here() : heap_; }
    [[nodiscard]] const T* data() const noexcept { return is_inline() ? here() : heap_; }
    [[nodiscard]] T* begin() noexcept { return data(); }
    [[nodiscard]] T* end() noexcept { return data() + size_; }
    [[nodiscard]] const T* begin() const noexcept { return data(); }
    [[nodiscard]] const T* end() const noexcept { return data() + size_; }
    [[nodiscard]] T& operator[](size_t i) noexcept { return data()[i]; }
    [[nodiscard]] const T& operator[](size_t i) const noexcept { return data()[i]; }
    [[nodiscard]] T& back() noexcept { return data()[size_ - 1]; }
    [[nodiscard]] const T& back() const noexcept { return data()[size_ - 1]; }

    void push_back(const T& item) {
        const T copy = item;  // it may be an element
        if (size_ == capacity_) grow(2 * size_t{capacity_});
        data()[size_++] = copy;
    }
    T& emplace_back() {
        push_back(T{});
        return back();
    }
    void insert(const_iterator at, const T& item) {
        const auto index = at - begin();
        push_back(item);
        std::rotate(begin() + index, end() - 1, end());
    }
    void erase(const_iterator at) noexcept {
        std::copy(at + 1, static_cast<const T*>(end()), begin() + (at - begin()));
        --size_;
    }
    void clear() noexcept { size_ = 0; }
    /// Elements that are new are value-initialised.
    void resize(size_t count) {
        if (count > capacity_) grow(std::max(count, 2 * size_t{capacity_}));
        if (count > size_) std::uninitialized_value_construct_n(data() + size_, count - size_);
        size_ = static_cast<uint32_t>(count);
    }

    friend bool operator==(const InlineVector& a, const InlineVector& b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }

private:
    [[nodiscard]] bool is_inline() const noexcept { return capacity_ == N; }
    [[nodiscard]] T* here() noexcept { return reinterpret_cast<T*>(bytes_); }
    [[nodiscard]] const T* here() const noexcept { return reinterpret_cast<const T*>(bytes_); }

    void grow(size_t capacity) {
        T* const larger = static_cast<T*>(::operator new(capacity * sizeof(T)));
        if (size_ != 0) std::memcpy(static_cast<void*>(larger), data(), size_ * sizeof(T));
        free();
        heap_ = larger;
        capacity_ = static_cast<uint32_t>(capacity);
    }
    /// Precondition: empty.
    void fill(const T* items, size_t count) {
        if (count > capacity_) grow(count);
        if (count != 0) std::memcpy(static_cast<void*>(data()), items, count * sizeof(T));
        size_ = static_cast<uint32_t>(count);
    }
    /// Precondition: owns nothing.
    void take(InlineVector& other) noexcept {
        std::memcpy(bytes_, other.bytes_, sizeof bytes_);
        size_ = std::exchange(other.size_, 0);
        capacity_ = std::exchange(other.capacity_, N);
    }
    void free() noexcept {
        if (!is_inline()) ::operator delete(heap_);
    }

    uint32_t size_ = 0;
    uint32_t capacity_ = N;
    union {
        alignas(T) unsigned char bytes_[N * sizeof(T)];
        T* heap_;
    };
};

}  // namespace weft::base
