//! Blocks are read back as ggml reads them, and held against what they were made of.

use half::f16;
use proptest::prelude::*;

use super::blocks::{WEIGHTS, q4_0, q5_0, q5_1, q8_0};

fn number(bytes: &[u8]) -> f32 {
    f16::from_le_bytes([bytes[0], bytes[1]]).to_f32()
}

/// The steps of a block whose lowest four bits are `nibbles`.
fn steps(nibbles: &[u8], fifth: u32) -> Vec<f32> {
    (0..WEIGHTS)
        .map(|place| {
            let low = nibbles[place % 16] >> (place / 16 * 4) & 0x0F;
            f32::from(low | ((fifth >> place & 1) as u8) << 4)
        })
        .collect()
}

/// The weights of a block, and the size of a step.
fn read(format: &str, block: &[u8]) -> (Vec<f32>, f32) {
    let scale = number(block);
    let fifth = |at: usize| u32::from_le_bytes(block[at..at + 4].try_into().unwrap());
    let weights = match format {
        "q8_0" => block[2..]
            .iter()
            .map(|byte| f32::from(*byte as i8) * scale)
            .collect(),
        "q5_1" => steps(&block[8..], fifth(4))
            .iter()
            .map(|step| step * scale + number(&block[2..]))
            .collect(),
        "q5_0" => steps(&block[6..], fifth(2))
            .iter()
            .map(|step| (step - 16.0) * scale)
            .collect(),
        _ => steps(&block[2..], 0)
            .iter()
            .map(|step| (step - 8.0) * scale)
            .collect(),
    };
    (weights, scale.abs())
}

type Write = fn(&[f32; WEIGHTS], &mut Vec<u8>);

/// Each format, the bytes of a block, and by how many steps a weight may be off: by half a step, and where the weights lie around
/// zero by a whole one at the far end from the weight that set the scale.
const FORMATS: [(&str, Write, usize, f32); 4] = [
    ("q8_0", q8_0, 34, 0.5),
    ("q5_1", q5_1, 24, 0.5),
    ("q5_0", q5_0, 22, 1.0),
    ("q4_0", q4_0, 18, 1.0),
];

proptest! {
    #[test]
    fn a_block_is_read_back_within_its_steps(
        weights in prop::array::uniform32(-1.0_f32..1.0),
        magnitude in prop::sample::select(vec![0.001_f32, 0.1, 1.0, 30.0]),
    ) {
        let weights = weights.map(|weight| weight * magnitude);
        let largest = weights.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
        for (format, write, size, tolerance) in FORMATS {
            let mut block = Vec::new();
            write(&weights, &mut block);
            prop_assert_eq!(block.len(), size);
            let (read, step) = read(format, &block);
            // the scale and the least value are rounded to 11 bits, and tiny ones to multiples of 2^-24; there are up to 127 steps
            let rounding = largest / 900.0 + 128.0 * 2.0_f32.powi(-25);
            let allowed = tolerance * step * 1.001 + rounding;
            for (weight, read) in weights.iter().zip(read) {
                prop_assert!((weight - read).abs() <= allowed, "{format}: {weight} became {read}, a step is {step}");
            }
        }
    }

    #[test]
    fn no_numbers_make_it_panic(bits in prop::array::uniform32(any::<u32>())) {
        let weights = bits.map(f32::from_bits);
        for (_, write, size, _) in FORMATS {
            let mut block = Vec::new();
            write(&weights, &mut block);
            prop_assert_eq!(block.len(), size);
        }
    }
}

#[test]
fn zeros_stay_zeros() {
    for (format, write, _, _) in FORMATS {
        let mut block = Vec::new();
        write(&[0.0; WEIGHTS], &mut block);
        assert_eq!(read(format, &block).0, [0.0; WEIGHTS], "{format}");
    }
}

/// What ggml's reference functions make of the weights -1, -0.9375, … 0.9375.
#[test]
fn the_bytes_are_those_of_ggml() {
    let weights: [f32; WEIGHTS] = std::array::from_fn(|place| (place as f32 - 16.0) / 16.0);
    let bytes = |write: Write| {
        let mut block = Vec::new();
        write(&weights, &mut block);
        block
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    assert_eq!(
        bytes(q8_0),
        "082081899199a1a9b1b9c0c8d0d8e0e8f0f8000810182028303840474f575f676f77"
    );
    assert_eq!(
        bytes(q5_1),
        "002c00bc0000ffff00112233445566778899aabbccddeeff"
    );
    assert_eq!(bytes(q5_0), "002c0000ffff00112233445566778899aabbccddeeff");
    assert_eq!(bytes(q4_0), "0030809191a2a2b3b3c4c4d5d5e6e6f7f7f8");
}
