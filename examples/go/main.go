// Embeds Weft in Go: the state is the program's own and read through callbacks; a block, executed on all cores; prints
// what it did.
//
//	PKG_CONFIG_PATH=PREFIX/lib/pkgconfig go build
package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"os"
	"sort"
	"strings"
)

// ledger is a state in Go maps; it is only read while a block executes, so it needs no lock.
type ledger struct {
	accounts map[Address]Account
	slots    map[Address]map[Hash]Hash
	codes    map[Hash][]byte
}

func (l *ledger) Account(address Address) (*Account, error) {
	if account, ok := l.accounts[address]; ok {
		return &account, nil
	}
	return nil, nil
}
func (l *ledger) Storage(address Address, key Hash) (Hash, error) { return l.slots[address][key], nil }
func (l *ledger) Code(hash Hash) ([]byte, error) {
	if code, ok := l.codes[hash]; ok {
		return code, nil
	}
	return nil, errors.New("no such code")
}

func address(text string) (out Address) {
	_, _ = hex.Decode(out[:], []byte(text))
	return
}

func number(value uint64) (out Hash) {
	new(big.Int).SetUint64(value).FillBytes(out[:])
	return
}

const (
	alice   = "00000000000000000000000000000000000a11ce"
	bob     = "0000000000000000000000000000000000000b0b"
	counter = "000000000000000000000000000000000000c0de"
)

func transaction(nonce int, to string, value int) string {
	return fmt.Sprintf(`{"type": "0x2", "nonce": "0x%x", "gas": "0xc350", "maxFeePerGas": "0x14", "maxPriorityFeePerGas": "0x1",
		"to": "0x%s", "value": "0x%x", "input": "0x", "chainId": "0x1", "from": "0x%s"}`, nonce, to, value, alice)
}

func block() string {
	return fmt.Sprintf(`{"number": "0x1", "timestamp": "0xc", "gasLimit": "0x1c9c380", "baseFeePerGas": "0x7",
		"parentBeaconBlockRoot": "0x0000000000000000000000000000000000000000000000000000000000000001", "miner": "0x00000000000000000000000000000000000f00d5", "transactions": [%s, %s]}`,
		transaction(0, bob, 1000), transaction(1, counter, 0))
}

func before() *ledger {
	// Keccak-256 of the code SSTORE(0, SLOAD(0) + 1); Go's standard library has no Keccak.
	var codeHash, stopHash Hash
	_, _ = hex.Decode(codeHash[:], []byte("2f9934395e37fe3dce2526e2775e26c48aefa4bda44bf31ea3bca711f468ad5b"))
	_, _ = hex.Decode(stopHash[:], []byte("bc36789e7a1e281436464229828f817d6612f7b477d66591ff96a9e064bcc98a")) // of STOP
	return &ledger{
		accounts: map[Address]Account{
			address(alice):   {Balance: number(1_000_000_000_000_000_000)},
			address(counter): {Nonce: 1, CodeHash: codeHash},
			// What ends a block from Prague on (EIP-7002, EIP-7251).
			address("00000961ef480eb55e80d19ad83579a64c007002"): {Nonce: 1, CodeHash: stopHash},
			address("0000bbddc7ce488642fb579f8b00f3a590007251"): {Nonce: 1, CodeHash: stopHash},
		},
		slots: map[Address]map[Hash]Hash{address(counter): {number(0): number(41)}},
		codes: map[Hash][]byte{codeHash: {0x60, 0x00, 0x54, 0x60, 0x01, 0x01, 0x60, 0x00, 0x55}, stopHash: {0x00}},
	}
}

// execute runs a block on a state of the program's own, and shows what it does.
func execute() error {
	state := before()
	engine, err := NewEngine("Cancun") // keep it: one for many blocks
	if err != nil {
		return err
	}
	defer engine.Close()
	changes, err := engine.Execute(block(), state, nil)
	if err != nil {
		return err
	}
	fmt.Println("gas used:", changes.GasUsed)
	lines := []string{}
	for address, account := range changes.Accounts {
		lines = append(lines, fmt.Sprintf("0x%x: nonce %d, balance %d", address, account.Nonce, new(big.Int).SetBytes(account.Balance[:])))
	}
	sort.Strings(lines)
	for _, line := range lines {
		fmt.Println(line)
	}
	for _, slot := range changes.Slots {
		fmt.Printf("slot %d of 0x%x is %d now\n", slot.Key[31], slot.Address, slot.Value[31])
	}

	// A state that can't be read is an error that says so, never an empty account.
	state.codes = nil
	engine2, err := NewEngine("Cancun") // one that has not seen the code yet
	if err != nil {
		return err
	}
	defer engine2.Close()
	_, err = engine2.Execute(block(), state, nil)
	fmt.Println("without the code:", err)

	// An invalid block says which rule it breaks, and where.
	state.accounts[address(alice)] = Account{Nonce: 7, Balance: number(1_000_000_000_000_000_000)}
	_, err = engine.Execute(block(), state, nil)
	var why *Error
	if !errors.As(err, &why) || why.Code != InvalidBlock {
		return fmt.Errorf("the block should be invalid: %v", err)
	}
	fmt.Printf("with other nonces: transaction %d: %s\n", why.Transaction, why.Reason)
	return nil
}

// byAccessList runs a block by its access list (EIP-7928), as a node gets it with the block: all transactions at once.
func byAccessList() error {
	engine, err := NewEngine("Amsterdam")
	if err != nil {
		return err
	}
	defer engine.Close()
	changes, err := engine.Execute(block(), before(), nil)
	if err != nil {
		return err
	}
	again, err := engine.Execute(block(), before(), changes.AccessList)
	if err != nil {
		return err
	}
	fmt.Printf("by its access list of %d bytes: %d gas\n", len(changes.AccessList), again.GasUsed)
	_, err = engine.Execute(block(), before(), changes.AccessList[:20])
	fmt.Println("by a part of it:", err)
	return nil
}

// stateless proves a slot, and verifies a block without any state but a witness.
func stateless() error {
	state, err := NewMemoryState(alloc)
	if err != nil {
		return err
	}
	defer state.Close()
	root, err := state.Root()
	if err != nil {
		return err
	}
	proof, err := state.Proof(address(counter), number(0))
	if err != nil {
		return err
	}
	fmt.Println("the proof of the counter:", VerifyProof(root, proof))
	fmt.Println("of another value:", VerifyProof(root, []byte(strings.Replace(string(proof), `"0x29"`, `"0x2a"`, 1))))

	engine, err := NewEngine("Shanghai")
	if err != nil {
		return err
	}
	defer engine.Close()
	block, _ := hex.DecodeString(blockRLP)
	parent, _ := hex.DecodeString(parentRLP)
	witness, err := engine.MakeWitness(state, block, parent)
	if err != nil {
		return err
	}
	changes, err := engine.VerifyWitness(block, witness)
	if err != nil {
		return err
	}
	fmt.Printf("verified from a witness of %d bytes: %d gas\n", len(witness), changes.GasUsed)
	witness[len(witness)/2]++
	_, err = engine.VerifyWitness(block, witness)
	var why *Error
	fmt.Println("from an altered one, no verdict:", errors.As(err, &why) && why.Code != InvalidBlock)
	return nil
}

func main() {
	for _, part := range []func() error{execute, byAccessList, stateless} {
		if err := part(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
