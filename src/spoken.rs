//! Cleans a sentence for the ear: no markdown, no addresses read out letter by letter, no emoji.

use pulldown_cmark::{Event, Parser};

/// What is to be spoken of `sentence`; empty where that is nothing.
#[must_use]
pub fn clean(sentence: &str) -> String {
    let mut text = String::new();
    for event in Parser::new(sentence) {
        match event {
            Event::Text(part) | Event::Code(part) => text.push_str(&part),
            Event::SoftBreak | Event::HardBreak | Event::End(_) => text.push(' '),
            _ => {}
        }
    }
    let words: Vec<String> = text
        .split_whitespace()
        .map(word)
        .filter(|word| !word.is_empty())
        .collect();
    let text = words.join(" ");
    if text.chars().any(char::is_alphanumeric) {
        text
    } else {
        String::new()
    }
}

/// Whether anything of `text` is heard once it is cleaned.
#[must_use]
pub fn is_heard(text: &str) -> bool {
    !clean(text).is_empty()
}

/// A word as it is said: an address by its host, marks and emoji not at all.
fn word(word: &str) -> String {
    let address = word.trim_start_matches(['(', '<', '"']);
    if let Some(rest) = address
        .strip_prefix("https://")
        .or_else(|| address.strip_prefix("http://"))
    {
        let host = rest
            .split(['/', '?', '#', ')', '>', '"'])
            .next()
            .unwrap_or_default();
        return host
            .trim_start_matches("www.")
            .trim_end_matches(['.', ','])
            .to_owned();
    }
    word.chars()
        .filter(|letter| !is_mark(*letter) && !is_emoji(*letter))
        .collect()
}

/// What is left of markdown that began or ended in another sentence.
fn is_mark(letter: char) -> bool {
    matches!(letter, '*' | '`' | '#' | '_' | '|' | '~')
}

/// Pictographs, dingbats, flags and their modifiers (Unicode blocks U+1F000–1FAFF, U+2600–27BF, U+2B00–2BFF and the joiners).
fn is_emoji(letter: char) -> bool {
    matches!(u32::from(letter), 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0xFE00..=0xFE0F | 0x200D | 0xE0020..=0xE007F)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_not_read_aloud() {
        assert_eq!(
            clean("**Paris** is the *capital* of `France`."),
            "Paris is the capital of France."
        );
        assert_eq!(
            clean("- a [map](https://example.org/a/b?c) helps"),
            "a map helps"
        );
        assert_eq!(clean("# Heading"), "Heading");
        assert_eq!(clean("and the **second"), "and the second");
    }

    #[test]
    fn addresses_are_said_by_their_host() {
        assert_eq!(
            clean("See https://www.example.org/some/very/long?path=1 for more."),
            "See example.org for more."
        );
    }

    #[test]
    fn emoji_are_silent() {
        assert_eq!(clean("Good morning! 😀👍🏽 ☀️"), "Good morning!");
        assert_eq!(clean("🎉"), "");
        assert_eq!(clean("***"), "");
        assert!(is_heard("1") && !is_heard("…") && !is_heard("\u{200b}*"));
    }
}
