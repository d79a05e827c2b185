//! How much of Whisper's 30-second window is encoded for an utterance, and how long its text may get.
//!
//! The encoder costs what its window costs, not what the audio lasts. A window cut too close falls into endless repetition, so
//! it has a margin and a floor, and a doubtful reading is repeated with the whole window.

/// Encoder positions of the whole window (30 s).
pub const WHOLE: u32 = 1500;

/// Encoder positions for each second of audio. Half as many again are given, since long sentences
/// need more room than short commands: tiny.en, floor 512, test-other.
const PER_SECOND: u32 = 50;

/// Positions beyond the audio's own. 64 fell into repetition on six of nine short questions, 128 on five with no floor
/// (tiny.en); with a floor of 512 on none.
const MARGIN: u32 = 128;

/// The same for the first words of an utterance: a decoder that repeats them loses nothing that is asked for. Over 24 recorded wake
/// phrases as many were told with it as with a floor of 512, in 0.43 of the time on one core (tiny.en).
const MARGIN_OF_BEGINNING: u32 = 32;

const RATE: usize = 16_000;

/// Samples of silence put before the audio: 100 ms.
const LEAD: usize = RATE / 10;

/// The shortest audio that is worth reading: whisper.cpp refuses less than 100 ms.
const SHORTEST: usize = RATE + RATE / 10;

/// The windows to try, in encoder positions, the cheapest first.
pub fn attempts(samples: usize, floor: u32) -> impl Iterator<Item = u32> {
    let positions = positions(samples);
    let first = (positions + positions / 2)
        .saturating_add(MARGIN)
        .max(floor)
        .min(WHOLE);
    std::iter::once(first).chain((first < WHOLE).then_some(WHOLE))
}

/// The window for the first words of an utterance, in encoder positions.
pub fn beginning(samples: usize) -> u32 {
    (positions(samples) + MARGIN_OF_BEGINNING).min(WHOLE)
}

/// The encoder positions of the audio itself.
fn positions(samples: usize) -> u32 {
    u32::try_from(samples * PER_SECOND as usize / RATE).unwrap_or(WHOLE)
}

/// The most tokens of the first words of an utterance: some six words.
pub fn most_tokens_of_beginning(is_english: bool) -> u32 {
    if is_english { 10 } else { 30 }
}

/// The most tokens that speech of this length holds. Fast English has five words a second, and a word rarely more than two tokens.
/// In a script that the vocabulary hardly knows a letter is up to three tokens, and fast speech has some ten letters a second: there the
/// bound only ends a decoder that has lost its way.
pub fn most_tokens(samples: usize, is_english: bool) -> u32 {
    let seconds = u32::try_from(samples.div_ceil(RATE)).unwrap_or(30);
    let per_second = if is_english { 10 } else { 30 };
    (16 + per_second * seconds).min(220)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "an utterance has a million samples at most"
)]
pub fn seconds(samples: usize) -> f32 {
    samples as f32 / RATE as f32
}

/// The audio with a little silence before it, and enough behind it to be readable at all. Speech that begins with the first
/// sample is misread more often: with 100 ms before it tiny.en made no error in 75 words of commands instead of two.
pub fn padded(audio: &[f32]) -> Vec<f32> {
    let mut padded = vec![0.0; LEAD];
    padded.extend_from_slice(audio);
    padded.resize(padded.len().max(SHORTEST), 0.0);
    padded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_question_gets_the_floor_and_then_the_whole_window() {
        assert_eq!(attempts(2 * RATE, 512).collect::<Vec<_>>(), [512, 1500]);
    }

    #[test]
    fn a_full_window_is_tried_once() {
        assert_eq!(attempts(30 * RATE, 512).collect::<Vec<_>>(), [1500]);
    }

    #[test]
    fn silence_is_put_behind_a_click() {
        assert_eq!(padded(&[0.5; 10]).len(), SHORTEST);
        assert_eq!(most_tokens(0, true), 16);
    }

    #[test]
    fn what_is_no_english_may_take_more_tokens() {
        assert_eq!(most_tokens(3 * RATE, true), 46);
        assert_eq!(most_tokens(3 * RATE, false), 106);
        assert_eq!(most_tokens(30 * RATE, false), 220);
    }
}
