//! Cases as revm's types. Engines stand on different versions of revm, hence macros over the caller's.

/// Defines `spec_of`, `block_env_of`, `cfg_env_of` and `tx_envs_of`, from a `Case`.
#[macro_export]
macro_rules! revm_environment {
    () => {
        fn spec_of(fork: $crate::Fork) -> revm::primitives::hardfork::SpecId {
            use revm::primitives::hardfork::SpecId as Spec;
            match fork {
                $crate::Fork::Frontier => Spec::FRONTIER,
                $crate::Fork::Homestead => Spec::HOMESTEAD,
                $crate::Fork::Tangerine => Spec::TANGERINE,
                $crate::Fork::SpuriousDragon => Spec::SPURIOUS_DRAGON,
                $crate::Fork::Byzantium => Spec::BYZANTIUM,
                $crate::Fork::Petersburg => Spec::PETERSBURG,
                $crate::Fork::Istanbul => Spec::ISTANBUL,
                $crate::Fork::Berlin => Spec::BERLIN,
                $crate::Fork::London => Spec::LONDON,
                $crate::Fork::Merge => Spec::MERGE,
                $crate::Fork::Shanghai => Spec::SHANGHAI,
                $crate::Fork::Cancun => Spec::CANCUN,
                $crate::Fork::Prague => Spec::PRAGUE,
                $crate::Fork::Osaka => Spec::OSAKA,
            }
        }

        fn block_env_of(case: &$crate::Case) -> revm::context::BlockEnv {
            use revm::context_interface::block::BlobExcessGasAndPrice as BlobPrice;
            let header = &case.block;
            let price = |excess: $crate::prim::U64| BlobPrice::new(excess.to(), case.rules.blob_fraction);
            revm::context::BlockEnv {
                number: header.number.to(),
                beneficiary: header.miner,
                timestamp: header.timestamp.to(),
                gas_limit: header.gas_limit.to(),
                basefee: header.base_fee_per_gas.to(),
                difficulty: header.difficulty,
                prevrandao: Some(header.mix_hash),
                blob_excess_gas_and_price: header.excess_blob_gas.map(price),
                ..Default::default()
            }
        }

        #[allow(dead_code)]
        fn cfg_env_of(case: &$crate::Case) -> revm::context::CfgEnv {
            let mut cfg = revm::context::CfgEnv::new_with_spec(spec_of(case.rules.fork));
            cfg.chain_id = case.rules.chain_id;
            cfg
        }

        fn tx_envs_of(case: &$crate::Case) -> Vec<revm::context::TxEnv> {
            use revm::context_interface::either::Either;
            let convert = |tx: &$crate::Transaction| revm::context::TxEnv {
                tx_type: tx.tx_type.to(),
                chain_id: tx.chain_id.map(|id| id.to()),
                caller: tx.from,
                nonce: tx.nonce.to(),
                kind: tx.to.into(),
                value: tx.value,
                data: tx.input.clone(),
                gas_limit: tx.gas.to(),
                gas_price: tx.max_fee_per_gas.unwrap_or(tx.gas_price).to(),
                gas_priority_fee: tx.max_priority_fee_per_gas.map(|fee| fee.to()),
                max_fee_per_blob_gas: tx.max_fee_per_blob_gas.to(),
                access_list: tx.access_list.clone(),
                blob_hashes: tx.blob_versioned_hashes.clone(),
                authorization_list: tx.authorization_list.iter().cloned().map(Either::Left).collect(),
            };
            case.block.transactions.iter().map(convert).collect()
        }
    };
}

/// Defines `Prestate`, a case's state before the block as a database that never changes, code analysed while
/// it is made.
#[macro_export]
macro_rules! revm_prestate {
    () => {
        #[derive(Debug)]
        struct Prestate {
            accounts: $crate::prim::map::AddressMap<revm::state::AccountInfo>,
            slots: $crate::prim::map::AddressMap<$crate::prim::map::U256Map<$crate::prim::U256>>,
            codes: $crate::prim::map::B256Map<revm::state::Bytecode>,
            hashes: $crate::prim::map::HashMap<u64, $crate::prim::B256>,
        }

        impl Prestate {
            fn of(case: &$crate::Case) -> Self {
                let mut out = Self {
                    accounts: Default::default(),
                    slots: Default::default(),
                    codes: Default::default(),
                    hashes: case.block_hashes.iter().map(|(number, hash)| (*number, *hash)).collect(),
                };
                for (address, account) in &case.prestate {
                    let code = revm::state::Bytecode::new_raw(account.code.clone());
                    let hash = $crate::prim::keccak256(&account.code);
                    let nonce = account.nonce.to();
                    let info = revm::state::AccountInfo::new(account.balance, nonce, hash, code.clone());
                    out.codes.insert(info.code_hash, code);
                    out.accounts.insert(*address, info);
                    if !account.storage.is_empty() {
                        out.slots.insert(*address, account.storage.iter().map(|(k, v)| (*k, *v)).collect());
                    }
                }
                out
            }
        }

        impl revm::DatabaseRef for Prestate {
            type Error = std::convert::Infallible;

            fn basic_ref(
                &self,
                address: $crate::prim::Address,
            ) -> Result<Option<revm::state::AccountInfo>, Self::Error> {
                Ok(self.accounts.get(&address).cloned())
            }
            fn code_by_hash_ref(
                &self,
                hash: $crate::prim::B256,
            ) -> Result<revm::state::Bytecode, Self::Error> {
                Ok(self.codes.get(&hash).cloned().unwrap_or_default())
            }
            fn storage_ref(
                &self,
                address: $crate::prim::Address,
                slot: $crate::prim::U256,
            ) -> Result<$crate::prim::U256, Self::Error> {
                Ok(self.slots.get(&address).and_then(|of| of.get(&slot)).copied().unwrap_or_default())
            }
            fn block_hash_ref(&self, number: u64) -> Result<$crate::prim::B256, Self::Error> {
                Ok(self.hashes.get(&number).copied().unwrap_or_default())
            }
        }
    };
}
