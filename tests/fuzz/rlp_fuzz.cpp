// RLP (yellow paper, appendix B): what the decoder takes, read as a tree, encodes to the same bytes again;
// what an independent check of canonical form takes is what rlp::validate takes.
#include <memory>
#include <vector>

#include "tests/fuzz/input.hpp"
#include "weft/primitives/rlp.hpp"

namespace weft {
namespace {

constexpr size_t most_nesting = 500;  // this file recurses, the library doesn't

struct Item {
    bool is_list = false;
    BytesView text;
    std::vector<Item> items;
};

Item read_item(rlp::Decoder& decoder, size_t depth) {
    Item item;
    item.is_list = decoder.next_is_list() && depth < most_nesting;
    if (!item.is_list) {
        item.text = decoder.next_is_list() ? decoder.raw("deep") : decoder.string("text");
        return item;
    }
    const auto list = decoder.begin_list("list");
    while (decoder.more()) item.items.push_back(read_item(decoder, depth + 1));
    decoder.end_list(list, "list");
    return item;
}

void write_item(Bytes& out, const Item& item, size_t depth) {
    if (!item.is_list) {
        if (depth == most_nesting && !item.text.empty() && item.text[0] >= 0xc0)
            out.insert(out.end(), item.text.begin(), item.text.end());  // kept with its header
        else
            rlp::append(out, item.text);
        return;
    }
    const size_t start = out.size();
    for (const Item& inner : item.items) write_item(out, inner, depth + 1);
    rlp::wrap_list(out, start);
}

size_t depth_of(const Item& item) {
    size_t depth = 0;
    for (const Item& inner : item.items) depth = std::max(depth, depth_of(inner));
    return depth + 1;
}

/// Whether the input begins with one canonical item; `size` is then its length. Straight from appendix B.
bool is_item(BytesView in, size_t& size, size_t depth) {
    if (in.empty()) return false;
    const uint8_t first = in[0];
    if (first < 0x80) return size = 1, true;
    const bool list = first >= 0xc0;
    const size_t tag = first - (list ? 0xc0 : 0x80);
    size_t header = 1, length = tag;
    if (tag > 55) {
        const size_t digits = tag - 55;
        if (in.size() < 1 + digits || in[1] == 0) return false;
        length = 0;
        for (size_t i = 0; i < digits; ++i) {
            if (length >> 56 != 0) return false;
            length = length << 8 | in[1 + i];
        }
        if (length < 56) return false;
        header += digits;
    }
    if (length > in.size() - header) return false;
    const BytesView payload = in.subspan(header, length);
    size = header + length;
    if (!list) return length != 1 || payload[0] >= 0x80;
    for (size_t at = 0, inner = 0; at < length; at += inner)
        if (depth == 0 || !is_item(payload.subspan(at), inner, depth - 1)) return false;
    return true;
}

/// Each typed read either fails or gives a value that is written the same way.
void read_typed(BytesView input) {
    const auto same = [&](const Bytes& written) {
        fuzz::require(std::ranges::equal(written, input), "a number's form");
    };
    Bytes out;
    if (uint64_t number = 0; [&] {
            rlp::Decoder d(input);
            d.read(number, "n");
            return d.finish().has_value();
        }()) {
        rlp::append(out, number);
        same(out);
    }
    out.clear();
    if (uint256 number; [&] {
            rlp::Decoder d(input);
            d.read(number, "n");
            return d.finish().has_value();
        }()) {
        rlp::append(out, number);
        same(out);
    }
    out.clear();
    if (std::optional<Address> to; [&] {
            rlp::Decoder d(input);
            d.read(to, "to");
            return d.finish().has_value();
        }()) {
        rlp::append(out, to);
        same(out);
    }
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace weft;
    const BytesView input{data, size};
    const auto valid = rlp::validate(input);
    rlp::Decoder decoder(input);
    const Item item = read_item(decoder, 0);
    const auto read = decoder.finish();
    const bool deep = depth_of(item) >= most_nesting;
    if (!deep) fuzz::require(valid.has_value() == read.has_value(), "validate and the decoder agree");
    size_t length = 0;
    if (!deep)
        fuzz::require(valid.has_value() == (is_item(input, length, most_nesting) && length == size),
                      "appendix B");
    if (valid) {
        Bytes again;
        write_item(again, item, 0);
        fuzz::require(std::ranges::equal(again, input), "what was read is what was there");
    } else {
        fuzz::require(to_string(valid.error()).find('\n') == std::string::npos, "an error is one line");
        fuzz::require(valid.error().offset <= size, "an error lies in the input");
    }
    read_typed(input);
    return 0;
}
