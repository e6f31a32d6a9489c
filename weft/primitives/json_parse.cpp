#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "weft/primitives/json_value.hpp"

namespace weft::primitives::json {
namespace {

using Kind = Tape::Kind;

/// One line of the parser's words, which may quote any bytes of the file.
std::string in_one_line(std::string_view words) {
    if (const size_t end = words.find("] "); words.starts_with('[') && end != std::string_view::npos)
        words.remove_prefix(end + 2);  // the parser's own name for the error
    std::string out(words.substr(0, 200));
    for (char& c : out)
        if (c < ' ' || c > '~') c = '?';
    return out;
}

/// Makes the tree of what the parser (nlohmann's, as events) meets. With `visit`, only that of one member of
/// the outermost object at a time.
class Builder {
public:
    Builder(Tape& tape, const VisitMember* visit) : tape_(tape), visit_(visit) {}

    /// What is not JSON; empty: nothing.
    [[nodiscard]] const std::string& fault() const noexcept { return fault_; }
    /// The first error of a visit.
    [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }

    bool null() { return add({Kind::null, 0, 0}); }
    bool boolean(bool value) { return add({Kind::boolean, 0, static_cast<uint64_t>(value)}); }
    bool number_integer(int64_t) { return add({Kind::other_number, 0, 0}); }
    bool number_unsigned(uint64_t value) { return add({Kind::whole_number, 0, value}); }
    bool number_float(double, const std::string& digits) {
        const bool is_whole = digits.find_first_not_of("0123456789") == std::string::npos;
        return add(is_whole ? text(digits) : Tape::Node{Kind::other_number, 0, 0});
    }
    bool string(const std::string& value) { return add(text(value)); }
    bool binary(const std::vector<uint8_t>&) { return false; }  // no JSON has it
    bool start_object(size_t) { return open(Kind::object); }
    bool start_array(size_t) { return open(Kind::array); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }
    bool key(const std::string& name) {
        if (visits_members())
            key_ = name;
        else
            tape_.nodes.push_back(text(name));
        return true;
    }
    bool parse_error(size_t, const std::string&, const std::exception& error) {
        fault_ = in_one_line(error.what());
        return false;
    }

private:
    static constexpr size_t deepest = 1024;

    /// The node to come is a member of the outermost object, and goes when it has been visited.
    [[nodiscard]] bool visits_members() const noexcept { return visit_ != nullptr && open_.size() == 1; }

    Tape::Node text(const std::string& value) {
        const Tape::Node out{Kind::text, value.size(), tape_.characters.size()};
        tape_.characters += value;
        return out;
    }
    bool add(const Tape::Node& node) {
        tape_.nodes.push_back(node);
        finish();
        return true;
    }
    bool open(Kind kind) {
        if (open_.size() == deepest) {
            fault_ = fmt::format("more than {} values within each other", deepest);
            return false;
        }
        const bool is_outermost = open_.empty();
        open_.push_back(tape_.nodes.size());
        if (visit_ == nullptr || !is_outermost)
            tape_.nodes.push_back({kind, 0, 0});
        else if (kind != Kind::object)
            error_ = no_object();
        return true;
    }
    bool close() {
        const size_t container = open_.back();
        open_.pop_back();
        if (visit_ != nullptr && open_.empty()) return true;
        tape_.nodes[container].content = tape_.nodes.size();
        finish();
        return true;
    }
    /// A value is complete.
    void finish() {
        if (visits_members()) {
            // After an error the rest is only held against JSON's grammar, for that outranks it.
            if (!error_)
                if (auto visited = (*visit_)(key_, Value(tape_, 0)); !visited)
                    error_ = std::move(visited.error());
            tape_.nodes.clear();
            tape_.characters.clear();
        } else if (!open_.empty()) {
            ++tape_.nodes[open_.back()].size;
        } else if (visit_ != nullptr) {
            error_ = no_object();
        }
    }
    static Error no_object() { return {{}, "not an object"}; }

