//! One Piper voice: its configuration, its ONNX Runtime session, and the phonemes in between.
//!
//! Invariant: what is synthesised at once has at most [`LONGEST`] phonemes, because its memory grows with it.

use std::collections::HashSet;
use std::path::Path;

use jane_core::WordTiming;
use jane_worker::{Failure, PiperOptions, all_cores};
use ort::session::Session;
use piper_rs::{ModelConfig, Piper};
use unicode_normalization::UnicodeNormalization;

use crate::alignment::{Part, Sentence, letters_of, split};
use crate::clauses::clauses;
use crate::graph::TIMED;
use crate::session::session;

/// Phonemes (characters of IPA) that are synthesised at once: some 15 s of speech. Longer sentences are rare, and are cut.
pub const LONGEST: usize = 300;

/// What stands for the beginning of a sentence in the tables that piper-rs is given (see [`with_padded_beginning`]).
const BEGINNING: char = '\u{2}';

/// As long as most that she says at once. In any language it is only to be worked at.
const WARM_UP: &str = "Hello there, how are you today?";

pub struct Voice {
    /// With all threads, and with half of them for a lease that is shorter. On a graphics processor there is one.
    whole: Network,
    half: Option<Network>,
    threads: u32,
    /// Steps of warming up that are done.
    warm_steps: u8,
    espeak_voice: String,
    sample_rate: u32,
    length_scale: f32,
    speakers: u32,
    /// Characters of phonemes that the network has numbers for.
    known: HashSet<char>,
}

/// A session with so many threads.
struct Network {
    piper: Piper,
    /// Whether it tells how long each phoneme lasts.
    is_timed: bool,
}

impl Network {
    fn new(session: Session, config: ModelConfig) -> Self {
        let mut outputs = session.outputs().iter();
        Self {
            is_timed: outputs.any(|output| output.name() == TIMED),
            piper: Piper::from_session(session, config),
        }
    }
}

/// A sentence that was synthesised.
pub struct Spoken {
    /// In -1..=1.
    pub samples: Vec<f32>,
    /// Behind which sample each character of its phonemes ends; empty where that is not known.
    ends: Vec<u32>,
}

impl Voice {
    /// Loads `model` and the `.onnx.json` beside it. ONNX Runtime is taken from `ORT_DYLIB_PATH`.
    ///
    /// # Errors
    /// Where a file is missing or not what it should be, or the runtime cannot be loaded.
    pub fn load(model: &str, cache: &str, threads: u32, gpu: bool) -> Result<Self, Failure> {
        let broken = |error: &dyn std::fmt::Display| Failure::Model {
            message: format!("`{model}` is not a Piper voice that can be loaded: {error}"),
        };
        let json = std::fs::read(format!("{model}.json")).map_err(|error| broken(&error))?;
        let parse = || -> Result<ModelConfig, Failure> {
            let config = serde_json::from_slice(&json).map_err(|error| broken(&error))?;
            Ok(with_padded_beginning(config))
        };
        let config = parse()?;
        if config.audio.sample_rate == 0 {
            return Err(broken(&"its sample rate is 0"));
        }
        let threads = match threads {
            0 => all_cores(),
            threads => threads,
        };
        let session = |some| {
            session(Path::new(model), cache, some, threads, gpu).map_err(|error| broken(&error))
        };
        let whole = session(threads)?;
        let half = match threads / 2 {
            half @ 1.. if !gpu => Some(Network::new(session(half)?, parse()?)),
            _ => None,
        };
        let numbers = config.phoneme_id_map.iter();
        Ok(Self {
            known: numbers
                .filter(|(_, numbers)| !numbers.is_empty())
                .map(|(letter, _)| *letter)
                .collect(),
            espeak_voice: config.espeak.voice.clone(),
            sample_rate: config.audio.sample_rate,
            length_scale: config.inference.length_scale,
            speakers: config.num_speakers,
            whole: Network::new(whole, config),
            half,
            threads,
            warm_steps: 0,
        })
    }

