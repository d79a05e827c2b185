//! Sentences in which a model says that it did something, or is about to.
//!
//! A language model has no hands: what was done, a skill did, and says so itself. A sentence of the model's that claims an action is
//! not so unless a tool was called for it, and is not spoken as it is.

use super::phrases::{behind, behind_all, words};

/// Words before a claim that add nothing to it.
const OPENINGS: &[&str] = &[
    "okay",
    "ok",
    "sure",
    "alright",
    "right",
    "great",
    "certainly",
    "absolutely",
    "of course",
    "no problem",
    "got it",
    "understood",
    "yes",
    "done",
    "perfect",
    "sounds good",
    "very well",
    "all right",
    "good",
    "sure thing",
    "will do",
    "thanks",
    "please wait",
];

/// Who acts, in the past and the present perfect.
const DID: &[&str] = &["i have", "i've", "i ve", "i", "we have", "we've"];

/// Who is about to act, or is at it.
const WILL: &[&str] = &["i'll", "i will", "i'm going to", "i am going to", "i shall"];
const MAY: &[&str] = &[
    "let me",
    "we'll",
    "i can now",
    "i can try to",
    "i'll try to",
    "i can help you",
];
const AT_IT: &[&str] = &["i'm", "i am", "we are", "we're"];

/// What a language model can do by answering: to be about to do it claims nothing.
const BY_ANSWERING: &[&str] = &[
    "tell",
    "explain",
    "say",
    "give",
    "try",
    "answer",
    "describe",
    "be",
    "do",
    "help",
    "speak",
    "need",
    "have",
    "miss",
    "see",
    "never",
    "always",
    "not",
    "share",
    "list",
    "name",
    "sing",
    "recite",
    "think",
    "guess",
    "assume",
    "know",
    "admit",
    "repeat",
    "summarize",
    "summarise",
    "translate",
    "spell",
    "rephrase",
    "clarify",
    "begin",
    "continue",
    "go",
    "stick",
    "begin",
    "introduce",
    "define",
    "break",
    "rhyme",
    "wait",
    "provide",
    "offer",
    "suggest",
    "recommend",
    "talk",
    "show",
    "use",
    "take",
    "ask",
    "read",
    "pick",
    "choose",
    "mention",
    "show",
    "listen",
    "stay",
    "call",
    "assist",
];

/// Words between who acts and what is done.
const ADVERBS: &[&str] = &[
    "just",
    "now",
    "already",
    "successfully",
    "also",
    "gladly",
    "happily",
    "quickly",
    "currently",
    "immediately",
    "go ahead and",
    "be sure to",
    "make sure to",
];

/// What a machine may be asked to do: as a base form and as a past participle.
pub(super) const ACTS: &[(&str, &str)] = &[
    ("set", "set"),
    ("add", "added"),
    ("turn", "turned"),
    ("switch", "switched"),
    ("send", "sent"),
    ("create", "created"),
    ("schedule", "scheduled"),
    ("book", "booked"),
    ("order", "ordered"),
    ("remind", "reminded"),
    ("cancel", "cancelled"),
    ("cancel", "canceled"),
    ("delete", "deleted"),
    ("remove", "removed"),
    ("start", "started"),
    ("stop", "stopped"),
    ("play", "played"),
    ("call", "called"),
    ("open", "opened"),
    ("close", "closed"),
    ("lock", "locked"),
    ("unlock", "unlocked"),
    ("save", "saved"),
    ("note", "noted"),
    ("update", "updated"),
    ("pause", "paused"),
    ("resume", "resumed"),
    ("dim", "dimmed"),
    ("adjust", "adjusted"),
    ("increase", "increased"),
    ("decrease", "decreased"),
    ("lower", "lowered"),
    ("raise", "raised"),
    ("put", "put"),
    ("place", "placed"),
    ("write down", "written down"),
    ("jot down", "jotted down"),
    ("record", "recorded"),
    ("text", "texted"),
    ("email", "emailed"),
    ("message", "messaged"),
    ("buy", "bought"),
    ("purchase", "purchased"),
    ("pay", "paid"),
    ("transfer", "transferred"),
    ("notify", "notified"),
    ("alert", "alerted"),
    ("wake", "woken"),
    ("log", "logged"),
    ("activate", "activated"),
    ("deactivate", "deactivated"),
    ("enable", "enabled"),
    ("disable", "disabled"),
    ("mute", "muted"),
    ("arrange", "arranged"),
    ("reserve", "reserved"),
    ("search", "searched"),
    ("look up", "looked up"),
    ("check", "checked"),
    ("make a note", "made a note"),
    ("make a reservation", "made a reservation"),
    ("make sure", "made sure"),
    ("keep track", "kept track"),
    ("take a note", "taken a note"),
    ("clear", "cleared"),
    ("reset", "reset"),
    ("restart", "restarted"),
    ("download", "downloaded"),
    ("install", "installed"),
    ("print", "printed"),
    ("dial", "dialled"),
    ("ring", "rung"),
    ("forward", "forwarded"),
    ("post", "posted"),
    ("share", "shared"),
    ("move", "moved"),
    ("rename", "renamed"),
    ("change", "changed"),
    ("connect", "connected"),
    ("contact", "contacted"),
    ("shut", "shut"),
    ("heat", "heated"),
    ("warm", "warmed"),
    ("snooze", "snoozed"),
    ("keep an eye", "kept an eye"),
    ("let you know when", "let you know when"),
    ("get back to you", "got back to you"),
    ("tell you when", "told you when"),
];

