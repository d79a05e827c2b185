//! How near two sentences are in their words: "jot down that …" is asked in many ways of nothing but a note.
//!
//! Embeddings tell what a sentence is about and little of what is wanted with it; its words and their order tell that. A sentence is
//! the set of its words and of the pairs of neighbours, the first of which stands behind its beginning; each counts by how rare it is
//! among the examples (inverse document frequency), and the cosine of two sentences is their nearness.

use std::collections::{BTreeSet, HashMap};

/// Words of a sentence that count.
const MOST_WORDS: usize = 60;

/// Spoken numbers, which count as one word, as digits do.
const NUMBERS: &[&str] = &[
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "fifteen", "eighteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy",
    "eighty", "ninety", "hundred", "half", "quarter", "dozen",
];

/// A sentence: its features and their weights, at length 1.
pub type Wording = HashMap<String, f32>;

/// How often features occur.
#[derive(Default)]
pub struct Frequencies {
    sentences: u32,
    of: HashMap<String, u32>,
}

impl Frequencies {
    pub fn add(&mut self, text: &str) {
        self.sentences += 1;
        for feature in features(text) {
            *self.of.entry(feature).or_default() += 1;
        }
    }

    /// The wording of `text`.
    #[expect(
        clippy::cast_precision_loss,
        reason = "there are some thousand examples"
    )]
    pub fn wording(&self, text: &str) -> Wording {
        let all = self.sentences as f32 + 1.0;
        let weight = |feature: &String| {
            let count = self.of.get(feature).copied().unwrap_or_default() as f32;
            (all / (count + 0.5)).ln().max(0.0)
        };
        let mut wording: Wording = features(text)
            .into_iter()
            .map(|feature| (weight(&feature), feature))
            .map(|(weight, feature)| (feature, weight))
            .collect();
        let length = wording
            .values()
            .map(|weight| weight * weight)
            .sum::<f32>()
            .sqrt();
        for weight in wording.values_mut() {
            *weight /= length.max(f32::MIN_POSITIVE);
        }
        wording
    }
}

/// The cosine of two sentences: 0 where they share nothing, 1 where they are the same.
pub fn likeness(one: &Wording, other: &Wording) -> f32 {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    short
        .iter()
        .map(|(feature, weight)| weight * long.get(feature).copied().unwrap_or_default())
        .sum()
}

fn features(text: &str) -> BTreeSet<String> {
    let plain = text.replace('’', "'").to_lowercase();
    let words = plain.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
    let words = words.filter(|word| !word.is_empty()).take(MOST_WORDS);
    let words = words.map(|word| {
        let is_number = word.chars().all(char::is_numeric) || NUMBERS.contains(&word);
        if is_number { "#" } else { word }
    });
    let mut features = BTreeSet::new();
    let mut before = "<";
    for word in words {
        features.insert(word.to_owned());
        features.insert(format!("{before} {word}"));
        before = word;
    }
    features
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_and_their_order_tell_more_than_common_ones() {
        let mut frequencies = Frequencies::default();
        for text in [
            "jot down that the train leaves",
            "what is the time",
            "the sky is blue",
            "what is that",
        ] {
            frequencies.add(text);
        }
        let of = |text: &str| frequencies.wording(text);
        let near = likeness(
            &of("jot down that I owe Tom 10 dollars"),
            &of("jot down that the train leaves"),
        );
        let far = likeness(
            &of("jot down that I owe Tom 10 dollars"),
            &of("what is that"),
        );
        assert!(near > 2.0 * far, "{near} {far}");
        let same = likeness(&of("what is the time"), &of("What is the time?"));
        assert!((same - 1.0).abs() < 1e-5, "{same}");
        assert_eq!(likeness(&of(""), &of("what is the time")), 0.0);
    }
}
