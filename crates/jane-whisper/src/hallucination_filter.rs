//! Keeps invented text out: what Whisper writes about silence, noise and music.
//!
//! A reading is dropped where the model itself doubts it (no-speech probability and mean log-probability, after the rule of OpenAI's
//! `transcribe.py`), where it repeats itself, and where it is nothing but a note on sounds such as `[MUSIC]` or `(wind blowing)`.

use whisper_rs::{WhisperState, WhisperTokenId};

/// Below this mean log-probability a reading is worth a second look with the whole window.
const SECOND_LOOK: f32 = -0.6;

/// How much surer a reading has to be for each unit of no-speech probability. OpenAI's rule is a
/// corner (above 0.6 and below -1); this line runs through it, and parts the eleven clips of noise
/// from the hundred of speech that it was drawn on, where the corner let two through (tiny.en).
const SLOPE: f32 = 2.0;

/// A phrase that comes this often in a row is a decoder that has lost its way. A single word may come as often as it can be spoken:
/// "No, no, no, no!", or a number.
const REPEATS: usize = 4;

/// Words that people say in a second at most. A decoder that has lost its way writes until it is stopped, which is twice as many.
const WORDS_PER_SECOND: f32 = 5.0;

/// A phrase of this many words that comes twice in a row is worth a second look: people rarely do that.
const SAID_TWICE: usize = 3;

/// The longest phrase, in words, that is looked for.
const PHRASE: usize = 40;

/// What the decoder made of an utterance.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    pub text: String,
    pub no_speech_probability: f32,
    pub mean_log_probability: f32,
    /// Of the sound that was read.
    pub seconds: f32,
}

impl Reading {
    /// Collects the text of all segments, and how sure the model is of it. How likely it is that
    /// nothing was said, and how long the sound is, is for the caller to add.
    pub fn of(state: &WhisperState) -> Self {
        let mut text = String::new();
        let (mut log_probability, mut tokens) = (0.0_f32, 0_u16);
        for segment in state.as_iter() {
            text.push_str(&segment.to_str_lossy().unwrap_or_default());
            for number in 0..segment.n_tokens() {
                let Some(token) = segment.get_token(number) else {
                    continue;
                };
                if token.token_id() < FIRST_SPECIAL {
                    log_probability += token.token_data().plog;
                    tokens = tokens.saturating_add(1);
                }
            }
        }
        let mean_log_probability = if tokens == 0 {
            0.0
        } else {
            log_probability / f32::from(tokens)
        };
        Self {
            text: text.trim().to_owned(),
            no_speech_probability: 0.0,
            mean_log_probability,
            seconds: 0.0,
        }
    }

    /// The second reading of the same audio, which keeps the first one's doubts whether anything was
    /// said: a larger window makes noise look more like speech.
    pub fn corrected_by(self, again: Self) -> Self {
        Self {
            no_speech_probability: self.no_speech_probability.max(again.no_speech_probability),
            ..again
        }
    }

    /// Whether another look with a larger window may read something else: the reading is unsure or
    /// repeats itself, and silence is not plain.
    pub fn is_doubtful(&self, no_speech_threshold: f32, log_probability_threshold: f32) -> bool {
        let silence_is_plain = self.no_speech_probability > no_speech_threshold
            && self.mean_log_probability < log_probability_threshold;
        let unsure = self.mean_log_probability < SECOND_LOOK
            || repeats(&self.text, 1, REPEATS)
            || repeats(&self.text, SAID_TWICE, 2);
        unsure && !silence_is_plain
    }

    /// The text that may be believed; empty where nothing was said.
    pub fn accepted(&self, no_speech_threshold: f32, log_probability_threshold: f32) -> String {
        let missing = no_speech_threshold - self.no_speech_probability;
        let silent = self.mean_log_probability < log_probability_threshold - SLOPE * missing;
        if silent || self.has_lost_its_way() {
            return String::new();
        }
        let text = without_notes(&self.text);
        if text.chars().any(char::is_alphanumeric) {
            text
        } else {
            String::new()
        }
    }

    /// Whether a phrase comes too often in a row, or a word more often than anybody says it, or while the model is unsure.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a reading has a few hundred words at most"
    )]
    fn has_lost_its_way(&self) -> bool {
        let mut words = words(&self.text);
        let runs = words.chunk_by(|one, next| one == next).map(<[String]>::len);
        let run = runs.max().unwrap_or(0);
        let said = self.seconds * WORDS_PER_SECOND;
        if run >= REPEATS && (run as f32 > said || self.mean_log_probability < SECOND_LOOK) {
            return true;
        }
        words.dedup();
        is_repeated(&words, 2, REPEATS)
    }
}

/// The end-of-text token of English-only models; all text tokens of every model are below it.
const FIRST_SPECIAL: WhisperTokenId = 50_256;

/// Whether some phrase of at least `shortest` words comes `times` times in a row.
fn repeats(text: &str, shortest: usize, times: usize) -> bool {
    is_repeated(&words(text), shortest, times)
}

