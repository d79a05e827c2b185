//! Which timer, alarm or reminder somebody means: "the pasta timer", "my first alarm", "all timers but the egg one", "it".

use phrase::{Word, read};
use serde::{Deserialize, Serialize};

use crate::{names::said_label, reader::Reader, ring::Kind, spoken_when};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// `None` where that was not said.
    pub kind: Option<Kind>,
    pub which: Which,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Which {
    All,
    /// The only one that there is.
    Only,
    /// The one that was spoken of last.
    It,
    /// Those that were spoken of last, of which there are several: "both", "them". `true`: all of their kind.
    Them(bool),
    /// From 1, in the order in which they are due.
    Nth(u8),
    /// The one that was set last.
    Last,
    /// The one that was set first.
    Oldest,
    /// The one that is due last.
    Longest,
    /// Not the one that was spoken of last.
    Other,
    /// By its name, its length or its time; several lines are several of these.
    Named(String),
    /// The timer of just that name, where there is one: "the tea" may be something else.
    Perhaps(String),
    /// Those that are paused: "continue" may be said of a story.
    Paused,
    /// All that are so named.
    EachNamed(String),
    /// All that are not so named.
    AllBut(String),
}

impl Which {
    /// Whether it is only what was spoken of.
    pub fn is_spoken_of(&self) -> bool {
        matches!(self, Which::It | Which::Them(_))
    }
}

impl Query {
    pub fn of(kind: Option<Kind>, which: Which) -> Query {
        Query { kind, which }
    }
}

/// Words of things that have timers and alarms of their own.
const ELSEWHERE: &[&str] = &[
    "app", "apps", "script", "scripts", "code", "program", "python", "javascript", "java", "rust", "excel", "html", "css", "function", "functions", "class", "system",
    "systems", "bell", "bells", "button", "widget", "website", "page", "arduino", "game", "story", "song", "film", "movie", "book", "poem", "word",
    "company", "market", "industry", "sound", "tone", "volume", "ringtone", "api", "circuit", "chip", "sql", "feature", "features", "software",
];

/// Whether these words speak of something that has timers and alarms of its own, such as a program.
pub fn is_elsewhere(words: &[Word]) -> bool {
    words.iter().any(|word| ELSEWHERE.contains(&word.form.as_str()))
}

/// The kind that a noun names, and whether it is a plural.
pub fn noun(word: &str) -> Option<(Kind, bool)> {
    Some(match word {
        "timer" | "countdown" | "timer's" => (Kind::Timer, false),
        "timers" | "countdowns" => (Kind::Timer, true),
        "alarm" | "alarm's" => (Kind::Alarm, false),
        "alarms" => (Kind::Alarm, true),
        "reminder" | "reminder's" => (Kind::Reminder, false),
        "reminders" => (Kind::Reminder, true),
        _ => return None,
    })
}

const DETERMINERS: &[&str] = &["my", "the", "that", "this", "a", "an", "our", "any", "those", "these", "your", "me", "me my", "me the"];
const SKIPPED: &[&str] = &["current", "running", "active", "ringing", "existing", "entire", "whole", "damn", "bloody", "little", "stupid", "old", "set"];
const HOW_MANY: &[&str] = &["two", "three", "four", "five", "2", "3", "4", "5", "of them"];

