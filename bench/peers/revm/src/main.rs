//! revm on one thread. Modes: `journal` (the default, revm at its fastest): one journal for the whole block,
//! finalised once; `commit`: each transaction is committed to a `State` with a bundle, as nodes do.

use peer_harness::{Case, Options, Peer, Receipts, main_of};
use revm::{
    Context, DatabaseCommit, ExecuteEvm, MainBuilder, MainContext,
    context::{BlockEnv, CfgEnv, TxEnv, result::ExecutionResult},
    database::{BundleState, State, WrapDatabaseRef, states::bundle_state::BundleRetention},
    state::EvmState,
};

peer_harness::revm_environment!();
peer_harness::revm_prestate!();

struct Revm {
    cfg: CfgEnv,
    block: BlockEnv,
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
        for transaction in transactions {
            results.push(evm.transact_one(transaction).map_err(|e| e.to_string())?);
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
        let commits = match options.mode.as_str() {
            "" | "journal" => false,
            "commit" => true,
            other => return Err(format!("no mode {other}")),
        };
        Ok(Self {
            cfg: cfg_env_of(case),
            block: block_env_of(case),
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
