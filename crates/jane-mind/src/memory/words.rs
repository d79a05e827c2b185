//! The words of a text that say what it is about, to find the facts that have to do with it.

use std::collections::BTreeSet;

/// Letters at the beginning by which words of one family agree ("allergic", "allergies").
const FAMILY: usize = 5;

/// Words that say little of what a sentence is about.
const EMPTY: &[&str] = &[
    "a", "about", "again", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be",
    "been", "but", "by", "can", "could", "did", "do", "does", "don", "for", "from", "had", "has",
    "have", "he", "her", "his", "how", "i", "if", "in", "is", "it", "its", "just", "know", "ll",
    "m", "me", "mine", "my", "name", "no", "not", "of", "on", "one", "or", "our", "please", "re",
    "remember", "s", "said", "say", "she", "should", "so", "some", "t", "tell", "than", "that",
    "the", "their", "them", "there", "they", "this", "to", "told", "user", "ve", "was", "we",
    "were", "what", "when", "where", "which", "who", "why", "will", "with", "would", "you", "your",
];

/// The words of `text` that say what it is about, in lower case: those of one family as one.
pub fn content(text: &str) -> BTreeSet<String> {
    let whole = whole(text);
    whole
        .iter()
        .map(|word| word.chars().take(FAMILY).collect())
        .collect()
}

/// The same, whole, but for the `s` of a plural: what is to be forgotten is not guessed.
pub fn whole(text: &str) -> BTreeSet<String> {
    text.to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty() && !EMPTY.contains(word))
        .map(|word| match word.strip_suffix('s') {
            Some(one) if one.len() > 2 && !one.ends_with('s') => one.to_owned(),
            _ => word.to_owned(),
        })
        .collect()
}

/// How many words of `one` are in `other`.
pub fn shared(one: &BTreeSet<String>, other: &BTreeSet<String>) -> usize {
    one.intersection(other).count()
}

/// Whether all words of `wanted`, of which there is one at least, are in `fact`.
pub fn covers(wanted: &BTreeSet<String>, fact: &BTreeSet<String>) -> bool {
    !wanted.is_empty() && wanted.is_subset(fact)
}
