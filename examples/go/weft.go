package main

// A thin binding of what this example needs of weft.h. A state of the program's own, here a Go map, is read through callbacks.

/*
#cgo pkg-config: weft
#include <stdlib.h>
#include <weft.h>

int goAccount(uintptr_t user, weft_address* address, weft_account* account, bool* exists);
int goStorage(uintptr_t user, weft_address* address, weft_uint256* key, weft_uint256* value);
int goCode(uintptr_t user, weft_hash* hash, weft_reply* reply);

static int call_account(void* user, const weft_address* address, weft_account* account, bool* exists, weft_reply* reply) {
    (void)reply;
    return goAccount((uintptr_t)user, (weft_address*)address, account, exists);
}
static int call_storage(void* user, const weft_address* address, const weft_uint256* key, weft_uint256* value, weft_reply* reply) {
    (void)reply;
    return goStorage((uintptr_t)user, (weft_address*)address, (weft_uint256*)key, value);
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
	"errors"
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

//export goAccount
func goAccount(user C.uintptr_t, address *C.weft_address, account *C.weft_account, exists *C.bool) C.int {
	found, err := cgo.Handle(user).Value().(StateReader).Account(*(*Address)(unsafe.Pointer(address)))
	if err != nil {
		return 1
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
func goStorage(user C.uintptr_t, address *C.weft_address, key, value *C.weft_uint256) C.int {
	reader := cgo.Handle(user).Value().(StateReader)
	found, err := reader.Storage(*(*Address)(unsafe.Pointer(address)), *(*Hash)(unsafe.Pointer(key)))
	if err != nil {
		return 1
	}
	*(*Hash)(unsafe.Pointer(value)) = found
	return 0
}

//export goCode
func goCode(user C.uintptr_t, hash *C.weft_hash, reply *C.weft_reply) C.int {
	code, err := cgo.Handle(user).Value().(StateReader).Code(*(*Hash)(unsafe.Pointer(hash)))
	if err != nil {
		return 1
	}
	if len(code) > 0 {
		C.weft_reply_code(reply, (*C.uint8_t)(unsafe.Pointer(&code[0])), C.size_t(len(code)))
	}
	return 0
}

// toError takes the error over from C.
func toError(code C.weft_code, err *C.weft_error) error {
	if code == C.WEFT_OK {
		return nil
	}
	defer C.weft_error_free(err)
	return errors.New(C.GoString(C.weft_error_message(err)))
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
	if code := C.weft_context_new(nil, &engine.context, &err); code != C.WEFT_OK {
		C.weft_config_free(engine.config)
		return nil, toError(code, err)
	}
	return engine, nil
}

func (engine *Engine) Close() {
	C.weft_context_free(engine.context)
	C.weft_config_free(engine.config)
}

// Slot is a storage slot's value after a block.
type Slot struct {
	Address    Address
	Key, Value Hash
}

// Changes is what a block did, as far as this example asks.
type Changes struct {
	GasUsed  uint64
	Accounts map[Address]Account
	Slots    []Slot
}

// Execute runs a block in JSON-RPC form on the state before it.
func (engine *Engine) Execute(block string, before StateReader) (*Changes, error) {
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
	if code := C.weft_execute_block(engine.context, engine.config, state, decoded, nil, &result, &err); code != C.WEFT_OK {
		return nil, toError(code, err)
	}
	defer C.weft_result_free(result)
	return changesOf(result)
}

func changesOf(result *C.weft_result) (*Changes, error) {
	changes := &Changes{GasUsed: uint64(C.weft_result_gas_used(result)), Accounts: map[Address]Account{}}
	var err *C.weft_error
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
