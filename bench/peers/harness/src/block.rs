//! A block folder: block.json (JSON-RPC form, full transactions), prestate.json, and where they are there
//! block_hashes.json (in the folder or in the one that holds it) and genesis.json (the rules).

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use alloy_eip2930::AccessList;
use alloy_eip7702::SignedAuthorization;
use alloy_primitives::{Address, B256, Bloom, Bytes, U64, U128, U256};
use serde::{Deserialize, de::DeserializeOwned};

use crate::rules::{Fork, Rules};

/// Of the header, what execution reads and what its result is held against.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Block {
    pub number: U64,
    pub timestamp: U64,
    pub miner: Address,
    pub difficulty: U256,
    pub gas_limit: U64,
    pub gas_used: U64,
    pub logs_bloom: Bloom,
    #[serde(default)]
    pub mix_hash: B256,
    #[serde(default)]
    pub base_fee_per_gas: U64,
    pub excess_blob_gas: Option<U64>,
    #[serde(default)]
    pub parent_hash: B256,
    pub parent_beacon_block_root: Option<B256>,
    pub transactions: Vec<Transaction>,
}

/// A transaction whose sender is known; its signature is not read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    #[serde(default, rename = "type")]
    pub tx_type: U64,
    pub from: Address,
    pub to: Option<Address>,
    pub nonce: U64,
    pub gas: U64,
    pub value: U256,
    pub input: Bytes,
    pub chain_id: Option<U64>,
    #[serde(default)]
    pub gas_price: U128,
    pub max_fee_per_gas: Option<U128>,
    pub max_priority_fee_per_gas: Option<U128>,
    #[serde(default)]
    pub max_fee_per_blob_gas: U128,
    #[serde(default)]
    pub access_list: AccessList,
    #[serde(default)]
    pub blob_versioned_hashes: Vec<B256>,
    #[serde(default)]
    pub authorization_list: Vec<SignedAuthorization>,
}

/// An account before the block.
#[derive(Debug, Deserialize)]
pub struct Account {
    pub balance: U256,
    #[serde(default)]
    pub nonce: U64,
    #[serde(default)]
    pub code: Bytes,
    #[serde(default)]
    pub storage: BTreeMap<U256, U256>,
}

/// One folder, read.
#[derive(Debug)]
pub struct Case {
    pub folder: PathBuf,
    pub block: Block,
    pub prestate: BTreeMap<Address, Account>,
    pub block_hashes: BTreeMap<u64, B256>,
    pub rules: Rules,
}

impl Case {
    /// The rules are those of `fork` where one is named, else genesis.json's, else mainnet's.
    pub fn read(folder: &Path, fork: Option<Fork>) -> Result<Self, String> {
        let block: Block = read(&folder.join("block.json"))?;
        let genesis = folder.join("genesis.json");
        let config = if genesis.exists() { Some(read(&genesis)?) } else { None };
        let rules = Rules::at(config, fork, block.number.to(), block.timestamp.to())?;
        let parent = folder.canonicalize().map_err(|e| e.to_string())?;
        let hashes = [Some(folder), parent.parent()]
            .into_iter()
            .flatten()
            .map(|place| place.join("block_hashes.json"))
            .find(|file| file.exists());
        Ok(Self {
            folder: folder.to_owned(),
            prestate: read(&folder.join("prestate.json"))?,
            block_hashes: hashes.map_or(Ok(BTreeMap::new()), |file| read(&file))?,
            block,
            rules,
        })
    }

    pub fn name(&self) -> String {
        self.folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }
}

fn read<T: DeserializeOwned>(file: &Path) -> Result<T, String> {
    let bytes = fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
    serde_json::from_slice(&bytes).map_err(|e| format!("{}: {e}", file.display()))
}
