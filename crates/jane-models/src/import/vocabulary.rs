//! The vocabulary of whisper.cpp from the `tokenizer.json` of Hugging Face.
//!
//! A token there is written in the byte-level alphabet of GPT-2, in which each of the 256 bytes is
//! a printable character; here it becomes the bytes themselves.

use std::collections::HashMap;

use serde::Deserialize;

use super::ConversionError;

/// Tokens that whisper.cpp reads from a file: all but the special ones, which it makes itself.
const TOKENS: usize = 50_257;

#[derive(Deserialize)]
struct Tokenizer {
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    vocab: HashMap<String, u64>,
}

/// The bytes of tokens 0 to 50,256, in order.
pub fn tokens(tokenizer: &str) -> Result<Vec<Vec<u8>>, ConversionError> {
    let tokenizer: Tokenizer = serde_json::from_str(tokenizer)
        .map_err(|error| ConversionError::Malformed(error.to_string()))?;
    let alphabet = byte_alphabet();
    let mut tokens = vec![None; TOKENS];
    for (text, id) in tokenizer.model.vocab {
        let Some(slot) = usize::try_from(id).ok().and_then(|id| tokens.get_mut(id)) else {
            continue;
        };
        let bytes: Option<Vec<u8>> = text
            .chars()
            .map(|letter| alphabet.get(&letter).copied())
            .collect();
        *slot = Some(bytes.ok_or_else(|| {
            ConversionError::Malformed(format!("the token `{text}` is not written in bytes"))
        })?);
    }
    tokens
        .into_iter()
        .enumerate()
        .map(|(id, token)| {
            token.ok_or_else(|| ConversionError::Malformed(format!("there is no token {id}")))
        })
        .collect()
}

/// The byte that each character of GPT-2's alphabet stands for: printable Latin-1 stands for
/// itself, and the other bytes are, in order, the characters from U+0100 on (`bytes_to_unicode` of
/// GPT-2's `encoder.py`).
fn byte_alphabet() -> HashMap<char, u8> {
    let mut next = 0x100_u16;
    (0..=u8::MAX)
        .map(|byte| {
            let letter = match byte {
                b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF => u16::from(byte),
                _ => {
                    next += 1;
                    next - 1
                }
            };
            (char::from_u32(u32::from(letter)).unwrap_or_default(), byte)
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A vocabulary of the right length: token N is written as the letters of N.
    pub fn whole() -> serde_json::Value {
        let vocab: serde_json::Map<String, serde_json::Value> = (0..TOKENS + 3)
            .map(|id| (format!("{id}"), id.into()))
            .collect();
        serde_json::json!({ "model": { "vocab": vocab } })
    }

    #[test]
    fn the_alphabet_covers_every_byte_once() {
        let alphabet = byte_alphabet();
        assert_eq!(alphabet.len(), 256);
        // known from GPT-2: space is Ġ, newline is Ċ, and the byte 0xAD, the soft hyphen, is the last
        assert_eq!(alphabet[&'Ġ'], b' ');
        assert_eq!(alphabet[&'Ċ'], b'\n');
        assert_eq!(alphabet[&'Ń'], 0xAD);
    }

    #[test]
    fn tokens_come_in_order_and_without_the_special_ones() {
        let tokens = tokens(&whole().to_string()).unwrap();
        assert_eq!(tokens.len(), TOKENS);
        assert_eq!(tokens[50_256], b"50256");
    }

    #[test]
    fn a_vocabulary_with_a_hole_or_a_foreign_letter_is_refused() {
        let mut hole = whole();
        hole["model"]["vocab"]["7"] = 8.into();
        assert!(
            tokens(&hole.to_string())
                .unwrap_err()
                .to_string()
                .contains("token 7")
        );
        let mut foreign = whole();
        foreign["model"]["vocab"]["7"] = 8.into();
        foreign["model"]["vocab"]["世"] = 7.into();
        assert!(tokens(&foreign.to_string()).is_err());
        assert!(tokens("[]").is_err());
    }
}
