//! What short utterances mean while Jane speaks: be quiet, that will do, or nothing at all.
//!
//! Only a whole utterance counts: "stop" is a command, "stop the music" is a request. The words are English.
//!
//! | what is said | is |
//! |---|---|
//! | "stop", "never mind", "could you be quiet, please?" | [`command`]: it is obeyed whenever it is said |
//! | "no", "okay, thank you", "got it", "hold on" | [`is_dismissal`]: over her it ends her; else it is an answer or a remark |
//! | "mm-hm", "yeah", "really?", "go on" | [`is_backchannel`]: over her it leaves her talking |

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
    "be silent",
    "cancel",
    "cancel that",
    "cut it out",
    "enough",
    "forget about it",
    "forget it",
    "forget that",
    "give it a rest",
    "hush",
    "i said stop",
    "i said that's enough",
    "knock it off",
    "never mind",
    "never mind that",
    "nevermind",
    "quiet",
    "sh",
    "shh",
    "shhh",
    "shush",
    "shut it",
    "shut up",
    "silence",
    "stop",
    "stop it",
    "stop right there",
    "stop speaking",
    "stop talking",
    "stop that",
    "stop there",
    "that is enough",
    "that's enough",
    "you can stop",
    "zip it",
];

/// How a command is put as a question, behind what is left out around it.
const ASKED: &[&str] = &["can you", "could you", "will you", "would you"];

/// What is left out at either end of a command.
const AROUND: &[&str] = &[
    "already", "alright", "hey", "jane", "just", "no", "now", "oh", "ok", "okay", "please",
    "right", "thank", "thanks", "wait", "yes", "you",
];

/// What ends her where it is said over her: a refusal, knowing it already, having enough, and asking for a moment. What is asked next
/// follows in an utterance of its own, and "go on" has her take up what was heard.
const ENDING: &[&str] = &[
    "all good",
    "all right",
    "alright",
    "another time",
    "boring",
    "cancel",
    "cancel that",
    "don't bother",
    "don't care",
    "done",
    "drop it",
    "enough",
    "enough of that",
    "enough of this",
    "forget about it",
    "forget it",
    "got it",
    "got that",
    "gotcha",
    "hang on",
    "hang on a minute",
    "hang on a moment",
    "hang on a sec",
    "hang on a second",
    "hold it",
    "hold on",
    "hold on a minute",
    "hold on a moment",
    "hold on a sec",
    "hold on a second",
    "i already know",
    "i already know that",
    "i don't care",
    "i don't need it",
    "i don't need that",
    "i don't want that",
    "i don't want to hear it",
    "i don't want to hear that",
    "i get it",
    "i got it",
    "i got that",
    "i heard you",
    "i knew that",
    "i know",
    "i know already",
    "i know that",
    "i know that already",
    "i understand",
    "i'm done",
    "i'm fine",
    "i'm good",
    "i'm not interested",
    "i've got it",
    "i've heard enough",
    "it's all right",
    "it's alright",
    "it's fine",
    "it's ok",
    "it's okay",
    "just a minute",
    "just a moment",
    "just a sec",
    "just a second",
    "later",
    "leave it",
    "leave it there",
    "let's leave it there",
    "let's move on",
    "let's stop there",
    "maybe later",
    "move on",
    "nah",
    "never mind",
    "nevermind",
    "no",
    "no more",
    "no need",
    "nope",
    "not interested",
    "not now",
    "okay okay",
    "ok ok",
    "one minute",
    "one moment",
    "one sec",
    "one second",
    "pause",
    "quiet",
    "say no more",
    "skip it",
    "skip that",
    "stop",
    "stop it",
    "stop there",
    "that is all",
    "that is enough",
    "that is fine",
    "that will do",
    "that'll do",
    "that's all",
    "that's all i need",
    "that's all i needed",
    "that's all i wanted",
    "that's all i wanted to know",
    "that's all right",
    "that's alright",
    "that's enough",
    "that's fine",
    "that's it",
    "that's ok",
    "that's okay",
    "that's plenty",
    "too long",
    "too much",
    "understood",
    "wait",
    "wait a minute",
    "wait a moment",
    "wait a sec",
    "wait a second",
    "we're done",
    "we're good",
    "yeah yeah yeah",
    "yes yes",
    "you can stop",
];

/// Thanks end her as well: nobody thanks in the middle of what they want to hear.
const THANKS: &[&str] = &[
    "cheers",
    "many thanks",
    "much appreciated",
    "thank you",
    "thank you for that",
    "thank you so much",
    "thank you very much",
    "thanks",
    "thanks a lot",
    "thanks a million",
    "thanks anyway",
    "thanks for that",
    "thanks for the info",
    "thanks so much",
    "thanks very much",
];

/// What stands around an ending and means nothing there, besides the words of a listener.
const FILLING: &[&str] = &[
    "actually",
    "but",
    "everyone",
    "excuse me",
    "for now",
    "hey",
    "i think",
    "it's",
    "jane",
    "just",
    "now",
    "please",
    "so",
    "sorry",
    "that's good",
    "that's great",
    "that's nice",
    "then",
    "well",
];