/// What all the words mean.
pub fn target(words: &[Word]) -> Option<Query> {
    if words.is_empty() || words.len() > 14 || is_elsewhere(words) {
        return None;
    }
    let mut reader = Reader::new(words);
    let is = |phrases: &[&str]| {
        let mut whole = Reader::new(words);
        whole.eat(phrases) && whole.is_over()
    };
    if is(&["it", "that", "this", "that one", "this one", "the one", "it all", "that thing", "the thing"]) {
        return Some(Query::of(None, Which::It));
    }
    if is(&["them all", "all of them", "everything", "all", "all of these", "all of those"]) {
        return Some(Query::of(None, Which::Them(true)));
    }
    if is(&["them", "both of them", "both", "those", "these", "the two", "the two of them"]) {
        return Some(Query::of(None, Which::Them(false)));
    }
    // `the one with four minutes`
    let mut by = reader;
    if by.eat(&["the one with", "the one for", "the one at", "the one called", "the one that is for", "the one about", "the one named"]) {
        return named(by.rest()).map(|label| Query::of(None, Which::Named(label)));
    }
    if is(&["the last one", "the latest one", "the one i just set", "the one i just made", "what i just set", "the most recent one"]) {
        return Some(Query::of(None, Which::Last));
    }
    // `everything but the tea timer`
    let mut but = reader;
    if but.eat(&["everything", "all of them", "them all", "all"]) && matches!(but.word(0), "except" | "but" | "apart" | "besides" | "excluding") {
        return which_behind(but, true, Which::All).map(|which| Query::of(None, which));
    }
    if let Some((last, rest)) = words.split_last()
        && last.form == "one"
        && reader.eat(&["the", "my"])
        && rest.len() > 1
        && !words.iter().any(|word| noun(&word.form).is_some())
    {
        let which = which_before(rest.get(1..)?, false)?;
        return Some(Query::of(None, which));
    }
    let mut reader = Reader::new(words);
    let all = reader.eat(&["all of", "all", "every single", "every", "each of", "each", "both of", "both", "every one of", "all of the"]);
    reader.eat(DETERMINERS);
    if all {
        reader.eat(HOW_MANY);
    }
    let at = reader.rest().iter().position(|word| noun(&word.form).is_some())?;
    let (pre, rest) = reader.rest().split_at_checked(at)?;
    let (kind, plural) = noun(&rest.first()?.form)?;
    let mut post = Reader::new(rest.get(1..)?);
    post.eat(&["clock", "clocks"]);
    // `the timers and alarms`
    let mut kinds = Some(kind);
    while plural && matches!(post.word(0), "and" | "or") {
        let mut ahead = post;
        ahead.skip(1);
        ahead.eat(&["all of", "all"]);
        ahead.eat(DETERMINERS);
        let Some((also, true)) = noun(ahead.word(0)) else { break };
        if also != kind {
            kinds = None;
        }
        ahead.skip(1);
        post = ahead;
    }
    // `timers, alarms and reminders`
    while plural && let Some((_, true)) = noun(post.word(0)) {
        kinds = None;
        post.skip(1);
        if post.word(0) == "and" && noun(post.word(1)).is_some() {
            post.skip(1);
        }
    }
    let all = all || plural;
    let before = which_before(pre, all)?;
    let which = which_behind(post, all, before)?;
    Some(Query { kind: kinds, which })
}

/// A timer by its name alone: "the tea".
pub fn perhaps(words: &[Word]) -> Option<Query> {
    let mut reader = Reader::new(words);
    reader.eat(&["the", "my"]).then_some(())?;
    let is_other = |word: &Word| noun(&word.form).is_some() || word.form == "clock";
    let fits = (1..=3).contains(&reader.rest().len()) && !reader.rest().iter().any(is_other);
    // `the 7:10` may be of an alarm.
    let is_time = read::time(reader.rest()).is_some_and(|(_, taken)| taken == reader.rest().len()) && reader.word(0).starts_with(|c: char| c.is_ascii_digit());
    let kind = (!is_time).then_some(Kind::Timer);
    fits.then(|| said_label(reader.rest())).flatten().map(|label| Query::of(kind, Which::Perhaps(label)))
}

/// The words between the article and the noun: "first", "pasta", "10 minute".
fn which_before(words: &[Word], all: bool) -> Option<Which> {
    let mut reader = Reader::new(words);
    while reader.eat(SKIPPED) {}
    let rest = reader.rest();
    if rest.is_empty() {
        return Some(if all { Which::All } else { Which::Only });
    }
    if let [one] = rest {
        match one.form.as_str() {
            "next" | "upcoming" | "nearest" | "soonest" | "earliest" => return Some(Which::Nth(1)),
            "shortest" | "quickest" | "shorter" | "earlier" | "quicker" => {
                return Some(Which::Nth(1));
            }
            "longest" | "longer" | "later" => return Some(Which::Longest),
            "last" | "latest" | "newest" | "previous" | "recent" => return Some(Which::Last),
            "oldest" | "older" => return Some(Which::Oldest),
            "other" | "others" => {
                return Some(if all { Which::AllBut(String::new()) } else { Which::Other });
            }
            "both" | "two" | "three" | "four" | "2" | "3" | "4" => return Some(Which::All),
            _ => {}
        }
    }
    if let Some((nth, taken)) = read::ordinal(rest)
        && taken == rest.len()
    {
        return u8::try_from(nth).ok().filter(|nth| *nth > 0).map(Which::Nth);
    }
    let mut recent = Reader::new(rest);
    if recent.eat(&["most recent"]) && recent.is_over() {
        return Some(Which::Last);
    }
    // `5 minutes from the pizza` is no name.
    const NO_NAMES: &[&str] = &[
        "from", "off", "to", "on", "in", "of", "with", "and", "or", "by", "for", "a", "an", "the", "my", "into", "at", "about", "is", "it", "until", "not", "i", "you",
    ];
    let strange = |word: &Word| NO_NAMES.contains(&word.form.as_str());
    if rest.len() > 5 || (rest.iter().any(strange) && spoken_when::whole(rest, true).is_none() && read::time(rest).is_none_or(|(_, taken)| taken != rest.len())) {
        return None;
    }
    let label = named(rest)?;
    Some(if all { Which::EachNamed(label) } else { Which::Named(label) })
}

