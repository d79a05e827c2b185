//! What a voice would take of memory.

use jane_core::Footprint;
use jane_platform::resident_memory;
use jane_worker::Failure;

use crate::voice::LONGEST;

/// Bytes of ONNX Runtime and of what it makes of a graph, apart from the weights (ONNX Runtime 1.24, joe-medium).
const RUNTIME: u64 = 40_000_000;

/// Phonemes whose synthesis takes as much memory as the weights: 1.1 MB each with joe-medium's 63 MB. The network is
/// convolutions over samples, so both grow with its width.
const PHONEMES: u64 = 58;

/// # Errors
/// Where the file is not there.
pub fn footprint(path: &str) -> Result<Footprint, Failure> {
    let file = std::fs::metadata(path).map_err(|error| Failure::Model {
        message: format!("`{path}` is not a Piper voice that can be read: {error}"),
    })?;
    let weights = file.len();
    // The longest that is synthesised at once. ONNX Runtime keeps what it took.
    let speaking = (weights / PHONEMES).saturating_mul(LONGEST as u64);
    Ok(Footprint {
        // On a device as a whole, or not at all.
        layers: vec![weights],
        compute: speaking.saturating_add(RUNTIME),
        program: resident_memory(std::process::id()).unwrap_or_default(),
        ..Footprint::default()
    })
}
