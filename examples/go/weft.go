package main

// A thin binding of what this example needs of weft.h. A state of the program's own, here a Go map, is read through callbacks.

/*
#cgo pkg-config: weft
#include <stdlib.h>
#include <weft.h>

int goAccount(uintptr_t user, weft_address* address, weft_account* account, bool* exists, weft_reply* reply);
int goStorage(uintptr_t user, weft_address* address, weft_uint256* key, weft_uint256* value, weft_reply* reply);
int goCode(uintptr_t user, weft_hash* hash, weft_reply* reply);

static int call_account(void* user, const weft_address* address, weft_account* account, bool* exists, weft_reply* reply) {
    return goAccount((uintptr_t)user, (weft_address*)address, account, exists, reply);
}
static int call_storage(void* user, const weft_address* address, const weft_uint256* key, weft_uint256* value, weft_reply* reply) {
    return goStorage((uintptr_t)user, (weft_address*)address, (weft_uint256*)key, value, reply);
}
static int call_has_storage(void* user, const weft_address* address, bool* has_storage, weft_reply* reply) {
    (void)user, (void)address, (void)has_storage, (void)reply;
    return 0;  // no account here has storage but no code, so that nothing can be created over it
}
static int call_code(void* user, const weft_hash* hash, weft_reply* reply) {
    return goCode((uintptr_t)user, (weft_hash*)hash, reply);
}
static int call_block_hash(void* user, uint64_t number, weft_hash* hash, weft_reply* reply) {
    (void)user, (void)number, (void)hash, (void)reply;
    return 0;
}

static weft_context_options new_options(weft_executor executor) {
    weft_context_options options = WEFT_CONTEXT_OPTIONS;
    options.executor = executor;
    return options;
}

// A structure with a pointer into Go's memory lives in C only while the call lasts.
static weft_code execute(weft_context* context, const weft_config* config, const weft_state* state, const weft_block* block,
                         const uint8_t* list, size_t size, weft_result** result, weft_error** error) {
    weft_execute_options options = WEFT_EXECUTE_OPTIONS;
    options.access_list = (weft_bytes){list, size};
    return weft_execute_block(context, config, state, block, &options, result, error);
}

// The callbacks' user pointer is a handle, a number: C must not keep pointers into Go's memory.
static weft_code new_state(uintptr_t handle, weft_state** state, weft_error** error) {
    const weft_state_callbacks callbacks = {
        .struct_size = sizeof callbacks, .user = (void*)handle, .account = call_account, .storage = call_storage,
        .has_storage = call_has_storage, .code = call_code, .block_hash = call_block_hash};
    return weft_state_from_callbacks(&callbacks, state, error);
}
*/
import "C"

import (
	"runtime/cgo"
	"unsafe"
)

type Address [20]byte
type Hash [32]byte

type Account struct {
	Nonce    uint64
	Balance  Hash // big-endian
	CodeHash Hash // zero: no code
}

// StateReader is the state before a block. Many threads call it at once.
type StateReader interface {
	Account(Address) (*Account, error)
	Storage(Address, Hash) (Hash, error)
	Code(Hash) ([]byte, error)
}

// failed hands an error's words to Weft, which puts them into the block's error. A panic must not cross C either: a reader
// that can panic recovers by itself.
func failed(reply *C.weft_reply, err error) C.int {
	words := C.CString(err.Error())
	defer C.free(unsafe.Pointer(words))
	C.weft_reply_error(reply, words)
	return 1
}

//export goAccount
func goAccount(user C.uintptr_t, address *C.weft_address, account *C.weft_account, exists *C.bool, reply *C.weft_reply) C.int {
	found, err := cgo.Handle(user).Value().(StateReader).Account(*(*Address)(unsafe.Pointer(address)))
	if err != nil {
		return failed(reply, err)
	}
	if found != nil {
		*exists = true
		account.nonce = C.uint64_t(found.Nonce)
		*(*Hash)(unsafe.Pointer(&account.balance)) = found.Balance
		*(*Hash)(unsafe.Pointer(&account.code_hash)) = found.CodeHash
	}
	return 0
}

//export goStorage
func goStorage(user C.uintptr_t, address *C.weft_address, key, value *C.weft_uint256, reply *C.weft_reply) C.int {
	reader := cgo.Handle(user).Value().(StateReader)
	found, err := reader.Storage(*(*Address)(unsafe.Pointer(address)), *(*Hash)(unsafe.Pointer(key)))
	if err != nil {
		return failed(reply, err)
	}
	*(*Hash)(unsafe.Pointer(value)) = found
	return 0
}

//export goCode
func goCode(user C.uintptr_t, hash *C.weft_hash, reply *C.weft_reply) C.int {
	code, err := cgo.Handle(user).Value().(StateReader).Code(*(*Hash)(unsafe.Pointer(hash)))
	if err != nil {
		return failed(reply, err)
	}
	if len(code) > 0 {
		C.weft_reply_code(reply, (*C.uint8_t)(unsafe.Pointer(&code[0])), C.size_t(len(code)))
	}
	return 0
}

// Code says whose fault an error was.
type Code int

const (
	BadArgument  Code = C.WEFT_ERROR_ARGUMENT
	BadEncoding  Code = C.WEFT_ERROR_DECODE
	InvalidBlock Code = C.WEFT_ERROR_INVALID_BLOCK // the only one that says anything about the block
	StateFailed  Code = C.WEFT_ERROR_STATE
	Cancelled    Code = C.WEFT_ERROR_CANCELLED
	NoResource   Code = C.WEFT_ERROR_RESOURCE
	Internal     Code = C.WEFT_ERROR_INTERNAL
	BadProof     Code = C.WEFT_ERROR_PROOF
)

