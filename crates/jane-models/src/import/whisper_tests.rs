//! Conversions of a Whisper model so small that every value can be looked at.

use std::io::Cursor;

use half::f16;
use proptest::prelude::*;

use super::ctranslate2::Weights;
use super::format::WeightFormat;
use super::whisper::convert;

const STATE: u32 = 2;
const BANDS: u32 = 3;
const VOCABULARY: u32 = 5;

/// A `model.bin` of one layer on each side, in which every variable holds 0, 1, 2, …
fn tiny_model() -> Vec<u8> {
    model_of(VOCABULARY, STATE, |number| number as f32)
}

/// A `model.bin` of one layer on each side with rows of `state` weights, in which every variable holds `value` of 0, 1, 2, …
pub fn model_of(vocabulary: u32, state: u32, value: fn(u32) -> f32) -> Vec<u8> {
    let mut variables: Vec<(String, Vec<u32>)> = vec![
        (
            "encoder/position_encodings/encodings".into(),
            vec![4, state],
        ),
        (
            "decoder/position_encodings/encodings".into(),
            vec![6, state],
        ),
        ("decoder/embeddings/weight".into(), vec![vocabulary, state]),
        ("encoder/conv1/weight".into(), vec![state, BANDS, 3]),
        ("encoder/conv2/weight".into(), vec![state, state, 3]),
    ];
    let mut vectors = vec![
        "encoder/conv1/bias".to_owned(),
        "encoder/conv2/bias".to_owned(),
    ];
    let mut linear = |name: String, outputs: u32, inputs: u32| {
        variables.push((format!("{name}/weight"), vec![outputs, inputs]));
        variables.push((format!("{name}/bias"), vec![outputs]));
    };
    for layer in ["encoder/layer_0", "decoder/layer_0"] {
        linear(format!("{layer}/self_attention/linear_0"), 3 * state, state);
        linear(format!("{layer}/self_attention/linear_1"), state, state);
        linear(format!("{layer}/ffn/linear_0"), 4 * state, state);
        linear(format!("{layer}/ffn/linear_1"), state, 4 * state);
        for norm in ["self_attention", "ffn"] {
            vectors.push(format!("{layer}/{norm}/layer_norm/gamma"));
            vectors.push(format!("{layer}/{norm}/layer_norm/beta"));
        }
    }
    linear("decoder/layer_0/attention/linear_0".into(), state, state);
    linear(
        "decoder/layer_0/attention/linear_1".into(),
        2 * state,
        state,
    );
    linear("decoder/layer_0/attention/linear_2".into(), state, state);
    for norm in [
        "decoder/layer_0/attention/layer_norm",
        "encoder/layer_norm",
        "decoder/layer_norm",
    ] {
        vectors.push(format!("{norm}/gamma"));
        vectors.push(format!("{norm}/beta"));
    }
    variables.extend(vectors.into_iter().map(|name| (name, vec![state])));

    let mut bytes = 6_u32.to_le_bytes().to_vec();
    string(&mut bytes, "WhisperSpec");
    bytes.extend(3_u32.to_le_bytes());
    bytes.extend((variables.len() as u32 + 2).to_le_bytes());
    for side in ["encoder", "decoder"] {
        string(&mut bytes, &format!("{side}/num_heads"));
        bytes.extend([0, 2]);
        bytes.extend(2_u32.to_le_bytes());
        bytes.extend(1_i16.to_le_bytes());
    }
    for (name, shape) in variables {
        string(&mut bytes, &name);
        bytes.push(shape.len() as u8);
        shape
            .iter()
            .for_each(|dimension| bytes.extend(dimension.to_le_bytes()));
        let count: u32 = shape.iter().product();
        bytes.push(4);
        bytes.extend((2 * count).to_le_bytes());
        (0..count).for_each(|number| bytes.extend(f16::from_f32(value(number)).to_le_bytes()));
    }
    bytes.extend(0_u32.to_le_bytes());
    bytes
}

fn string(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u16 + 1).to_le_bytes());
    bytes.extend(text.bytes());
    bytes.push(0);
}

fn converted(model: &[u8]) -> Result<Vec<u8>, String> {
    converted_to(WeightFormat::F16, model)
}

pub(super) fn converted_to(format: WeightFormat, model: &[u8]) -> Result<Vec<u8>, String> {
    let mut output = Vec::new();
    let tokens = [b"a".to_vec(), b"bc".to_vec()];
    Weights::index(Cursor::new(model))
        .and_then(|mut weights| convert(&mut weights, &tokens, format, &mut output))
        .map_err(|error| error.to_string())?;
    Ok(output)
}

