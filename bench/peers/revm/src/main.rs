//! revm on one thread. Modes: `journal` (the default, revm at its fastest): one journal for the whole block,
//! finalised once; `block`: the same with the block's system calls, as Weft's timed region has them; `commit`: each
//! transaction is committed to a `State` with a bundle, as nodes do.

use peer_harness::{Case, Options, Peer, Receipts, main_of};
use revm::{
    Context, DatabaseCommit, ExecuteEvm, MainBuilder, MainContext, SystemCallEvm,
    context::{BlockEnv, CfgEnv, TxEnv, result::ExecutionResult},
    database::{BundleState, State, WrapDatabaseRef, states::bundle_state::BundleRetention},
    primitives::{Address, Bytes, address, hardfork::SpecId},
    state::EvmState,
};

peer_harness::revm_environment!();
peer_harness::revm_prestate!();

const BEACON_ROOTS: Address = address!("000f3df6d732807ef1319fb7b8bb8522d0beac02"); // EIP-4788
const HISTORY: Address = address!("0000f90827f1c53a10cb7a02335b175320002935"); // EIP-2935
const WITHDRAWAL_REQUESTS: Address = address!("00000961ef480eb55e80d19ad83579a64c007002"); // EIP-7002
const CONSOLIDATION_REQUESTS: Address = address!("0000bbddc7ce488642fb579f8b00f3a590007251"); // EIP-7251

/// A call that the block makes by itself: the contract and its input.
type SystemCall = (Address, Bytes);

/// What the block calls before its first transaction and after its last.
#[derive(Default)]
struct SystemCalls {
    before: Vec<SystemCall>,
    after: Vec<SystemCall>,
}

impl SystemCalls {
    fn of(case: &Case) -> Self {
        let fork = spec_of(case.rules.fork);
        let mut calls = Self::default();
        if let Some(root) = case.block.parent_beacon_block_root {
            calls.before.push((BEACON_ROOTS, root.0.into()));
        }
        if fork.is_enabled_in(SpecId::PRAGUE) {
            calls.before.push((HISTORY, case.block.parent_hash.0.into()));
            calls.after.extend([WITHDRAWAL_REQUESTS, CONSOLIDATION_REQUESTS].map(|it| (it, Bytes::new())));
        }
        calls
    }
}

struct Revm {
    cfg: CfgEnv,
    block: BlockEnv,
    system_calls: SystemCalls,
    transactions: Vec<TxEnv>,
    prestate: Prestate,
    commits: bool,
}

/// The block's state changes, in the form that the mode gives them; they are only dropped.
#[allow(dead_code)]
enum Changes {
    Journal(EvmState),
    Bundle(BundleState),
}

impl Revm {
    fn run_in_one_journal(
        &self,
        transactions: Vec<TxEnv>,
    ) -> Result<(Vec<ExecutionResult>, Changes), String> {
        let context = Context::mainnet().with_cfg(self.cfg.clone()).with_block(self.block.clone());
        let mut evm = context.with_db(WrapDatabaseRef(&self.prestate)).build_mainnet();
        let mut results = Vec::with_capacity(transactions.len());
        for (contract, input) in &self.system_calls.before {
            evm.system_call_one(*contract, input.clone()).map_err(|e| e.to_string())?;
        }
        for transaction in transactions {
            results.push(evm.transact_one(transaction).map_err(|e| e.to_string())?);
        }
        for (contract, input) in &self.system_calls.after {
            evm.system_call_one(*contract, input.clone()).map_err(|e| e.to_string())?;
        }
        Ok((results, Changes::Journal(evm.finalize())))
    }

    fn run_with_commits(&self, transactions: Vec<TxEnv>) -> Result<(Vec<ExecutionResult>, Changes), String> {
        let context = Context::mainnet().with_cfg(self.cfg.clone()).with_block(self.block.clone());
        let state = State::builder().with_database_ref(&self.prestate).with_bundle_update().build();
        let mut evm = context.with_db(state).build_mainnet();
        let mut results = Vec::with_capacity(transactions.len());
        for transaction in transactions {
            let outcome = evm.transact(transaction).map_err(|e| e.to_string())?;
            evm.ctx.journaled_state.database.commit(outcome.state);
            results.push(outcome.result);
        }
        let state = &mut evm.ctx.journaled_state.database;
        state.merge_transitions(BundleRetention::Reverts);
        Ok((results, Changes::Bundle(state.take_bundle())))
    }
}

impl Peer for Revm {
    const NAME: &'static str = "revm";
    const VERSION: &'static str = "43.0.3";
    type Start = Vec<TxEnv>;
    type End = (Vec<ExecutionResult>, Changes);

    fn new(case: &Case, options: &Options) -> Result<Self, String> {
        if options.threads != 1 {
            return Err("one thread is all it has".into());
        }
        let (commits, system_calls) = match options.mode.as_str() {
            "" | "journal" => (false, SystemCalls::default()),
            "block" => (false, SystemCalls::of(case)),
            "commit" => (true, SystemCalls::default()),
            other => return Err(format!("no mode {other}")),
        };
        Ok(Self {
            cfg: cfg_env_of(case),
            block: block_env_of(case),
            system_calls,
            transactions: tx_envs_of(case),
            prestate: Prestate::of(case),
            commits,
        })
    }

    fn start(&self) -> Self::Start {
        self.transactions.clone()
    }

    fn run(&mut self, transactions: Self::Start) -> Result<Self::End, String> {
        if self.commits { self.run_with_commits(transactions) } else { self.run_in_one_journal(transactions) }
    }

    fn receipts((results, _): &Self::End) -> Receipts {
        let mut receipts = Receipts::default();
        for result in results {
            receipts.push(result.tx_gas_used(), result.logs());
        }
        receipts
    }
}

fn main() {
    main_of::<Revm>()
}
