// What a program that embeds Weft can do wrong, or to excess: every call says so, and nothing breaks.
#include <pthread.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define ALICE "0x000000000000000000000000000000000000a11c"
#define COUNTER "0x000000000000000000000000000000000000c0de"
static const char pre[] = "{\"" ALICE "\": {\"balance\": \"0xde0b6b3a7640000\"}, \"" COUNTER
                          "\": {\"nonce\": 1, \"code\": \"0x600054600101600055\"}}";
static const char block_json[] =
    "{\"number\": \"0x1\", \"timestamp\": \"0xc\", \"gasLimit\": \"0x1c9c380\", \"baseFeePerGas\": \"0x7\", "
    "\"miner\": \"0x000000000000000000000000000000000000f00d\", \"transactions\": [{\"type\": \"0x2\", "
    "\"nonce\": \"0x0\", \"gas\": \"0x186a0\", \"maxFeePerGas\": \"0x14\", \"maxPriorityFeePerGas\": "
    "\"0x1\", "
    "\"to\": \"" COUNTER "\", \"value\": \"0x0\", \"input\": \"0x\", \"chainId\": \"0x1\", \"from\": \"" ALICE
    "\"}]}";

// A program compiled against this header must run with every later library of this ABI.
#if UINTPTR_MAX == UINT64_MAX
_Static_assert(sizeof(weft_account) == 72 && offsetof(weft_account, code_hash) == 40, "ABI");
_Static_assert(sizeof(weft_bytes) == 16 && sizeof(weft_uint256) == 32 && sizeof(weft_bloom) == 256, "ABI");
_Static_assert(sizeof(weft_state_callbacks) == 64 && offsetof(weft_state_callbacks, account) == 16, "ABI");
_Static_assert(sizeof(weft_context_options) == 24 && offsetof(weft_context_options, memory_budget) == 16,
               "ABI");
_Static_assert(offsetof(weft_execute_options, access_list) == 24, "ABI");
_Static_assert(sizeof(weft_receipt) == 56 && offsetof(weft_receipt, logs_bloom) == 40, "ABI");
_Static_assert(sizeof(weft_log) == 56 && offsetof(weft_log, topics) == 24, "ABI");
_Static_assert(sizeof(weft_account_diff) == 176 && offsetof(weft_account_diff, before) == 24, "ABI");
_Static_assert(sizeof(weft_slot_diff) == 96 && sizeof(weft_code_diff) == 48, "ABI");
#endif

/// What a call is made with.
struct World {
    weft_context* context;
    weft_config* config;
    weft_state* state;
    weft_block* block;
    weft_result* result;
};

static struct World make_world(weft_executor executor) {
    struct World world = {context_of(executor, 2), config_of("Shanghai"), state_of(pre), block_of(block_json),
                          NULL};
    CHECK_OK(weft_execute_block(world.context, world.config, world.state, world.block, NULL, &world.result,
                                error));
    return world;
}
static void free_world(struct World* world) {
    weft_result_free(world->result);
    weft_block_free(world->block);
    weft_state_free(world->state);
    weft_config_free(world->config);
    weft_context_free(world->context);
}

