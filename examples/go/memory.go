package main

// States in memory, with roots and proofs, and what a node without any state needs: witnesses.

/*
#include <stdlib.h>
#include <weft.h>

// The array of ancestors lives in C only while the call lasts.
static weft_code make_witness(const weft_config* config, const weft_state* state, const weft_block* block, const uint8_t* parent,
                              size_t size, weft_buffer** witness, weft_error** error) {
    const weft_bytes ancestor = {parent, size};
    return weft_make_witness(config, state, block, &ancestor, 1, witness, error);
}
*/
import "C"

import "unsafe"

// MemoryState is a state in memory. Reading it from many threads is fine, changing it is not.
type MemoryState struct{ state *C.weft_state }

// NewMemoryState reads the "alloc" of a genesis.json.
func NewMemoryState(alloc string) (*MemoryState, error) {
	var err *C.weft_error
	memory := &MemoryState{}
	if code := C.weft_state_new(&memory.state, &err); code != C.WEFT_OK {
		return nil, toError(code, err)
	}
	json := C.CString(alloc)
	defer C.free(unsafe.Pointer(json))
	if code := C.weft_state_load_json(memory.state, json, C.size_t(len(alloc)), &err); code != C.WEFT_OK {
		memory.Close()
		return nil, toError(code, err)
	}
	return memory, nil
}

func (memory *MemoryState) Close() {
	C.weft_state_free(memory.state)
	memory.state = nil
}

func (memory *MemoryState) Root() (root Hash, err error) {
	var failed *C.weft_error
	code := C.weft_state_root(memory.state, (*C.weft_hash)(unsafe.Pointer(&root)), &failed)
	return root, toError(code, failed)
}

// take copies what the library made, and frees it.
func take(buffer *C.weft_buffer) []byte {
	defer C.weft_buffer_free(buffer)
	bytes := C.weft_buffer_bytes(buffer)
	return C.GoBytes(unsafe.Pointer(bytes.data), C.int(bytes.size))
}

// Proof proves an account and some of its slots, as eth_getProof answers.
func (memory *MemoryState) Proof(address Address, keys ...Hash) ([]byte, error) {
	var err *C.weft_error
	var json *C.weft_buffer
	var first *C.weft_uint256
	if len(keys) > 0 {
		first = (*C.weft_uint256)(unsafe.Pointer(&keys[0]))
	}
	who := (*C.weft_address)(unsafe.Pointer(&address))
	if code := C.weft_state_proof(memory.state, who, first, C.size_t(len(keys)), &json, &err); code != C.WEFT_OK {
		return nil, toError(code, err)
	}
	return take(json), nil
}

// VerifyProof says whether all that an answer of eth_getProof claims holds under a root.
func VerifyProof(root Hash, json []byte) error {
	var err *C.weft_error
	text := C.CString(string(json))
	defer C.free(unsafe.Pointer(text))
	code := C.weft_verify_proof((*C.weft_hash)(unsafe.Pointer(&root)), text, C.size_t(len(json)), &err)
	return toError(code, err)
}

func decodeBlock(rlp []byte) (*C.weft_block, error) {
	var err *C.weft_error
	var block *C.weft_block
	bytes, size := view(rlp)
	code := C.weft_block_from_rlp(nil, bytes, size, &block, &err)
	return block, toError(code, err)
}

// MakeWitness verifies a block on the state before it, and gives all that another node needs to do the same.
func (engine *Engine) MakeWitness(before *MemoryState, block, parent []byte) ([]byte, error) {
	decoded, failed := decodeBlock(block)
	if failed != nil {
		return nil, failed
	}
	defer C.weft_block_free(decoded)
	var err *C.weft_error
	var witness *C.weft_buffer
	bytes, size := view(parent)
	if code := C.make_witness(engine.config, before.state, decoded, bytes, size, &witness, &err); code != C.WEFT_OK {
		return nil, toError(code, err)
	}
	return take(witness), nil
}

// VerifyWitness verifies a block with nothing but a witness, whoever made it.
func (engine *Engine) VerifyWitness(block, witness []byte) (*Changes, error) {
	decoded, failed := decodeBlock(block)
	if failed != nil {
		return nil, failed
	}
	defer C.weft_block_free(decoded)
	var err *C.weft_error
	var result *C.weft_result
	bytes, size := view(witness)
	if code := C.weft_verify_witness(engine.context, engine.config, decoded, bytes, size, nil, &result, &err); code != C.WEFT_OK {
		return nil, toError(code, err)
	}
	defer C.weft_result_free(result)
	return changesOf(result)
}