    /// Samples per second.
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Speaks something short to nobody, once, in steps: the first synthesis sets up memory and tables, and takes half as long again as
    /// the next. Whether there is a next step.
    pub fn warm_up(&mut self) -> bool {
        let step = self.warm_steps;
        if step > 2 {
            return false;
        }
        self.warm_steps += 1;
        // What goes wrong here is told when somebody waits for it.
        let phonemes = self.pronounce(&[WARM_UP]).unwrap_or_default().concat();
        let network = match step {
            0 => None,
            1 => self.half.as_mut(),
            _ => Some(&mut self.whole),
        };
        if let Some(Network { piper, .. }) = network {
            let _ = piper.create(&padded(&phonemes), true, None, None, None, None);
        }
        true
    }

    /// The sentences of `text`, with their phonemes and punctuation. One that is too long comes in parts.
    pub fn sentences(&self, text: &str) -> Result<Vec<Sentence>, Failure> {
        let clauses = clauses(&text.replace('\0', " "));
        let words: Vec<&str> = clauses.iter().map(|clause| clause.words.as_str()).collect();
        let mut sentences = vec![(String::new(), Vec::new())];
        let mut letters_before = 0;
        for (clause, phonemes) in clauses.iter().zip(self.pronounce(&words)?) {
            let letters = letters_of(&clause.words);
            if let Some((sentence, parts)) = sentences.last_mut().filter(|_| !phonemes.is_empty()) {
                if !sentence.is_empty() {
                    sentence.push(' ');
                }
                let start = sentence.chars().count();
                sentence.push_str(&phonemes);
                sentence.push(clause.mark);
                parts.push(Part {
                    words: clause.words.clone(),
                    letters_before,
                    start,
                    phonemes,
                });
            }
            letters_before += letters;
            if clause.ends_sentence() {
                sentences.push((String::new(), Vec::new()));
            }
        }
        sentences.retain(|(sentence, _)| !sentence.is_empty());
        let mut cut_up = Vec::new();
        for (sentence, parts) in sentences {
            let (parts, mut offset) = (std::rc::Rc::from(parts), 0);
            for phonemes in cut(&sentence) {
                let length = phonemes.chars().count();
                cut_up.push(Sentence {
                    phonemes,
                    offset,
                    parts: std::rc::Rc::clone(&parts),
                });
                offset += length;
            }
        }
        Ok(cut_up)
    }

    /// The phonemes of each line, accents apart from their letters, as the voices are trained.
    fn pronounce(&self, lines: &[&str]) -> Result<Vec<String>, Failure> {
        let of = |words: &str| -> Result<Vec<String>, Failure> {
            let lines = espeak_rs::text_to_phonemes(words, &self.espeak_voice, None);
            lines.map_err(|error| Failure::Engine {
                message: error.to_string(),
            })
        };
        // Each call sets the voice up anew, so all lines go in one. A line that has no sound is left out of what comes back, and
        // which one it was cannot be seen.
        let mut phonemes = of(&lines.join("\n"))?;
        if phonemes.len() != lines.len() {
            let alone = |words: &&str| Ok(of(words)?.join(" "));
            phonemes = lines.iter().map(alone).collect::<Result<_, Failure>>()?;
        }
        Ok(phonemes
            .iter()
            .map(|phonemes| phonemes.trim().nfd().collect())
            .collect())
    }

    /// When `spoken` says what of `sentence`.
    pub fn places(&self, sentence: &Sentence, spoken: &Spoken) -> Vec<WordTiming> {
        sentence.places(&spoken.ends, |words| {
            self.pronounce(words).unwrap_or_default()
        })
    }

