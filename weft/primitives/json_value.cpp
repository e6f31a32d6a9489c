#include "weft/primitives/json_value.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "weft/base/hex.hpp"

namespace weft::primitives::json {

namespace {

std::unexpected<Error> failure(std::string message) { return std::unexpected(Error{{}, std::move(message)}); }

template <class T>
Result<void> read_kind(const std::optional<T>& from, T& out, const char* why_not) {
    if (!from) return failure(why_not);
    out = *from;
    return {};
}

}  // namespace

Error Error::within(std::string_view key) && {
    path = path.empty() ? std::string(key) : fmt::format("{}{}{}", key, path[0] == '[' ? "" : ".", path);
    return std::move(*this);
}

Error Error::within(size_t index) && {
    path = path.empty() ? fmt::format("[{}]", index)
                        : fmt::format("[{}]{}{}", index, path[0] == '[' ? "" : ".", path);
    return std::move(*this);
}

std::string to_string(const Error& error) {
    if (error.path.empty()) return error.message;
    constexpr size_t longest = 200;  // a key may be anything, and of any length
    std::string path = error.path.size() <= longest
                           ? error.path
                           : fmt::format("{}...", std::string_view(error.path).substr(0, longest));
    for (char& c : path)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return fmt::format("{}: {}", path, error.message);
}

std::string Document::describe(const Error& error) const {
    return fmt::format("{}: {}", name_, to_string(error));
}

Result<uint256> quantity(std::string_view text) {
    if (text.starts_with("0x:bigint "))
        text.remove_prefix(10);  // the official tests' mark for numbers beyond 256 bits
    if (text == "0x") return uint256{};
    if (const auto value = text.starts_with("0x") ? base::uint256_from_hex(text) : base::parse_decimal(text))
        return *value;
    const std::string_view digits = base::strip_0x(text);
    const bool is_hex = text.starts_with("0x");
    if (digits.empty() ||
        digits.find_first_not_of(is_hex ? "0123456789abcdefABCDEF" : "0123456789") != std::string_view::npos)
        return failure("not a quantity");
    return failure("exceeds 256 bits");
}

Result<Address> address(std::string_view text) {
    if (const auto value = base::fixed_from_hex<Address>(text)) return *value;
    return failure("not an address of 20 bytes in hex");
}

Result<void> read(Value value, uint256& out) {
    if (const auto number = value.whole_number()) {
        out = *number;
        return {};
    }
    const auto text = value.text();
    if (!text) return failure("not a quantity");
    auto parsed = quantity(*text);
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    out = *parsed;
    return {};
}

Result<void> read(Value value, uint64_t& out) {
    uint256 wide;
    if (auto status = read(value, wide); !status) return status;
    if (!wide.is_u64()) return failure("exceeds 64 bits");
    out = wide.low();
    return {};
}

Result<void> read(Value value, Bytes& out) {
    const auto text = value.text();
    if (!text) return failure("not bytes in hex");
    auto bytes = from_hex(*text);
    if (!bytes) return failure("not bytes in hex");
    out = std::move(*bytes);
    return {};
}

Result<void> read(Value value, bool& out) { return read_kind(value.boolean(), out, "not true or false"); }

Result<void> read(Value value, std::string_view& out) { return read_kind(value.text(), out, "not a string"); }

Result<void> read(Value value, Object& out) { return read_kind(value.object(), out, "not an object"); }

Result<void> read(Value value, Array& out) { return read_kind(value.array(), out, "not an array"); }

Result<void> read_fixed(Value value, uint8_t* out, size_t size) {
    const auto text = value.text();
    if (!text || !base::decode_hex(base::strip_0x(*text), out, size))
        return failure(fmt::format("not {} bytes in hex", size));
    return {};
}

std::optional<Value> find(Object object, std::string_view key) noexcept {
    for (const auto [name, value] : object)
        if (name == key) return value.is_null() ? std::nullopt : std::optional(value);
    return std::nullopt;
}

Fields::Fields(Value value) {
    if (auto status = read(value, object_); !status) error_ = std::move(status.error());
}

void Fields::fail(std::string_view key, std::string message) {
    if (!error_) error_ = Error{std::string(key), std::move(message)};
}

Result<void> Fields::status() const {
    if (error_) return std::unexpected(*error_);
    return {};
}

void Writer::separate() {
    if (!first_) out_.push_back(',');
    first_ = false;
}

Writer& Writer::begin_object() {
    separate();
    out_.push_back('{');
    first_ = true;
    return *this;
}

Writer& Writer::end_object() {
    out_.push_back('}');
    first_ = false;
    return *this;
}

Writer& Writer::begin_array() {
    separate();
    out_.push_back('[');
    first_ = true;
    return *this;
}

Writer& Writer::end_array() {
    out_.push_back(']');
    first_ = false;
    return *this;
}

Writer& Writer::key(std::string_view name) {
    string(name);
    out_.push_back(':');
    first_ = true;
    return *this;
}

Writer& Writer::string(std::string_view text) {
    separate();
    out_.push_back('"');
    for (const char c : text) {
        if (c == '"' || c == '\\')
            (out_ += '\\') += c;
        else if (static_cast<unsigned char>(c) < 0x20)
            out_ += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            out_ += c;
    }
    out_.push_back('"');
    return *this;
}

Writer& Writer::number(uint64_t value) {
    separate();
    out_ += std::to_string(value);
    return *this;
}

Writer& Writer::boolean(bool value) {
    separate();
    out_ += value ? "true" : "false";
    return *this;
}

Writer& Writer::null() {
    separate();
    out_ += "null";
    return *this;
}

Writer& Writer::bytes(BytesView value) { return string(to_hex(value)); }

Writer& Writer::quantity(const uint256& value) { return string(base::to_quantity(value)); }

Writer& Writer::newline() {
    out_.push_back('\n');
    return *this;
}

namespace {

std::unexpected<std::string> cannot_write(const std::string& path) {
    const int error = errno;
    std::string why = path + ": cannot be written";
    if (error != 0) why += std::string(" (") + std::strerror(error) + ")";
    return std::unexpected(std::move(why));
}

std::expected<void, std::string> write_in_place(const std::string& path, std::string_view text) {
    errno = 0;
    std::ofstream file(path, std::ios::binary);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.close();
    if (!file) return cannot_write(path);
    return {};
}

}  // namespace

std::expected<void, std::string> write_file(const std::string& path, std::string_view text) {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::file_status before = fs::symlink_status(path, error);
    if (fs::exists(before) && !fs::is_regular_file(before))
        return write_in_place(path, text);  // a device, say
    // Written beside its place and then renamed: under its name a file is whole, whenever the program ends.
    const std::string beside = fmt::format("{}.{}.part", path, ::getpid());
    errno = 0;
    if (write_in_place(beside, text)) {
        if (fs::rename(beside, path, error), !error) return {};
        errno = error.value();
    }
    auto failed = cannot_write(path);
    fs::remove(beside, error);
    return failed;
}

}  // namespace weft::primitives::json
