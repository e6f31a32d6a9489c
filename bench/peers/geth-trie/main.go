// The same work as bench/trie_bench.cpp, on the same data, by go-ethereum's trie package: blocks of changed
// accounts and slots on standing tries in memory, a root after each. Keys are hashed here, on all threads, so
// that the package's secure trie need not keep preimages.
//
//	go run . [-blocks N] [-threads N]
package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"math/big"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/trie"
	"github.com/ethereum/go-ethereum/triedb"
	"github.com/holiman/uint256"
)

func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

func addressOf(i uint64) (a common.Address) {
	binary.LittleEndian.PutUint64(a[0:], mix(i))
	binary.LittleEndian.PutUint64(a[12:], i)
	return a
}

func accountOf(i, block uint64, root common.Hash) []byte {
	balance := new(uint256.Int).Mul(uint256.NewInt(mix(i*1000+block)), uint256.NewInt(1_000_000_007))
	out, err := rlp.EncodeToBytes(&types.StateAccount{
		Nonce: block, Balance: balance, Root: root, CodeHash: types.EmptyCodeHash.Bytes()})
	check(err)
	return out
}

func valueOf(i, block uint64) []byte {
	out, err := rlp.EncodeToBytes(new(big.Int).SetUint64(mix(i*1000+block) | 1).Bytes())
	check(err)
	return out
}

func slotOf(i uint64) []byte {
	return common.BigToHash(new(big.Int).SetUint64(i)).Bytes()
}

func pick(i, count, below, block uint64) uint64 {
	stride := below / count
	return i*stride + mix(block*1_000_003+i)%stride
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// change is one key with the value that it gets.
type change struct {
	name  []byte
	value []byte
}

func apply(t *trie.Trie, changes []change, threads int) {
	keys, values := make([][]byte, len(changes)), make([][]byte, len(changes))
	var group sync.WaitGroup
	for k := 0; k < threads; k++ {
		group.Add(1)
		go func(begin, end int) {
			defer group.Done()
			hasher := crypto.NewKeccakState()
			for i := begin; i < end; i++ {
				hash := crypto.HashData(hasher, changes[i].name)
				keys[i], values[i] = hash[:], changes[i].value
			}
		}(k*len(changes)/threads, (k+1)*len(changes)/threads)
	}
	group.Wait()
	check(t.UpdateBatch(keys, values))
}

func main() {
	blocks := flag.Uint64("blocks", 15, "")
	threads := flag.Int("threads", 1, "")
	accounts := flag.Uint64("accounts", 1_000_000, "")
	slots := flag.Uint64("slots", 1_000_000, "")
	changedAccounts := flag.Uint64("changed-accounts", 10_000, "")
	changedSlots := flag.Uint64("changed-slots", 100_000, "")
	flag.Parse()
	runtime.GOMAXPROCS(*threads)

	db := triedb.NewDatabase(rawdb.NewMemoryDatabase(), triedb.HashDefaults)
	accountTrie, storageTrie := trie.NewEmpty(db), trie.NewEmpty(db)
	var all []change
	for i := uint64(0); i < *slots; i++ {
		all = append(all, change{slotOf(i), valueOf(i, 0)})
	}
	apply(storageTrie, all, *threads)
	all = nil
	for i := uint64(0); i < *accounts; i++ {
		root := types.EmptyRootHash
		if i == 0 {
			root = storageTrie.Hash()
		}
		address := addressOf(i)
		all = append(all, change{address.Bytes(), accountOf(i, 0, root)})
	}
	apply(accountTrie, all, *threads)
	accountTrie.Hash()
	all = nil

	runtime.GC()
	debug.SetGCPercent(-1) // its collector shall not count

	var times []time.Duration
	var root common.Hash
	ownerChangedIn := uint64(0)
	for number := uint64(1); number <= *blocks; number++ {
		var changed, slotChanges []change
		ownerAt := -1
		for i := uint64(0); i < *changedAccounts; i++ {
			account := pick(i, *changedAccounts, *accounts, number)
			if account == 0 {
				ownerAt, ownerChangedIn = len(changed), number
			}
			address := addressOf(account)
			changed = append(changed, change{address.Bytes(), accountOf(account, number, types.EmptyRootHash)})
		}
		for i := uint64(0); i < *changedSlots; i++ {
			slot := pick(i, *changedSlots, *slots, number)
			slotChanges = append(slotChanges, change{slotOf(slot), valueOf(slot, number)})
		}
		owner := addressOf(0)
		if ownerAt < 0 {
			ownerAt = len(changed)
			changed = append(changed, change{name: owner.Bytes()})
		}
		start := time.Now()
		apply(storageTrie, slotChanges, *threads)
		changed[ownerAt].value = accountOf(0, ownerChangedIn, storageTrie.Hash())
		apply(accountTrie, changed, *threads)
		root = accountTrie.Hash()
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	fmt.Printf("go-ethereum 1.17.10, %d thread(s): block best %.2f ms, median %.2f ms; root %x\n", *threads,
		times[0].Seconds()*1e3, times[len(times)/2].Seconds()*1e3, root)
}
