// Embeds Weft in C: a state in memory, a block, executed on all cores; prints what it did. weft.h explains
// each call.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft.h>

#include "chain.h"

// Alice, a contract that counts, SSTORE(0, SLOAD(0) + 1), and the two that end a block from Prague on
// (EIP-7002, EIP-7251).
static const char state_json[] =
    "{\"0x00000000000000000000000000000000000a11ce\": {\"balance\": \"0xde0b6b3a7640000\"},"
    " \"0x000000000000000000000000000000000000c0de\": {\"nonce\": 1, \"code\": \"0x600054600101600055\"},"
    " \"0x00000961Ef480Eb55e80D19ad83579A64c007002\": {\"nonce\": 1, \"code\": \"0x00\"},"
    " \"0x0000BBdDc7CE488642fb579F8B00f3a590007251\": {\"nonce\": 1, \"code\": \"0x00\"}}";

// As eth_getBlockByNumber gives it; blocks in RLP go through weft_block_from_rlp().
static const char block_json[] =
    "{\"number\": \"0x1\", \"timestamp\": \"0xc\", \"gasLimit\": \"0x1c9c380\", \"baseFeePerGas\": \"0x7\","
    " \"miner\": \"0x00000000000000000000000000000000000f00d5\", \"parentBeaconBlockRoot\": "
    "\"0x0000000000000000000000000000000000000000000000000000000000000001\", \"transactions\": ["
    "{\"type\": \"0x2\", \"nonce\": \"0x0\", \"gas\": \"0xc350\", \"maxFeePerGas\": \"0x14\", "
    "\"maxPriorityFeePerGas\": \"0x1\","
    " \"to\": \"0x0000000000000000000000000000000000000b0b\", \"value\": \"0x3e8\", \"input\": \"0x\", "
    "\"chainId\": \"0x1\","
    " \"from\": \"0x00000000000000000000000000000000000a11ce\"},"
    "{\"type\": \"0x2\", \"nonce\": \"0x1\", \"gas\": \"0xc350\", \"maxFeePerGas\": \"0x14\", "
    "\"maxPriorityFeePerGas\": \"0x1\","
    " \"to\": \"0x000000000000000000000000000000000000c0de\", \"value\": \"0x0\", \"input\": \"0x\", "
    "\"chainId\": \"0x1\","
    " \"from\": \"0x00000000000000000000000000000000000a11ce\"}]}";

// Ends the program where a call fails; a longer-lived one would go on with the error's code and message.
static weft_error* error = NULL;
static void check(weft_code code) {
    if (code == WEFT_OK) return;
    fprintf(stderr, "%s\n", weft_error_message(error));
    weft_error_free(error);
    exit(1);
}

static void print_hex(const uint8_t* bytes, size_t size) {
    printf("0x");
    for (size_t i = 0; i < size; ++i) printf("%02x", bytes[i]);
}

static void print_receipts(const weft_result* result) {
    printf("gas used: %" PRIu64 "\n", weft_result_gas_used(result));
    for (size_t i = 0; i < weft_result_receipt_count(result); ++i) {
        weft_receipt receipt;
        check(weft_result_receipt(result, i, &receipt, &error));
        printf("  receipt: %s, %" PRIu64 " gas\n", receipt.success ? "success" : "failure", receipt.gas_used);
    }
}

static void print_changes(const weft_result* result) {
    for (size_t i = 0; i < weft_result_account_count(result); ++i) {
        weft_account_diff account;
        check(weft_result_account(result, i, &account, &error));
        print_hex(account.address.bytes, 20);
        printf(": nonce %" PRIu64 " -> %" PRIu64 "\n", account.before.nonce, account.after.nonce);
        for (size_t j = 0; j < account.slot_count; ++j) {
            weft_slot_diff slot;
            check(weft_result_slot(result, i, j, &slot, &error));
            printf("  a slot: %u -> %u\n", slot.before.bytes[31], slot.after.bytes[31]);
        }
    }
}

// What eth_getProof answers for the contract's counter, and whether it holds under the root.
static void print_proof(const weft_state* state, const weft_hash* root) {
    const weft_address contract = {.bytes = {[18] = 0xc0, [19] = 0xde}};
    const weft_uint256 counter = {{0}};
    weft_buffer* proof = NULL;
    check(weft_state_proof(state, &contract, &counter, 1, &proof, &error));
    const weft_bytes json = weft_buffer_bytes(proof);
    check(weft_verify_proof(root, (const char*)json.data, json.size, &error));
    printf("the counter's proof, %zu bytes of JSON, holds\n", json.size);
    weft_buffer_free(proof);
}

