//! Whether what was said so far begins something that is dictated, and people pause in the middle of.
//!
//! A note is anything: "take a note: call Anna" sounds complete and may go on with "and buy milk". So no sound of completeness counts
//! while somebody dictates. The words are English.

use super::words::words;

/// How long a pause may be in the middle of what is being said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dictated {
    /// What follows may be anything: a note, a letter.
    Freely,
    /// A reminder without its time, or a list's items without the list: more is likely to come.
    ForNow,
}

/// Beginnings of what is dictated freely.
const FREELY: &[&str] = &[
    "dictate",
    "dictation",
    "jot",
    "journal entry",
    "leave a message",
    "leave a note",
    "make a memo",
    "make a note",
    "make note",
    "memo",
    "new memo",
    "new note",
    "note",
    "note down",
    "note that",
    "note this",
    "note to self",
    "put down",
    "record a memo",
    "record a note",
    "remember that",
    "remember this",
    "save a note",
    "save this note",
    "send a message",
    "take a letter",
    "take a memo",
    "take a message",
    "take a note",
    "take dictation",
    "take down",
    "take note",
    "take this down",
    "text",
    "write a note",
    "write down",
    "write it down",
    "write that down",
    "write this down",
];

/// Beginnings of requests that may lack their last part.
const FOR_NOW: &[&str] = &["add", "don't let me forget", "remind me"];

/// What is said before a request.
const BEFORE: &[&str] = &[
    "also", "and", "can", "could", "er", "hey", "i", "i'd", "jane", "just", "like", "need", "now",
    "oh", "ok", "okay", "please", "so", "then", "thanks", "to", "uh", "um", "want", "well", "will",
    "would", "you",
];

/// Words that make a reminder whole, for they tell when, and that end a list's request.
const WHOLE: &[&str] = &[
    "afternoon",
    "am",
    "calendar",
    "day",
    "days",
    "evening",
    "friday",
    "hour",
    "hours",
    "list",
    "midnight",
    "minute",
    "minutes",
    "monday",
    "morning",
    "night",
    "noon",
    "o'clock",
    "pm",
    "saturday",
    "second",
    "seconds",
    "sunday",
    "thursday",
    "today",
    "tomorrow",
    "tonight",
    "tuesday",
    "wednesday",
    "week",
    "weeks",
    "month",
    "months",
    "year",
];

/// What `transcript` dictates, as far as its beginning tells; `None` where it is anything else.
pub fn dictates(transcript: &str) -> Option<Dictated> {
    let said = words(transcript);
    let begin = said
        .iter()
        .position(|word| !BEFORE.contains(&word.as_str()))?;
    let request = said.get(begin..)?;
    let begins = |phrase: &&str| {
        request
            .iter()
            .map(String::as_str)
            .zip(phrase.split(' '))
            .all(|(said, word)| said == word)
            && request.len() >= phrase.split(' ').count()
    };
    let asks = transcript.trim_end().ends_with(['?', '？', '؟']);
    if !asks && FREELY.iter().any(begins) {
        return Some(Dictated::Freely);
    }
    let is_whole = |word: &String| {
        WHOLE.contains(&word.as_str()) || word.chars().all(|char| char.is_ascii_digit())
    };
    (FOR_NOW.iter().any(begins) && !request.iter().any(is_whole)).then_some(Dictated::ForNow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_and_letters_are_dictated_freely() {
        for text in [
            "Take a note.",
            "Take a note: call Anna.",
            "Take a note, buy milk",
            "Hey Jane, make a note that the key is under the mat.",
            "Could you please take a note",
            "Please write down the number.",
            "Write this down.",
            "Note to self, water the plants.",
            "Note that the car needs oil.",
            "Remember that the code is 4521.",
            "New note.",
            "Um, jot down eggs.",
            "I want to dictate a letter.",
            "Take this down: Dear Sir.",
            "Send a message to Anna.",
            "Text Anna that I'm late.",
        ] {
            assert_eq!(dictates(text), Some(Dictated::Freely), "{text}");
        }
    }

    #[test]
    fn a_reminder_without_a_time_and_items_without_a_list_may_go_on() {
        for text in [
            "Remind me to call my mother.",
            "Okay, remind me to buy milk",
            "Add milk and eggs.",
            "Add bread",
            "Don't let me forget the keys.",
        ] {
            assert_eq!(dictates(text), Some(Dictated::ForNow), "{text}");
        }
    }

    #[test]
    fn whatever_is_whole_waits_no_longer() {
        for text in [
            "",
            "please",
            "Remind me to call my mother at 5.",
            "Remind me tomorrow to buy milk.",
            "Remind me in ten minutes to turn the oven off.",
            "Add milk to the shopping list.",
            "Put eggs on my list.",
            "Set a timer for ten minutes.",
            "What time is it?",
            "Read my notes.",
            "What notes do I have?",
            "Delete the first note.",
            "Who wrote Faust?",
            "Write a poem about the sea.",
            "Put the light on.",
            "I take notes all day.",
            "Turn the light on.",
            "No.",
        ] {
            assert_eq!(dictates(text), None, "{text}");
        }
    }

    #[test]
    fn a_question_dictates_nothing() {
        assert_eq!(dictates("Remember that song?"), None);
        assert_eq!(dictates("Write what?"), None);
    }
}
