//! What was heard, without what recognisers invent, what people say while they think, and what is only polite.

use phrase::{Word, read, split};

/// Bytes of the longest text that is looked at: what is longer is no request to a timer.
const LONGEST: usize = 600;

/// Sounds of somebody who thinks.
const SOUNDS: &[&str] = &["um", "uh", "uhm", "umm", "uhh", "er", "erm", "err", "hm", "hmm", "mm", "mmm", "ah", "eh", "uh-huh"];

/// The same, in words.
const ASIDES: &[&[&str]] = &[
    &["let's", "say"],
    &["lets", "say"],
    &["you", "know"],
    &["i", "guess"],
    &["i", "think"],
    &["if", "you", "can"],
    &["if", "you", "could"],
    &["if", "possible"],
    &["if", "you", "don't", "mind"],
    &["if", "you", "please"],
];

/// What recognisers make of silence behind a sentence.
const INVENTED: &[&str] = &[
    "thanks for watching",
    "thank you for watching",
    "thank you so much for watching",
    "thank you very much for watching",
    "please subscribe",
    "like and subscribe",
    "don't forget to subscribe",
    "see you in the next video",
    "see you next time",
    "subtitles by",
    "thanks for listening",
    "thank you for listening",
];

/// Words that say nothing here, at the beginning.
const BEFORE: &[&str] = &[
    "hey", "hi", "hello", "jane", "ok", "okay", "please", "so", "well", "and", "oh", "now", "then", "also", "yes", "yeah", "just", "alright",
    "all right", "right", "can you", "could you", "would you", "will you", "can i", "could i", "may i", "can we", "could we", "i want you to",
    "i would like you to", "i need you to", "i want to", "i would like to", "i need to", "i have to", "i must", "we need to", "i have got to", "i should", "go ahead and", "let us",
    "kindly", "quickly", "quick", "can you tell me", "could you tell me", "tell me", "do you know", "do me a favour and", "do me a favor and",
    "do me a favour", "do me a favor", "listen", "thanks", "thank you", "great", "perfect", "cool", "good", "good morning", "good evening",
    "good night", "maybe", "perhaps", "you can", "you may", "you could", "we can", "would you mind", "do you mind", "would it be possible to",
    "is it possible to", "i was wondering if you could", "i wonder if you could", "can you maybe", "could you maybe", "can you possibly",
    "could you possibly", "can you just", "could you just", "can you also", "could you also", "please could you", "one more thing",
    "my bad", "excuse me", "alexa", "hey google", "ok google", "okay google", "siri", "hey siri", "computer", "why do not you", "how about you",
    "would you be so kind as to", "could you be so kind as to", "be so kind as to", "i was wondering whether you could", "i wonder whether you could",
    "i was wondering if you would", "i was hoping you could", "basically", "if it is not too much trouble", "it would be great if you could",
    "it would be nice if you could", "i would appreciate it if you could", "i would be grateful if you could", "any chance you could",
    "is there any chance you could", "do you think you could", "when you get a chance", "when you have a moment", "go on and", "feel free to",
    "i would love it if you could", "i would love for you to", "i would like for you to", "if you would not mind", "if you do not mind", "be a dear and",
    "make sure to", "make sure you", "be sure to", "remember to", "try to", "quickly", "darling", "dear", "mate", "help me",
];

/// The same, where what was said before is put right.
const CORRECTIONS: &[&str] = &[
    "actually", "no", "nope", "wait", "sorry", "oh wait", "no wait", "hang on", "hold on", "i meant", "i mean", "i said", "make that", "rather", "instead",
    "correction", "on second thought", "on second thoughts", "scratch that", "oops", "not that",
];