/// What actions are done to. A participle behind one of them claims an action, and so does one before it.
const THINGS: &[&str] = &[
    "timer",
    "alarm",
    "reminder",
    "light",
    "lights",
    "lamp",
    "message",
    "email",
    "mail",
    "text",
    "order",
    "reservation",
    "booking",
    "table",
    "appointment",
    "meeting",
    "event",
    "list",
    "note",
    "door",
    "doors",
    "thermostat",
    "heating",
    "heater",
    "radiator",
    "temperature",
    "music",
    "song",
    "playlist",
    "volume",
    "television",
    "tv",
    "fan",
    "oven",
    "washing machine",
    "vacuum",
    "blinds",
    "curtains",
    "garage",
    "item",
    "task",
    "flight",
    "ticket",
    "taxi",
    "call",
    "payment",
    "file",
    "countdown",
    "stopwatch",
    "device",
    "devices",
    "calendar",
    "request",
];

/// How a participle follows a thing.
const BE: &[&str] = &[
    "has been",
    "have been",
    "is now",
    "are now",
    "is",
    "are",
    "was",
    "were",
    "is being",
    "will be",
    "has now been",
    "have now been",
];

/// Words that a claim before a colon has at most.
const SHORT_CLAIM: usize = 4;

/// Whether `sentence`, as a language model wrote it, claims that something was done, is being done or will be done for whoever asked.
pub fn claims_an_action(sentence: &str) -> bool {
    let sentence = sentence.trim();
    // "Noted: is that so?" claims what stands before the colon.
    if let Some((before, _)) = sentence.split_once(':')
        && before.split_whitespace().count() <= SHORT_CLAIM
        && claims_an_action(&format!("I've {before} it"))
    {
        return true;
    }
    // What is asked, offered, quoted or refused is not claimed.
    if sentence.ends_with('?') || sentence.starts_with(['"', '“', '«', '\'']) {
        return false;
    }
    let words = words(sentence);
    let rest = behind_all(&words, OPENINGS);
    if rest.is_empty() {
        return words.iter().any(|word| word == "done");
    }
    by_whom(rest) || thing_done(rest) || act_first(rest)
}

/// Whether `sentence` is nothing but what stands before a claim: "Okay," or "Sure!".
pub fn opens_a_claim(sentence: &str) -> bool {
    let words = words(sentence);
    behind_all(&words, OPENINGS).is_empty() && !words.is_empty()
}

/// Whether words go on as a claim does.
type Follows = fn(&[String]) -> bool;

/// `I've set …`, `I'll turn …`, `I'm sending …`.
fn by_whom(words: &[String]) -> bool {
    let forms: [(&[&str], Follows); 4] = [
        (DID, |rest| acts(rest, participle) || acts(rest, past)),
        (WILL, |rest| acts(rest, base) || is_no_answer(rest)),
        (MAY, |rest| acts(rest, base)),
        (AT_IT, |rest| {
            rest.first().is_some_and(|word| is_progressive(word))
        }),
    ];
    forms.iter().any(|(subjects, follows)| {
        let rest = subjects.iter().find_map(|subject| behind(words, subject));
        rest.is_some_and(|rest| follows(without_adverbs(rest)))
    })
}

/// `The timer has been set`, `your lights are now off`, `Timer set for …`.
fn thing_done(words: &[String]) -> bool {
    let start = usize::from(matches!(
        words.first().map(String::as_str),
        Some("the" | "your" | "a" | "an" | "this" | "that" | "my" | "all")
    ));
    // The thing stands among the first words: `your alarm for seven tomorrow has been set`.
    let thing = words
        .iter()
        .take(start + 4)
        .position(|word| THINGS.contains(&word.as_str()));
    let Some(thing) = thing else {
        return false;
    };
    let rest = words.get(thing + 1..).unwrap_or_default();
    if start == 0 && thing < 2 && rest.first().is_some_and(|word| is_participle(word)) {
        return true;
    }
    (0..rest.len().min(8)).any(|at| {
        let rest = rest.get(at..).unwrap_or_default();
        let behind = BE.iter().find_map(|be| behind(rest, be));
        // `The door is locked by a key` is no claim, `the door is now locked` is.
        behind.is_some_and(|behind| {
            let behind = without_adverbs(behind);
            let done = behind.first().is_some_and(|word| {
                is_participle(word)
                    || matches!(
                        word.as_str(),
                        "on" | "off" | "ready" | "confirmed" | "running"
                    )
            });
            done && start == 1
                && words
                    .first()
                    .is_some_and(|word| word == "your" || word == "the")
                && behind.len() <= 8
        })
    })
}

