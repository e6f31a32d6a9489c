/// Weft's C interface: open a state, execute a block, read what it did.
///
///     weft_error* error = NULL;
///     if (weft_execute_block(context, config, state, block, NULL, &result, &error) != WEFT_OK) {
///         fprintf(stderr, "%s\n", weft_error_message(error));
///         weft_error_free(error);
///     }
///
/// Rules that hold everywhere:
/// - A function that can fail returns a weft_code. Its last parameter, `error`, may be NULL; otherwise *error
///   is set to a description on failure, to be freed with weft_error_free(), and to NULL on success. Outputs
///   are written on success only.
/// - What a function hands out through a pointer to a handle (weft_state**, ...) belongs to the caller, who
///   frees it with the type's _free function, once; these take NULL too. What a handle was made from (bytes,
///   text, structs) is copied.
/// - weft_bytes and pointers inside structs are views; the comment says of what, and they live as long as
///   that handle.
/// - A handle may be used by many threads at once as long as it is const there; a function that takes it
///   without const needs it alone. No handle belongs to a thread: one may make it, another free it.
/// - NULL where a handle, an output or bytes belong, and enums and sizes out of range, give
///   WEFT_ERROR_ARGUMENT, or zero from functions that return a value. An array of no elements may be NULL.
/// - No exception and no signal crosses this interface. Callbacks must not throw or longjmp through it
///   either.
/// - Memory that can't be had is WEFT_ERROR_RESOURCE. Only where the system's memory ends in the midst of an
///   execution, on one of the library's threads, does the process end.
/// - After fork() a child makes contexts of its own: threads stay with the parent.
#ifndef WEFT_H
#define WEFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define WEFT_API
#else
#define WEFT_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// Changes when a program compiled against an older header would break; the shared library's SONAME ends with
/// it. New functions, new values of enums and new fields at the end of structs with a struct_size don't
/// change it: a program that was compiled with a smaller struct gets the defaults for what it lacks.
#define WEFT_ABI_VERSION 1

/// The WEFT_ABI_VERSION that the library was built with. Compare it with the header's before anything else
/// when the library was loaded by hand (dlopen).
WEFT_API uint32_t weft_abi_version(void);
/// The library's version, "0.1.0". Static.
WEFT_API const char* weft_version(void);

// --- Values
// -------------------------------------------------------------------------------------------------------

/// Numbers of 256 bits are big-endian, as everywhere in Ethereum.
typedef struct weft_uint256 {
    uint8_t bytes[32];
} weft_uint256;
typedef struct weft_hash {
    uint8_t bytes[32];
} weft_hash;
typedef struct weft_address {
    uint8_t bytes[20];
} weft_address;
typedef struct weft_bloom {
    uint8_t bytes[256];
} weft_bloom;

/// A borrowed string of bytes; data may be NULL where size is 0.
typedef struct weft_bytes {
    const uint8_t* data;
    size_t size;
} weft_bytes;

/// An account without its storage. An account without code has WEFT_EMPTY_CODE_HASH, Keccak-256 of nothing;
/// all zeros are taken for the same where an account is given to the library.
typedef struct weft_account {
    uint64_t nonce;
    weft_uint256 balance;  ///< wei
    weft_hash code_hash;
} weft_account;

/// An initialiser for a weft_hash.
#define WEFT_EMPTY_CODE_HASH                                                                          \
    {{0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03, 0xc0, \
      0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82, 0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70}}

// --- Errors
// -------------------------------------------------------------------------------------------------------

/// Whose fault it was.
typedef enum weft_code {
    WEFT_OK = 0,
    WEFT_ERROR_ARGUMENT = 1,  ///< the caller's: NULL, an index or enum out of range, the wrong kind of state
    WEFT_ERROR_DECODE = 2,    ///< bytes are no RLP block, or text is not the JSON it should be
    WEFT_ERROR_INVALID_BLOCK =
        3,                     ///< the block breaks a rule; the only code that says anything about the block
    WEFT_ERROR_STATE = 4,      ///< the state could not be read: a callback failed, code is missing
    WEFT_ERROR_CANCELLED = 5,  ///< weft_stop_request() was called
    WEFT_ERROR_RESOURCE = 6,   ///< memory, or the context's memory budget, does not suffice
    WEFT_ERROR_INTERNAL = 7,   ///< a defect in Weft
    WEFT_ERROR_PROOF = 8       ///< a proof does not show what it claims
} weft_code;

typedef struct weft_error weft_error;

/// weft_error_transaction() where no single transaction is to blame.
#define WEFT_NO_TRANSACTION SIZE_MAX

