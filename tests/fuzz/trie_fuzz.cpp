// Trie roots against a naive trie straight from the yellow paper's appendix D.
#include <vector>

#include "tests/fuzz/input.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/trie/naive_trie.hpp"
#include "weft/trie/roots.hpp"
#include "weft/trie/trie.hpp"

namespace weft {
namespace {

using Map = trie::naive::Entries;

Bytes to_bytes(BytesView view) { return {view.begin(), view.end()}; }

/// A value of up to 63 given bytes; some are stretched, so that nodes lie on both sides of 32 bytes.
Bytes value_of(fuzz::Input& in) {
    Bytes value = to_bytes(in.bytes(in.below(64)));
    if (in.one_in(8)) value.resize(value.size() + in.byte(), 0xee);
    if (value.empty()) value.push_back(static_cast<uint8_t>(in.below(3)));
    return value;
}

/// Any keys: some longer than others, some that continue another one.
void check_map(fuzz::Input& in) {
    Map map;
    Bytes previous;
    while (!in.empty() && map.size() < 64) {
        Bytes key(previous.begin(), previous.begin() + static_cast<ptrdiff_t>(in.below(previous.size() + 1)));
        const Bytes more = to_bytes(in.bytes(in.below(5)));
        key.insert(key.end(), more.begin(), more.end());
        if (in.one_in(16)) key.resize(32, 0x11);
        if (key.size() > 32) key.resize(32);
        map[key] = value_of(in);
        previous = key;
    }
    std::vector<trie::Change> entries;
    for (const auto& [key, value] : map) entries.push_back({key, value});
    fuzz::require(trie::trie_root(entries) == trie::naive::root(map), "trie_root");
}

void check_ordered(fuzz::Input& in) {
    std::vector<Bytes> values;
    Map map;
    for (size_t more = in.byte() * 2; more > 0; --more) {
        values.push_back(in.empty() ? Bytes{static_cast<uint8_t>(more)} : value_of(in));
        Bytes key;
        rlp::append(key, uint64_t{values.size() - 1});
        map[key] = values.back();
    }
    fuzz::require(trie::ordered_root(values) == trie::naive::root(map), "ordered_root");
}

/// One account's slots, then the account in a state of its own.
void check_state(fuzz::Input& in) {
    MemoryState state;
    Map accounts;
    for (size_t account = 1 + in.below(8); account > 0; --account) {
        Address address{};
        address[19] = static_cast<uint8_t>(account);
        Map slots;
        std::vector<trie::StorageEntry> entries;
        for (size_t slot = in.below(20); slot > 0; --slot) {
            const uint256 key = uint256{slot} + (uint256{in.byte()} << 248), value = in.number();
            state.set_storage(address, key, value);
            if (value.is_zero()) continue;
            uint8_t word[32];
            base::store_be(word, key);
            const Hash place = crypto::keccak256(word);
            Bytes rlp_value;
            rlp::append(rlp_value, value);
            slots[to_bytes(place.view())] = rlp_value;
            entries.push_back({key, value});
        }
        fuzz::require(trie::storage_root(entries) == trie::naive::root(slots), "storage_root");
        const Account given{
            .nonce = in.word16(), .balance = in.number(), .code_hash = state.set_code(Bytes{in.byte()})};
        state.set_account(address, given);
        Bytes leaf;
        rlp::append(leaf, given.nonce);
        rlp::append(leaf, given.balance);
        rlp::append(leaf, trie::naive::root(slots));
        rlp::append(leaf, given.code_hash);
        rlp::wrap_list(leaf, 0);
        accounts[to_bytes(crypto::keccak256(address.view()).view())] = leaf;
    }
    fuzz::require(trie::state_root(state) == trie::naive::root(accounts), "state_root");
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return weft::fuzz::check_one_of(data, size, weft::check_map, weft::check_ordered, weft::check_state);
}
