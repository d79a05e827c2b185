//! Whether a transcript sounds like the end of a turn.
//!
//! Recognisers set a full stop after anything, so the last word weighs more than the punctuation: nobody ends with "and the".
//! The words are English; of other languages only the punctuation is known.

use super::commands::{command, is_backchannel};
use super::words::words;

/// What shows that more is to come.
const OPEN_ENDINGS: [&str; 9] = ["...", "…", ",", "-", "–", "—", ":", ";", "、"];

/// What ends a sentence, in any script.
const FINAL: [char; 9] = ['.', '!', '?', '。', '！', '？', '।', '؟', '։'];

pub(super) const QUESTION_MARKS: [char; 3] = ['?', '？', '؟'];

/// What closes after the end of a sentence.
const CLOSING: [char; 7] = ['"', '”', '\'', '’', ')', '»', '」'];

/// Words that no turn ends with, whatever the punctuation: articles, conjunctions, possessives, hesitation.
const UNFINISHED: &[&str] = &[
    "a", "an", "and", "although", "because", "but", "cause", "er", "erm", "every", "hmm", "if",
    "its", "my", "or", "our", "than", "the", "their", "uh", "uhm", "um", "unless", "until", "very",
    "whether", "while", "your",
];

/// Words that only a question ends with ("What is it for?"), and those that more often lead on than end. "On", "off", "up" and
/// their like are not among them: "turn it off".
const SELDOM_LAST: &[&str] = &[
    "about", "am", "are", "as", "at", "between", "by", "can", "could", "for", "from", "i", "i'm",
    "into", "is", "like", "of", "she's", "should", "that's", "they're", "to", "was", "we're",
    "were", "will", "with", "without", "would", "you're",
];

/// Words before an "of" that ends a question: "what is it made of". Behind a noun it leads on: "what is the capital of".
const BEFORE_LAST_OF: &[&str] = &[
    "afraid",
    "ashamed",
    "aware",
    "capable",
    "composed",
    "convinced",
    "die",
    "died",
    "dream",
    "dreaming",
    "fond",
    "full",
    "guilty",
    "hear",
    "heard",
    "made",
    "proud",
    "rid",
    "scared",
    "speaking",
    "sure",
    "talking",
    "think",
    "thinking",
    "thought",
    "tired",
];

/// Words that only begin something, where nothing else is said.
const BEGINNINGS: &[&str] = &["and", "now", "so", "then", "well"];

/// What is said to win time.
const THINKING: &[&str] = &[
    "hold on",
    "let me see",
    "let me think",
    "one moment",
    "wait",
];

/// Words of requests in which a number needs a unit: "set a timer for ten".
const MEASURED: &[&str] = &["remind", "timer", "wait"];

/// Numbers as words. Digits are numbers too.
const NUMBERS: &[&str] = &[
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "fifteen", "twenty", "thirty", "forty", "fifty", "sixty", "ninety", "hundred",
];

/// What "what" is no question before: "what I mean is".
const SUBJECTS: &[&str] = &["he", "i", "she", "they", "we", "you"];

/// First words of questions and requests that are whole without punctuation.
const OPENERS: &[&str] = &[
    "add", "are", "call", "can", "close", "could", "did", "do", "does", "find", "give", "how",
    "is", "lock", "make", "mute", "next", "open", "pause", "play", "put", "read", "remind",
    "repeat", "resume", "set", "show", "skip", "start", "switch", "tell", "turn", "what", "what's",
    "when", "where", "where's", "which", "who", "who's", "why", "will",
];

/// Answers that are whole by themselves.
const ANSWERS: &[&str] = &[
    "bye", "goodbye", "hello", "hi", "no", "nope", "thanks", "yes",
];

/// Words that a question or request has at least where nothing but its first word tells what it is.
const LEAST_WORDS: usize = 3;

/// Whether the turn may be over with this. Nothing said is not the end of a turn.
pub fn sounds_complete(transcript: &str) -> bool {
    let text = transcript.trim();
    let said = words(text);
    let (Some(first), Some(last)) = (said.first(), said.last()) else {
        return false;
    };
    if OPEN_ENDINGS.iter().any(|ending| text.ends_with(ending)) {
        return false;
    }
    let bare = text.trim_end_matches(CLOSING);
    let states = said.get(1).is_some_and(|second| is_among(second, SUBJECTS));
    let asks = is_among(first, &["what", "who", "where", "which"]) && !states;
    let is_question = bare.ends_with(QUESTION_MARKS) || asks;
    let before = said.iter().rev().nth(1);
    let leads_on = last == "of" && !before.is_some_and(|word| is_among(word, BEFORE_LAST_OF));
    if is_among(last, UNFINISHED)
        || leads_on
        || (is_among(last, SELDOM_LAST) && !is_question)
        || said.iter().all(|word| is_among(word, BEGINNINGS))
        || is_among(&said.join(" "), THINKING)
        || lacks_a_unit(&said)
    {
        return false;
    }
    bare.ends_with(FINAL)
        || command(text).is_some()
        || is_backchannel(text)
        || is_among(last, ANSWERS)
        || (said.len() >= LEAST_WORDS && is_among(first, OPENERS))
}

/// Whether it ends with a number that a unit has to follow.
fn lacks_a_unit(said: &[String]) -> bool {
    let is_number =
        |word: &String| is_among(word, NUMBERS) || word.chars().all(|char| char.is_ascii_digit());
    said.last().is_some_and(is_number) && said.iter().any(|word| is_among(word, MEASURED))
}

fn is_among(word: &str, list: &[&str]) -> bool {
    list.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_sentences_questions_and_commands_are_complete() {
        for text in [
            "What's the capital of France?",
            "Tell me a joke.",
            "Turn the light on.",
            "turn it off",
            "What is it for?",
            "who are you talking to",
            "What is the table made of?",
            "set a timer for five minutes",
            "Stop",
            "Yes",
            "mm-hm",
            "He said “no.”",
            "今天天气怎么样？",
            "आज मौसम कैसा है।",
            "Ça va ?",
        ] {
            assert!(sounds_complete(text), "{text}");
        }
    }

    #[test]
    fn what_leads_on_is_not_complete() {
        for text in [
            "",
            "  …",
            "Um.",
            "I would like a.",
            "Set a timer for.",
            "Remind me to",
            "I think that, um,",
            "Turn on the light and",
            "Can you tell me...",
            "My favourite colour is",
            "My favourite colour is.",
            "on the other hand",
            "what is my",
            "What is the capital of",
            "What is the opposite of?",
        ] {
            assert!(!sounds_complete(text), "{text}");
        }
    }
}