/// WEFT_OK for NULL.
WEFT_API weft_code weft_error_code(const weft_error* error);
/// One line for people, without control characters. A view of the error; "" for NULL.
WEFT_API const char* weft_error_message(const weft_error* error);
/// The rule that an invalid block breaks, in the words that geth uses where it has any ("nonce too low"); the
/// same for the same rule, so that programs can compare it. Static; "" for other errors.
WEFT_API const char* weft_error_reason(const weft_error* error);
/// The index of the first transaction that breaks a rule, or WEFT_NO_TRANSACTION.
WEFT_API size_t weft_error_transaction(const weft_error* error);
WEFT_API void weft_error_free(weft_error* error);

// --- Chain configuration
// ------------------------------------------------------------------------------------------

/// Which rules hold at which block. Never changes once made.
typedef struct weft_config weft_config;

/// Ethereum's main network.
WEFT_API weft_code weft_config_mainnet(weft_config** config, weft_error** error);
/// A fork by the name that the official tests use: "Prague", "Osaka", "CancunToPragueAtTime15k". Chain id 1.
WEFT_API weft_code weft_config_named(const char* name, weft_config** config, weft_error** error);
/// From a genesis.json in geth's format, or only its "config" object.
WEFT_API weft_code weft_config_from_json(const char* json, size_t size, weft_config** config,
                                         weft_error** error);
WEFT_API uint64_t weft_config_chain_id(const weft_config* config);
WEFT_API void weft_config_free(weft_config* config);

// --- States
// -------------------------------------------------------------------------------------------------------

/// The state before a block: in memory, or behind callbacks.
typedef struct weft_state weft_state;

/// An empty state in memory.
WEFT_API weft_code weft_state_new(weft_state** state, weft_error** error);
/// An independent copy of a state in memory.
WEFT_API weft_code weft_state_copy(const weft_state* state, weft_state** copy, weft_error** error);
WEFT_API void weft_state_free(weft_state* state);

/// Adds accounts to a state in memory: {"0xADDRESS": {"balance": ..., "nonce": ..., "code": "0x...",
/// "storage": {"KEY": "VALUE"}}, ...}, as in prestate.json and the "alloc" of a genesis.json; a whole
/// genesis.json is taken as well. After an error the state is as it was.
WEFT_API weft_code weft_state_load_json(weft_state* state, const char* json, size_t size, weft_error** error);
/// Make the account what is given; its storage stays. Its code is given by weft_state_set_code().
WEFT_API weft_code weft_state_set_account(weft_state* state, const weft_address* address,
                                          const weft_account* account, weft_error** error);
/// Removes the account and its storage.
WEFT_API weft_code weft_state_remove_account(weft_state* state, const weft_address* address,
                                             weft_error** error);
/// Adds code. `hash`, where it is not NULL, receives its Keccak-256, for the account's code_hash.
WEFT_API weft_code weft_state_set_code(weft_state* state, const uint8_t* code, size_t size, weft_hash* hash,
                                       weft_error** error);
/// Sets one slot; zero removes it.
WEFT_API weft_code weft_state_set_storage(weft_state* state, const weft_address* address,
                                          const weft_uint256* key, const weft_uint256* value,
                                          weft_error** error);
/// The hash of an earlier block, for BLOCKHASH. An unknown one reads as zero.
WEFT_API weft_code weft_state_set_block_hash(weft_state* state, uint64_t number, const weft_hash* hash,
                                             weft_error** error);

/// Reads an account, of any state. *exists says whether there is one; *account is zero where there is none.
WEFT_API weft_code weft_state_account(const weft_state* state, const weft_address* address,
                                      weft_account* account, bool* exists, weft_error** error);
/// Reads a slot, of any state; zero where there is none.
WEFT_API weft_code weft_state_storage(const weft_state* state, const weft_address* address,
                                      const weft_uint256* key, weft_uint256* value, weft_error** error);
/// Whether any slot of the account is not zero, of any state.
WEFT_API weft_code weft_state_has_storage(const weft_state* state, const weft_address* address,
                                          bool* has_storage, weft_error** error);
/// The code with this hash, of a state in memory: a view of it until it next changes. An unknown hash is
/// WEFT_ERROR_STATE.
WEFT_API weft_code weft_state_code(const weft_state* state, const weft_hash* code_hash, weft_bytes* code,
                                   weft_error** error);
/// The hash of an earlier block, of any state; zero where it isn't known.
WEFT_API weft_code weft_state_block_hash(const weft_state* state, uint64_t number, weft_hash* hash,
                                         weft_error** error);
