//! What is asked of all that servers send, whatever they speak.

/// Bytes of text that speech of the longest length cannot hold.
pub const LONGEST_TEXT: usize = 64 * 1024;

/// Whether there is anything to be heard in what a server sends: what is no number is played as silence.
pub fn has_sound(samples: &[f32]) -> bool {
    samples
        .iter()
        .any(|sample| sample.is_finite() && *sample != 0.0)
}
