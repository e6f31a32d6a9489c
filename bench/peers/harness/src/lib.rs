//! What the Rust peers have in common: a block folder's files, the rules it is executed under, the command
//! line, the clock, and the line that is printed.

mod block;
mod convert;
mod measure;
mod rules;

pub use alloy_primitives as prim;
pub use block::{Account, Block, Case, Transaction};
pub use measure::{Options, Peer, Receipts, main_of};
pub use rules::{Fork, Rules};

#[cfg(feature = "jemalloc")]
#[global_allocator]
static GLOBAL: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The allocator that was compiled in.
pub const ALLOCATOR: &str = if cfg!(feature = "jemalloc") { "jemalloc" } else { "system" };
