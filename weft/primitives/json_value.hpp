#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/bytes.hpp"
#include "weft/base/function_ref.hpp"
#include "weft/base/uint256.hpp"
#include "weft/primitives/json_dom.hpp"

/// Typed reading of JSON for file formats: quantities, bytes and hashes as Ethereum writes them, errors with
/// the field's path.
namespace weft::primitives {
struct AccessTuple;
struct AccountChanges;
struct Authorization;
struct Withdrawal;
}  // namespace weft::primitives

namespace weft::primitives::json {

/// Where in a document and what is wrong there.
struct Error {
    std::string path;  ///< "transactions[3].gas"; empty for the whole document
    std::string message;

    /// The same error seen from one level up.
    [[nodiscard]] Error within(std::string_view key) &&;
    [[nodiscard]] Error within(size_t index) &&;
    friend bool operator==(const Error&, const Error&) = default;
};

/// "transactions[3].gas: not a quantity": one line, whatever the keys are.
[[nodiscard]] std::string to_string(const Error& error);

template <class T>
using Result = std::expected<T, Error>;

/// A parsed document. Values are views into it; it must outlive them.
class Document {
public:
    /// Error: one line that starts with the file's name.
    [[nodiscard]] static std::expected<Document, std::string> load(const std::string& path);
    [[nodiscard]] static std::expected<Document, std::string> parse(std::string_view text, std::string name);

    [[nodiscard]] Value root() const noexcept { return {*tape_, 0}; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// "block.json: transactions[3].gas: not a quantity"
    [[nodiscard]] std::string describe(const Error& error) const;
    /// Reads the whole document with `read` (Value -> Result<T>); the error as one line.
    template <class Read>
    [[nodiscard]] auto read(Read&& read_root) const
        -> std::expected<typename std::invoke_result_t<Read, Value>::value_type, std::string> {
        auto result = read_root(root());
        if (!result) return std::unexpected(describe(result.error()));
        return std::move(*result);
    }

private:
    Document() : tape_(std::make_unique<Tape>()) {}

    std::string name_;
    std::unique_ptr<Tape> tape_;  ///< stays in its place when the document moves
};

using VisitMember = base::FunctionRef<Result<void>(std::string_view key, Value value)>;
/// Reads a file that holds one object, a member at a time, in the file's order: in memory lies what `visit`
/// is given, and no more. An error of `visit` ends the visits, those before it have been made; where the file
/// is not JSON further on, that is the error. Error: one line that starts with the file's name.
[[nodiscard]] std::expected<void, std::string> read_members(const std::string& path, VisitMember visit);

/// One value as T: uint64_t, uint256, Hash, Address, FixedBytes<N>, Bytes, bool, std::string_view, Object or
/// Array. Quantities are strings of hex digits with "0x" (leading zeros and a bare "0x" for zero, as the
/// official tests have them), strings of decimal digits, or JSON numbers. Bytes are hex digits with or
/// without "0x".
[[nodiscard]] Result<void> read(Value value, uint64_t& out);
[[nodiscard]] Result<void> read(Value value, uint256& out);
[[nodiscard]] Result<void> read(Value value, Bytes& out);
[[nodiscard]] Result<void> read(Value value, bool& out);
[[nodiscard]] Result<void> read(Value value, std::string_view& out);
[[nodiscard]] Result<void> read(Value value, Object& out);
[[nodiscard]] Result<void> read(Value value, Array& out);
[[nodiscard]] inline Result<void> read(Value value, Value& out) {
    out = value;
    return {};
}
[[nodiscard]] Result<void> read_fixed(Value value, uint8_t* out, size_t size);
template <size_t N>
[[nodiscard]] Result<void> read(Value value, base::FixedBytes<N>& out) {
    return read_fixed(value, out.data(), N);
}
template <size_t N>
[[nodiscard]] Result<void> read(Value value, std::array<uint8_t, N>& out) {
    return read_fixed(value, out.data(), N);
}
// Defined with json.hpp's functions; declared here so that vectors of them can be read.
[[nodiscard]] Result<void> read(Value value, AccessTuple& out);
[[nodiscard]] Result<void> read(Value value, AccountChanges& out);
[[nodiscard]] Result<void> read(Value value, Authorization& out);
[[nodiscard]] Result<void> read(Value value, Withdrawal& out);
template <class T>
[[nodiscard]] Result<void> read(Value value, std::vector<T>& out);
template <class T>
[[nodiscard]] Result<void> read(Value value, std::optional<T>& out) {
    return read(value, out.emplace());
}
template <class T>
[[nodiscard]] Result<void> read(Value value, std::vector<T>& out) {
    Array array;
    if (auto status = read(value, array); !status) return status;
    out.reserve(array.size());
    for (const Value item : array)
        if (auto status = read(item, out.emplace_back()); !status)
            return std::unexpected(std::move(status.error()).within(out.size() - 1));
    return {};
}
template <class T>
[[nodiscard]] Result<T> as(Value value) {
    T out{};
    if (auto status = read(value, out); !status) return std::unexpected(std::move(status.error()));
    return out;
}

/// Quantities and bytes from text alone: an object's keys.
[[nodiscard]] Result<uint256> quantity(std::string_view text);
[[nodiscard]] Result<Address> address(std::string_view text);

/// The value under a key; nullopt if the key is absent or its value null.
[[nodiscard]] std::optional<Value> find(Object object, std::string_view key) noexcept;

/// Reads an object's fields one after another. The first error stops it: later reads do nothing, and status()
/// reports it.
class Fields {
public:
    explicit Fields(Value value);
    explicit Fields(Object object) noexcept : object_(object) {}