/// The root of a state in memory (yellow paper, section 4.1). The first call goes through all accounts and
/// keeps the trie; after weft_state_apply() the next one costs what the block changed. Other changes of
/// accounts have it made anew.
WEFT_API weft_code weft_state_root(const weft_state* state, weft_hash* root, weft_error** error);

/// Where a callback puts what has no fixed size. Lives as long as the call of the callback.
typedef struct weft_reply weft_reply;
/// The code asked for; copied.
WEFT_API void weft_reply_code(weft_reply* reply, const uint8_t* code, size_t size);
/// Why the callback is about to fail, for the error's message; copied.
WEFT_API void weft_reply_error(weft_reply* reply, const char* message);

/// Bytes that the library made.
typedef struct weft_buffer weft_buffer;
/// A view of the buffer; empty for NULL.
WEFT_API weft_bytes weft_buffer_bytes(const weft_buffer* buffer);
WEFT_API void weft_buffer_free(weft_buffer* buffer);

/// Proves an account, or that there is none, and `key_count` of its slots under the root of a state in memory
/// (weft_state_root): JSON as eth_getProof answers (EIP-1186).
WEFT_API weft_code weft_state_proof(const weft_state* state, const weft_address* address,
                                    const weft_uint256* keys, size_t key_count, weft_buffer** json,
                                    weft_error** error);
/// Whether all that an answer of eth_getProof claims holds in the state with this root. WEFT_ERROR_DECODE: it
/// is no such answer; WEFT_ERROR_PROOF: it does not hold.
WEFT_API weft_code weft_verify_proof(const weft_hash* state_root, const char* json, size_t size,
                                     weft_error** error);

/// A state of the caller's: a database, a remote node. A callback returns 0, or any other value where it
/// can't tell: the block then ends with WEFT_ERROR_STATE. (Never answer "absent" for "could not read".)
///
/// MANY THREADS CALL THESE AT ONCE, among them threads that the library made, in any order, and also for
/// places that the block does not touch in the end. All see one snapshot: the same question always has the
/// same answer. Outputs are zero when a callback is called. A callback must not execute a block in the
/// context that calls it.
typedef struct weft_state_callbacks {
    size_t struct_size;  ///< sizeof(weft_state_callbacks): lets the struct grow
    void* user;          ///< handed to each callback
    /// The account, and whether there is one.
    int (*account)(void* user, const weft_address* address, weft_account* account, bool* exists,
                   weft_reply* reply);
    /// The value of a slot; zero where it was never written.
    int (*storage)(void* user, const weft_address* address, const weft_uint256* key, weft_uint256* value,
                   weft_reply* reply);
    /// Whether any slot of the account is not zero (asked when a contract is created there, EIP-7610).
    int (*has_storage)(void* user, const weft_address* address, bool* has_storage, weft_reply* reply);
    /// The code with this hash, by weft_reply_code(). No code, or other code, is an error.
    int (*code)(void* user, const weft_hash* code_hash, weft_reply* reply);
    /// The hash of one of the 256 blocks before the one that executes; zero where it isn't known.
    int (*block_hash)(void* user, uint64_t number, weft_hash* hash, weft_reply* reply);
    /// Called once, by weft_state_free(); may be NULL.
    void (*destroy)(void* user);
} weft_state_callbacks;

/// A state behind callbacks. It can't be changed, copied or hashed: apply the diff where the state is.
WEFT_API weft_code weft_state_from_callbacks(const weft_state_callbacks* callbacks, weft_state** state,
                                             weft_error** error);

// --- Executing
// ----------------------------------------------------------------------------------------------------

typedef enum weft_executor {
    WEFT_EXECUTOR_AUTOMATIC = 0,   ///< parallel where that promises to pay
    WEFT_EXECUTOR_SEQUENTIAL = 1,  ///< one transaction after the other, on the caller's thread
    WEFT_EXECUTOR_OPTIMISTIC = 2,  ///< always parallel
    WEFT_EXECUTOR_DIRECTED = 3     ///< by the access list of weft_execute_options, if there is one.
                                   ///< The result is the same from each of them
} weft_executor;

/// How a context executes. Start from WEFT_CONTEXT_OPTIONS.
typedef struct weft_context_options {
    size_t struct_size;      ///< sizeof(weft_context_options): lets the struct grow
    uint32_t executor;       ///< a weft_executor
    uint32_t threads;        ///< the caller's included; 0: as many as the machine runs at once
    uint64_t memory_budget;  ///< bytes of EVM memory for each thread; 0: 1 GiB
} weft_context_options;
#define WEFT_CONTEXT_OPTIONS {sizeof(weft_context_options), WEFT_EXECUTOR_AUTOMATIC, 0, 0}

