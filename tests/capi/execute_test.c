// A block built by hand: what it does is known from the gas schedule and the code.
#include "test.h"

#define ALICE "0x000000000000000000000000000000000000a11c"
#define COUNTER "0x000000000000000000000000000000000000c0de"

// SSTORE(0, SLOAD(0) + 1); LOG1 of two bytes of memory with topic 7
static const char pre[] =
    "{\"" ALICE
    "\": {\"balance\": \"0xde0b6b3a7640000\"},"
    " \"" COUNTER
    "\": {\"nonce\": 1, \"code\": \"0x600054600101600055600760026000a1\", \"storage\": {\"0x5\": \"0x6\"}}}";

#define TRANSACTION(nonce, to, data)                                                   \
    "{\"type\": \"0x2\", \"nonce\": \"" nonce                                          \
    "\", \"gas\": \"0x186a0\", \"maxFeePerGas\": \"0x14\", "                           \
    "\"maxPriorityFeePerGas\": \"0x1\", " to " \"value\": \"0x3\", \"input\": \"" data \
    "\", \"chainId\": \"0x1\", \"from\": \"" ALICE "\"}"
#define HEADER                                                                                       \
    "{\"number\": \"0x1\", \"timestamp\": \"0xc\", \"gasLimit\": \"0x1c9c380\", \"baseFeePerGas\": " \
    "\"0x7\", \"miner\": \"0x000000000000000000000000000000000000f00d\", \"transactions\": ["

// A transfer, a call of the counter, and a creation whose code is one byte, STOP.
static const char block_json[] =
    HEADER TRANSACTION("0x0", "\"to\": \"0x0000000000000000000000000000000000000b0b\",",
                       "0x") "," TRANSACTION("0x1", "\"to\": \"" COUNTER "\",",
                                             "0x") "," TRANSACTION("0x2", "", "0x60015ff3") "]}";

static void check_receipts(const weft_result* result) {
    CHECK(weft_result_receipt_count(result) == 3);
    weft_receipt receipt;
    CHECK_OK(weft_result_receipt(result, 0, &receipt, error));
    CHECK(receipt.type == 2 && receipt.success && receipt.gas_used == 21000 && receipt.log_count == 0);
    CHECK(!receipt.has_contract && receipt.cumulative_gas_used == 21000);
    CHECK_OK(weft_result_receipt(result, 1, &receipt, error));
    // 21000; six PUSH1 and ADD 21, SLOAD 2100, SSTORE 20000 (warm, from zero), LOG1 750 + 16 and one word of
    // memory 3
    CHECK(receipt.success && receipt.gas_used == 21000 + 21 + 2100 + 20000 + 750 + 16 + 3);
    CHECK(receipt.log_count == 1);
    weft_log log;
    CHECK_OK(weft_result_log(result, 1, 0, &log, error));
    CHECK(log.topic_count == 1 && log.topics[0].bytes[31] == 7 && log.data.size == 2);
    CHECK(log.address.bytes[18] == 0xc0 && log.address.bytes[19] == 0xde);
    weft_bloom bloom, none = {{0}};
    CHECK_OK(weft_result_logs_bloom(result, &bloom, error));
    CHECK(SAME(bloom, *receipt.logs_bloom) && !SAME(bloom, none));
    CHECK_OK(weft_result_receipt(result, 2, &receipt, error));
    CHECK(receipt.success && receipt.has_contract);
    CHECK(receipt.cumulative_gas_used == weft_result_gas_used(result));
    weft_bytes rlp;
    CHECK_OK(weft_result_receipt_rlp(result, 0, &rlp, error));
    // Type 2; a list of 9 + 256 bytes and more: status 1, cumulative gas 21000, bloom, no logs.
    const uint8_t start[] = {0x02, 0xf9, 0x01, 0x08, 0x01, 0x82, 0x52, 0x08, 0xb9, 0x01, 0x00};
    CHECK(rlp.size == 4 + 0x108 && memcmp(rlp.data, start, sizeof start) == 0 &&
          rlp.data[rlp.size - 1] == 0xc0);

    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_result_receipt(result, 3, &receipt, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_result_receipt_rlp(result, 3, &rlp, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_result_log(result, 0, 0, &log, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_result_log(result, 3, 0, &log, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_result_log(result, 1, 0, NULL, error));
}

static void check_diff(const weft_result* result) {
    // Bob, the counter, Alice, the fee recipient and the new contract.
    CHECK(weft_result_account_count(result) == 5);
    weft_account_diff diff, counter = {.slot_count = 0};
    size_t slots = 0;
    for (size_t i = 0; i < weft_result_account_count(result); ++i) {
        CHECK_OK(weft_result_account(result, i, &diff, error));
        CHECK(diff.exists && !diff.storage_wiped);
        if (diff.address.bytes[18] == 0x0b && diff.address.bytes[17] == 0)
            CHECK(!diff.existed && low(&diff.after.balance) == 3);
        if (diff.slot_count == 0) continue;
        ++slots;
        counter = diff;
        weft_slot_diff slot;
        CHECK_OK(weft_result_slot(result, i, 0, &slot, error));
        CHECK(low(&slot.key) == 0 && low(&slot.before) == 0 && low(&slot.after) == 1);
        CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_result_slot(result, i, 1, &slot, error));
        CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_result_slot(result, 99, 0, &slot, error));
    }
    CHECK(slots == 1 && counter.slot_count == 1 && counter.existed && low(&counter.after.balance) == 3);
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_result_account(result, 5, &diff, error));
    CHECK(weft_result_code_count(result) == 1);
    weft_code_diff code;
    CHECK_OK(weft_result_code(result, 0, &code, error));
    CHECK(code.code.size == 1 && code.code.data[0] == 0);
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_result_code(result, 1, &code, error));
}

