//! What a model would take of memory, from the numbers at the beginning of its file.
//!
//! Files are hostile: the numbers are bounded before anything is made of them.

use std::fs::File;
use std::io::Read;

use jane_core::Footprint;
use jane_platform::resident_memory;
use jane_worker::Failure;

/// The first four bytes of a ggml file: `ggml`, little-endian.
const MAGIC: u32 = 0x6767_6d6c;

/// The largest number that is believed; the largest that any model has is its vocabulary of 51,866.
const LARGEST: u32 = 1 << 20;

/// whisper.cpp rounds the lengths of its caches up to a multiple of this.
const PAD: u64 = 256;

/// Rows of the encoder for each of its positions, in all buffers together: found with tiny.en and base, the same for both.
const ROWS: u64 = 24;

/// Bytes that are kept of each token of the vocabulary, in strings and tables.
const TOKEN: u64 = 300;

/// # Errors
/// Where the file cannot be read, or is no Whisper model.
pub fn footprint(path: &str) -> Result<Footprint, Failure> {
    let broken = |reason: &dyn std::fmt::Display| Failure::Model {
        message: format!("`{path}` is not a Whisper model that can be read: {reason}"),
    };
    let mut file = File::open(path).map_err(|error| broken(&error))?;
    let weights = file.metadata().map_err(|error| broken(&error))?.len();
    let mut head = [0; 44];
    file.read_exact(&mut head).map_err(|error| broken(&error))?;
    let size = Size::of(&head).ok_or_else(|| broken(&"it does not begin as one"))?;
    Ok(Footprint {
        // On a device as a whole, or not at all.
        layers: vec![weights],
        compute: size.caches().saturating_add(size.buffers()),
        program: resident_memory(std::process::id()).unwrap_or_default(),
        ..Footprint::default()
    })
}

/// The numbers that whisper.cpp's buffers follow from.
#[derive(Debug, PartialEq)]
struct Size {
    vocabulary: u64,
    audio_context: u64,
    audio_state: u64,
    audio_heads: u64,
    text_context: u64,
    text_state: u64,
    text_layers: u64,
}

impl Size {
    fn of(head: &[u8; 44]) -> Option<Self> {
        let (words, _) = head.as_chunks::<4>();
        let mut words = words.iter().map(|word| u32::from_le_bytes(*word));
        if words.next()? != MAGIC {
            return None;
        }
        let mut number = || {
            words
                .next()
                .filter(|number| *number <= LARGEST)
                .map(u64::from)
        };
        let (vocabulary, audio_context, audio_state) = (number()?, number()?, number()?);
        let (audio_heads, _audio_layers) = (number()?, number()?);
        let (text_context, text_state, _text_heads) = (number()?, number()?, number()?);
        Some(Self {
            vocabulary,
            audio_context,
            audio_state,
            audio_heads,
            text_context,
            text_state,
            text_layers: number()?,
        })
    }

    /// Bytes of the decoder's caches of text and of audio, and of the encoder's padding: keys and values, 16-bit.
    fn caches(&self) -> u64 {
        let text = self.text_context.next_multiple_of(PAD);
        let audio = self.audio_context.next_multiple_of(PAD);
        let decoder = (text + audio).saturating_mul(self.text_layers);
        let decoder = decoder.saturating_mul(self.text_state);
        decoder
            .saturating_add(audio * self.audio_state)
            .saturating_mul(4)
    }

    /// Bytes for encoding 30 seconds and for decoding. The encoder's buffer holds the scores of each position against each, for each
    /// head; it, the other buffers and the workspace hold [`ROWS`] rows of the network for each position (32-bit). whisper.cpp
    /// reports buffers of 82 MB for tiny.en and 107 MB for base, and 96 MB more for decoding, of which a few rows are used: a
    /// long `stt.prompt` would use up to 95 MB.
    fn buffers(&self) -> u64 {
        let scores = self.audio_context.saturating_mul(self.audio_heads);
        let rows = self.audio_state.saturating_mul(ROWS);
        self.audio_context
            .saturating_mul(scores.saturating_add(rows))
            .saturating_mul(4)
            .saturating_add(self.vocabulary.saturating_mul(TOKEN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(numbers: [u32; 9]) -> [u8; 44] {
        let mut head = [0; 44];
        let words = std::iter::once(MAGIC).chain(numbers);
        for (place, word) in head.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        head
    }

    #[test]
    fn the_caches_of_tiny_are_what_whisper_cpp_reports() {
        let tiny = Size::of(&head([51_864, 1500, 384, 6, 4, 448, 384, 6, 4])).unwrap();
        // 3.15, 9.44 and 2.36 MB
        assert_eq!(tiny.caches(), 3_145_728 + 9_437_184 + 2_359_296);
        assert_eq!(tiny.buffers() / 1_000_000, 124);
    }

    #[test]
    fn numbers_beyond_all_bounds_are_refused_and_those_within_do_not_overflow() {
        assert_eq!(Size::of(&head([u32::MAX; 9])), None);
        assert_eq!(Size::of(&[0; 44]), None);
        assert!(Size::of(&head([LARGEST; 9])).unwrap().buffers() > 0);
    }

    #[test]
    fn a_file_that_is_too_short_is_refused_by_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "lmgg").unwrap();
        let path = file.path().to_str().unwrap();
        assert!(footprint(path).unwrap_err().to_string().contains(path));
    }
}
