//! What the cores of this machine can do, whatever else they are busy with.
//!
//! The loop is the measurement, so this crate is compiled with all optimisations: without vectors it takes five times as long.

use std::hint::black_box;
use std::time::Duration;

use super::computed;

/// Bytes that are read in a pass: more than processors have caches for.
const PASS: usize = 96 << 20;

/// The best of so many passes counts: what else the machine does makes one slower, and nothing makes one faster.
const PASSES: usize = 4;

/// Bytes of 4-bit weights that all cores together multiply in a second; takes a tenth of a second.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a pass is far below 2^52 bytes")]
pub fn multiplied_per_second() -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let weights: Vec<u8> = (0..PASS)
        .map(|at| (at.wrapping_mul(31) >> 3) as u8)
        .collect();
    let inputs: Vec<i8> = (0..64_i8).collect();
    let mut best = Duration::MAX;
    for _ in 0..PASSES {
        let begin = computed();
        std::thread::scope(|scope| {
            for part in weights.chunks(PASS.div_ceil(cores)) {
                let inputs = &inputs;
                scope.spawn(move || black_box(product(part, inputs)));
            }
        });
        best = best.min(computed().saturating_sub(begin));
    }
    // Time that other programs had counts for nothing: it is what the cores can do, and not how busy they are.
    let seconds = best.as_secs_f64().max(1e-6) / cores as f64;
    PASS as f64 / seconds
}

/// The weights, two in a byte, times the inputs, as a quantised matrix is multiplied.
fn product(weights: &[u8], inputs: &[i8]) -> i64 {
    let (low, high) = inputs.split_at(32);
    let mut sum = 0;
    for block in weights.as_chunks::<32>().0 {
        let mut of_block = 0_i32;
        for ((weight, low), high) in block.iter().zip(low).zip(high) {
            of_block += i32::from(i16::from(weight & 15) * i16::from(*low));
            of_block += i32::from(i16::from(weight >> 4) * i16::from(*high));
        }
        sum += i64::from(of_block);
    }
    sum
}