static void check_invalid(weft_context* context, const weft_state* state) {
    weft_config* const shanghai = config_of("Shanghai");
    weft_result* result = NULL;
    weft_error* why = NULL;
    weft_block* block = block_of(HEADER TRANSACTION("0x0", "", "0x") "," TRANSACTION("0x7", "", "0x") "]}");
    CHECK(weft_execute_block(context, shanghai, state, block, NULL, &result, &why) ==
          WEFT_ERROR_INVALID_BLOCK);
    CHECK(result == NULL && weft_error_code(why) == WEFT_ERROR_INVALID_BLOCK);
    CHECK(weft_error_transaction(why) == 1 && strcmp(weft_error_reason(why), "nonce too high") == 0);
    CHECK(strcmp(weft_error_message(why), "invalid block: transaction 1: nonce too high") == 0);
    weft_error_free(why);
    CHECK(weft_execute_block(context, shanghai, state, block, NULL, &result, NULL) ==
          WEFT_ERROR_INVALID_BLOCK);
    weft_block_free(block);

    // Of the block itself: Prague needs its system contracts.
    block = block_of(HEADER
                     "], \"parentBeaconBlockRoot\": \"0x"
                     "0000000000000000000000000000000000000000000000000000000000000001\"}");
    weft_config* const prague = config_of("Prague");
    CHECK(weft_execute_block(context, prague, state, block, NULL, &result, &why) == WEFT_ERROR_INVALID_BLOCK);
    CHECK(weft_error_transaction(why) == WEFT_NO_TRANSACTION && strlen(weft_error_reason(why)) > 0);
    weft_error_free(why);
    weft_config_free(prague);

    // What the header says is compared only where that is asked for.
    weft_execute_options options = WEFT_EXECUTE_OPTIONS;
    weft_block* const wrong = block_of(block_json);
    options.check_header = true;
    CHECK(weft_execute_block(context, shanghai, state, wrong, &options, &result, &why) ==
          WEFT_ERROR_INVALID_BLOCK);
    CHECK(strcmp(weft_error_reason(why), "wrong gas used") == 0);
    weft_error_free(why);
    options.struct_size = 1;
    CHECK_FAILS(WEFT_ERROR_ARGUMENT,
                weft_execute_block(context, shanghai, state, wrong, &options, &result, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_execute_block(context, NULL, state, wrong, NULL, &result, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_execute_block(context, shanghai, state, wrong, NULL, NULL, error));
    weft_block_free(wrong);
    weft_block_free(block);
    weft_config_free(shanghai);
}

static void check_apply(weft_state* state, const weft_result* result) {
    weft_hash before, after;
    CHECK_OK(weft_state_root(state, &before, error));
    CHECK_OK(weft_state_apply(state, result, error));
    CHECK_OK(weft_state_root(state, &after, error));
    CHECK(!SAME(before, after));
    check_root_of_copy(state);
    const weft_address counter = address(0xc0de);
    const weft_uint256 keys[] = {number(0), number(5)};
    weft_uint256 value;
    CHECK_OK(weft_state_storage(state, &counter, &keys[0], &value, error));
    CHECK(low(&value) == 1);
    CHECK_OK(weft_state_storage(state, &counter, &keys[1], &value, error));
    CHECK(low(&value) == 6);
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_state_apply(state, NULL, error));
}

void test_execution(void) {
    weft_config* const config = config_of("Shanghai");
    weft_block* const block = block_of(block_json);
    CHECK(weft_block_number(block) == 1 && weft_block_transaction_count(block) == 3);
    const weft_executor executors[] = {WEFT_EXECUTOR_SEQUENTIAL, WEFT_EXECUTOR_OPTIMISTIC,
                                       WEFT_EXECUTOR_AUTOMATIC};
    weft_hash roots[3];
    for (int i = 0; i < 3; ++i) {
        weft_context* const context = context_of(executors[i], i == 1 ? 3 : 1);
        weft_state* const state = state_of(pre);
        weft_result* result = NULL;
        CHECK_OK(weft_execute_block(context, config, state, block, NULL, &result, error));
        check_receipts(result);
        check_diff(result);
        CHECK(weft_result_blob_gas_used(result) == 0 && weft_result_request_count(result) == 0);
        weft_bytes request;
        CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_result_request(result, 0, &request, error));
        // EIP-7685: sha256 of nothing.
        weft_hash requests, nothing;
        unhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", nothing.bytes);
        CHECK_OK(weft_result_requests_hash(result, &requests, error));
        CHECK(SAME(requests, nothing));
        check_invalid(context, state);
        check_apply(state, result);
        CHECK_OK(weft_state_root(state, &roots[i], error));
        weft_result_free(result);
        weft_state_free(state);
        weft_context_free(context);
    }
    CHECK(SAME(roots[0], roots[1]) && SAME(roots[0], roots[2]));
    weft_block_free(block);
    weft_block_free(NULL);
    weft_result_free(NULL);
    CHECK(weft_result_gas_used(NULL) == 0 && weft_result_receipt_count(NULL) == 0);
    CHECK(weft_result_account_count(NULL) == 0 && weft_result_code_count(NULL) == 0);
    CHECK(weft_result_blob_gas_used(NULL) == 0 && weft_result_request_count(NULL) == 0);
    CHECK(weft_block_number(NULL) == 0 && weft_block_transaction_count(NULL) == 0);
    weft_config_free(config);
}
