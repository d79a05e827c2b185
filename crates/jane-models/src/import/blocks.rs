//! Weights as small integers, in blocks of 32 with a scale: ggml's formats `q8_0`, `q5_1`, `q5_0` and `q4_0`.
//!
//! The bytes are those of the reference functions in ggml's `ggml-quants.c`, `quantize_row_…_ref`, rounding included, so that a file
//! is the same as one by whisper.cpp's own `quantize`. Blocks are little-endian and lie one after the other; none goes across
//! rows, since a row that is not full of blocks is refused before anything is written.

use half::f16;

/// Weights of a block.
pub const WEIGHTS: usize = 32;

type Block = [f32; WEIGHTS];

/// Appends a block of 34 bytes: the scale (16-bit float), and each weight in 8 bits.
pub fn q8_0(weights: &Block, bytes: &mut Vec<u8>) {
    let scale = farthest(weights).abs() / 127.0;
    let inverse = inverse(scale);
    push(scale, bytes);
    bytes.extend(
        weights
            .iter()
            .flat_map(|weight| ((weight * inverse).round() as i8).to_le_bytes()),
    );
}

/// Appends a block of 24 bytes: the scale and the least weight (16-bit floats), the fifth bit of each weight, the other four.
pub fn q5_1(weights: &Block, bytes: &mut Vec<u8>) {
    let least = weights.iter().copied().fold(f32::MAX, f32::min);
    let greatest = weights.iter().copied().fold(f32::MIN, f32::max);
    let scale = (greatest - least) / 31.0;
    let inverse = inverse(scale);
    push(scale, bytes);
    push(least, bytes);
    let steps = weights.map(|weight| ((weight - least) * inverse + 0.5) as u8);
    push_fifth_bits(&steps, bytes);
    push_nibbles(&steps, bytes);
}

/// Appends a block of 22 bytes: the scale (16-bit float), the fifth bit of each weight, the other four.
pub fn q5_0(weights: &Block, bytes: &mut Vec<u8>) {
    let steps = around_zero(weights, 16.0, bytes);
    push_fifth_bits(&steps, bytes);
    push_nibbles(&steps, bytes);
}

/// Appends a block of 18 bytes: the scale (16-bit float), and each weight in 4 bits.
pub fn q4_0(weights: &Block, bytes: &mut Vec<u8>) {
    let steps = around_zero(weights, 8.0, bytes);
    push_nibbles(&steps, bytes);
}

/// Appends the scale, and returns each weight in steps of it, counted from `half` steps below zero. The weight that is farthest from
/// zero is the lowest step, so that it is exact; its opposite would be one step too high.
fn around_zero(weights: &Block, half: f32, bytes: &mut Vec<u8>) -> [u8; WEIGHTS] {
    let scale = farthest(weights) / -half;
    let inverse = inverse(scale);
    push(scale, bytes);
    let highest = 2.0 * half - 1.0;
    weights.map(|weight| (weight * inverse + (half + 0.5)).min(highest) as u8)
}

/// The first of the weights that are farthest from zero.
fn farthest(weights: &Block) -> f32 {
    weights.iter().fold(0.0, |farthest: f32, weight| {
        if farthest.abs() < weight.abs() {
            *weight
        } else {
            farthest
        }
    })
}

/// One by `scale`; where the block is all zeros, zero.
fn inverse(scale: f32) -> f32 {
    if scale == 0.0 { 0.0 } else { 1.0 / scale }
}

fn push(number: f32, bytes: &mut Vec<u8>) {
    bytes.extend(f16::from_f32(number).to_le_bytes());
}

/// One bit for each weight, the first in the lowest.
fn push_fifth_bits(steps: &[u8; WEIGHTS], bytes: &mut Vec<u8>) {
    let bits = steps
        .iter()
        .rev()
        .fold(0_u32, |bits, step| bits << 1 | u32::from(step >> 4 & 1));
    bytes.extend(bits.to_le_bytes());
}

/// The lowest four bits of each weight: those of the first half in the low halves of 16 bytes, the others in the high ones.
fn push_nibbles(steps: &[u8; WEIGHTS], bytes: &mut Vec<u8>) {
    let (first, second) = steps.split_at(WEIGHTS / 2);
    bytes.extend(
        first
            .iter()
            .zip(second)
            .map(|(low, high)| low & 0x0F | high << 4),
    );
}