    /// Reads a field that must be there. With two names, either: the first that is there counts.
    template <class T>
    void required(std::string_view key, T& out) {
        required(key, key, out);
    }
    template <class T>
    void required(std::string_view key, std::string_view other, T& out) {
        if (!optional(key, other, out)) fail(key, "missing");
    }
    /// Reads a field if it is there and not null; else `out` stays. Returns whether it was there, or an error
    /// stands.
    template <class T>
    bool optional(std::string_view key, T& out) {
        return optional(key, key, out);
    }
    template <class T>
    bool optional(std::string_view key, std::string_view other, T& out) {
        if (error_) return true;
        auto value = find(object_, key);
        if (!value && other != key) {
            key = other;
            value = find(object_, key);
        }
        if (!value) return false;
        if (auto status = read(*value, out); !status) error_ = std::move(status.error()).within(key);
        return true;
    }
    /// Reads a field by a function Value -> Result<void>; returns as `optional` does.
    template <class Read>
    bool with(std::string_view key, Read&& read_value) {
        if (error_) return true;
        const auto value = find(object_, key);
        if (!value) return false;
        if (Result<void> status = read_value(*value); !status) error_ = std::move(status.error()).within(key);
        return true;
    }
    [[nodiscard]] bool has(std::string_view key) const noexcept {
        return !error_ && find(object_, key).has_value();
    }
    /// An error where the field is not there.
    void require(std::string_view key) {
        if (!failed() && !has(key)) fail(key, "missing");
    }
    /// Precondition: not failed().
    [[nodiscard]] Object object() const noexcept { return object_; }

    /// Notes an error at a field, or at the object itself if the key is empty.
    void fail(std::string_view key, std::string message);
    [[nodiscard]] bool failed() const noexcept { return error_.has_value(); }
    [[nodiscard]] Result<void> status() const;

private:
    Object object_;
    std::optional<Error> error_;
};

/// Writes JSON to a string. Commas are its business; the caller keeps objects and arrays balanced and gives
/// every value in an object a key.
class Writer {
public:
    Writer& begin_object();
    Writer& end_object();
    Writer& begin_array();
    Writer& end_array();
    Writer& key(std::string_view name);
    /// A string; quotes, backslashes and control characters are escaped.
    Writer& string(std::string_view text);
    /// A number, as it is.
    Writer& number(uint64_t value);
    Writer& boolean(bool value);
    Writer& null();
    /// "0x" and bytes or the fewest digits.
    Writer& bytes(BytesView value);
    Writer& quantity(const uint256& value);
    /// A line break, for people.
    Writer& newline();
    [[nodiscard]] const std::string& str() const noexcept { return out_; }
    [[nodiscard]] std::string take() noexcept { return std::move(out_); }

private:
    void separate();
    std::string out_;
    bool first_ = true;
};

/// Writes a file in whole: what stands under its name is what was there before or all of the text, whenever
/// the program ends. Error: one line that starts with the path.
[[nodiscard]] std::expected<void, std::string> write_file(const std::string& path, std::string_view text);

}  // namespace weft::primitives::json

namespace weft {
namespace json = primitives::json;
}  // namespace weft
