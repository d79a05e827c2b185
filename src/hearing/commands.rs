//! What short utterances mean while Jane speaks: be quiet, or nothing at all.
//!
//! Only a whole utterance counts: "stop" is a command, "stop the music" is a request.

use super::words::words;

/// What the conversation itself obeys, without the language model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Say no more, and do not answer.
    Stop,
}

/// What means [`Command::Stop`], without what is left out around it.
const STOP: &[&str] = &[
    "be quiet",
    "cancel",
    "cancel that",
    "enough",
    "forget it",
    "hush",
    "never mind",
    "nevermind",
    "quiet",
    "shut up",
    "silence",
    "stop",
    "stop it",
    "stop speaking",
    "stop talking",
    "stop that",
    "that is enough",
    "that's enough",
];

/// What is left out at either end of a command.
const AROUND: &[&str] = &[
    "hey", "just", "no", "now", "oh", "ok", "okay", "please", "thank", "thanks", "wait", "you",
];

/// Words of a listener.
const LISTENING: &[&str] = &[
    "ah", "aha", "cool", "exactly", "good", "great", "hm", "hmm", "huh", "mhm", "mm", "mmm",
    "nice", "oh", "ok", "okay", "really", "right", "sure", "uh", "wow", "yeah", "yep", "yes",
    "yup",
];

/// Groups of words of a listener.
const LISTENING_PHRASES: &[&str] = &[
    "all right",
    "got it",
    "i see",
    "makes sense",
    "of course",
    "that's right",
];

/// Words that a backchannel has at most.
const LONGEST_BACKCHANNEL: usize = 4;

/// The command that `transcript` is, where it is nothing else.
pub fn command(transcript: &str) -> Option<Command> {
    let mut said = words(transcript);
    // "Stop, stop, stop."
    said.dedup();
    let is_around = |word: &String| AROUND.contains(&word.as_str());
    let begin = said.iter().position(|word| !is_around(word))?;
    let end = said.iter().rposition(|word| !is_around(word))?;
    let phrase = said.get(begin..=end)?.join(" ");
    STOP.contains(&phrase.as_str()).then_some(Command::Stop)
}

/// Whether `transcript` only shows that somebody listens: "mm-hm", "yeah, okay". "Yes" is among them: where she has asked
/// something it is an answer, and that the caller knows.
pub fn is_backchannel(transcript: &str) -> bool {
    let said = words(transcript);
    let all_are = || said.iter().all(|word| LISTENING.contains(&word.as_str()));
    let phrase = || LISTENING_PHRASES.contains(&said.join(" ").as_str());
    (1..=LONGEST_BACKCHANNEL).contains(&said.len()) && (all_are() || phrase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_is_a_command_only_alone() {
        for text in [
            "Stop.",
            "stop, stop, stop!",
            "Please be quiet",
            "Okay, that’s enough, thank you.",
            "No, wait, stop!",
            "Never mind.",
        ] {
            assert_eq!(command(text), Some(Command::Stop), "{text}");
        }
        for text in [
            "",
            "please",
            "Stop the music.",
            "When does the bus stop?",
            "Don't stop",
            "cancel my appointment",
        ] {
            assert_eq!(command(text), None, "{text}");
        }
    }

    #[test]
    fn a_listener_says_little() {
        for text in [
            "Mm-hm.",
            "uh-huh",
            "Yeah, okay.",
            "Right",
            "I see.",
            "Oh wow",
        ] {
            assert!(is_backchannel(text), "{text}");
        }
        for text in [
            "",
            "No.",
            "Okay, what about tomorrow?",
            "stop",
            "yeah yeah yeah yeah yeah",
        ] {
            assert!(!is_backchannel(text), "{text}");
        }
    }
}