// Error is what a call of weft.h says of its failure.
type Error struct {
	Code        Code
	Message     string
	Reason      string // the rule that an invalid block breaks, in geth's words
	Transaction int    // the first transaction that breaks a rule; -1: none
}

func (e *Error) Error() string { return e.Message }

// toError takes the error over from C.
func toError(code C.weft_code, err *C.weft_error) error {
	if code == C.WEFT_OK {
		return nil
	}
	defer C.weft_error_free(err)
	out := &Error{Code: Code(code), Message: C.GoString(C.weft_error_message(err)), Reason: C.GoString(C.weft_error_reason(err)), Transaction: -1}
	if index := C.weft_error_transaction(err); index != C.WEFT_NO_TRANSACTION {
		out.Transaction = int(index)
	}
	return out
}

// Engine keeps Weft's threads and caches from block to block.
type Engine struct {
	context *C.weft_context
	config  *C.weft_config
}

func NewEngine(fork string) (*Engine, error) {
	engine := &Engine{}
	name := C.CString(fork)
	defer C.free(unsafe.Pointer(name))
	var err *C.weft_error
	if code := C.weft_config_named(name, &engine.config, &err); code != C.WEFT_OK {
		return nil, toError(code, err)
	}
	options := C.new_options(C.WEFT_EXECUTOR_DIRECTED) // by a block's access list, where there is one
	if code := C.weft_context_new(&options, &engine.context, &err); code != C.WEFT_OK {
		C.weft_config_free(engine.config)
		return nil, toError(code, err)
	}
	return engine, nil
}

// Close may be called again; the engine must not be used any more.
func (engine *Engine) Close() {
	C.weft_context_free(engine.context)
	C.weft_config_free(engine.config)
	engine.context, engine.config = nil, nil
}

// Slot is a storage slot's value after a block.
type Slot struct {
	Address    Address
	Key, Value Hash
}

// Changes is what a block did, as far as this example asks.
type Changes struct {
	GasUsed    uint64
	Accounts   map[Address]Account
	Slots      []Slot
	AccessList []byte // RLP (EIP-7928), from Amsterdam on
}

// Execute runs a block in JSON-RPC form on the state before it. accessList is the block's own, or nil: a block that does
// anything else is invalid.
func (engine *Engine) Execute(block string, before StateReader, accessList []byte) (*Changes, error) {
	handle := cgo.NewHandle(before)
	defer handle.Delete()
	var err *C.weft_error
	var state *C.weft_state
	if code := C.new_state(C.uintptr_t(handle), &state, &err); code != C.WEFT_OK {
		return nil, toError(code, err)
	}
	defer C.weft_state_free(state)

	json := C.CString(block)
	defer C.free(unsafe.Pointer(json))
	var decoded *C.weft_block
	if code := C.weft_block_from_json(json, C.size_t(len(block)), &decoded, &err); code != C.WEFT_OK {
		return nil, toError(code, err)
	}
	defer C.weft_block_free(decoded)

	var result *C.weft_result
	list, size := view(accessList)
	if code := C.execute(engine.context, engine.config, state, decoded, list, size, &result, &err); code != C.WEFT_OK {
		return nil, toError(code, err)
	}
	defer C.weft_result_free(result)
	return changesOf(result)
}

// view is a slice as C sees it; nothing keeps it beyond the call.
func view(bytes []byte) (*C.uint8_t, C.size_t) {
	if len(bytes) == 0 {
		return nil, 0
	}
	return (*C.uint8_t)(unsafe.Pointer(&bytes[0])), C.size_t(len(bytes))
}

func changesOf(result *C.weft_result) (*Changes, error) {
	changes := &Changes{GasUsed: uint64(C.weft_result_gas_used(result)), Accounts: map[Address]Account{}}
	var err *C.weft_error
	var list C.weft_bytes
	if code := C.weft_result_access_list(result, &list, &err); code != C.WEFT_OK {
		return nil, toError(code, err)
	}
	changes.AccessList = C.GoBytes(unsafe.Pointer(list.data), C.int(list.size))
	for i := C.size_t(0); i < C.weft_result_account_count(result); i++ {
		var diff C.weft_account_diff
		if code := C.weft_result_account(result, i, &diff, &err); code != C.WEFT_OK {
			return nil, toError(code, err)
		}
		address := *(*Address)(unsafe.Pointer(&diff.address))
		changes.Accounts[address] = Account{
			Nonce:    uint64(diff.after.nonce),
			Balance:  *(*Hash)(unsafe.Pointer(&diff.after.balance)),
			CodeHash: *(*Hash)(unsafe.Pointer(&diff.after.code_hash)),
		}
		for j := C.size_t(0); j < diff.slot_count; j++ {
			var slot C.weft_slot_diff
			if code := C.weft_result_slot(result, i, j, &slot, &err); code != C.WEFT_OK {
				return nil, toError(code, err)
			}
			changes.Slots = append(changes.Slots, Slot{address, *(*Hash)(unsafe.Pointer(&slot.key)), *(*Hash)(unsafe.Pointer(&slot.after))})
		}
	}
	return changes, nil
}