/// NULL in every place of every function that can fail, one place at a time.
void test_null_arguments(void) {
    struct World w = make_world(WEFT_EXECUTOR_SEQUENTIAL);
    const weft_address who = address(0xa11c);
    const weft_uint256 key = number(0);
    const weft_hash hash = {{1}};
    weft_account account = {0, {{0}}, {{0}}};
    weft_uint256 value;
    weft_hash out;
    weft_bytes bytes;
    weft_bloom bloom;
    weft_buffer* buffer = NULL;
    bool flag;
#define REFUSED(call) CHECK_FAILS(WEFT_ERROR_ARGUMENT, call)
    REFUSED(weft_state_new(NULL, error));
    REFUSED(weft_state_load_json(NULL, "{}", 2, error));
    REFUSED(weft_state_set_code(NULL, NULL, 0, NULL, error));
    REFUSED(weft_state_set_account(w.state, &who, NULL, error));
    REFUSED(weft_state_remove_account(NULL, &who, error));
    REFUSED(weft_state_set_storage(NULL, &who, &key, &key, error));
    REFUSED(weft_state_set_storage(w.state, NULL, &key, &key, error));
    REFUSED(weft_state_set_storage(w.state, &who, NULL, &key, error));
    REFUSED(weft_state_set_block_hash(NULL, 1, &hash, error));
    REFUSED(weft_state_set_block_hash(w.state, 1, NULL, error));
    REFUSED(weft_state_account(NULL, &who, &account, &flag, error));
    REFUSED(weft_state_account(w.state, NULL, &account, &flag, error));
    REFUSED(weft_state_account(w.state, &who, NULL, &flag, error));
    REFUSED(weft_state_account(w.state, &who, &account, NULL, error));
    REFUSED(weft_state_storage(NULL, &who, &key, &value, error));
    REFUSED(weft_state_storage(w.state, &who, &key, NULL, error));
    REFUSED(weft_state_has_storage(NULL, &who, &flag, error));
    REFUSED(weft_state_has_storage(w.state, &who, NULL, error));
    REFUSED(weft_state_code(NULL, &hash, &bytes, error));
    REFUSED(weft_state_code(w.state, NULL, &bytes, error));
    REFUSED(weft_state_code(w.state, &hash, NULL, error));
    REFUSED(weft_state_block_hash(NULL, 1, &out, error));
    REFUSED(weft_state_block_hash(w.state, 1, NULL, error));
    REFUSED(weft_state_root(NULL, &out, error));
    REFUSED(weft_state_proof(NULL, &who, &key, 1, &buffer, error));
    REFUSED(weft_state_proof(w.state, NULL, &key, 1, &buffer, error));
    REFUSED(weft_state_proof(w.state, &who, &key, 1, NULL, error));
    REFUSED(weft_verify_proof(NULL, "{}", 2, error));
    REFUSED(weft_block_from_rlp(NULL, NULL, 0, &w.block, error));
    REFUSED(weft_block_from_rlp(NULL, hash.bytes, 1, NULL, error));
    REFUSED(weft_block_from_json(NULL, 0, &w.block, error));
    REFUSED(weft_block_from_json("{}", 2, NULL, error));
    REFUSED(weft_block_hash(NULL, &out, error));
    REFUSED(weft_block_hash(w.block, NULL, error));
    REFUSED(weft_block_rlp(NULL, &bytes, error));
    REFUSED(weft_block_rlp(w.block, NULL, error));
    REFUSED(weft_block_state_root(NULL, &out, error));
    REFUSED(weft_execute_block(NULL, w.config, w.state, w.block, NULL, &w.result, error));
    REFUSED(weft_execute_block(w.context, w.config, NULL, w.block, NULL, &w.result, error));
    REFUSED(weft_execute_block(w.context, w.config, w.state, NULL, NULL, &w.result, error));
    REFUSED(weft_verify_witness(NULL, w.config, w.block, hash.bytes, 1, NULL, &w.result, error));
    REFUSED(weft_verify_witness(w.context, w.config, w.block, NULL, 0, NULL, &w.result, error));
    REFUSED(weft_make_witness(NULL, w.state, w.block, NULL, 0, &buffer, error));
    REFUSED(weft_make_witness(w.config, w.state, w.block, NULL, 0, NULL, error));
    REFUSED(weft_state_apply(NULL, w.result, error));
    REFUSED(weft_result_logs_bloom(NULL, &bloom, error));
    REFUSED(weft_result_logs_bloom(w.result, NULL, error));
    REFUSED(weft_result_receipts_root(NULL, &out, error));
    REFUSED(weft_result_requests_hash(w.result, NULL, error));
    REFUSED(weft_result_request(NULL, 0, &bytes, error));
    REFUSED(weft_result_access_list(NULL, &bytes, error));
    REFUSED(weft_result_receipt(w.result, 0, NULL, error));
    REFUSED(weft_result_receipt(w.result, SIZE_MAX, NULL, error));
    REFUSED(weft_result_account(NULL, 0, NULL, error));
    REFUSED(weft_result_slot(w.result, 0, 0, NULL, error));
    REFUSED(weft_result_code(NULL, 0, NULL, error));
#undef REFUSED
    weft_execute_options options = WEFT_EXECUTE_OPTIONS;
    options.access_list.size = 3;  // of nothing
    CHECK_FAILS(WEFT_ERROR_ARGUMENT,
                weft_execute_block(w.context, w.config, w.state, w.block, &options, &w.result, error));
    CHECK(buffer == NULL);
    free_world(&w);
}

