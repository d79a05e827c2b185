//! Several requests that are said in one breath: "set a timer for five minutes and add milk to the shopping list".
//!
//! They are taken apart only where each begins as a request or a question does, and the first is none that quotes what follows ("note
//! that …"). Whether the parts are meant so, those who are asked for each decide.

use super::phrases::{behind, behind_all};

/// Words that say nothing here before a request.
const BEFORE: &[&str] = &[
    "hey",
    "hi",
    "jane",
    "please",
    "ok",
    "okay",
    "so",
    "um",
    "uh",
    "now",
    "well",
    "can you",
    "could you",
    "would you",
    "will you",
    "i want you to",
    "i would like you to",
    "i'd like you to",
];

/// How a request or a question begins.
const OPENINGS: &[&str] = &[
    "set",
    "start",
    "add",
    "put",
    "remind me",
    "wake me",
    "cancel",
    "stop",
    "pause",
    "resume",
    "delete",
    "remove",
    "clear",
    "create",
    "make",
    "tell me",
    "give me",
    "read",
    "show",
    "turn",
    "snooze",
    "schedule",
    "restart",
    "rename",
    "convert",
    "calculate",
    "play",
    "call",
    "open",
    "close",
    "send",
    "lock",
    "what",
    "what's",
    "whats",
    "how",
    "when",
    "is it",
    "will it",
    "do i",
];

/// How a request begins that may hold others' words, so that nothing is taken apart behind it.
const QUOTING: &[&str] = &[
    "tell me a",
    "tell me about",
    "make a note",
    "make a story",
    "make up",
    "how do",
    "how can",
    "how to",
    "give me a",
];

/// The same, where it follows another.
const FURTHER: &[&str] = &[
    "note that",
    "make a note",
    "take a note",
    "remember that",
    "remember to",
    "write down",
];

/// What may join two requests.
const JOINTS: &[&str] = &[
    "and then",
    "and also",
    "and",
    "then",
    "also",
    "plus",
    "after that",
    "and after that",
];

/// More are not taken apart.
const MOST: usize = 4;

/// Bytes of the longest text that is taken apart.
const LONGEST: usize = 600;

/// The requests of which `said` is made; one where it is one.
pub fn requests(said: &str) -> Vec<&str> {
    let words = words(said);
    let forms: Vec<&str> = words.iter().map(|word| word.form.as_str()).collect();
    let one = vec![said];
    if said.len() > LONGEST || !opens(&forms, OPENINGS) || opens(&forms, QUOTING) {
        return one;
    }
    let mut parts = Vec::new();
    let (mut begin, mut at) = (0, 1);
    while at < words.len() {
        let rest = forms.get(at..).unwrap_or_default();
        // The longest joint, behind which the least is left.
        let joined = JOINTS.iter().filter_map(|joint| behind(rest, joint));
        let joined = joined.min_by_key(|rest| rest.len());
        let is_end = words.get(at - 1).is_some_and(|word| word.ends);
        let further = joined.unwrap_or(rest);
        let next = forms.len() - further.len();
        let before = forms.get(begin..at).unwrap_or_default();
        let is_whole = behind_all(before, BEFORE).len() > 1;
        if is_whole
            && (joined.is_some() || is_end)
            && (opens(further, OPENINGS) || opens(further, FURTHER))
        {
            parts.push(text(said, words.get(begin..at)));
            begin = next;
            at = next;
        }
        at += 1;
    }
    parts.push(text(said, words.get(begin..)));
    match parts.into_iter().collect::<Option<Vec<&str>>>() {
        Some(parts) if parts.len() <= MOST => parts,
        _ => one,
    }
}

struct Word {
    /// In lower case, without marks around it.
    form: String,
    start: usize,
    end: usize,
    /// Whether a sentence or a part of it ends behind it.
    ends: bool,
}

fn words(said: &str) -> Vec<Word> {
    let mut found = Vec::new();
    for piece in said.split_whitespace() {
        let start = piece.as_ptr() as usize - said.as_ptr() as usize;
        let form = piece.trim_matches(|letter: char| !letter.is_alphanumeric());
        if form.is_empty() {
            continue;
        }
        found.push(Word {
            form: form.to_lowercase().replace('’', "'"),
            start,
            end: start + piece.len(),
            ends: piece.ends_with(['.', '!', '?', ',', ';']),
        });
    }
    found
}

/// What is said from the first to the last of `words`; `None` where there are fewer than two.
fn text<'a>(said: &'a str, words: Option<&[Word]>) -> Option<&'a str> {
    let words = words.filter(|words| words.len() > 1)?;
    let text = said.get(words.first()?.start..words.last()?.end)?;
    Some(text.trim_end_matches([',', ';']))
}

/// Whether `words` begin with one of `phrases`, politely or not.
fn opens(words: &[&str], phrases: &[&str]) -> bool {
    let words = behind_all(words, BEFORE);
    phrases.iter().any(|phrase| behind(words, phrase).is_some())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn requests_are_taken_apart_where_each_begins_as_one() {
        for (said, expected) in [
            (
                "Set a timer for five minutes and add milk to the shopping list.",
                vec![
                    "Set a timer for five minutes",
                    "add milk to the shopping list.",
                ],
            ),
            (
                "Add milk to the list, and then please set a timer for five minutes",
                vec![
                    "Add milk to the list",
                    "please set a timer for five minutes",
                ],
            ),
            (
                "Hey Jane, what time is it? And set an alarm for 7.",
                vec!["Hey Jane, what time is it?", "set an alarm for 7."],
            ),
            (
                "set a timer for 10 minutes then add eggs to my list then remind me to call mum at 5",
                vec![
                    "set a timer for 10 minutes",
                    "add eggs to my list",
                    "remind me to call mum at 5",
                ],
            ),
            (
                "Set a timer for 5 minutes. What's the weather in Berlin?",
                vec![
                    "Set a timer for 5 minutes.",
                    "What's the weather in Berlin?",
                ],
            ),
            (
                "Okay, set a timer for 5 minutes, add milk to the shopping list, and tell me the time in Tokyo.",
                vec![
                    "Okay, set a timer for 5 minutes",
                    "add milk to the shopping list",
                    "tell me the time in Tokyo.",
                ],
            ),
            (
                "Hey Jane, please, what time is it? And set an alarm for 7.",
                vec!["Hey Jane, please, what time is it?", "set an alarm for 7."],
            ),
            (
                "set an alarm for 7 and note that the key is under the mat",
                vec!["set an alarm for 7", "note that the key is under the mat"],
            ),
        ] {
            assert_eq!(requests(said), expected);
        }
    }

    #[test]
    fn what_is_one_request_stays_one() {
        for said in [
            "",
            "and",
            "Add salt and pepper to the shopping list.",
            "Set a timer for 5 minutes and another for 10.",
            "Note that I should call Peter and set an alarm for 7.",
            "Remember to buy milk and cancel the gym.",
            "Tell me a story in which a king wakes and what he does then.",
            "How do I make a list and add things to it?",
            "Who wrote Hamlet and what else did he write?",
            "I went home and set a timer.",
            "Add bread and cancel.",
            "Jane, please, set a timer.",
            "Add milk, eggs, and bread to the shopping list.",
        ] {
            assert_eq!(requests(said), [said]);
        }
    }

    proptest! {
        #[test]
        fn the_parts_are_parts_of_what_was_said(said in "(set|add|and|then|what|a|İ|é|\\.|,| ){0,40}") {
            let parts = requests(&said);
            prop_assert!((1..=MOST).contains(&parts.len()));
            prop_assert!(parts.iter().all(|part| said.contains(part)));
        }
    }
}