/// The words behind the noun: "for the pasta", "at 7", "tomorrow", "that I just set", "except the egg one".
fn which_behind(mut reader: Reader, all: bool, before: Which) -> Option<Which> {
    if reader.is_over() {
        return Some(before);
    }
    if reader.eat(&["except", "except for", "but", "apart from", "besides", "other than", "but not", "excluding", "not", "minus", "save"]) {
        reader.eat(&["for"]);
        reader.eat(DETERMINERS);
        let rest = reader.rest();
        let end = rest.iter().position(|word| noun(&word.form).is_some() || word.form == "one").unwrap_or(rest.len());
        let (label, behind) = rest.split_at_checked(end)?;
        let label = named(label)?;
        return (all && before == Which::All && behind.len() < 2).then_some(Which::AllBut(label));
    }
    if reader.eat(&["that i just", "that i", "i just", "i", "which i just", "we just", "that we just", "that you just"]) {
        let made = reader.eat(&["set", "made", "started", "added", "created", "asked for", "set up"]);
        reader.eat(&["last", "just now", "first", "earlier"]);
        return (made && reader.is_over() && !all).then_some(Which::Last);
    }
    let said = reader.eat(&[
        "for", "called", "named", "labelled", "labeled", "about", "to", "at", "of", "on", "with", "that is for", "that is at", "that is set for", "set for",
        "set at", "going off at", "that goes off at", "that rings at", "due at", "due", "from", "which is at", "which is for", "that says", "which says",
        "in", "that is in", "just for", "only for", "but only for", "just on", "only on",
    ]);
    if !said && spoken_when::whole(reader.rest(), false).is_none() {
        return None;
    }
    reader.eat(DETERMINERS);
    let mut label = named(reader.rest())?;
    match before {
        Which::Only | Which::All => {}
        Which::Named(before) | Which::EachNamed(before) => label = format!("{before}\n{label}"),
        _ => return None,
    }
    Some(if all { Which::EachNamed(label) } else { Which::Named(label) })
}

/// A name that something is looked for by.
fn named(words: &[Word]) -> Option<String> {
    let label = said_label(words)?;
    let words: Vec<&str> = label.split(' ').map(|word| word.strip_suffix("'s").unwrap_or(word)).collect();
    Some(words.join(" "))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    #[test]
    fn which_ones() {
        let timer = Some(Kind::Timer);
        let alarm = Some(Kind::Alarm);
        for (text, kind, which) in [
            ("the timer", timer, Which::Only),
            ("my timers", timer, Which::All),
            ("all of my alarms", alarm, Which::All),
            ("both timers", timer, Which::All),
            ("all timers and alarms", None, Which::All),
            ("my timers, alarms and reminders", None, Which::All),
            ("the pasta timer", timer, Which::Named("pasta".into())),
            ("the 10 minute timer", timer, Which::Named("10 minute".into())),
            ("the timer for the eggs", timer, Which::Named("eggs".into())),
            ("the first timer", timer, Which::Nth(1)),
            ("my second alarm", alarm, Which::Nth(2)),
            ("the last timer", timer, Which::Last),
            ("the other timer", timer, Which::Other),
            ("the timer I just set", timer, Which::Last),
            ("my 7:30 alarm", alarm, Which::Named("7:30".into())),
            ("my alarm for tomorrow", alarm, Which::Named("tomorrow".into())),
            ("tomorrow's alarm", alarm, Which::Named("tomorrow".into())),
            ("all alarms tomorrow", alarm, Which::EachNamed("tomorrow".into())),
            ("the tomorrow alarm at 7", alarm, Which::Named("tomorrow\n7".into())),
            ("all timers except the egg timer", timer, Which::AllBut("egg".into())),
            ("it", None, Which::It),
        ] {
            assert_eq!(target(&phrase::split(text)), Some(Query { kind, which }), "{text}");
        }
        for text in ["5 minutes from the pizza timer", "the timer in my script", "the fire alarm", "the table", "a timer app", "the alarm is loud"] {
            assert_eq!(target(&phrase::split(text)), None, "{text}");
        }
        assert!(target(&phrase::split("reminder to call mum")).unwrap().which == Which::Named("call mum".into()));
    }
}