// The block again, by its access list (EIP-7928), as a node gets it with the block: all transactions at once.
// What does not fit the list is refused.
static void run_by_access_list(weft_context* context, const weft_block* block) {
    weft_config* config = NULL;
    weft_state* state = NULL;
    weft_result *result = NULL, *again = NULL;
    check(weft_config_named("Amsterdam", &config, &error));
    check(weft_state_new(&state, &error));
    check(weft_state_load_json(state, state_json, strlen(state_json), &error));
    check(weft_execute_block(context, config, state, block, NULL, &result, &error));
    weft_execute_options options = WEFT_EXECUTE_OPTIONS;
    check(weft_result_access_list(result, &options.access_list, &error));
    check(weft_execute_block(context, config, state, block, &options, &again, &error));
    printf("by its access list of %zu bytes: %" PRIu64 " gas\n", options.access_list.size,
           weft_result_gas_used(again));
    weft_result_free(again);
    weft_result_free(result);
    weft_state_free(state);
    weft_config_free(config);
}

static size_t from_hex(const char* digits, uint8_t* out) {
    size_t size = 0;
    for (unsigned byte = 0; sscanf(digits + 2 * size, "%2x", &byte) == 1; ++size) out[size] = (uint8_t)byte;
    return size;
}

// A block verified on its state, which gives a witness, and then from the witness alone, without any state.
static void run_stateless(weft_context* context) {
    uint8_t parent[sizeof parent_rlp / 2], bytes[sizeof block_rlp / 2];
    const weft_bytes ancestor = {parent, from_hex(parent_rlp, parent)};
    weft_config* config = NULL;
    weft_state* state = NULL;
    weft_block* block = NULL;
    weft_buffer* witness = NULL;
    weft_result* result = NULL;
    check(weft_config_named("Shanghai", &config, &error));
    check(weft_state_new(&state, &error));
    check(weft_state_load_json(state, alloc, strlen(alloc), &error));
    check(weft_block_from_rlp(context, bytes, from_hex(block_rlp, bytes), &block, &error));
    check(weft_make_witness(config, state, block, &ancestor, 1, &witness, &error));
    weft_state_free(state);
    const weft_bytes all = weft_buffer_bytes(witness);
    check(weft_verify_witness(context, config, block, all.data, all.size, NULL, &result, &error));
    printf("verified from a witness of %zu bytes: %" PRIu64 " gas\n", all.size, weft_result_gas_used(result));
    weft_result_free(result);
    result = NULL;
    // What is missing says nothing about the block.
    if (weft_verify_witness(context, config, block, all.data, all.size - 1, NULL, &result, &error) !=
        WEFT_ERROR_INVALID_BLOCK) {
        printf("from a part of it: %s\n", weft_error_message(error));
        weft_error_free(error);
    }
    weft_buffer_free(witness);
    weft_block_free(block);
    weft_config_free(config);
}

int main(void) {
    if (weft_abi_version() != WEFT_ABI_VERSION) return 1;
    weft_config* config = NULL;
    weft_context* context = NULL;  // keep it: one for many blocks
    weft_state* state = NULL;
    weft_block* block = NULL;
    weft_result* result = NULL;
    check(weft_config_named("Cancun", &config, &error));
    check(weft_context_new(NULL, &context, &error));
    check(weft_state_new(&state, &error));
    check(weft_state_load_json(state, state_json, strlen(state_json), &error));
    check(weft_block_from_json(block_json, strlen(block_json), &block, &error));

    check(weft_execute_block(context, config, state, block, NULL, &result, &error));
    print_receipts(result);
    print_changes(result);
    check(weft_state_apply(state, result, &error));
    weft_hash root;
    check(weft_state_root(state, &root, &error));
    printf("state root: ");
    print_hex(root.bytes, 32);
    printf("\n");
    print_proof(state, &root);

    weft_result_free(result);
    result = NULL;
    // The same block again: its nonces are used now.
    if (weft_execute_block(context, config, state, block, NULL, &result, &error) ==
        WEFT_ERROR_INVALID_BLOCK) {
        printf("again: %s\n", weft_error_message(error));
        printf("  the rule, for programs: %s, by transaction %zu\n", weft_error_reason(error),
               weft_error_transaction(error));
        weft_error_free(error);
    }
    run_by_access_list(context, block);
    run_stateless(context);
    weft_block_free(block);
    weft_state_free(state);
    weft_context_free(context);
    weft_config_free(config);
    return 0;
}
