//! Values that are kept on disk, for this skill alone: JSON of any type with serde's traits, or bytes.

use serde::{Serialize, de::DeserializeOwned};

use super::imports;
use crate::Failure;

/// The value of a key. One that is not of this type is an internal failure, which names the key.
pub fn get<T: DeserializeOwned>(key: &str) -> Result<Option<T>, Failure> {
    let Some(bytes) = get_bytes(key)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| Failure::Internal(format!("the value of `{key}`: {error}")))
}

pub fn set(key: &str, value: &(impl Serialize + ?Sized)) -> Result<(), Failure> {
    set_bytes(key, &serde_json::to_vec(value)?)
}

pub fn get_bytes(key: &str) -> Result<Option<Vec<u8>>, Failure> {
    imports::kv::get(key)
}

pub fn set_bytes(key: &str, value: &[u8]) -> Result<(), Failure> {
    imports::kv::set(key, value)
}

/// No failure where there is no such key.
pub fn delete(key: &str) -> Result<(), Failure> {
    imports::kv::delete(key)
}

/// All keys that begin with `prefix`, in order.
pub fn keys(prefix: &str) -> Result<Vec<String>, Failure> {
    let mut keys: Vec<String> = Vec::new();
    loop {
        let page = imports::kv::keys(prefix, keys.last().map(String::as_str))?;
        if page.is_empty() {
            return Ok(keys);
        }
        keys.extend(page);
    }
}
