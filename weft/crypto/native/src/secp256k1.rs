//! Public key recovery on secp256k1 (libsecp256k1).

use secp256k1_sys::recovery::{
    secp256k1_ecdsa_recover, secp256k1_ecdsa_recoverable_signature_parse_compact, RecoverableSignature,
};
use secp256k1_sys::{
    secp256k1_context_static, secp256k1_ec_pubkey_serialize, CPtr, PublicKey, SECP256K1_SER_UNCOMPRESSED,
};

/// Writes the public key (x, y, big-endian, 64 bytes) that signed `hash` (32 bytes) with `signature` (r, s, 64 bytes)
/// and the parity `recovery_id` of the nonce point's y (plus 2 where its x overflowed the group order).
/// False if there is none.
///
/// # Safety
/// The pointers must be good for the sizes given.
#[no_mangle]
pub unsafe extern "C" fn weft_secp256k1_recover(
    hash: *const u8,
    signature: *const u8,
    recovery_id: i32,
    public_key: *mut u8,
) -> bool {
    // Verification needs no context of its own since libsecp256k1 0.2: the tables are compiled in.
    let context = secp256k1_context_static;
    let mut parsed = RecoverableSignature::new();
    if secp256k1_ecdsa_recoverable_signature_parse_compact(context, &mut parsed, signature, recovery_id) != 1 {
        return false;
    }
    let mut key = PublicKey::new();
    if secp256k1_ecdsa_recover(context, &mut key, &parsed, hash) != 1 {
        return false;
    }
    let mut serialized = [0u8; 65];
    let mut size = serialized.len();
    if secp256k1_ec_pubkey_serialize(
        context,
        serialized.as_mut_c_ptr(),
        &mut size,
        &key,
        SECP256K1_SER_UNCOMPRESSED,
    ) != 1
    {
        return false;
    }
    std::ptr::copy_nonoverlapping(serialized.as_ptr().add(1), public_key, 64);
    true
}