    Tape& tape_;
    const VisitMember* visit_;
    std::vector<size_t> open_;  ///< the containers around the next node
    std::string key_;
    std::string fault_;
    std::optional<Error> error_;
};

/// A file's bytes, one after the other, for the parser to take: 64 KiB of it are in memory.
class FileBytes {
public:
    explicit FileBytes(std::FILE* file) : file_(file), bytes_(std::make_unique<Piece>()) { fill(); }

    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = char;
        using difference_type = std::ptrdiff_t;
        using pointer = const char*;
        using reference = const char&;
        explicit Iterator(FileBytes* from) : from_(from) {}
        reference operator*() const { return (*from_->bytes_)[from_->at_]; }
        Iterator& operator++() {
            if (++from_->at_ == from_->end_) from_->fill();
            return *this;
        }
        /// Only ever asked of the end.
        bool operator==(const Iterator&) const { return from_->end_ == 0; }

    private:
        FileBytes* from_;
    };
    [[nodiscard]] Iterator begin() { return Iterator(this); }
    [[nodiscard]] Iterator end() { return Iterator(this); }
    /// Whether a NUL was among the bytes so far.
    [[nodiscard]] bool has_nul() const noexcept { return has_nul_; }

private:
    using Piece = std::array<char, 1 << 16>;
    void fill() {
        at_ = 0;
        end_ = std::fread(bytes_->data(), 1, bytes_->size(), file_);
        has_nul_ = has_nul_ || std::memchr(bytes_->data(), 0, end_) != nullptr;
    }

    std::FILE* file_;
    std::unique_ptr<Piece> bytes_;
    size_t at_ = 0, end_ = 0;  ///< of the piece; both 0 behind the last
    bool has_nul_ = false;
};

/// The parser takes a NUL for the text's end, whatever comes behind it; JSON has none.
constexpr const char* nul_fault = "a NUL byte";

std::string not_json(std::string_view name, std::string_view fault) {
    return fmt::format("{}: not JSON: {}", name, fault);
}

/// Runs the parser over a file. Error: one line that starts with its name; not a visit's.
std::expected<void, std::string> parse_file(const std::string& path, Builder& builder) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) return std::unexpected(path + ": a folder, not a file");
    const auto close = [](std::FILE* file) { std::fclose(file); };
    const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rb"));
    if (!file) return std::unexpected(path + ": cannot be opened");
    std::setvbuf(file.get(), nullptr, _IONBF, 0);
    FileBytes bytes(file.get());
    const bool is_json = nlohmann::json::sax_parse(bytes.begin(), bytes.end(), &builder);
    if (std::ferror(file.get()) != 0) return std::unexpected(path + ": cannot be read");
    if (!is_json) return std::unexpected(not_json(path, builder.fault()));
    if (bytes.has_nul()) return std::unexpected(not_json(path, nul_fault));
    return {};
}

}  // namespace

std::expected<Document, std::string> Document::load(const std::string& path) {
    Document document;
    document.name_ = path;
    Builder builder(*document.tape_, nullptr);
    if (auto parsed = parse_file(path, builder); !parsed) return std::unexpected(std::move(parsed.error()));
    return document;
}

std::expected<Document, std::string> Document::parse(std::string_view text, std::string name) {
    Document document;
    document.name_ = std::move(name);
    Builder builder(*document.tape_, nullptr);
    if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder))
        return std::unexpected(not_json(document.name_, builder.fault()));
    if (text.find('\0') != std::string_view::npos)
        return std::unexpected(not_json(document.name_, nul_fault));
    return document;
}

std::expected<void, std::string> read_members(const std::string& path, VisitMember visit) {
    Tape tape;
    Builder builder(tape, &visit);
    if (auto parsed = parse_file(path, builder); !parsed) return parsed;
    if (builder.error()) return std::unexpected(fmt::format("{}: {}", path, to_string(*builder.error())));
    return {};
}

}  // namespace weft::primitives::json
