//! Public key recovery and signing on secp256k1 (libsecp256k1).

use core::ffi::c_void;
use core::ptr::NonNull;

use secp256k1_sys::recovery::{
    secp256k1_ecdsa_recover, secp256k1_ecdsa_recoverable_signature_parse_compact,
    secp256k1_ecdsa_recoverable_signature_serialize_compact, secp256k1_ecdsa_sign_recoverable,
    RecoverableSignature,
};
use secp256k1_sys::{
    secp256k1_context_preallocated_create, secp256k1_context_preallocated_destroy,
    secp256k1_context_preallocated_size, secp256k1_context_static, secp256k1_ec_pubkey_serialize,
    secp256k1_ec_seckey_verify, secp256k1_nonce_function_rfc6979, CPtr, PublicKey, SECP256K1_SER_UNCOMPRESSED,
    SECP256K1_START_NONE,
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

/// Signs `hash` (32 bytes) with `key` (32 bytes), with RFC 6979's nonce and low s. `signature` gets r, s and the parity
/// of the nonce point's y (65 bytes). False if the key is none. Not hardened against side channels beyond what the
/// library does by itself: for test keys.
///
/// # Safety
/// The pointers must be good for the sizes given.
#[no_mangle]
pub unsafe extern "C" fn weft_secp256k1_sign(hash: *const u8, key: *const u8, signature: *mut u8) -> bool {
    let mut memory = [0u128; 128];
    if secp256k1_context_preallocated_size(SECP256K1_START_NONE) > core::mem::size_of_val(&memory) {
        return false;
    }
    let place = NonNull::from(&mut memory).cast::<c_void>();
    let context = secp256k1_context_preallocated_create(place, SECP256K1_START_NONE);
    let mut signed = RecoverableSignature::new();
    let mut recovery_id = 0;
    let done = secp256k1_ec_seckey_verify(context.as_ptr(), key) == 1
        && secp256k1_ecdsa_sign_recoverable(
            context.as_ptr(),
            &mut signed,
            hash,
            key,
            secp256k1_nonce_function_rfc6979,
            core::ptr::null(),
        ) == 1
        && secp256k1_ecdsa_recoverable_signature_serialize_compact(
            context.as_ptr(),
            signature,
            &mut recovery_id,
            &signed,
        ) == 1;
    secp256k1_context_preallocated_destroy(context);
    *signature.add(64) = (recovery_id & 1) as u8;
    done && recovery_id < 2
}