/// `Setting a timer for …`, `Turning on the lights.`, `Added milk to your list.`
fn act_first(words: &[String]) -> bool {
    let Some(first) = words.first() else {
        return false;
    };
    let names_a_thing = words
        .iter()
        .skip(1)
        .take(8)
        .any(|word| THINGS.contains(&word.as_str()));
    // `Set the oven to …` tells somebody what to do.
    let is_told = ACTS.iter().any(|(base, _)| base == first);
    (is_progressive(first) || is_participle(first))
        && !is_told
        && names_a_thing
        && !words
            .iter()
            .any(|word| word == "is" || word == "can" || word == "are")
}

/// Whether what somebody is about to do is nothing that can be done by answering: "I'll shout in an hour".
fn is_no_answer(words: &[String]) -> bool {
    words
        .first()
        .is_some_and(|word| !BY_ANSWERING.contains(&word.as_str()))
}

fn is_progressive(word: &str) -> bool {
    ACTS.iter().any(|(base, _)| {
        let base = base.split(' ').next().unwrap_or(base);
        let stem = base.strip_suffix('e').unwrap_or(base);
        let last = base.chars().next_back().unwrap_or_default();
        word.strip_prefix(stem).is_some_and(|end| {
            end == "ing" || end.strip_prefix(last).is_some_and(|end| end == "ing")
        })
    })
}

fn is_participle(word: &str) -> bool {
    ACTS.iter().any(|(_, participle)| *participle == word)
}

fn acts(words: &[String], form: fn(&(&'static str, &'static str)) -> &'static str) -> bool {
    ACTS.iter().any(|act| behind(words, form(act)).is_some())
}

fn base(act: &(&'static str, &'static str)) -> &'static str {
    act.0
}

fn participle(act: &(&'static str, &'static str)) -> &'static str {
    act.1
}

/// Where the simple past differs from the participle.
fn past(act: &(&'static str, &'static str)) -> &'static str {
    match act.1 {
        "written down" => "wrote down",
        "taken a note" => "took a note",
        "woken" => "woke",
        "rung" => "rang",
        same => same,
    }
}

fn without_adverbs(words: &[String]) -> &[String] {
    behind_all(words, ADVERBS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_claims_an_action_is_told_from_what_does_not() {
        for claim in [
            "Timer set for 7:15 tomorrow.",
            "I've set an alarm for seven fifteen.",
            "Okay, I have added bananas to the groceries list.",
            "I'll add bananas to the groceries list.",
            "Sure! I will turn off the heating now.",
            "I'm sending the message to Tom.",
            "Your message has been sent.",
            "The lights are now off.",
            "The front door is now locked.",
            "Your table for two has been booked.",
            "Done.",
            "Okay, done!",
            "Turning off the heating.",
            "Added milk to your shopping list.",
            "I just locked the front door.",
            "Let me set a reminder for you.",
            "I’ve successfully scheduled your appointment.",
            "I am going to call your mother.",
            "Alright, your alarm for six tomorrow is set.",
            "I'll wake you up at seven.",
            "I will remind you to call the dentist at noon.",
            "Reminder set.",
            "I wrote down that the meeting moved to Friday.",
            "I'll let you know when ten minutes have passed.",
            "Setting a timer for ten minutes.",
            "Sure, I'll shout in a quarter of an hour.",
            "I'll get you up at half past six.",
            "Your order has been placed.",
            "Sure, I can try to ring your phone.",
            "Sure, I can help you send fifty euros to your daughter.",
            "Noted: I've got any cure for the hiccups?",
        ] {
            assert!(claims_an_action(claim), "{claim}");
        }
        for other in [
            "I can't turn off the heating.",
            "Would you like me to set a timer?",
            "I'm sorry, I cannot send messages.",
            "A timer counts down to zero.",
            "The alarm clock was invented by Levi Hutchins.",
            "The light bulb was invented by Thomas Edison.",
            "The moon is about 384,000 kilometres away.",
            "I'll tell you a story about a dragon.",
            "I'll do my best.",
            "I will explain it in simple words.",
            "I'm going to give you an example.",
            "You can set a timer by saying so.",
            "\"I've set the table,\" said the bear.",
            "Set the oven to 180 degrees and bake for an hour.",
            "Turn the meat after ten minutes.",
            "The list of planets is short.",
            "Music was played at the court.",
            "Penicillin was discovered by Alexander Fleming.",
            "I am Jane, a voice assistant.",
            "I'm doing well, thank you.",
            "I don't have access to your calendar.",
            "Paris is the capital of France.",
            "Add salt and pepper to the pan.",
            "The door is a way into a room.",
            "To lock a door, turn the key.",
            "Your dog is called Rex.",
            "It was opened in 1889.",
            "The meeting of the two rivers is in Koblenz.",
            "I have no feelings, but thank you for asking.",
            "",
        ] {
            assert!(!claims_an_action(other), "{other}");
        }
    }
}
