//! The words of a sentence, and the phrases that they begin with.

/// In lower case, without punctuation.
pub fn words(sentence: &str) -> Vec<String> {
    let plain = sentence.replace(['’', '‘'], "'").to_lowercase();
    let words = plain.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The rest of `words` behind those of `phrase`, if they begin with it.
pub fn behind<'a, W: AsRef<str>>(words: &'a [W], phrase: &str) -> Option<&'a [W]> {
    let mut rest = words;
    for wanted in phrase.split(' ') {
        let (first, behind) = rest.split_first()?;
        if first.as_ref() != wanted {
            return None;
        }
        rest = behind;
    }
    Some(rest)
}

/// The rest of `words` behind all of `phrases` that they begin with, one after another.
pub fn behind_all<'a, W: AsRef<str>>(words: &'a [W], phrases: &[&str]) -> &'a [W] {
    let mut rest = words;
    while let Some(behind) = phrases.iter().find_map(|phrase| behind(rest, phrase)) {
        rest = behind;
    }
    rest
}
