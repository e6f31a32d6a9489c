#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// JSON as a tree of values, in as little memory as it takes: what every reader of a format starts with.
namespace weft::primitives::json {

/// Where a tree lies: its nodes in the text's order, a container before what it holds, and apart from them
/// the characters of all strings.
struct Tape {
    enum class Kind : uint8_t {
        null,
        boolean,
        whole_number,  ///< of 64 bits, not negative
        other_number,
        text,  ///< strings, and whole numbers beyond 64 bits: their digits
        array,
        object,
    };
    struct Node {
        Kind kind;
        /// Bytes of a text; items of an array, members of an object.
        uint64_t size;
        /// The number, or 0 and 1; where a text's characters begin; a container's end among the nodes.
        uint64_t content;
    };

    /// A member of an object is two nodes (with what they hold): its key and its value.
    std::vector<Node> nodes;
    std::string characters;

    /// The node behind this one and all that it holds.
    [[nodiscard]] size_t after(size_t node) const noexcept {
        return nodes[node].kind >= Kind::array ? nodes[node].content : node + 1;
    }
    [[nodiscard]] std::string_view text(size_t node) const noexcept {
        return {characters.data() + nodes[node].content, nodes[node].size};
    }
};

class Object;
class Array;

/// A view of one value of a tree, which must outlive it. One that was made without a tree may only be
/// assigned to.
class Value {
public:
    Value() = default;
    Value(const Tape& tape, size_t node) noexcept : tape_(&tape), node_(node) {}

    [[nodiscard]] bool is_null() const noexcept { return kind() == Tape::Kind::null; }
    [[nodiscard]] bool is_text() const noexcept { return kind() == Tape::Kind::text; }
    [[nodiscard]] bool is_object() const noexcept { return kind() == Tape::Kind::object; }

    // Each is nullopt where the value is of another kind.
    [[nodiscard]] std::optional<bool> boolean() const noexcept {
        if (kind() != Tape::Kind::boolean) return std::nullopt;
        return tape_->nodes[node_].content != 0;
    }
    [[nodiscard]] std::optional<uint64_t> whole_number() const noexcept {
        if (kind() != Tape::Kind::whole_number) return std::nullopt;
        return tape_->nodes[node_].content;
    }
    [[nodiscard]] std::optional<std::string_view> text() const noexcept {
        if (!is_text()) return std::nullopt;
        return tape_->text(node_);
    }
    [[nodiscard]] std::optional<Object> object() const noexcept;
    [[nodiscard]] std::optional<Array> array() const noexcept;

private:
    [[nodiscard]] Tape::Kind kind() const noexcept { return tape_->nodes[node_].kind; }

    const Tape* tape_ = nullptr;
    size_t node_ = 0;
};

/// A member of an object.
struct Member {
    std::string_view key;
    Value value;
};

/// A view of an object: its members in the text's order, keys that come again included.
class Object {
public:
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Member;
        using difference_type = std::ptrdiff_t;
        using pointer = const Member*;
        using reference = Member;
        Iterator(const Tape* tape, size_t node) noexcept : tape_(tape), node_(node) {}
        Member operator*() const noexcept { return {tape_->text(node_), Value(*tape_, node_ + 1)}; }
        Iterator& operator++() noexcept {
            node_ = tape_->after(node_ + 1);
            return *this;
        }
        bool operator==(const Iterator& other) const noexcept { return node_ == other.node_; }

    private:
        const Tape* tape_;
        size_t node_;
    };

    Object() = default;
    Object(const Tape& tape, size_t node) noexcept : tape_(&tape), node_(node) {}

    [[nodiscard]] size_t size() const noexcept { return tape_ == nullptr ? 0 : tape_->nodes[node_].size; }
    [[nodiscard]] Iterator begin() const noexcept { return {tape_, node_ + 1}; }
    [[nodiscard]] Iterator end() const noexcept {
        return {tape_, tape_ == nullptr ? node_ + 1 : tape_->nodes[node_].content};
    }

private:
    const Tape* tape_ = nullptr;
    size_t node_ = 0;
};

/// A view of an array.
class Array {
public:
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Value;
        using difference_type = std::ptrdiff_t;
        using pointer = const Value*;
        using reference = Value;
        Iterator(const Tape* tape, size_t node) noexcept : tape_(tape), node_(node) {}
        Value operator*() const noexcept { return {*tape_, node_}; }
        Iterator& operator++() noexcept {
            node_ = tape_->after(node_);
            return *this;
        }
        bool operator==(const Iterator& other) const noexcept { return node_ == other.node_; }

    private:
        const Tape* tape_;
        size_t node_;
    };

    Array() = default;
    Array(const Tape& tape, size_t node) noexcept : tape_(&tape), node_(node) {}

    [[nodiscard]] size_t size() const noexcept { return tape_ == nullptr ? 0 : tape_->nodes[node_].size; }
    [[nodiscard]] Iterator begin() const noexcept { return {tape_, node_ + 1}; }
    [[nodiscard]] Iterator end() const noexcept {
        return {tape_, tape_ == nullptr ? node_ + 1 : tape_->nodes[node_].content};
    }
    /// nullopt beyond the end. Goes past all items before it.
    [[nodiscard]] std::optional<Value> at(uint64_t index) const noexcept {
        if (index >= size()) return std::nullopt;
        Iterator item = begin();
        for (; index != 0; --index) ++item;
        return *item;
    }

private:
    const Tape* tape_ = nullptr;
    size_t node_ = 0;
};

inline std::optional<Object> Value::object() const noexcept {
    if (!is_object()) return std::nullopt;
    return Object(*tape_, node_);
}

inline std::optional<Array> Value::array() const noexcept {
    if (kind() != Tape::Kind::array) return std::nullopt;
    return Array(*tape_, node_);
}

}  // namespace weft::primitives::json