/// The same, at the end.
const AFTER: &[&str] = &[
    "please", "for me", "for us", "thanks", "thank you", "thank you very much", "thank you so much", "thanks a lot", "thanks so much", "now",
    "right now", "jane", "too", "as well", "then", "okay", "ok", "will you", "would you", "can you", "could you", "if you would", "alright", "all right",
    "cheers", "ta", "mate", "darling", "dear", "actually", "instead", "right away", "immediately", "straight away", "quickly", "real quick", "asap",
    "please and thank you", "or so", "if it is not too much trouble", "if that is okay", "if that is ok", "would you please", "when you get a chance",
    "when you can", "my dear", "yeah", "right", "bye", "goodbye", "good night", "sorry",
];

/// What was heard.
#[derive(Debug)]
pub struct Heard {
    text: String,
    words: Vec<Word>,
    corrects: bool,
}

impl Heard {
    /// `None` where it is too long, or nothing.
    pub fn new(text: &str) -> Option<Heard> {
        if text.len() > LONGEST {
            return None;
        }
        let text = corrected(without_asides(text));
        let words = split(&text);
        let (range, corrects) = polite(&words);
        let kept = words.get(range)?;
        let text = text.get(kept.first()?.place.start..kept.last()?.place.end)?.to_owned();
        let words = split(&text);
        (!words.is_empty()).then_some(Heard { text, words, corrects })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// Whether it puts something right: "actually", "no, I meant".
    pub fn corrects(&self) -> bool {
        self.corrects
    }

    pub fn has(&self, any: &[&str]) -> bool {
        self.words.iter().any(|word| any.contains(&word.form.as_str()))
    }
}

/// Without sounds of thinking, asides and inventions.
fn without_asides(text: &str) -> String {
    let lower = text.to_lowercase();
    let invented = INVENTED.iter().filter_map(|phrase| lower.rfind(phrase)).filter(|at| {
        let before = lower.get(..*at).unwrap_or_default().trim_end();
        !before.is_empty() && before.ends_with(['.', '!', '?', ',', '…'])
    });
    // Lower case may be of another length.
    let text = invented.min().filter(|_| lower.len() == text.len()).and_then(|at| text.get(..at)).unwrap_or(text);
    let pieces: Vec<&str> = phrase::once(text.split_whitespace().collect());
    let bare = |piece: &str| piece.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase().replace('’', "'");
    let forms: Vec<String> = pieces.iter().map(|piece| bare(piece)).collect();
    let is = |at: usize, phrase: &[&str]| phrase.iter().enumerate().all(|(ahead, word)| forms.get(at + ahead).is_some_and(|form| form == word));
    let mut kept = String::new();
    let mut at = 0;
    while let (Some(piece), Some(form)) = (pieces.get(at), forms.get(at)) {
        if let Some(aside) = ASIDES.iter().find(|aside| is(at, aside)) {
            at += aside.len();
            continue;
        }
        let behind = forms.get(at + 2).map_or("", String::as_str);
        // `set a timer for me for 5 minutes`
        if is(at, &["for", "me"])
            && matches!(
                behind,
                "for" | "to" | "at" | "in" | "on" | "called" | "that" | "which" | "until" | "and" | "tomorrow" | "every" | "of"
            )
        {
            at += 2;
            continue;
        }
        // `a timer for like 7 minutes`
        let ahead = usize::from(matches!(forms.get(at + 1).map(String::as_str), Some("for" | "in" | "at")));
        if form == "like" && at > 0 && forms.get(at + 1 + ahead).is_some_and(|next| phrase::number(next).is_some()) {
            at += 1;
            continue;
        }
        at += 1;
        if SOUNDS.contains(&form.as_str()) || (piece.starts_with('[') && piece.ends_with(']')) {
            continue;
        }
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(&without_ish(piece, form));
    }
    kept
}

/// `noonish`, `7-ish` and `five-ish` are meant to be about then.
fn without_ish(piece: &str, form: &str) -> String {
    let stem = form.strip_suffix("ish").map(|stem| stem.trim_end_matches('-')).filter(|stem| !stem.is_empty());
    let is_time = |stem: &&str| phrase::time(stem).is_some() || phrase::number(stem).is_some();
    match stem.filter(is_time) {
        Some(stem) => stem.to_owned(),
        None => piece.to_owned(),
    }
}

/// Of "for five, no, ten minutes" what holds: "for ten minutes".
fn corrected(mut text: String) -> String {
    const MARKS: &[&[&str]] = &[
        &["no", "wait"],
        &["actually", "no"],
        &["or", "better"],
        &["no", "hang", "on"],
        &["hang", "on"],
        &["oh", "wait", "no"],
        &["oh", "wait"],
        &["oh", "no"],
        &["hold", "on"],
        &["wait", "no"],
        &["correction"],
        &["no", "sorry"],
        &["no", "make", "that"],
        &["no", "make", "it"],
        &["no", "i", "mean"],
        &["sorry", "i", "mean"],
        &["sorry", "i", "meant"],
        &["wait", "no"],
        &["i", "mean"],
        &["i", "meant"],
        &["make", "that"],
        &["scratch", "that"],
        &["or", "rather"],
        &["no"],
        &["wait"],
        &["sorry"],
        &["rather"],
        &["actually"],
    ];
    for _ in 0..3 {
        let words = split(&text);
        let is = |at: usize, mark: &[&str]| mark.iter().enumerate().all(|(ahead, form)| words.get(at + ahead).is_some_and(|word| word.form == *form));
        let amount = |words: &[Word]| {
            let time = || read::time(words).map(|(_, taken)| taken);
            let day = || read::day(words).map(|(_, taken)| taken);
            let number = || read::number(words).map(|(_, taken)| taken);
            read::duration(words).map(|(_, taken)| taken).or_else(time).or_else(day).or_else(number)
        };
        let found = (1..words.len()).find_map(|at| {
            let mark = MARKS.iter().find(|mark| is(at, mark))?;
            let behind = at + mark.len();
            let skip = usize::from(words.get(behind).is_some_and(|word| matches!(word.form.as_str(), "for" | "at" | "in" | "to")));
            let rest = words.get(behind + skip..)?;
            amount(rest)?;
            let wrong = (at.saturating_sub(6)..at).find(|from| words.get(*from..at).is_some_and(|words| amount(words) == Some(words.len())))?;
            Some((words.get(wrong)?.place.start, rest.first()?.place.start))
        });
        let named = || {
            // `call Tom, I mean Tim`: a name in the place of another
            let at = words.len().checked_sub(3)?;
            let is_meant = ["mean", "meant"].iter().any(|verb| is(at, &["i", verb]));
            let wrong = at.checked_sub(1).and_then(|at| words.get(at)).filter(|word| is_meant && word.pause)?;
            Some((wrong.place.start, words.last()?.place.start))
        };
        let Some((from, to)) = found.or_else(named) else { break };
        text.replace_range(from..to, "");
    }
    renamed(&text).unwrap_or(text)
}

/// `Remind me to call Tom at 5. Sorry, Tim.`: a name in the place of the last one. `None` where nothing is put right so.
fn renamed(text: &str) -> Option<String> {
    let words = split(text);
    let [.., before, sorry, name] = words.as_slice() else { return None };
    let is_name = |word: &Word| {
        let written = text.get(word.place.clone()).unwrap_or_default();
        written.starts_with(char::is_uppercase) && written.chars().skip(1).all(char::is_lowercase) && written.len() > 1
    };
    if !before.pause || !matches!(sorry.form.as_str(), "sorry" | "no" | "correction") || !is_name(name) {
        return None;
    }
    // The first word has a capital in any case.
    let wrong = words.get(1..words.len() - 2)?.iter().rev().take(4).find(|word| is_name(word))?;
    let (name, sorry_at) = (text.get(name.place.clone())?, sorry.place.start);
    Some(format!("{}{name}{}", text.get(..wrong.place.start)?, text.get(wrong.place.end..sorry_at)?.trim_end()))
}

/// What is not only polite of the words, and whether it puts something right.
fn polite(words: &[Word]) -> (std::ops::Range<usize>, bool) {
    let starts = |at: usize, phrase: &&str| {
        let count = phrase.split(' ').count();
        let comes = words.get(at..at + count)?.iter().map(|word| word.form.as_str()).eq(phrase.split(' '));
        comes.then_some(count)
    };
    let (mut begin, mut end, mut corrects) = (0, words.len(), false);
    loop {
        let polite = BEFORE.iter().filter_map(|phrase| starts(begin, phrase)).max();
        let correction = CORRECTIONS.iter().filter_map(|phrase| starts(begin, phrase)).max();
        // `never mind, cancel that`; `never mind the timer` is about that.
        let dropped = [2, 1].into_iter().find(|count| {
            words.get(begin + count - 1).is_some_and(|word| word.pause)
                && ["never mind", "nevermind"].iter().any(|phrase| starts(begin, phrase) == Some(*count))
        });
        let Some(count) = polite.max(correction).max(dropped).filter(|count| begin + count < end) else {
            break;
        };
        // `tell me in ten minutes to check the oven` is a reminder, and not only polite.
        let tells = count >= 2 && starts(begin + count - 2, &"tell me").is_some();
        let rest = words.get(begin + count..end).unwrap_or_default();
        let timed = rest.first().is_some_and(|word| matches!(word.form.as_str(), "in" | "at" | "tomorrow" | "tonight" | "every"));
        if tells && timed && rest.iter().any(|word| matches!(word.form.as_str(), "to" | "so" | "because")) {
            begin += count - 2;
            break;
        }
        // `no more alarms`, `no alarm tomorrow`
        let none = |word: &Word| matches!(word.form.as_str(), "more" | "alarm" | "alarms" | "reminder" | "reminders");
        if words.get(begin).is_some_and(|word| word.form == "no" && !word.pause) && words.get(begin + 1).is_some_and(none) {
            break;
        }
        corrects |= correction >= polite;
        begin += count;
    }
    while let Some(count) = AFTER
        .iter()
        .filter_map(|phrase| {
            let from = end.checked_sub(phrase.split(' ').count())?;
            starts(from, phrase)
        })
        .max()
        && begin + count < end
    {
        end -= count;
    }
    (begin..end, corrects)
}

#[cfg(test)]
mod tests {
    use super::Heard;

