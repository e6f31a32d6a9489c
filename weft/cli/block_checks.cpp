#include "weft/cli/block_checks.hpp"

#include "weft/trie/roots.hpp"

namespace weft::cli {

std::string HeaderChecks::failures() const {
    std::string out;
    const auto note = [&](bool ok, const char* field) {
        if (ok) return;
        if (!out.empty()) out += ", ";
        out += field;
    };
    note(gas_used, "gasUsed");
    note(logs_bloom, "logsBloom");
    note(receipts_root.value_or(true), "receiptsRoot");
    note(requests_hash.value_or(true), "requestsHash");
    note(blob_gas_used.value_or(true), "blobGasUsed");
    note(access_list.value_or(true), "blockAccessListHash");
    return out;
}

HeaderChecks check_header(const Header& header, const execution::BlockResult& result, Revision revision,
                          ReceiptChecks receipts) {
    HeaderChecks checks;
    checks.gas_used = result.gas_used == header.gas_used;
    checks.logs_bloom = result.logs_bloom == header.logs_bloom;
    if (revision >= Revision::byzantium && receipts == ReceiptChecks::root)
        checks.receipts_root = trie::receipts_root(result.receipts) == header.receipts_root;
    if (header.requests_hash)
        checks.requests_hash = primitives::requests_hash(result.requests) == *header.requests_hash;
    if (header.blob_gas_used) checks.blob_gas_used = result.blob_gas_used == *header.blob_gas_used;
    if (header.block_access_list_hash)
        checks.access_list =
            result.access_list && primitives::hash(*result.access_list) == *header.block_access_list_hash;
    return checks;
}

}  // namespace weft::cli