/// Nothing, where something of any size may be.
void test_empty_arguments(void) {
    struct World w = make_world(WEFT_EXECUTOR_SEQUENTIAL);
    const weft_address who = address(0xa11c);
    weft_buffer* buffer = NULL;
    weft_block* block = NULL;
    weft_config* config = NULL;
    weft_result* result = NULL;
    CHECK_OK(weft_state_proof(w.state, &who, NULL, 0, &buffer, error));
    CHECK(weft_buffer_bytes(buffer).size > 2);
    weft_buffer_free(buffer);
    CHECK_FAILS(WEFT_ERROR_DECODE, weft_block_from_rlp(NULL, (const uint8_t*)"", 0, &block, error));
    CHECK_FAILS(WEFT_ERROR_DECODE, weft_block_from_json("", 0, &block, error));
    CHECK_FAILS(WEFT_ERROR_DECODE, weft_config_from_json("", 0, &config, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_config_named("", &config, error));
    CHECK_FAILS(WEFT_ERROR_DECODE, weft_state_load_json(w.state, "", 0, error));
    CHECK_OK(weft_state_load_json(w.state, "{}", 2, error));
    CHECK_FAILS(WEFT_ERROR_DECODE, weft_verify_witness(w.context, w.config, w.block, (const uint8_t*)"", 0,
                                                       NULL, &result, error));
    // A block without transactions.
    block = block_of(
        "{\"number\": \"0x1\", \"timestamp\": \"0xc\", \"gasLimit\": \"0x1c9c380\", "
        "\"baseFeePerGas\": \"0x7\", \"miner\": \"0x000000000000000000000000000000000000f00d\", "
        "\"transactions\": []}");
    CHECK_OK(weft_execute_block(w.context, w.config, w.state, block, NULL, &result, error));
    CHECK(weft_result_receipt_count(result) == 0 && weft_result_gas_used(result) == 0);
    weft_result_free(result);
    weft_block_free(block);
    free_world(&w);
}

/// Sizes that no memory has: refused before a byte is read.
void test_impossible_sizes(void) {
    struct World w = make_world(WEFT_EXECUTOR_OPTIMISTIC);
    CHECK_FAILS(WEFT_ERROR_RESOURCE,
                weft_state_set_code(w.state, (const uint8_t*)"", SIZE_MAX / 2, NULL, error));
    CHECK_FAILS(WEFT_ERROR_RESOURCE, weft_state_set_code(w.state, (const uint8_t*)"", SIZE_MAX, NULL, error));
    CHECK_FAILS(WEFT_ERROR_RESOURCE, weft_state_load_json(w.state, "{}", SIZE_MAX, error));
    for (uint64_t less = 0; less <= 64; less += 16) {
        weft_context_options options = WEFT_CONTEXT_OPTIONS;
        options.executor = WEFT_EXECUTOR_SEQUENTIAL;
        options.memory_budget = UINT64_MAX - less;
        weft_context* context = NULL;
        weft_result* result = NULL;
        CHECK_OK(weft_context_new(&options, &context, error));
        CHECK_FAILS(WEFT_ERROR_RESOURCE,
                    weft_execute_block(context, w.config, w.state, w.block, NULL, &result, error));
        weft_context_free(context);
    }
    free_world(&w);
}

/// Inputs beyond what anyone needs.
void test_huge_arguments(void) {
    struct World w = make_world(WEFT_EXECUTOR_OPTIMISTIC);
    const weft_address who = address(0xc0de);
    const size_t big = (size_t)16 << 20;
    uint8_t* const code = calloc(big, 1);
    weft_hash hash;
    CHECK_OK(weft_state_set_code(w.state, code, big, &hash, error));
    weft_bytes found;
    CHECK_OK(weft_state_code(w.state, &hash, &found, error));
    CHECK(found.size == big);
    CHECK_FAILS(WEFT_ERROR_DECODE, weft_block_from_rlp(w.context, code, big, &w.block, error));
    memset(code, '[', big);
    weft_block* none = NULL;
    CHECK_FAILS(WEFT_ERROR_DECODE, weft_block_from_json((const char*)code, big, &none, error));
    memset(code, 0xff, big);  // lists of lists that end beyond the world
    CHECK_FAILS(WEFT_ERROR_DECODE, weft_block_from_rlp(NULL, code, big, &none, error));
    CHECK(none == NULL);
    free(code);

    enum { KEYS = 20000 };
    weft_uint256* const keys = malloc(KEYS * sizeof *keys);
    for (int i = 0; i < KEYS; ++i) keys[i] = number((uint64_t)i);
    weft_buffer* proof = NULL;
    CHECK_OK(weft_state_proof(w.state, &who, keys, KEYS, &proof, error));
    weft_hash root;
    CHECK_OK(weft_state_root(w.state, &root, error));
    const weft_bytes json = weft_buffer_bytes(proof);
    CHECK_OK(weft_verify_proof(&root, (const char*)json.data, json.size, error));
    weft_buffer_free(proof);
    free(keys);
    free_world(&w);
}

/// A message is one line, whatever the names and words in it.
static int says_much(void* user, const weft_address* who, weft_account* out, bool* exists,
                     weft_reply* reply) {
    (void)user, (void)who, (void)out, (void)exists;
    weft_reply_error(reply, "two\nlines,\ta tab\x1b[31m");
    weft_reply_error(reply, NULL);
    weft_reply_code(reply, NULL, 3);
    return 1;
}
void test_messages(void) {
    struct World w = make_world(WEFT_EXECUTOR_SEQUENTIAL);
    weft_state_callbacks callbacks = callbacks_to(w.state);
    callbacks.account = says_much;
    weft_state* state = NULL;
    CHECK_OK(weft_state_from_callbacks(&callbacks, &state, error));
    weft_error* why = NULL;
    weft_result* result = NULL;
    CHECK(weft_execute_block(w.context, w.config, state, w.block, NULL, &result, &why) == WEFT_ERROR_STATE);
    CHECK(strstr(weft_error_message(why), "returned 1: two?lines,?a tab?[31m") != NULL);
    weft_error_free(why);
    weft_state_free(state);
    const char* const key = "{\"a\\nb\": {\"balance\": \"1\"}}";
    CHECK(weft_state_load_json(w.state, key, strlen(key), &why) == WEFT_ERROR_DECODE);
    CHECK(strchr(weft_error_message(why), '\n') == NULL && strlen(weft_error_message(why)) > 0);
    weft_error_free(why);
    free_world(&w);
}

/// Other code than was asked for.
static int wrong_code(void* user, const weft_hash* hash, weft_reply* reply) {
    (void)user, (void)hash;
    weft_reply_code(reply, (const uint8_t*)"\x00", 1);
    return 0;
}
/// A callback that uses the context that calls it.
static struct World* inner;
static weft_code inner_code = WEFT_OK;
static int executes(void* user, const weft_address* who, weft_account* out, bool* exists, weft_reply* reply) {
    (void)reply;
    weft_result* result = NULL;
    inner_code = weft_execute_block(inner->context, inner->config, user, inner->block, NULL, &result, NULL);
    return (int)weft_state_account(user, who, out, exists, NULL);
}
void test_bad_callbacks(void) {
    const weft_executor executors[] = {WEFT_EXECUTOR_SEQUENTIAL, WEFT_EXECUTOR_OPTIMISTIC};
    for (int i = 0; i < 2; ++i) {
        struct World w = make_world(WEFT_EXECUTOR_SEQUENTIAL);
        weft_context* const fresh = context_of(executors[i], 2);  // has not seen the code
        weft_state_callbacks callbacks = callbacks_to(w.state);
        callbacks.code = wrong_code;
        weft_state* state = NULL;
        weft_result* result = NULL;
        weft_error* why = NULL;
        CHECK_OK(weft_state_from_callbacks(&callbacks, &state, error));
        CHECK(weft_execute_block(fresh, w.config, state, w.block, NULL, &result, &why) == WEFT_ERROR_STATE);
        CHECK(strstr(weft_error_message(why), "other code") != NULL);
        weft_error_free(why);
        weft_state_free(state);

        callbacks = callbacks_to(w.state);
        callbacks.account = executes;
        inner = &w;
        CHECK_OK(weft_state_from_callbacks(&callbacks, &state, error));
        CHECK_OK(weft_execute_block(w.context, w.config, state, w.block, NULL, &result, error));
        CHECK(inner_code == WEFT_ERROR_ARGUMENT);
        CHECK(weft_result_gas_used(result) == weft_result_gas_used(w.result));
        weft_result_free(result);
        weft_state_free(state);
        weft_context_free(fresh);
        free_world(&w);
    }
}

/// What threads share, const: one state, block, config and result.
struct Shared {
    struct World* world;
    weft_hash root;
    int failures;
    pthread_mutex_t mutex;
};
static void note(struct Shared* shared, bool holds) {
    if (holds) return;
    pthread_mutex_lock(&shared->mutex);
    ++shared->failures;
    pthread_mutex_unlock(&shared->mutex);
}
static void* use_shared(void* argument) {
    struct Shared* const shared = argument;
    struct World* const w = shared->world;
    weft_context* own = NULL;
    weft_context_options options = WEFT_CONTEXT_OPTIONS;
    options.threads = 2;
    options.executor = WEFT_EXECUTOR_OPTIMISTIC;
    note(shared, weft_context_new(&options, &own, NULL) == WEFT_OK);
    for (int i = 0; i < 20; ++i) {
        weft_result* result = NULL;
        weft_hash root;
        weft_bytes bytes;
        weft_state* copy = NULL;
        note(shared, weft_execute_block(own, w->config, w->state, w->block, NULL, &result, NULL) == WEFT_OK);
        note(shared, weft_result_gas_used(result) == weft_result_gas_used(w->result));
        note(shared, weft_state_root(w->state, &root, NULL) == WEFT_OK && SAME(root, shared->root));
        note(shared, weft_block_rlp(w->block, &bytes, NULL) == WEFT_OK && bytes.size > 500);
        note(shared, weft_result_receipt_rlp(w->result, 0, &bytes, NULL) == WEFT_OK && bytes.size > 256);
        note(shared, weft_state_copy(w->state, &copy, NULL) == WEFT_OK);
        note(shared, weft_state_apply(copy, result, NULL) == WEFT_OK);
        weft_state_free(copy);
        weft_result_free(result);
        // One context for all: it serves whom it can, and tells the others.
        const weft_code code =
            weft_execute_block(w->context, w->config, w->state, w->block, NULL, &result, NULL);
        note(shared, code == WEFT_OK || code == WEFT_ERROR_ARGUMENT);
        if (code == WEFT_OK) weft_result_free(result);
    }
    weft_context_free(own);
    return NULL;
}
void test_threads(void) {
    struct World w = make_world(WEFT_EXECUTOR_OPTIMISTIC);
    struct Shared shared = {.world = &w, .failures = 0, .mutex = PTHREAD_MUTEX_INITIALIZER};
    weft_state* const copy = state_of(pre);
    CHECK_OK(weft_state_root(copy, &shared.root, error));
    weft_state_free(copy);
    pthread_t threads[4];
    for (int i = 0; i < 4; ++i) CHECK(pthread_create(&threads[i], NULL, use_shared, &shared) == 0);
    for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
    CHECK(shared.failures == 0);
    free_world(&w);
}

/// In a process without address space for a context's memory the call fails, and later calls go on.
void test_out_of_memory(void) {
    const pid_t child = fork();
    CHECK(child != -1);
    if (child == 0) {
        checks_failed = 0;
        weft_config* const config = config_of("Shanghai");
        weft_state* const state = state_of(pre);
        weft_block* const block = block_of(block_json);
        const struct rlimit before = {RLIM_INFINITY, RLIM_INFINITY},
                            little = {(rlim_t)600 << 20, RLIM_INFINITY};
        setrlimit(RLIMIT_AS, &little);
        const weft_executor executors[] = {WEFT_EXECUTOR_SEQUENTIAL, WEFT_EXECUTOR_OPTIMISTIC};
        for (int i = 0; i < 2; ++i) {
            weft_context* const context = context_of(executors[i], 2);
            weft_result* result = NULL;
            CHECK_FAILS(WEFT_ERROR_RESOURCE,
                        weft_execute_block(context, config, state, block, NULL, &result, error));
            setrlimit(RLIMIT_AS, &before);
            CHECK_OK(weft_execute_block(context, config, state, block, NULL, &result, error));
            setrlimit(RLIMIT_AS, &little);
            weft_result_free(result);
            weft_context_free(context);
        }
        weft_block_free(block);
        weft_state_free(state);
        weft_config_free(config);
        _exit(checks_failed == 0 ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
