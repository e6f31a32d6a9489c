//! The command line, the clock and the report.

use std::{env, hint::black_box, path::PathBuf, process, time::Instant};

use alloy_primitives::{Bloom, BloomInput, Log};
use serde_json::json;

use crate::{ALLOCATOR, block::Case, rules::Fork};

/// Runs that come first and don't count.
const WARM_UPS: usize = 2;

#[derive(Debug)]
pub struct Options {
    pub threads: usize,
    pub repeat: usize,
    /// A variant of the engine; empty: its first.
    pub mode: String,
    pub fork: Option<Fork>,
    pub folders: Vec<PathBuf>,
}

/// What the receipts of a block come to.
#[derive(Debug, Default)]
pub struct Receipts {
    gas: u64,
    bloom: Bloom,
}

impl Receipts {
    /// One transaction's.
    pub fn push<'a>(&mut self, gas: u64, logs: impl IntoIterator<Item = &'a Log>) {
        self.gas += gas;
        for log in logs {
            self.bloom.accrue(BloomInput::Raw(log.address.as_slice()));
            log.data.topics().iter().for_each(|topic| self.bloom.accrue(BloomInput::Raw(topic.as_slice())));
        }
    }
}

/// An engine that holds one case, ready to be run over and over. Only `run` is timed.
pub trait Peer: Sized {
    const NAME: &'static str;
    const VERSION: &'static str;
    /// What one run uses up: made before the clock starts.
    type Start;
    /// What it gives, receipts and state changes: looked at and dropped after the clock has stopped.
    type End;

    fn new(case: &Case, options: &Options) -> Result<Self, String>;
    fn start(&self) -> Self::Start;
    fn run(&mut self, start: Self::Start) -> Result<Self::End, String>;
    fn receipts(end: &Self::End) -> Receipts;
}

/// The program: a line of JSON on standard output for each folder, in their order; what goes wrong on
/// standard error. Exit status 1: a folder gave no line; 2: the command line is wrong.
pub fn main_of<P: Peer>() -> ! {
    let options = parse(env::args().skip(1)).unwrap_or_else(|why| {
        eprintln!("peer-{}: {why}", P::NAME);
        eprintln!("usage: peer-{} [--threads N] [--repeat R] [--mode M] [--fork F] DIR...", P::NAME);
        process::exit(2)
    });
    let mut status = 0;
    for folder in &options.folders {
        match Case::read(folder, options.fork).and_then(|case| measure::<P>(&case, &options)) {
            Ok(line) => println!("{line}"),
            Err(why) => {
                eprintln!("peer-{}: {}: {why}", P::NAME, folder.display());
                status = 1;
            }
        }
    }
    process::exit(status)
}

fn measure<P: Peer>(case: &Case, options: &Options) -> Result<String, String> {
    let mut peer = P::new(case, options)?;
    let mut times = Vec::new();
    let mut gas = 0;
    let mut ok = true;
    for run in 0..WARM_UPS + options.repeat {
        let start = black_box(peer.start());
        let clock = Instant::now();
        let end = black_box(peer.run(start)?);
        let time = clock.elapsed().as_nanos() as u64;
        let receipts = P::receipts(&end);
        gas = receipts.gas;
        ok &= gas == case.block.gas_used.to::<u64>() && receipts.bloom == case.block.logs_bloom;
        if run >= WARM_UPS {
            times.push(time);
        }
    }
    times.sort_unstable();
    let line = json!({
        "engine": P::NAME,
        "version": P::VERSION,
        "allocator": ALLOCATOR,
        "mode": options.mode,
        "input": case.name(),
        "block": case.block.number.to::<u64>(),
        "fork": case.rules.fork.to_string(),
        "txs": case.block.transactions.len(),
        "gas": gas,
        "threads": options.threads,
        "repeat": options.repeat,
        "best_ns": times[0],
        "median_ns": times[times.len() / 2],
        "p99_ns": times[(times.len() * 99).div_ceil(100) - 1],
        "ok": ok,
    });
    Ok(line.to_string())
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options =
        Options { threads: 1, repeat: 11, mode: String::new(), fork: None, folders: Vec::new() };
    while let Some(word) = words.next() {
        let Some(name) = word.strip_prefix("--") else {
            options.folders.push(word.into());
            continue;
        };
        let value = words.next().ok_or_else(|| format!("{word}: no value"))?;
        match name {
            "threads" => options.threads = count(&word, &value)?,
            "repeat" => options.repeat = count(&word, &value)?,
            "mode" => options.mode = value,
            "fork" => options.fork = Some(Fork::named(&value).ok_or_else(|| format!("no fork {value}"))?),
            _ => return Err(format!("no option {word}")),
        }
    }
    if options.folders.is_empty() { Err("no DIR".into()) } else { Ok(options) }
}

fn count(option: &str, value: &str) -> Result<usize, String> {
    value.parse().ok().filter(|n| *n > 0).ok_or_else(|| format!("{option}: {value} is no count"))
}
