// A state of the caller's: answers, failures, and the end from another thread.
#include <pthread.h>
#include <stdatomic.h>

#include "test.h"

static int ask_account(void* user, const weft_address* who, weft_account* out, bool* exists,
                       weft_reply* reply) {
    (void)reply;
    return (int)weft_state_account(user, who, out, exists, NULL);
}
static int ask_storage(void* user, const weft_address* who, const weft_uint256* key, weft_uint256* out,
                       weft_reply* reply) {
    (void)reply;
    return (int)weft_state_storage(user, who, key, out, NULL);
}
static int ask_has_storage(void* user, const weft_address* who, bool* out, weft_reply* reply) {
    (void)reply;
    return (int)weft_state_has_storage(user, who, out, NULL);
}
static int ask_code(void* user, const weft_hash* hash, weft_reply* reply) {
    weft_bytes code;
    const weft_code status = weft_state_code(user, hash, &code, NULL);
    if (status == WEFT_OK) weft_reply_code(reply, code.data, code.size);
    return (int)status;
}
static int ask_block_hash(void* user, uint64_t number_asked, weft_hash* out, weft_reply* reply) {
    (void)reply;
    return (int)weft_state_block_hash(user, number_asked, out, NULL);
}

weft_state_callbacks callbacks_to(weft_state* memory) {
    return (weft_state_callbacks){.struct_size = sizeof(weft_state_callbacks),
                                  .user = memory,
                                  .account = ask_account,
                                  .storage = ask_storage,
                                  .has_storage = ask_has_storage,
                                  .code = ask_code,
                                  .block_hash = ask_block_hash};
}

#define ALICE "0x000000000000000000000000000000000000a11c"
#define LOOP "0x0000000000000000000000000000000000000100"
// LOOP: JUMPDEST, POP(SLOAD(0)), again. 0x200: SSTORE(0, BLOCKHASH(0)). 0x300: CREATE of nothing (asks for
// storage).
static const char pre[] =
    "{\"" ALICE "\": {\"balance\": \"0xde0b6b3a7640000\"}, \"" LOOP
    "\": {\"code\": \"0x5b60005450600056\"},"
    " \"0x0000000000000000000000000000000000000200\": {\"code\": \"0x60004060005500\"},"
    " \"0x0000000000000000000000000000000000000300\": {\"nonce\": 1, \"code\": \"0x600060006000f000\"}}";
#define BLOCK(to, gas)                                                                                      \
    "{\"number\": \"0x1\", \"timestamp\": \"0xc\", \"gasLimit\": \"0x77359400\", \"difficulty\": \"0x1\", " \
    "\"miner\": \"0x000000000000000000000000000000000000f00d\", \"transactions\": [{\"type\": \"0x0\", "    \
    "\"nonce\": \"0x0\", \"gas\": \"" gas "\", \"gasPrice\": \"0x1\", \"to\": \"" to                        \
    "\", \"value\": \"0x1\", \"input\": \"0x\", \"from\": \"" ALICE "\"}]}"

/// Callbacks that fail in one place.
static int no_account(void* user, const weft_address* who, weft_account* out, bool* exists,
                      weft_reply* reply) {
    if (who->bytes[18] == 0xa1) {
        weft_reply_error(reply, "the disk is gone");
        return 5;
    }
    return ask_account(user, who, out, exists, reply);
}
static int no_storage(void* user, const weft_address* who, const weft_uint256* key, weft_uint256* out,
                      weft_reply* reply) {
    (void)user, (void)who, (void)key, (void)out, (void)reply;
    return -1;
}
static int no_has_storage(void* user, const weft_address* who, bool* out, weft_reply* reply) {
    (void)user, (void)who, (void)out, (void)reply;
    return 2;
}
static int no_code(void* user, const weft_hash* hash, weft_reply* reply) {
    (void)user, (void)hash, (void)reply;
    return 0;  // and no weft_reply_code
}
static int no_block_hash(void* user, uint64_t asked, weft_hash* out, weft_reply* reply) {
    (void)user, (void)asked, (void)out, (void)reply;
    return 3;
}

