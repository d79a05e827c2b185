//! What the words of a transcript say about whether a turn is over.
//!
//! The words are English; of other languages only the punctuation is known.

use super::turn_completion::{QUESTION_MARKS, sounds_complete};
use super::words::words;

/// What a transcript is, for the purpose of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A question or a request with all its parts: "what time is it", "turn the light on".
    Request,
    /// One or two words that are no greeting: "Jarvis", "no".
    Short,
    /// A sentence that says something. Another often follows.
    Statement,
    /// It leads on: "set a timer for", "hey Jane", "I want a,".
    Unfinished,
    /// A sentence in a language whose words are not known here.
    Foreign,
}

/// The signs of one transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signs {
    pub form: Form,
    /// It ends with a number and is no request: somebody may be spelling one.
    pub ends_in_number: bool,
}

/// First words of requests and questions.
const OPENERS: &[&str] = &[
    "add", "are", "brew", "call", "can", "close", "could", "did", "do", "does", "find", "get",
    "give", "how", "is", "launch", "let", "lock", "make", "may", "mute", "next", "open", "pause",
    "play", "put", "read", "remind", "repeat", "resume", "set", "show", "skip", "start", "stop",
    "switch", "tell", "turn", "what", "what's", "when", "where", "where's", "which", "who",
    "who's", "why", "will", "would",
];

/// First words of wishes: "I want a coffee".
const WISHES: &[[&str; 2]] = &[
    ["i", "need"],
    ["i", "want"],
    ["i", "would"],
    ["i'd", "like"],
];

/// What may stand before a request, in the same sentence.
const BEFORE: &[&str] = &[
    "alexa", "and", "hey", "hi", "jane", "ok", "okay", "please", "so", "then", "well",
];

/// First words of a greeting or call behind which the request follows, where it has at most [`CALL_WORDS`].
const CALLS: &[&str] = &["hello", "hey", "hi", "ok", "okay"];
const CALL_WORDS: usize = 3;

/// Words that a request has at least.
const REQUEST_WORDS: usize = 3;

/// Words that [`Form::Short`] has at most.
const SHORT_WORDS: usize = 2;

const NUMBERS: &[&str] = &[
    "zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
];

/// The signs of `transcript`, which is in `language`; `None` is taken for English.
pub fn signs(transcript: &str, language: Option<&str>) -> Signs {
    let text = transcript.trim();
    let form = form(
        text,
        language.is_none_or(|language| language.starts_with("en")),
    );
    let last = words(text).pop().unwrap_or_default();
    let is_digits = !last.is_empty() && last.chars().all(|char| char.is_ascii_digit());
    let is_number = is_digits || NUMBERS.contains(&last.as_str());
    Signs {
        form,
        ends_in_number: is_number && form != Form::Request,
    }
}

fn form(text: &str, is_english: bool) -> Form {
    let said = words(text);
    let first = said.first().map(String::as_str).unwrap_or_default();
    let is_call = CALLS.contains(&first) && (2..=CALL_WORDS).contains(&said.len());
    let is_whole = sounds_complete(text);
    if !is_english {
        return if is_whole {
            Form::Foreign
        } else {
            Form::Unfinished
        };
    }
    if is_call || first == "hello" && said.len() == 1 {
        Form::Unfinished
    } else if (is_whole || lacks_a_mark(text)) && is_request(text) {
        Form::Request
    } else if said.len() <= SHORT_WORDS && (is_whole || lacks_a_mark(text)) {
        Form::Short
    } else if is_whole {
        Form::Statement
    } else {
        Form::Unfinished
    }
}

/// Whether nothing in it leads on: with a full stop behind it, it would be complete.
fn lacks_a_mark(text: &str) -> bool {
    text.ends_with(char::is_alphanumeric) && sounds_complete(&format!("{text}."))
}

/// Whether the last sentence is a question, a request or a wish.
fn is_request(text: &str) -> bool {
    let is_question = text.ends_with(QUESTION_MARKS);
    let sentence = text
        .split_inclusive(['.', '!', '?'])
        .rfind(|sentence| sentence.contains(char::is_alphanumeric));
    let said = words(sentence.unwrap_or_default());
    let request: Vec<&str> = said
        .iter()
        .map(String::as_str)
        .skip_while(|word| BEFORE.contains(word))
        .collect();
    let opens = request.first().is_some_and(|word| OPENERS.contains(word));
    let wishes = WISHES.iter().any(|wish| request.starts_with(wish));
    is_question || wishes || (opens && request.len() >= REQUEST_WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_statements_and_what_leads_on_are_told_apart() {
        for (text, expected) in [
            ("What time is it?", Form::Request),
            ("Alexa, turn off the light.", Form::Request),
            ("It is dark here. Turn on the lamp", Form::Request),
            ("I want an iced mocha.", Form::Request),
            ("Set a timer for ten minutes", Form::Request),
            ("Set a timer for", Form::Unfinished),
            ("Set a timer for ten.", Form::Unfinished),
            ("Hey Jane!", Form::Unfinished),
            ("Hello.", Form::Unfinished),
            ("and the", Form::Unfinished),
            ("I tried it and", Form::Unfinished),
            ("some sung out", Form::Unfinished),
            ("", Form::Unfinished),
            ("Jarvis", Form::Short),
            ("No.", Form::Short),
            ("I tried it and liked it.", Form::Statement),
        ] {
            assert_eq!(signs(text, Some("en")).form, expected, "{text}");
        }
        let german = |text| signs(text, Some("de")).form;
        assert_eq!(german("Schalte das Licht ein."), Form::Foreign);
        assert_eq!(german("Schalte das Licht,"), Form::Unfinished);
    }

    #[test]
    fn a_number_that_is_being_spelled_may_go_on() {
        assert!(signs("four, five, 6", None).ends_in_number);
        assert!(signs("0171 20.", None).ends_in_number);
        assert!(!signs("What is two times three?", None).ends_in_number);
        assert!(!signs("seven of clubs", None).ends_in_number);
    }
}
