//! Answers to what was asked back.

use std::time::Duration;

use crate::{
    command::New,
    heard::Heard,
    reader::Reader,
    ring::Kind,
    spoken_when,
    target::{Query, Which, target},
    when::When,
};

/// What is said of it, in answer to what is missing: all that was said before is kept.
pub fn completed(mut new: New, heard: &Heard) -> Option<New> {
    let mut reader = Reader::new(heard.words());
    reader.eat(&["make it", "set it for", "set it to", "let us say", "say", "i said", "set", "it is", "for about"]);
    if let Some(number) = new.number {
        let yes = reader.eat(&["yes", "yeah", "yep", "sure", "of course", "correct", "exactly", "yup", "that is right", "right", "ok", "okay", "i do", "minutes please"]);
        let unit = match reader.word(0) {
            "minutes" | "minute" => 60.0,
            "" if yes => 60.0,
            "hours" | "hour" => 3600.0,
            "seconds" | "second" => 1.0,
            _ => 0.0,
        };
        if unit > 0.0 && reader.rest().len() < 2 {
            new.number = None;
            new.when = When::after(Duration::try_from_secs_f64(number * unit).ok()?);
            return Some(new);
        }
    }
    if new.kind == Kind::Timer {
        reader.eat(&["for", "in", "of"]);
        reader.eat(spoken_when::ABOUT);
        let from = reader;
        if let Some(duration) = reader.length() {
            reader.eat_from_now();
            new.number = None;
            new.when = When::after(duration);
            return reader.is_over().then_some(new);
        }
        reader = from;
        new.number = Some(reader.number().filter(|number| *number > 0.0 && *number < 1000.0)?);
        return reader.is_over().then_some(new);
    }
    let mut from_now = reader;
    if let Some(duration) = from_now.duration()
        && from_now.is_over()
    {
        (new.number, new.when) = (None, When::after(duration));
        return Some(new);
    }
    new.number = None;
    let when = spoken_when::whole(reader.rest(), true)?;
    let when = if new.recurs { when.recurring() } else { when };
    new.when = new.when.over(when)?;
    Some(new)
}

/// What a reminder is for, in answer to that.
pub fn reminded(when: &When, heard: &Heard) -> Option<New> {
    let text = heard.text();
    let first = heard.words().first()?.form.as_str();
    if matches!(first, "what" | "who" | "why" | "how" | "when" | "where" | "is" | "are" | "do" | "does") {
        return None;
    }
    let joined = if matches!(first, "to" | "about" | "that" | "of") { format!("remind me {text}") } else { format!("remind me to {text}") };
    let heard = Heard::new(&joined)?;
    let mut new = crate::setting::set(heard.words(), heard.text())?;
    new.when = when.clone().over(new.when)?;
    Some(new)
}

/// Which, in answer to a question.
pub fn answered_which(heard: &Heard) -> Option<Query> {
    let mut begun = Reader::new(heard.words());
    begun.eat(&["that would be", "it would be", "it is", "that is", "i mean", "i want"]);
    let words = begun.rest();
    if let Some(query) = target(words).filter(|query| !query.which.is_spoken_of()) {
        return Some(query);
    }
    let mut reader = Reader::new(words);
    if reader.eat(&["all", "both", "everything", "all of them", "both of them", "all of these", "them all", "every one", "all three", "all two", "the lot"]) {
        return Some(Query::of(None, Which::All));
    }
    // `the pasta one` is `the pasta timer`.
    let text = heard.text();
    let start = words.first()?.place.start;
    let joined = match words.split_last() {
        Some((last, rest)) if last.form == "one" || last.form == "ones" => {
            let end = rest.last().map_or(0, |word| word.place.end);
            format!("{} timer", text.get(start..end)?)
        }
        _ if reader.eat(&["the one", "the one that is", "one"]) => format!("the timer {}", text.get(reader.rest().first()?.place.start..)?),
        _ => format!("{} timer", text.get(start..)?),
    };
    let words = phrase::split(&joined);
    target(&words).map(|query| Query::of(None, query.which))
}

/// Whether a question is waved away.
pub fn waved_away(heard: &Heard) -> bool {
    let mut reader = Reader::new(heard.words());
    let away = reader.eat(&[
        "no", "nope", "nothing", "never mind", "nevermind", "none", "none of them", "neither", "forget it", "cancel that", "cancel it", "cancel", "stop", "do not bother", "forget about it",
        "nah", "leave it", "no need", "forget that", "not now", "no never mind", "no nothing", "it does not matter", "none of these",
    ]);
    away && reader.is_over()
}