    #[test]
    fn what_is_left_of_what_was_heard() {
        for (text, expected) in [
            ("Um, set a, uh, timer for, let's say, 5 minutes, please.", "set a, timer for, 5 minutes"),
            ("Thanks. Set a timer for 5 minutes.", "Set a timer for 5 minutes"),
            ("Set a timer for 5 minutes. Thanks for watching!", "Set a timer for 5 minutes"),
            ("Could you set a timer for me for 5 minutes?", "set a timer for 5 minutes"),
            ("Set a timer for five, no, ten minutes.", "Set a timer for ten minutes"),
            ("Set a timer for 5 minutes, no wait, 10 minutes", "Set a timer for 10 minutes"),
            ("wake me at 7, I mean 8", "wake me at 8"),
            ("Remind me to call Tom at 5. Sorry, Tim.", "Remind me to call Tim at 5"),
            ("Remind me to call Tom. No, Anna.", "Remind me to call Anna"),
            ("Remind me to tell Tom I am sorry for Tim", "Remind me to tell Tom I am sorry for Tim"),
            ("wake me around sevenish", "wake me around seven"),
            ("Remind me at noon-ish to eat", "Remind me at noon to eat"),
            ("Please", "Please"),
        ] {
            assert_eq!(Heard::new(text).unwrap().text(), expected, "{text}");
        }
        assert!(Heard::new("Actually, make it 15 minutes").unwrap().corrects());
        assert!(Heard::new("").is_none() && Heard::new("…").is_none());
        assert!(Heard::new(&"five ".repeat(20_000)).is_none());
    }
}