/// The words of `text`, so that those that sound alike are alike.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|word| {
            word.chars()
                .filter(|letter| letter.is_alphanumeric())
                .flat_map(char::to_lowercase)
                .collect()
        })
        .collect()
}

fn is_repeated(words: &[String], shortest: usize, times: usize) -> bool {
    (shortest..=PHRASE).any(|length| {
        words.windows(length * times).any(|stretch| {
            let (first, rest) = stretch.split_at(length);
            rest.chunks(length).all(|phrase| phrase == first)
        })
    })
}

/// What `text` begins with, once, where all of it is that again and again, the last time perhaps in part: what a decoder makes of a few
/// words in a small window.
pub fn first_words(text: &str) -> String {
    let (plain, written): (Vec<String>, Vec<&str>) =
        (words(text), text.split_whitespace().collect());
    let phrase = (1..plain.len()).find(|length| {
        let (first, rest) = plain.split_at(*length);
        // The last of them may be cut off.
        rest.chunks(*length).all(|again| {
            let whole = again.len() == *length && again == first;
            whole
                || again
                    .iter()
                    .zip(first)
                    .all(|(one, same)| same.starts_with(one.as_str()))
        })
    });
    let kept = phrase.unwrap_or(written.len());
    written
        .iter()
        .take(kept)
        .copied()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The text without notes on sounds in brackets, parentheses, asterisks or note signs.
fn without_notes(text: &str) -> String {
    let mut kept = String::new();
    let mut closing: Option<char> = None;
    for letter in text.chars() {
        match (closing, letter) {
            (Some(end), letter) if letter == end => closing = None,
            (Some(_), _) => {}
            (None, '[') => closing = Some(']'),
            (None, '(') => closing = Some(')'),
            (None, '*') => closing = Some('*'),
            (None, '♪' | '♫') => {}
            (None, letter) => kept.push(letter),
        }
    }
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(text: &str, no_speech_probability: f32, mean_log_probability: f32) -> Reading {
        Reading {
            text: text.to_owned(),
            no_speech_probability,
            mean_log_probability,
            seconds: 2.0,
        }
    }

    #[test]
    fn a_clear_sentence_is_kept() {
        assert_eq!(
            reading("Turn on the lamp.", 0.1, -0.2).accepted(0.6, -1.0),
            "Turn on the lamp."
        );
    }

    #[test]
    fn a_doubtful_sentence_over_silence_is_dropped() {
        assert_eq!(
            reading("Thanks for watching!", 0.9, -1.4).accepted(0.6, -1.0),
            ""
        );
    }

    #[test]
    fn a_decoder_that_repeats_itself_is_not_believed() {
        let text = "and so on and so on and so on and so on";
        assert!(reading(text, 0.0, -0.1).is_doubtful(0.6, -1.0));
        assert_eq!(reading(text, 0.0, -0.1).accepted(0.6, -1.0), "");
        assert!(!repeats("no no no, that is not it", 1, REPEATS));
    }

    #[test]
    fn a_word_that_somebody_says_again_and_again_is_kept() {
        for text in [
            "No, no, no, no!",
            "Nine nine nine nine.",
            "Go go go go go go go go.",
        ] {
            assert!(reading(text, 0.0, -0.2).is_doubtful(0.6, -1.0));
            assert_eq!(reading(text, 0.0, -0.2).accepted(0.6, -1.0), text);
            assert_eq!(reading(text, 0.0, -0.8).accepted(0.6, -1.0), "");
            let short = Reading {
                seconds: 0.5,
                ..reading(text, 0.0, -0.2)
            };
            assert_eq!(short.accepted(0.6, -1.0), "");
        }
        let endless = "you ".repeat(18);
        assert_eq!(reading(&endless, 0.0, -0.1).accepted(0.6, -1.0), "");
    }

    #[test]
    fn of_what_is_repeated_the_first_words_are_left() {
        for (text, first) in [
            ("Alexa Alexa Alexa Alexa", "Alexa"),
            ("Snow boy, Snow boy, Snow boy, Sn", "Snow boy,"),
            ("Smart Mirror Smart Mirror Smart", "Smart Mirror"),
            ("Drop the two when. Drop the", "Drop the two when."),
            ("Hey Jane, what time is it?", "Hey Jane, what time is it?"),
            ("No, no, hey Jane", "No, no, hey Jane"),
            ("Hey Jane", "Hey Jane"),
            ("", ""),
        ] {
            assert_eq!(first_words(text), first);
        }
    }

    #[test]
    fn notes_on_sounds_are_not_speech() {
        assert_eq!(
            reading("[MUSIC PLAYING] (wind) ♪ ♪ *sigh*", 0.2, -0.3).accepted(0.6, -1.0),
            ""
        );
        assert_eq!(
            reading("Hello (coughs) there", 0.2, -0.3).accepted(0.6, -1.0),
            "Hello there"
        );
        assert_eq!(reading(". . .", 0.2, -0.3).accepted(0.6, -1.0), "");
    }
}
