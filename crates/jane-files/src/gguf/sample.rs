//! GGUF files for tests.

const STRING: u32 = 8;
const ARRAY: u32 = 9;

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

fn number(name: &str, value: u32) -> Vec<u8> {
    [
        text(name),
        4_u32.to_le_bytes().to_vec(),
        value.to_le_bytes().to_vec(),
    ]
    .concat()
}

/// A small model: two layers, 96 bytes of weights in all.
pub fn model() -> Vec<u8> {
    part(&[], &TENSORS)
}

/// Name and place of each tensor.
const TENSORS: [(&str, u64); 3] = [("token_embd.weight", 0), ("blk.0.w", 32), ("blk.1.w", 64)];

/// The same in two parts: the embedding, and the layers.
#[must_use]
pub fn parts() -> [Vec<u8>; 2] {
    let split = |no| {
        [
            ("split.no", no),
            ("split.count", 2),
            ("split.tensors.count", 3),
        ]
    };
    [
        part(&split(0), &TENSORS[..1]),
        part(&split(1), &[("blk.0.w", 0), ("blk.1.w", 32)]),
    ]
}

/// A file with `numbers` in its head and eight 32-bit floats in each of `tensors`.
fn part(numbers: &[(&str, u32)], tensors: &[(&str, u64)]) -> Vec<u8> {
    let mut file = b"GGUF\x03\0\0\0".to_vec();
    file.extend((tensors.len() as u64).to_le_bytes());
    file.extend((7 + numbers.len() as u64).to_le_bytes());
    for (name, value) in numbers {
        file.extend(number(name, *value));
    }
    file.extend(text("general.architecture"));
    file.extend(STRING.to_le_bytes());
    file.extend(text("llama"));
    for (name, value) in [
        ("llama.block_count", 2),
        ("llama.context_length", 2048),
        ("llama.embedding_length", 64),
        ("llama.attention.head_count", 4),
        ("llama.attention.head_count_kv", 2),
    ] {
        file.extend(number(name, value));
    }
    file.extend(text("tokenizer.ggml.tokens"));
    file.extend(ARRAY.to_le_bytes());
    file.extend(STRING.to_le_bytes());
    file.extend(2_u64.to_le_bytes());
    file.extend([text("a"), text("b")].concat());
    for (name, place) in tensors {
        file.extend(text(name));
        file.extend(1_u32.to_le_bytes());
        file.extend(8_u64.to_le_bytes());
        file.extend(0_u32.to_le_bytes());
        file.extend(place.to_le_bytes());
    }
    file.resize(file.len().next_multiple_of(32) + 32 * tensors.len(), 0);
    file
}