static atomic_int destroyed = 0;
static void count_destroyed(void* user) {
    (void)user;
    atomic_fetch_add(&destroyed, 1);
}

static void check_fails(weft_state_callbacks callbacks, const char* json, const char* in_message) {
    const weft_executor executors[] = {WEFT_EXECUTOR_SEQUENTIAL, WEFT_EXECUTOR_OPTIMISTIC};
    weft_config* const config = config_of("Istanbul");
    weft_block* const block = block_of(json);
    for (int i = 0; i < 2; ++i) {
        weft_context* const context = context_of(executors[i], 2);
        weft_state* state = NULL;
        CHECK_OK(weft_state_from_callbacks(&callbacks, &state, error));
        weft_result* result = NULL;
        weft_error* why = NULL;
        CHECK(weft_execute_block(context, config, state, block, NULL, &result, &why) == WEFT_ERROR_STATE);
        CHECK(result == NULL && weft_error_transaction(why) == WEFT_NO_TRANSACTION);
        CHECK(strstr(weft_error_message(why), in_message) != NULL);
        weft_error_free(why);
        weft_state_free(state);
        weft_context_free(context);
    }
    weft_block_free(block);
    weft_config_free(config);
}

void test_callbacks(void) {
    weft_state* const memory = state_of(pre);
    const weft_state_callbacks good = callbacks_to(memory);
    weft_state* state = NULL;
    weft_state_callbacks bad = good;
    bad.code = NULL;
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_state_from_callbacks(&bad, &state, error));
    bad = good;
    bad.struct_size = 8;
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_state_from_callbacks(&bad, &state, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_state_from_callbacks(NULL, &state, error));

    bad = good;
    bad.account = no_account;
    check_fails(bad, BLOCK("0x0000000000000000000000000000000000000200", "0x186a0"), "the disk is gone");
    bad = good;
    bad.storage = no_storage;
    check_fails(bad, BLOCK("0x0000000000000000000000000000000000000200", "0x186a0"),
                "callback storage returned -1");
    bad = good;
    bad.code = no_code;
    check_fails(bad, BLOCK("0x0000000000000000000000000000000000000200", "0x186a0"), "gave no code");
    bad = good;
    bad.block_hash = no_block_hash;
    check_fails(bad, BLOCK("0x0000000000000000000000000000000000000200", "0x186a0"),
                "callback block_hash returned 3");
    bad = good;
    bad.has_storage = no_has_storage;
    check_fails(bad, BLOCK("0x0000000000000000000000000000000000000300", "0x186a0"),
                "callback has_storage returned 2");

    // The same block goes well where nothing fails; such a state has no root and can't be changed.
    bad = good;
    bad.destroy = count_destroyed;
    CHECK_OK(weft_state_from_callbacks(&bad, &state, error));
    weft_context* const context = context_of(WEFT_EXECUTOR_OPTIMISTIC, 2);
    weft_config* const config = config_of("Istanbul");
    weft_block* const block = block_of(BLOCK("0x0000000000000000000000000000000000000300", "0x186a0"));
    weft_result* result = NULL;
    CHECK_OK(weft_execute_block(context, config, state, block, NULL, &result, error));
    weft_hash root;
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_state_root(state, &root, error));
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_state_apply(state, result, error));
    weft_state* copy = NULL;
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_state_copy(state, &copy, error));
    const weft_address alice = address(0xa11c);
    weft_account account;
    bool exists = false;
    CHECK_OK(weft_state_account(state, &alice, &account, &exists, error));
    CHECK(exists);
    CHECK(atomic_load(&destroyed) == 0);
    weft_state_free(state);
    CHECK(atomic_load(&destroyed) == 1);
    weft_reply_code(NULL, NULL, 0);
    weft_reply_error(NULL, "");
    weft_result_free(result);
    weft_block_free(block);
    weft_config_free(config);
    weft_context_free(context);
    weft_state_free(memory);
}