    /// Speaks one sentence, computed with at most `lease` threads (or half of all, where that is more).
    pub fn synthesise(
        &mut self,
        phonemes: &str,
        options: &PiperOptions,
        lease: u32,
    ) -> Result<Spoken, Failure> {
        let speaker = self.speaker(&options.speaker)?;
        let length_scale = self.length_scale / options.speed.clamp(0.1, 10.0);
        let (noise_scale, noise_w) = (Some(options.noise_scale), Some(options.noise_w));
        let Network { piper, is_timed } = match &mut self.half {
            Some(half) if lease < self.threads => half,
            _ => &mut self.whole,
        };
        let phonemes = padded(phonemes);
        let (output, _) = piper
            .create(
                &phonemes,
                true,
                speaker,
                Some(length_scale),
                noise_scale,
                noise_w,
            )
            .map_err(|error| Failure::Engine {
                message: error.to_string(),
            })?;
        let (mut samples, mut ends) = if *is_timed {
            let is_known = |letter| self.known.contains(&letter);
            split(output, &phonemes, is_known).ok_or_else(|| Failure::Engine {
                message: "the network does not say how long its phonemes last".to_owned(),
            })?
        } else {
            (output, Vec::new())
        };
        // The beginning is no character of the sentence.
        ends.drain(..ends.len().min(1));
        for sample in &mut samples {
            *sample = if sample.is_finite() {
                sample.clamp(-1.0, 1.0)
            } else {
                0.0
            };
        }
        Ok(Spoken { samples, ends })
    }

    fn speaker(&self, wanted: &str) -> Result<Option<i64>, Failure> {
        if wanted.is_empty() {
            return Ok(None);
        }
        let names = self.whole.piper.voices();
        if let Some(number) = names.and_then(|names| names.get(wanted)) {
            return Ok(Some(*number));
        }
        match wanted.parse::<u32>() {
            Ok(number) if number < self.speakers.max(1) => Ok(Some(i64::from(number))),
            _ => {
                let mut known: Vec<_> = names
                    .into_iter()
                    .flatten()
                    .map(|(name, _)| name.as_str())
                    .collect();
                known.sort_unstable();
                known.truncate(20);
                let known = if known.is_empty() {
                    String::new()
                } else {
                    format!("; it has {}", known.join(", "))
                };
                let count = self.speakers.max(1);
                let message = format!(
                    "this voice has no speaker `{wanted}` (numbers go from 0 to {}){known}",
                    count - 1
                );
                Err(Failure::Invalid { message })
            }
        }
    }
}

/// The network is trained on a sentence's beginning with a pad behind it. piper-rs 0.2 writes the beginning without one, and a word of
/// one syllable loses its first sound. So what it writes first is a pad, and [`BEGINNING`] a phoneme like the others, padded.
fn with_padded_beginning(mut config: ModelConfig) -> ModelConfig {
    let ids = &mut config.phoneme_id_map;
    if let (Some(beginning), Some(pad)) = (ids.get(&'^').cloned(), ids.get(&'_').cloned()) {
        ids.insert(BEGINNING, beginning);
        ids.insert('^', pad);
    }
    config
}

fn padded(phonemes: &str) -> String {
    format!("{BEGINNING}{phonemes}")
}

/// Cuts `phonemes` into parts of at most [`LONGEST`], behind punctuation or between words where there are any in the second half.
fn cut(phonemes: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest: Vec<char> = phonemes.chars().collect();
    while rest.len() > LONGEST {
        let last = |wanted: &dyn Fn(&char) -> bool| {
            let places = rest.iter().take(LONGEST).enumerate().skip(LONGEST / 2);
            places.filter(|(_, letter)| wanted(letter)).last()
        };
        let place =
            last(&|letter| ",;:".contains(*letter)).or_else(|| last(&|letter| *letter == ' '));
        let later = rest.split_off(place.map_or(LONGEST, |(place, _)| place + 1));
        parts.push(rest.into_iter().collect());
        rest = later;
    }
    parts.push(rest.into_iter().collect());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_that_is_too_long_is_cut_where_one_would_pause() {
        let clause = format!("{}, ", "wˈɜːd ".repeat(40).trim());
        let parts = cut(&clause.repeat(3));
        assert!(parts.iter().all(|part| part.chars().count() <= LONGEST));
        assert!(parts[0].ends_with(','));
        assert_eq!(parts.concat(), clause.repeat(3));
    }

    #[test]
    fn what_has_no_place_to_cut_is_cut_anyway() {
        assert_eq!(cut("hˈaʊ"), ["hˈaʊ"]);
        let parts = cut(&"ə".repeat(LONGEST * 2 + 1));
        assert_eq!(parts.len(), 3);
        assert_eq!(parts[2], "ə");
    }
}
