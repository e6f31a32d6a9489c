//! Which rules hold: mainnet's schedule with its blob-parameter-only forks (EIP-7892), or a genesis.json.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;

/// Forks that changed execution, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fork {
    Frontier,
    Homestead,
    Tangerine,
    SpuriousDragon,
    Byzantium,
    Petersburg,
    Istanbul,
    Berlin,
    London,
    Merge,
    Shanghai,
    Cancun,
    Prague,
    Osaka,
}

impl fmt::Display for Fork {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, out)
    }
}

#[derive(Clone, Copy)]
enum Since {
    Block(u64),
    Time(u64),
}
use Since::{Block, Time};

const MAINNET: [(Fork, Since); 14] = [
    (Fork::Frontier, Block(0)),
    (Fork::Homestead, Block(1_150_000)),
    (Fork::Tangerine, Block(2_463_000)),
    (Fork::SpuriousDragon, Block(2_675_000)),
    (Fork::Byzantium, Block(4_370_000)),
    (Fork::Petersburg, Block(7_280_000)),
    (Fork::Istanbul, Block(9_069_000)),
    (Fork::Berlin, Block(12_244_000)),
    (Fork::London, Block(12_965_000)),
    (Fork::Merge, Block(15_537_394)),
    (Fork::Shanghai, Time(1_681_338_455)),
    (Fork::Cancun, Time(1_710_338_135)),
    (Fork::Prague, Time(1_746_612_311)),
    (Fork::Osaka, Time(1_764_798_551)),
];

/// baseFeeUpdateFraction from a time on: EIP-4844, EIP-7691, EIP-7892's first two.
const MAINNET_BLOBS: [(u64, u64); 4] = [
    (1_710_338_135, 3_338_477),
    (1_746_612_311, 5_007_716),
    (1_765_290_071, 8_346_193),
    (1_767_747_671, 11_684_671),
];

/// genesis.json, of which only "config" is read.
#[derive(Debug, Deserialize)]
pub struct Genesis {
    config: Config,
}

/// geth's "config": fork name + "Block" or "Time", and the blob schedule.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    chain_id: u64,
    #[serde(default)]
    blob_schedule: BTreeMap<String, BlobParameters>,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlobParameters {
    base_fee_update_fraction: u64,
}

/// The names that geth's config has for the forks; the merge is told by its total difficulty.
const GENESIS_NAMES: [(&str, Fork); 13] = [
    ("homesteadBlock", Fork::Homestead),
    ("eip150Block", Fork::Tangerine),
    ("eip158Block", Fork::SpuriousDragon),
    ("byzantiumBlock", Fork::Byzantium),
    ("petersburgBlock", Fork::Petersburg),
    ("istanbulBlock", Fork::Istanbul),
    ("berlinBlock", Fork::Berlin),
    ("londonBlock", Fork::London),
    ("mergeNetsplitBlock", Fork::Merge),
    ("shanghaiTime", Fork::Shanghai),
    ("cancunTime", Fork::Cancun),
    ("pragueTime", Fork::Prague),
    ("osakaTime", Fork::Osaka),
];
const BLOB_FORKS: [&str; 8] = ["cancun", "prague", "osaka", "bpo1", "bpo2", "bpo3", "bpo4", "bpo5"];

/// The rules of one block.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub chain_id: u64,
    pub fork: Fork,
    /// EIP-4844's BLOB_BASE_FEE_UPDATE_FRACTION.
    pub blob_fraction: u64,
}

impl Rules {
    /// `fork` outweighs what genesis or mainnet say; blob parameters stay theirs where they have any.
    pub fn at(genesis: Option<Genesis>, fork: Option<Fork>, number: u64, time: u64) -> Result<Self, String> {
        let mut rules = match genesis {
            Some(genesis) => genesis.config.rules(number, time)?,
            None => Self::mainnet(number, time),
        };
        if let Some(fork) = fork {
            rules.fork = fork;
        }
        if rules.blob_fraction == 0 {
            rules.blob_fraction = MAINNET_BLOBS[usize::from(rules.fork >= Fork::Prague)].1;
        }
        Ok(rules)
    }

    fn mainnet(number: u64, time: u64) -> Self {
        let reached = |since| match since {
            Block(first) => number >= first,
            Time(first) => time >= first,
        };
        let fork = MAINNET.iter().rev().find(|(_, since)| reached(*since)).map_or(Fork::Frontier, |f| f.0);
        let blob_fraction = MAINNET_BLOBS.iter().rev().find(|(first, _)| time >= *first).map_or(0, |b| b.1);
        Self { chain_id: 1, fork, blob_fraction }
    }
}

impl Config {
    fn rules(&self, number: u64, time: u64) -> Result<Rules, String> {
        if self.reached("amsterdamTime", time) {
            return Err("genesis.json: Amsterdam is not known here".into());
        }
        let reached = |name: &str| self.reached(name, if name.ends_with("Time") { time } else { number });
        let fork = GENESIS_NAMES.iter().rev().find(|(name, _)| reached(name)).map_or(Fork::Frontier, |f| f.1);
        let at_start = |key: &str| self.rest.get(key).is_some_and(|v| v.as_u64() == Some(0));
        let fork = if at_start("terminalTotalDifficulty") { fork.max(Fork::Merge) } else { fork };
        let fraction = |name: &&str| {
            let entry = self.blob_schedule.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            entry.filter(|_| self.reached(&format!("{name}Time"), time)).map(|e| e.1.base_fee_update_fraction)
        };
        let blob_fraction = BLOB_FORKS.iter().rev().find_map(fraction).unwrap_or(0);
        Ok(Rules { chain_id: self.chain_id, fork, blob_fraction })
    }

    fn reached(&self, name: &str, at: u64) -> bool {
        self.rest.get(name).and_then(serde_json::Value::as_u64).is_some_and(|first| at >= first)
    }
}

impl Fork {
    /// The fork of this name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        MAINNET.iter().map(|(fork, _)| *fork).find(|fork| fork.to_string().eq_ignore_ascii_case(name))
    }
}