/// Threads, analysed code and memory that executions share. Make one and keep it; it executes one block at a
/// time, and a second one meanwhile is WEFT_ERROR_ARGUMENT.
typedef struct weft_context weft_context;

/// `options` NULL: the defaults.
WEFT_API weft_code weft_context_new(const weft_context_options* options, weft_context** context,
                                    weft_error** error);
/// No execution may be under way.
WEFT_API void weft_context_free(weft_context* context);

/// A block with its transactions' senders. Never changes once made.
typedef struct weft_block weft_block;

/// Decodes a block's RLP, as chains are exported and blocks sent, and recovers who sent the transactions, on
/// the threads of `context`, or on the caller's alone where it is NULL. The context may be executing another
/// block meanwhile. A signature that is none shows when the block is executed.
WEFT_API weft_code weft_block_from_rlp(const weft_context* context, const uint8_t* rlp, size_t size,
                                       weft_block** block, weft_error** error);
/// From JSON, as eth_getBlockByNumber gives it with full transactions. A transaction's "from" is believed;
/// where there is none, its signature must tell. Ommers are hashes there, so the rewards for them are unknown
/// unless "uncleHeaders" has them.
WEFT_API weft_code weft_block_from_json(const char* json, size_t size, weft_block** block,
                                        weft_error** error);
WEFT_API uint64_t weft_block_number(const weft_block* block);
WEFT_API size_t weft_block_transaction_count(const weft_block* block);
/// Keccak-256 of the header.
WEFT_API weft_code weft_block_hash(const weft_block* block, weft_hash* hash, weft_error** error);
/// The block's RLP, as weft_block_from_rlp() takes it. A view of the block.
WEFT_API weft_code weft_block_rlp(const weft_block* block, weft_bytes* rlp, weft_error** error);
/// The state root that the header names.
WEFT_API weft_code weft_block_state_root(const weft_block* block, weft_hash* root, weft_error** error);
WEFT_API void weft_block_free(weft_block* block);

/// Ends executions from another thread. Many executions may watch one.
typedef struct weft_stop weft_stop;
WEFT_API weft_code weft_stop_new(weft_stop** stop, weft_error** error);
/// Every execution that watches it ends soon with WEFT_ERROR_CANCELLED, those that begin later included. Any
/// thread may call it, at any time before weft_stop_free().
WEFT_API void weft_stop_request(const weft_stop* stop);
/// No execution may watch it any more.
WEFT_API void weft_stop_free(weft_stop* stop);

/// How to execute one block. Start from WEFT_EXECUTE_OPTIONS.
typedef struct weft_execute_options {
    size_t struct_size;     ///< sizeof(weft_execute_options): lets the struct grow
    const weft_stop* stop;  ///< NULL: nothing ends it early
    /// Compare gas used, logs bloom, receipts root (from Byzantium on), requests hash and blob gas with the
    /// header's; what differs makes the block invalid. The state root is the caller's to compare.
    bool check_header;
    /// A block access list as RLP (EIP-7928), for the directed executor; data NULL: none. A view: it must
    /// live as long as the call.
    weft_bytes access_list;
    /// False: it is the block's own, and a block that does anything else is invalid, whichever executor runs
    /// it. True: it is a guess, which changes no result.
    bool access_list_is_predicted;
} weft_execute_options;
#define WEFT_EXECUTE_OPTIONS {sizeof(weft_execute_options), NULL, false, {NULL, 0}, false}

/// What a block does. Never changes once made.
typedef struct weft_result weft_result;

/// Executes a block on the state before it. `options` NULL: the defaults. The state is not changed.
WEFT_API weft_code weft_execute_block(weft_context* context, const weft_config* config,
                                      const weft_state* state, const weft_block* block,
                                      const weft_execute_options* options, weft_result** result,
                                      weft_error** error);
WEFT_API void weft_result_free(weft_result* result);

/// Verifies a block with nothing but an execution witness of unknown origin (debug_executionWitness; its
/// JSON, or RLP [headers, codes, state, keys, ommers]): every rule of header and body, execution, receipts
/// and the state root. Each part of the witness is checked by its hash, from the block's parent hash on. What
/// is missing is WEFT_ERROR_STATE: it says nothing about the block. `options`: check_header makes no
/// difference.
WEFT_API weft_code weft_verify_witness(weft_context* context, const weft_config* config,
                                       const weft_block* block, const uint8_t* witness, size_t size,
                                       const weft_execute_options* options, weft_result** result,
                                       weft_error** error);