/// Words of a listener.
const LISTENING: &[&str] = &[
    "absolutely",
    "ah",
    "aha",
    "amazing",
    "awesome",
    "brilliant",
    "cool",
    "definitely",
    "exactly",
    "excellent",
    "fascinating",
    "fine",
    "good",
    "great",
    "hm",
    "hmm",
    "huh",
    "indeed",
    "interesting",
    "lovely",
    "mhm",
    "mm",
    "mmm",
    "nice",
    "oh",
    "ok",
    "okay",
    "ooh",
    "perfect",
    "really",
    "right",
    "sure",
    "totally",
    "true",
    "uh",
    "whoa",
    "wonderful",
    "wow",
    "yeah",
    "yep",
    "yes",
    "yup",
];

/// Groups of words of a listener, and what asks her to go on.
const LISTENING_PHRASES: &[&str] = &[
    "carry on",
    "continue",
    "fair enough",
    "go ahead",
    "go on",
    "how interesting",
    "i see",
    "is that so",
    "is that right",
    "keep going",
    "keep talking",
    "makes sense",
    "no kidding",
    "no problem",
    "no way",
    "of course",
    "oh dear",
    "oh my god",
    "oh my goodness",
    "oh no",
    "please continue",
    "please go on",
    "so true",
    "that makes sense",
    "that's cool",
    "that's great",
    "that's interesting",
    "that's nice",
    "that's right",
    "that's true",
    "very good",
    "very interesting",
    "very nice",
    "you don't say",
];

/// Words that a backchannel has at most.
const LONGEST_BACKCHANNEL: usize = 4;

/// Words that a dismissal has at most: "okay, that's fine, thank you very much, that's all I wanted to know".
const LONGEST_DISMISSAL: usize = 16;

/// Words that one phrase of a dismissal has at most.
const LONGEST_PHRASE: usize = 7;

/// The command that `transcript` is, where it is nothing else.
pub fn command(transcript: &str) -> Option<Command> {
    let mut said = words(transcript);
    // "Stop, stop, stop."
    said.dedup();
    let phrase = without_what_is_around(&said);
    let is_stop = |phrase: &[String]| STOP.contains(&phrase.join(" ").as_str());
    let asked = || {
        let (asking, wanted) = phrase.split_at_checked(2)?;
        ASKED
            .contains(&asking.join(" ").as_str())
            .then(|| without_what_is_around(wanted))
    };
    (is_stop(phrase) || asked().is_some_and(is_stop)).then_some(Command::Stop)
}

/// `said` without the words that are left out at either end.
fn without_what_is_around(said: &[String]) -> &[String] {
    let is_around = |word: &String| AROUND.contains(&word.as_str());
    let begin = said.iter().position(|word| !is_around(word));
    let end = said.iter().rposition(|word| !is_around(word));
    match (begin, end) {
        (Some(begin), Some(end)) => said.get(begin..=end).unwrap_or_default(),
        _ => &[],
    }
}

/// Whether `transcript`, said over her, means that she has said enough: "no", "okay, thank you", "got it". It is made of nothing but
/// such phrases and what stands around them; "no, I meant Paris" is a turn of its own, and so is what asks something ("no?"). Where she
/// has asked something it is an answer, and that the caller knows.
pub fn is_dismissal(transcript: &str) -> bool {
    let said = words(transcript);
    let asks = transcript.trim_end().ends_with(['?', '？', '؟']);
    let listens = || is_listening(&said) && !is_impatient(&said);
    if asks || said.len() > LONGEST_DISMISSAL || listens() {
        return false;
    }
    ends(&said) == Some(true)
}

/// Whether all of `said` is phrases of a dismissal, and then whether one of them ends her. The longest phrase counts first.
fn ends(said: &[String]) -> Option<bool> {
    if said.is_empty() {
        return Some(false);
    }
    (1..=said.len().min(LONGEST_PHRASE))
        .rev()
        .find_map(|length| {
            let (phrase, rest) = said.split_at_checked(length)?;
            let phrase = phrase.join(" ");
            let is_in = |list: &[&str]| list.contains(&phrase.as_str());
            let ending = is_in(ENDING) || is_in(THANKS);
            let filling = is_in(FILLING) || is_in(LISTENING) || is_in(LISTENING_PHRASES);
            if !(ending || filling) {
                return None;
            }
            Some(ends(rest)? || ending)
        })
}

/// Whether `transcript` only shows that somebody listens: "mm-hm", "yeah, okay". "Yes" is among them: where she has asked
/// something it is an answer, and that the caller knows.
pub fn is_backchannel(transcript: &str) -> bool {
    let said = words(transcript);
    is_listening(&said) && !is_impatient(&said)
}

fn is_listening(said: &[String]) -> bool {
    let all_are = || said.iter().all(|word| LISTENING.contains(&word.as_str()));
    let is_phrase = |said: &[String]| LISTENING_PHRASES.contains(&said.join(" ").as_str());
    // "Oh, I see.", "Yeah, go on."
    let phrase = || match said {
        [first, rest @ ..] => {
            is_phrase(said) || (LISTENING.contains(&first.as_str()) && is_phrase(rest))
        }
        [] => false,
    };
    (1..=LONGEST_BACKCHANNEL).contains(&said.len()) && (all_are() || phrase())
}

/// "Yes, yes." and "okay, okay" are no signs to go on, and nor is "yeah" three times.
fn is_impatient(said: &[String]) -> bool {
    let Some(first) = said.first() else {
        return false;
    };
    let least = match first.as_str() {
        "yes" | "ok" | "okay" => 2,
        "yeah" | "yep" | "right" | "sure" => 3,
        _ => return false,
    };
    said.len() >= least && said.iter().all(|word| word == first)
}

#[cfg(test)]
#[path = "commands_tests.rs"]
mod tests;