/// A storage callback that waits until another thread has asked for the end.
struct Waiting {
    weft_state* memory;
    const weft_stop* stop;
    atomic_bool asked;
    atomic_bool stopped;
};
static int waiting_account(void* user, const weft_address* who, weft_account* out, bool* exists,
                           weft_reply* reply) {
    return ask_account(((struct Waiting*)user)->memory, who, out, exists, reply);
}
static int waiting_code(void* user, const weft_hash* hash, weft_reply* reply) {
    return ask_code(((struct Waiting*)user)->memory, hash, reply);
}
static int waiting_has_storage(void* user, const weft_address* who, bool* out, weft_reply* reply) {
    return ask_has_storage(((struct Waiting*)user)->memory, who, out, reply);
}
static int waiting_storage(void* user, const weft_address* who, const weft_uint256* key, weft_uint256* out,
                           weft_reply* reply) {
    (void)who, (void)key, (void)out, (void)reply;
    struct Waiting* const waiting = user;
    atomic_store(&waiting->asked, true);
    while (!atomic_load(&waiting->stopped)) sched_yield();
    return 0;
}
static void* ask_for_the_end(void* argument) {
    struct Waiting* const waiting = argument;
    while (!atomic_load(&waiting->asked)) sched_yield();
    weft_stop_request(waiting->stop);
    atomic_store(&waiting->stopped, true);
    return NULL;
}

void test_cancellation(void) {
    weft_state* const memory = state_of(pre);
    weft_config* const config = config_of("Istanbul");
    // Without the end it would loop for two billion gas.
    weft_block* const block = block_of(BLOCK(LOOP, "0x77359400"));
    const weft_executor executors[] = {WEFT_EXECUTOR_SEQUENTIAL, WEFT_EXECUTOR_OPTIMISTIC};
    for (int i = 0; i < 2; ++i) {
        weft_context* const context = context_of(executors[i], 2);
        weft_stop* stop = NULL;
        CHECK_OK(weft_stop_new(&stop, error));
        struct Waiting waiting = {.memory = memory, .stop = stop};
        weft_state_callbacks callbacks = callbacks_to(memory);
        callbacks.user = &waiting;
        callbacks.account = waiting_account;
        callbacks.code = waiting_code;
        callbacks.storage = waiting_storage;
        callbacks.has_storage = waiting_has_storage;
        weft_state* state = NULL;
        CHECK_OK(weft_state_from_callbacks(&callbacks, &state, error));
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, ask_for_the_end, &waiting) == 0);
        weft_execute_options options = WEFT_EXECUTE_OPTIONS;
        options.stop = stop;
        weft_result* result = NULL;
        CHECK_FAILS(WEFT_ERROR_CANCELLED,
                    weft_execute_block(context, config, state, block, &options, &result, error));
        pthread_join(thread, NULL);
        // It stays asked for; and the context is as good as before.
        CHECK_FAILS(WEFT_ERROR_CANCELLED,
                    weft_execute_block(context, config, memory, block, &options, &result, error));
        weft_block* const other = block_of(BLOCK("0x0000000000000000000000000000000000000200", "0x186a0"));
        CHECK_OK(weft_execute_block(context, config, memory, other, NULL, &result, error));
        weft_result_free(result);
        weft_block_free(other);
        weft_state_free(state);
        weft_stop_free(stop);
        weft_context_free(context);
    }
    CHECK_FAILS(WEFT_ERROR_ARGUMENT, weft_stop_new(NULL, error));
    weft_stop_request(NULL);
    weft_stop_free(NULL);
    weft_block_free(block);
    weft_config_free(config);
    weft_state_free(memory);
}