/// Verifies a block on the state in memory before it, and gives the witness with which weft_verify_witness()
/// comes to the same, as RLP. ancestors: the RLP of the blocks before it, in any order, each as a header or
/// as a whole block: the parent, what BLOCKHASH asks for, and for a block with ommers the seven generations
/// before it, whole where they have ommers. What is missing is WEFT_ERROR_STATE. The state is not changed.
WEFT_API weft_code weft_make_witness(const weft_config* config, const weft_state* state,
                                     const weft_block* block, const weft_bytes* ancestors,
                                     size_t ancestor_count, weft_buffer** witness, weft_error** error);

/// Makes a state in memory the state after the block. Precondition: it was the state before it.
WEFT_API weft_code weft_state_apply(weft_state* state, const weft_result* result, weft_error** error);

// --- Results
// ------------------------------------------------------------------------------------------------------

WEFT_API uint64_t weft_result_gas_used(const weft_result* result);
WEFT_API uint64_t weft_result_blob_gas_used(const weft_result* result);
WEFT_API weft_code weft_result_logs_bloom(const weft_result* result, weft_bloom* bloom, weft_error** error);
/// The root of the receipts trie, from Byzantium on (older receipts hold state roots).
WEFT_API weft_code weft_result_receipts_root(const weft_result* result, weft_hash* root, weft_error** error);
/// EIP-7685, from Prague on; before, what a block without requests has.
WEFT_API weft_code weft_result_requests_hash(const weft_result* result, weft_hash* hash, weft_error** error);
WEFT_API size_t weft_result_request_count(const weft_result* result);
/// A request: its type's byte and its data. A view of the result.
WEFT_API weft_code weft_result_request(const weft_result* result, size_t index, weft_bytes* request,
                                       weft_error** error);

/// The block's access list as RLP (EIP-7928), from Amsterdam on; empty before. A view of the result.
WEFT_API weft_code weft_result_access_list(const weft_result* result, weft_bytes* rlp, weft_error** error);

/// A transaction's receipt. Pointers are views of the result.
typedef struct weft_receipt {
    uint8_t type;  ///< EIP-2718; 0: legacy
    bool success;
    bool has_contract;  ///< the transaction made a contract, `contract`
    weft_address contract;
    uint64_t gas_used;             ///< by this transaction alone
    uint64_t cumulative_gas_used;  ///< by the block up to and including it
    const weft_bloom* logs_bloom;
    size_t log_count;
} weft_receipt;
typedef struct weft_log {
    weft_address address;
    const weft_hash* topics;
    size_t topic_count;  ///< at most 4
    weft_bytes data;
} weft_log;

/// One for each transaction, in order.
WEFT_API size_t weft_result_receipt_count(const weft_result* result);
WEFT_API weft_code weft_result_receipt(const weft_result* result, size_t index, weft_receipt* receipt,
                                       weft_error** error);
WEFT_API weft_code weft_result_log(const weft_result* result, size_t receipt, size_t index, weft_log* log,
                                   weft_error** error);
/// The receipt as the receipts trie holds it: the type's byte, unless legacy, and RLP. A view of the result.
WEFT_API weft_code weft_result_receipt_rlp(const weft_result* result, size_t index, weft_bytes* rlp,
                                           weft_error** error);

/// What changed in one account. Where it did not or does not exist, `before` or `after` is zero.
typedef struct weft_account_diff {
    weft_address address;
    bool existed;
    bool exists;
    /// Every slot that it had before is gone; those listed come after that.
    bool storage_wiped;
    weft_account before;
    weft_account after;
    size_t slot_count;
} weft_account_diff;
/// Zero stands for a slot that is not there.
typedef struct weft_slot_diff {
    weft_uint256 key;
    weft_uint256 before;
    weft_uint256 after;
} weft_slot_diff;
/// Code that came into being. A view of the result.
typedef struct weft_code_diff {
    weft_hash hash;
    weft_bytes code;
} weft_code_diff;

/// The accounts that the block changed, ascending by address; those that end as they began are not among
/// them.
WEFT_API size_t weft_result_account_count(const weft_result* result);
WEFT_API weft_code weft_result_account(const weft_result* result, size_t index, weft_account_diff* diff,
                                       weft_error** error);
/// An account's changed slots, ascending by key.
WEFT_API weft_code weft_result_slot(const weft_result* result, size_t account, size_t index,
                                    weft_slot_diff* diff, weft_error** error);
WEFT_API size_t weft_result_code_count(const weft_result* result);
WEFT_API weft_code weft_result_code(const weft_result* result, size_t index, weft_code_diff* diff,
                                    weft_error** error);

#ifdef __cplusplus
}
#endif

#endif
