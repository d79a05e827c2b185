//! Answers that speak of a thing as if what was asked were done with it.

use super::claims::ACTS;
use super::phrases::{behind, behind_all, words};

/// What may stand before a request.
const POLITE: &[&str] = &[
    "please",
    "can you",
    "could you",
    "would you",
    "will you",
    "hey",
    "jane",
    "okay",
    "ok",
    "i want you to",
    "i need you to",
];

/// Things that a machine has or moves, and that no text is.
const MACHINES: &[&str] = &[
    "timer",
    "alarm",
    "reminder",
    "light",
    "lamp",
    "door",
    "thermostat",
    "heating",
    "heater",
    "volume",
    "countdown",
    "stopwatch",
    "reservation",
    "booking",
    "appointment",
    "taxi",
    "garage",
    "oven",
    "blind",
    "curtain",
    "fan",
    "radiator",
    "vacuum",
];

/// Words of a request that wants a text about such a thing.
const WRITTEN: &[&str] = &[
    "python",
    "javascript",
    "rust",
    "java",
    "code",
    "script",
    "program",
    "function",
    "html",
    "css",
    "app",
    "poem",
    "story",
    "song",
    "joke",
    "sentence",
    "word",
    "essay",
    "translate",
    "spell",
    "how",
    "why",
    "what",
];

/// Words with which it is said that nothing was done, or what somebody may do.
const NOT_DONE: &[&str] = &[
    "not",
    "can't",
    "cannot",
    "cant",
    "don't",
    "won't",
    "couldn't",
    "isn't",
    "unable",
    "no",
    "never",
    "unfortunately",
    "sorry",
    "without",
    "if",
    "would",
    "need",
    "use",
    "try",
    "could",
    "should",
    "may",
];

/// How a model says that something begins that it has not.
const BEGUN: &[&str] = &[
    "starting now",
    "starts now",
    "begins now",
    "beginning now",
    "counting down",
    "on it",
    "right away",
];

/// Whether `sentence`, an answer to a request to do something with a machine's thing ("set a timer"), speaks of it as if that were done:
/// also "A timer for five minutes." and the request itself, said back.
pub fn pretends(sentence: &str, question: &str) -> bool {
    let (said, asked) = (words(sentence), words(question));
    if is_a_refusal_of_hers(&said) {
        return true;
    }
    let Some(thing) = wanted(&asked) else {
        return false;
    };
    if sentence.trim_end().ends_with('?')
        || said.iter().any(|word| NOT_DONE.contains(&word.as_str()))
    {
        return false;
    }
    let may = ["you can", "you will", "you'll", "you have to", "able to"];
    let joined = said.join(" ");
    if may.iter().any(|may| joined.contains(may)) {
        return false;
    }
    said.iter().any(|word| singular(word) == thing)
        || BEGUN.iter().any(|begun| joined.contains(begun))
}

/// Whether a model says what she says herself of what she cannot do, which it read in the conversation: "none of my skills does that".
fn is_a_refusal_of_hers(said: &[String]) -> bool {
    let joined = said.join(" ");
    [
        "skill of mine",
        "of my skills",
        "no skill for",
        "no skill to",
    ]
    .iter()
    .any(|words| joined.contains(words))
}

/// What the words of a request want something done with.
fn wanted(asked: &[String]) -> Option<&str> {
    let rest = behind_all(asked, POLITE);
    let asks = ACTS.iter().any(|(base, _)| behind(rest, base).is_some());
    if !asks || asked.iter().any(|word| WRITTEN.contains(&word.as_str())) {
        return None;
    }
    rest.iter()
        .map(|word| singular(word))
        .find(|word| MACHINES.contains(word))
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_is_not_spoken_of_as_if_it_were_done() {
        let timer = "Set a timer for 5 minutes.";
        for (sentence, question) in [
            ("Set a timer for 5 minutes.", timer),
            ("Timer set.", timer),
            ("A timer for five minutes.", timer),
            (
                "A timer has been set for 5 minutes.",
                "could you please start a timer for 5 minutes",
            ),
            ("Okay, 5 minutes, starting now.", timer),
            ("Timer: 5:00", timer),
            ("Alarm for 7 AM.", "set an alarm for 7"),
            ("Lights off.", "Turn off the lights"),
            ("The front door: locked.", "Lock the front door."),
            (
                "I have no skill of mine to create content.",
                "tell me a short story",
            ),
        ] {
            assert!(pretends(sentence, question), "{sentence}");
        }
        for (sentence, question) in [
            ("I can't set a timer.", timer),
            ("I'm sorry, timers are beyond me.", timer),
            ("For how long should the timer run?", timer),
            ("You can set a timer on your phone.", timer),
            ("Use the timer of your phone.", timer),
            (
                "Set a timer for 10 minutes and stir.",
                "How do I cook pasta?",
            ),
            ("Here is a timer:", "Create a timer in Python."),
            ("A lamp gives light.", "Tell me about lamps."),
            (
                "Here is a list of ten fruits.",
                "Create a list of ten fruits.",
            ),
            ("The door opened slowly.", "Write a story about a door."),
        ] {
            assert!(!pretends(sentence, question), "{sentence}");
        }
    }
}
