//! The words of a transcript, as they are compared.

/// The words in lower case without punctuation. Hyphens part words, apostrophes stay and are straight.
pub fn words(transcript: &str) -> Vec<String> {
    let straight = transcript.replace('’', "'").to_lowercase();
    straight
        .split(|char: char| !char.is_alphanumeric() && char != '\'')
        .map(|word| word.trim_matches('\''))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case_without_punctuation() {
        assert_eq!(
            words("Mm-hm, that’s “FINE”."),
            ["mm", "hm", "that's", "fine"]
        );
        assert!(words(" … ' ").is_empty());
    }
}
