//! Whisper's mel filters, computed.
//!
//! They are those of `librosa.filters.mel(sr=16000, n_fft=400, n_mels=N)` with the scale and norm
//! of Slaney's Auditory Toolbox, down to the roundings to 32-bit floats, because that is how
//! Whisper's own were made.

/// Samples a second.
const RATE: f64 = 16_000.0;
/// Length of a Fourier transform in samples.
const TRANSFORM: usize = 400;
/// Frequencies of a transform, from 0 to half the rate.
pub const BINS: usize = TRANSFORM / 2 + 1;

/// Below 1,000 Hz the scale is linear: 3 mels for each 200 Hz.
const HERTZ_PER_MEL: f64 = 200.0 / 3.0;
const BREAK_HERTZ: f64 = 1_000.0;
const BREAK_MEL: f64 = BREAK_HERTZ / HERTZ_PER_MEL;

/// From 1,000 Hz on, 27 mels are a factor of 6.4 in frequency.
fn mels_per_factor() -> f64 {
    6.4_f64.ln() / 27.0
}

fn to_mel(hertz: f64) -> f64 {
    if hertz < BREAK_HERTZ {
        hertz / HERTZ_PER_MEL
    } else {
        BREAK_MEL + (hertz / BREAK_HERTZ).ln() / mels_per_factor()
    }
}

fn to_hertz(mel: f64) -> f64 {
    if mel < BREAK_MEL {
        mel * HERTZ_PER_MEL
    } else {
        BREAK_HERTZ * (mels_per_factor() * (mel - BREAK_MEL)).exp()
    }
}

/// `bands` filters of [`BINS`] weights each, one after the other; each filter is a triangle of area
/// one.
pub fn filters(bands: u32) -> Vec<f32> {
    let highest = to_mel(RATE / 2.0);
    let edge = |index: u32| to_hertz(highest * f64::from(index) / f64::from(bands + 1));
    (0..bands)
        .flat_map(|band| {
            let (low, centre, high) = (edge(band), edge(band + 1), edge(band + 2));
            let norm = 2.0 / (high - low);
            (0..BINS).map(move |bin| {
                let frequency = bin as f64 * RATE / TRANSFORM as f64;
                let rising = (frequency - low) / (centre - low);
                let falling = (high - frequency) / (high - centre);
                let weight = rising.min(falling).max(0.0) as f32;
                (f64::from(weight) * norm) as f32
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_are_those_of_whisper() {
        let filters = filters(80);
        assert_eq!(filters.len(), 80 * BINS);
        // the beginnings of the first and last filter in Whisper's mel_filters.npz, to six digits
        assert!((filters[1] - 0.024_862_6).abs() < 1e-6, "{}", filters[1]);
        assert!(filters[0] == 0.0 && filters[200] == 0.0);
        assert!(filters.iter().all(|weight| (0.0..0.03).contains(weight)));
    }
}
