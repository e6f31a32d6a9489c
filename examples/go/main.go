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
		"miner": "0x00000000000000000000000000000000000f00d5", "transactions": [%s, %s]}`,
		transaction(0, bob, 1000), transaction(1, counter, 0))
}

func run() error {
	// Keccak-256 of the code SSTORE(0, SLOAD(0) + 1); Go's standard library has no Keccak.
	var codeHash Hash
	_, _ = hex.Decode(codeHash[:], []byte("2f9934395e37fe3dce2526e2775e26c48aefa4bda44bf31ea3bca711f468ad5b"))
	before := &ledger{
		accounts: map[Address]Account{
			address(alice):   {Balance: number(1_000_000_000_000_000_000)},
			address(counter): {Nonce: 1, CodeHash: codeHash},
		},
		slots: map[Address]map[Hash]Hash{address(counter): {number(0): number(41)}},
		codes: map[Hash][]byte{codeHash: {0x60, 0x00, 0x54, 0x60, 0x01, 0x01, 0x60, 0x00, 0x55}},
	}
	engine, err := NewEngine("Cancun") // keep it: one for many blocks
	if err != nil {
		return err
	}
	defer engine.Close()
	changes, err := engine.Execute(block(), before)
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
	before.codes = nil
	engine2, err := NewEngine("Cancun") // one that has not seen the code yet
	if err != nil {
		return err
	}
	defer engine2.Close()
	_, err = engine2.Execute(block(), before)
	fmt.Println("without the code:", err)
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
