//! When a voice says what: from the words of a text to their phonemes, and from those to samples.
//!
//! Invariant: what is not certain is left out. Whoever hears none of it takes words to be as long as their letters.

use std::rc::Rc;

use jane_core::WordTiming;

/// Words of a sentence, and how they are pronounced.
pub struct Part {
    pub words: String,
    /// Letters and digits of the text before them.
    pub letters_before: u32,
    /// The first character of their phonemes in the sentence, and behind the last.
    pub start: usize,
    pub phonemes: String,
}

/// What is synthesised at once: a sentence, or a part of one that is too long.
pub struct Sentence {
    pub phonemes: String,
    /// Characters of the whole sentence before it.
    pub offset: usize,
    /// Of the whole sentence.
    pub parts: Rc<[Part]>,
}

impl Sentence {
    /// When what of it is said, where its characters end at the samples `ends`. `pronounced` gives the phonemes of each of some words alone,
    /// or nothing.
    pub fn places(
        &self,
        ends: &[u32],
        mut pronounced: impl FnMut(&[&str]) -> Vec<String>,
    ) -> Vec<WordTiming> {
        let mut places = Vec::new();
        for part in self.parts.iter() {
            let mut letters = part.letters_before;
            let words: Vec<&str> = part.words.split_whitespace().collect();
            for (word, end) in words.iter().zip(word_ends(&words, part, &mut pronounced)) {
                letters += letters_of(word);
                let character = (part.start + end).checked_sub(self.offset + 1);
                if let Some(samples) = character.and_then(|character| ends.get(character)) {
                    let samples = *samples;
                    places.push(WordTiming { letters, samples });
                }
            }
        }
        places
    }
}

pub fn letters_of(text: &str) -> u32 {
    let letters = text.chars().filter(|letter| letter.is_alphanumeric());
    u32::try_from(letters.count()).unwrap_or(u32::MAX)
}

/// Behind which character of the phonemes each word ends. espeak-ng joins some words ("of the") and makes several of others ("21"): their
/// ends are where they would be if each had its share as when it is said alone.
fn word_ends(
    words: &[&str],
    part: &Part,
    pronounced: &mut impl FnMut(&[&str]) -> Vec<String>,
) -> Vec<usize> {
    let length = |phonemes: &str| phonemes.chars().count();
    let spoken: Vec<&str> = part.phonemes.split(' ').collect();
    if spoken.len() == words.len() {
        let end = |end: &mut usize, word: &&str| {
            let behind = *end + length(word);
            *end = behind + 1;
            Some(behind)
        };
        return spoken.iter().scan(0, end).collect();
    }
    let alone = pronounced(words);
    let shares: Vec<usize> = if alone.len() == words.len() {
        alone.iter().map(|phonemes| length(phonemes)).collect()
    } else {
        words.iter().map(|word| length(word)).collect()
    };
    let (whole, all) = (length(&part.phonemes), shares.iter().sum::<usize>().max(1));
    let end = |passed: &mut usize, share: &usize| {
        *passed += share;
        Some(*passed * whole / all)
    };
    shares.iter().scan(0, end).collect()
}

/// The samples, and behind which sample each character of `phonemes` ends. `output` is what the rewritten network gives for them: the
/// samples, and the frames of each number that was said. `is_known` tells the characters that have a number; the first and the last number
/// stand for no character, and behind each other one comes a pad. `None` where that does not add up.
pub fn split(
    mut output: Vec<f32>,
    phonemes: &str,
    is_known: impl Fn(char) -> bool,
) -> Option<(Vec<f32>, Vec<u32>)> {
    let numbers = 2 + 2 * phonemes.chars().filter(|letter| is_known(*letter)).count();
    let frames = output.split_off(output.len().checked_sub(numbers)?);
    let all: f32 = frames.iter().sum();
    if !frames.iter().all(|frames| *frames >= 0.0) || all < 1.0 {
        return None;
    }
    let samples = output.len() as f32 / all;
    if samples.fract() != 0.0 {
        return None;
    }
    let (first, rest) = frames.split_first()?;
    let mut passed = *first;
    let mut rest = rest.chunks_exact(2);
    let ends = phonemes.chars().map(|letter| {
        if is_known(letter) {
            passed += rest.next().map_or(0.0, |both| both.iter().sum());
        }
        (passed * samples) as u32
    });
    let ends = ends.collect();
    Some((output, ends))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(words: &str, letters_before: u32, start: usize, phonemes: &str) -> Part {
        Part {
            words: words.to_owned(),
            letters_before,
            start,
            phonemes: phonemes.to_owned(),
        }
    }

    #[test]
    fn durations_behind_the_samples_say_when_each_character_ends() {
        // Two characters of three are known: begin, two times a number and a pad, end.
        let mut output = vec![0.5; 2 * 10];
        output.extend([1.0, 2.0, 1.0, 3.0, 1.0, 2.0]);
        let (samples, ends) = split(output.clone(), "a?b", |letter| letter != '?').unwrap();
        assert_eq!((samples.len(), ends), (20, vec![8, 8, 16]));
        // Samples alone, and too few of them, are no such output.
        assert!(split(vec![0.5; 26], "a?b", |_| true).is_none());
        assert!(split(vec![], "a", |_| true).is_none());
        output.pop();
        assert!(split(output, "a?b", |letter| letter != '?').is_none());
    }

    #[test]
    fn words_end_where_their_phonemes_do() {
        let sentence = Sentence {
            phonemes: "wˈiː ɡˈoʊ, ɪnðə fˈɑːɹ.".to_owned(),
            offset: 0,
            parts: [
                part("We go", 0, 0, "wˈiː ɡˈoʊ"),
                part("in the far", 4, 11, "ɪnðə fˈɑːɹ"),
            ]
            .into(),
        };
        let ends: Vec<u32> = (1..=22).map(|end| end * 100).collect();
        let alone = |words: &[&str]| {
            assert_eq!(words, ["in", "the", "far"]);
            ["ɪn", "ðə", "fˈɑːɹ"].map(str::to_owned).to_vec()
        };
        let places = sentence.places(&ends, alone);
        let wanted = [(2, 400), (4, 900), (6, 1_300), (9, 1_500), (12, 2_100)];
        assert_eq!(
            places
                .iter()
                .map(|place| (place.letters, place.samples))
                .collect::<Vec<_>>(),
            wanted
        );
        // The second part of a sentence that was cut knows nothing of the first.
        let second = Sentence {
            phonemes: "ɪnðə fˈɑːɹ.".to_owned(),
            offset: 11,
            parts: sentence.parts.clone(),
        };
        let places = second.places(&ends[..11], |_| Vec::new());
        assert_eq!(places.first().map(|place| place.letters), Some(6));
        assert_eq!(places.last().map(|place| place.samples), Some(1_000));
    }
}
