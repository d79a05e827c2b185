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
    if is_a_refusal_of_hers(&said)
        || tells_of_skills_things(&said)
        || (tells_the_time(&said) && !has_digits(&asked))
    {
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
        "i may not ask for",
        "jane skills list",
        "i can't control lights",
        "i can't make calls or send",
        "i can't play music radio",
        "i can't order book",
        "i can't tell routes",
        "i can't operate this",
    ]
    .iter()
    .any(|words| joined.contains(words))
}

/// Things that skills keep.
const KEPT: &[&str] = &["list", "note", "timer", "alarm", "reminder"];

/// Whether a model says what a skill says of what it keeps, which no model knows: "You have no trainers list."
fn tells_of_skills_things(said: &[String]) -> bool {
    let nothing = ["you have no", "there is no", "there are no"];
    let is_there_none = nothing.iter().any(|begin| behind(said, begin).is_some());
    is_there_none
        && said
            .last()
            .is_some_and(|word| KEPT.contains(&singular(word)))
}

/// How the time is told.
const TIME_IS: &[&str] = &[
    "it is",
    "it's",
    "the time is",
    "the current time is",
    "it is now",
    "it's now",
];

/// Words of a sentence that tells the time and nothing else, at most.
const TIME_WORDS: usize = 9;

/// Whether a model tells the time, which it cannot know: "It is 3:10 PM."
fn tells_the_time(said: &[String]) -> bool {
    let time = TIME_IS.iter().filter_map(|begin| behind(said, begin));
    let time = time.min_by_key(|rest| rest.len());
    let is_half = |word: &String| ["am", "pm", "o'clock"].contains(&word.as_str());
    if behind(said, "the time in").is_some() && has_digits(said) && said.iter().any(is_half) {
        return true;
    }
    time.is_some_and(|time| {
        said.len() <= TIME_WORDS
            && has_digits(time.get(..1).unwrap_or_default())
            && time.iter().any(is_half)
    })
}

fn has_digits(words: &[String]) -> bool {
    let mut letters = words.iter().flat_map(|word| word.chars());
    letters.any(|letter| letter.is_ascii_digit())
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

    #[test]
    fn no_model_knows_what_skills_keep() {
        let asked = "My trainers smell dreadful, what can I do about that?";
        assert!(pretends("You have no trainers list.", asked));
        assert!(pretends("There are no timers.", "is the pasta done"));
        assert!(!pretends("You have no reason to worry.", asked));
        assert!(!pretends("There is no list of all primes.", asked));
    }

    #[test]
    fn no_model_knows_the_time() {
        for told in [
            "It is 3:10 PM.",
            "The current time is 7:05 am in London.",
            "It's 9 o'clock.",
        ] {
            assert!(
                pretends(told, "would they still be asleep in London"),
                "{told}"
            );
        }
        assert!(!pretends("It is 3 PM.", "what is 15:00 in twelve hours"));
        assert!(!pretends("It is 3 metres long.", "how long is it"));
        assert!(!pretends(
            "It is midnight in the story.",
            "what time is it in the story"
        ));
    }
}
