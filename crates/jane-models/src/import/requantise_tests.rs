//! Whisper models in blocks, converted from weights and from ggml files in 16-bit floats.

use proptest::prelude::*;

use super::format::WeightFormat;
use super::requantise::requantise;
use super::whisper_tests::{converted_to, model_of};

const QUANTISED: [(WeightFormat, u32, u32, usize); 4] = [
    // the format, its `ggml_type`, its `ftype`, bytes of 32 weights
    (WeightFormat::Q8_0, 8, 2007, 34),
    (WeightFormat::Q5_1, 7, 2009, 24),
    (WeightFormat::Q5_0, 6, 2008, 22),
    (WeightFormat::Q4_0, 2, 2002, 18),
];

const STATE: u32 = 64;
const VOCABULARY: u32 = 5;

fn model() -> Vec<u8> {
    model_of(VOCABULARY, STATE, |number| (number as f32 * 0.7).sin())
}

fn requantised(file: &[u8], format: WeightFormat) -> Result<Vec<u8>, String> {
    let mut output = Vec::new();
    requantise(&mut &file[..], format, &mut output).map_err(|error| error.to_string())?;
    Ok(output)
}

/// Where the tensor `name` begins in `file`: its rank.
fn head_of(file: &[u8], name: &str, rank: usize) -> usize {
    let at = file
        .windows(name.len())
        .position(|window| window == name.as_bytes());
    at.unwrap() - 4 * (3 + rank)
}

fn word(file: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(file[at..at + 4].try_into().unwrap())
}

/// Weights in matrices of the model: in both layers self-attention (4) and the feed-forward network (2 of 4), in the decoder's
/// cross-attention (4), and the embeddings.
fn weights_in_matrices() -> usize {
    let square = (STATE * STATE) as usize;
    2 * (4 + 8) * square + 4 * square + (VOCABULARY * STATE) as usize
}

#[test]
fn the_size_follows_from_the_format() {
    let whole = converted_to(WeightFormat::F16, &model()).unwrap();
    for (format, _, file_type, bytes) in QUANTISED {
        let file = converted_to(format, &model()).unwrap();
        let saved = weights_in_matrices() / 32 * (64 - bytes);
        assert_eq!(file.len(), whole.len() - saved, "{format}");
        assert_eq!(word(&file, 44), file_type, "{format}");
    }
}

#[test]
fn matrices_are_quantised_and_nothing_else_is() {
    for (format, kind, _, _) in QUANTISED {
        let file = converted_to(format, &model()).unwrap();
        let kind_of = |name: &str, rank| word(&file, head_of(&file, name, rank) + 8);
        for name in [
            "decoder.token_embedding.weight",
            "encoder.blocks.0.attn.query.weight",
            "decoder.blocks.0.mlp.2.weight",
        ] {
            assert_eq!(kind_of(name, 2), kind, "{name} in {format}");
        }
        assert_eq!(kind_of("encoder.conv1.weight", 3), 1, "{format}");
        for (name, rank) in [
            ("encoder.positional_embedding", 2),
            ("encoder.conv1.bias", 2),
            ("decoder.ln.weight", 1),
        ] {
            assert_eq!(kind_of(name, rank), 0, "{name} in {format}");
        }
    }
}

#[test]
fn a_file_in_floats_becomes_what_the_weights_would_have_become() {
    let whole = converted_to(WeightFormat::F16, &model()).unwrap();
    for format in WeightFormat::ALL {
        assert!(
            requantised(&whole, format).unwrap() == converted_to(format, &model()).unwrap(),
            "{format}"
        );
    }
}

#[test]
fn rows_that_are_not_full_of_blocks_stay_in_floats() {
    let odd = model_of(VOCABULARY, 48, |number| number as f32);
    let whole = converted_to(WeightFormat::F16, &odd).unwrap();
    for (format, ..) in QUANTISED {
        for refused in [converted_to(format, &odd), requantised(&whole, format)] {
            let reason = refused.unwrap_err();
            assert!(
                reason.contains("rows of 48 weights") && reason.contains("`f16`"),
                "{reason}"
            );
        }
    }
}

#[test]
fn what_is_not_in_floats_is_not_quantised_again() {
    let quantised = converted_to(WeightFormat::Q8_0, &model()).unwrap();
    for file in [
        quantised.as_slice(),
        b"GGUF, and forty-four bytes more of what is no Whisper model",
    ] {
        let reason = requantised(file, WeightFormat::Q5_1).unwrap_err();
        assert!(reason.contains("16-bit floats"), "{reason}");
    }
    let whole = converted_to(WeightFormat::F16, &model()).unwrap();
    let cut = requantised(&whole[..whole.len() - 1], WeightFormat::Q8_0).unwrap_err();
    assert!(cut.contains("too early") || cut.contains("block"), "{cut}");
}

proptest! {
    #[test]
    fn no_damage_makes_it_panic(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut file = converted_to(WeightFormat::F16, &model()).unwrap();
        for (index, byte) in damage {
            let at = index.index(file.len());
            file[at] = byte;
        }
        file.truncate(cut.index(file.len()) + 1);
        let _ = requantised(&file, WeightFormat::Q5_1);
    }
}