/// The values of the tensor `name`, which has `count`.
fn tensor<const WIDTH: usize>(file: &[u8], name: &str, count: usize) -> Vec<f32> {
    let at = file
        .windows(name.len())
        .position(|window| window == name.as_bytes())
        .unwrap()
        + name.len();
    let values = file[at..at + WIDTH * count].chunks(WIDTH);
    values
        .map(|value| match *value {
            [a, b] => f16::from_le_bytes([a, b]).to_f32(),
            [a, b, c, d] => f32::from_le_bytes([a, b, c, d]),
            _ => unreachable!(),
        })
        .collect()
}

#[test]
fn the_head_says_what_the_shapes_say() {
    let file = converted(&tiny_model()).unwrap();
    let numbers: Vec<u32> = file[..56]
        .chunks(4)
        .map(|four| u32::from_le_bytes(four.try_into().unwrap()))
        .collect();
    let expected = [
        0x6767_6d6c,
        VOCABULARY,
        4,
        STATE,
        1,
        1,
        6,
        STATE,
        1,
        1,
        BANDS,
        1,
        BANDS,
        201,
    ];
    assert_eq!(numbers, expected);
    let vocabulary = 56 + 4 * BANDS as usize * 201;
    assert_eq!(
        &file[vocabulary..vocabulary + 15],
        b"\x02\0\0\0\x01\0\0\0a\x02\0\0\0bc"
    );
}

#[test]
fn stacked_tensors_are_split_and_keys_have_no_bias() {
    let file = converted(&tiny_model()).unwrap();
    let layer = "encoder.blocks.0.attn";
    assert_eq!(
        tensor::<2>(&file, &format!("{layer}.query.weight"), 4),
        [0.0, 1.0, 2.0, 3.0]
    );
    assert_eq!(
        tensor::<2>(&file, &format!("{layer}.key.weight"), 4),
        [4.0, 5.0, 6.0, 7.0]
    );
    assert_eq!(
        tensor::<2>(&file, &format!("{layer}.value.weight"), 4),
        [8.0, 9.0, 10.0, 11.0]
    );
    assert_eq!(
        tensor::<4>(&file, &format!("{layer}.value.bias"), 2),
        [4.0, 5.0]
    );
    let cross = "decoder.blocks.0.cross_attn";
    assert_eq!(
        tensor::<2>(&file, &format!("{cross}.value.weight"), 4),
        [4.0, 5.0, 6.0, 7.0]
    );
    assert_eq!(
        tensor::<4>(&file, &format!("{cross}.value.bias"), 2),
        [2.0, 3.0]
    );
    let text = String::from_utf8_lossy(&file);
    assert!(!text.contains("key.bias"));
}

#[test]
fn positions_and_biases_are_in_32_bits_and_the_bias_of_a_convolution_is_a_column() {
    let file = converted(&tiny_model()).unwrap();
    assert_eq!(
        tensor::<4>(&file, "encoder.positional_embedding", 8)[7],
        7.0
    );
    let name = b"encoder.conv1.bias";
    let at = file
        .windows(name.len())
        .position(|window| window == name)
        .unwrap();
    let head: Vec<u32> = file[at - 20..at]
        .chunks(4)
        .map(|four| u32::from_le_bytes(four.try_into().unwrap()))
        .collect();
    assert_eq!(head, [2, name.len() as u32, 0, 1, STATE]);
}

#[test]
fn what_is_not_a_whole_whisper_model_is_refused_in_words() {
    let model = tiny_model();
    let refused = |model: &[u8]| converted(model).unwrap_err();
    assert!(refused(b"").contains("too early"));
    assert!(refused(b"GGUF").contains("version"));
    let cut = &model[..model.len() / 2];
    assert!(refused(cut).contains("end"), "{}", refused(cut));

    let mut quantised = model.clone();
    let name = b"encoder/conv1/bias\0";
    let at = quantised
        .windows(name.len())
        .position(|window| window == name)
        .unwrap()
        + name.len();
    quantised[at + 5] = 2; // rank, one dimension, then the type: 16-bit integers take as many bytes
    assert!(refused(&quantised).contains("quantised"));

    let mut foreign = model.clone();
    foreign[at - 2] = b'z';
    assert!(refused(&foreign).contains("no variable `encoder/conv1/bias`"));
}

proptest! {
    #[test]
    fn no_damage_makes_the_conversion_panic(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut model = tiny_model();
        for (index, byte) in damage {
            let at = index.index(model.len());
            model[at] = byte;
        }
        if is_cut {
            model.truncate(cut.index(model.len()));
        }
        let _ = converted(&model);
    }
}
