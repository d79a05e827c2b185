//! Requests that set something: "set a pasta timer for 8 minutes", "remind me at five to call mum", "wake me every weekday at seven".

use std::time::Duration;

use phrase::Word;

use crate::{
    again::{Again, EVERY_DAY, WEEKDAYS_ONLY, WEEKEND},
    command::New,
    names::{label, name},
    reader::Reader,
    ring::Kind,
    spoken_when,
    when::When,
};

const MAKE: &[&str] = &[
    "set",
    "set up",
    "start",
    "make",
    "create",
    "begin",
    "run",
    "put",
    "put on",
    "give me",
    "get me",
    "add",
    "schedule",
    "turn on",
    "switch on",
    "i need",
    "i want",
    "i would like",
    "need",
    "want",
    "have",
    "get",
    "do",
    "open",
    "fire up",
    "setting",
    "starting",
    "setting up",
    "i will need",
    "i am going to need",
    "pop",
    "pop on",
    "stick",
    "stick on",
    "whack",
    "chuck",
    "bang",
];
/// Of these, those that ask back when nothing is said of when: the others make things of other kinds as well.
const SET: &[&str] = &["set", "set up", "start", "begin", "put on", "schedule", "turn on", "switch on", "i need", "i want", "need", "want", "setting", "starting", "i would like"];
const ARTICLES: &[&str] =
    &["a", "an", "another", "the", "my", "one", "one more", "me a", "me an", "me another", "us a", "a new", "another new", "me"];
const TIMER: &[&str] = &["timer", "countdown", "count down", "countdown timer", "kitchen timer"];
const CALLED: &[&str] = &["called", "named", "labelled", "labeled", "for the", "for my", "for"];

/// What is to be set, as far as it is said. `text` is what the words are of.
pub fn set(words: &[Word], text: &str) -> Option<New> {
    if crate::target::is_elsewhere(words) && !words.iter().any(|word| matches!(word.form.as_str(), "remind" | "reminder")) {
        return None;
    }
    reminder(words, text).or_else(|| alarm(words, text)).or_else(|| timer(words, text)).or_else(|| time_first(words, text))
}

/// "tomorrow at eight wake me up"
fn time_first(words: &[Word], text: &str) -> Option<New> {
    let (when, taken) = spoken_when::read(words, false)?;
    let rest = words.get(taken..)?;
    let wakes = Reader::new(rest).eat(&["wake me", "wake me up", "set an alarm", "set my alarm"]);
    let mut new = wakes.then(|| alarm(rest, text)).flatten()?;
    new.when = if new.when.is_empty() { when } else { when.and(new.when)? };
    Some(new)
}

/// What one says for a reminder where it has a time and a purpose, and for a timer where it has no purpose.
pub const NUDGES: &[&str] = &[
    "let me know", "notify me", "alert me", "ping me", "tell me", "give me a shout", "give me a nudge", "give me a heads up", "give me a heads-up", "nudge me",
    "shout", "call me", "buzz me", "poke me", "give me a call", "give me a shove", "give me a poke", "give me a prod", "give me a buzz", "prod me", "warn me",
];

fn new(kind: Kind, label: String, wakes: bool, when: Option<When>) -> New {
    New::of(kind, label, wakes, when.unwrap_or_default())
}

// Reminders -------------------------------------------------------------------------------------------------------------------

/// Words before which a time belongs to what is to be remembered: `plan for tomorrow`.
const BELONGS: &[&str] = &[
    "for", "of", "about", "the", "a", "an", "my", "before", "after", "until", "till", "since", "from", "with", "and", "or", "in", "at",
    "on", "by", "to", "than", "as", "your", "his", "her",
];

/// "remind me in an hour to call mum", "in ten minutes remind me to turn off the oven", "set a reminder for 5 pm to call mum"
fn reminder(words: &[Word], text: &str) -> Option<New> {
    let mut reader = Reader::new(words);
    let mut when = None;
    let nudges = reader.eat(NUDGES);
    let asks = |reader: &mut Reader| {
        reader.eat(&["remind me", "remind us", "set me a reminder", "do not let me forget", "do not forget to remind me"]) || {
            let from = *reader;
            let found = reader.eat(MAKE) && {
                reader.eat(ARTICLES);
                reader.eat(&["reminder"])
            };
            if !found {
                *reader = from;
            }
            found
        }
    };
    let bare = !nudges && !words.is_empty() && {
        // `a reminder at 6 to call mum`, without a verb
        let mut ahead = reader;
        ahead.eat(&["a reminder", "reminder", "another reminder", "one reminder", "new reminder", "a new reminder"]) && {
            // `reminder call the bank tomorrow at 11`
            let timed =
                words.first().is_some_and(|word| matches!(word.form.as_str(), "reminder" | "new")) && apart(ahead.rest()).1.is_some();
            let comes = timed || matches!(ahead.word(0), "to" | "for" | "about" | "in" | "at" | "on" | "tomorrow");
            if comes {
                reader = ahead;
            }
            comes
        }
    };
    if !nudges && !bare && !asks(&mut reader) {
        let (found, taken) = spoken_when::read(words, false)?;
        reader.skip(taken);
        when = Some(found);
        if !asks(&mut reader) && !tells(&mut reader) {
            return None;
        }
    }
    if when.is_none() {
        // `in 5 to check the oven`, of which the unit is not said
        let mut number = reader;
        if number.eat(&["in"])
            && let Some(count) = number.number()
            && number.eat(&["to"])
            && !number.is_over()
        {
            return Some(New { number: Some(count), ..new(Kind::Reminder, label(number.rest(), text), false, None) });
        }
        let mut ahead = reader;
        // `a reminder for 5 pm`, `for tomorrow`
        let found = spoken_when::read(ahead.rest(), false).or_else(|| {
            ahead.eat(&["for", "to"]).then_some(())?;
            spoken_when::read(ahead.rest(), false)
        });
        if let Some((found, taken)) = found {
            ahead.skip(taken);
            // `remind me tomorrow`, and of what
            if ahead.is_over() || matches!(ahead.word(0), "to" | "about" | "that" | "of" | "for") {
                (when, reader) = (Some(found), ahead);
            }
        }
    }
    if nudges && (when.is_none() || reader.is_over()) {
        return None;
    }
    if reader.is_over() {
        return when.filter(When::has_time).map(|when| new(Kind::Reminder, String::new(), false, Some(when)));
    }
    let joins = reader.word(0);
    let forget = words.iter().any(|word| word.form == "forget");
    // `create a reminder: water the plants, Saturday at 10`
    let at = words.len().saturating_sub(reader.rest().len());
    let is_named =
        at.checked_sub(1).and_then(|before| words.get(before)).is_some_and(|word| word.colon || (bare && word.form == "reminder"));
    if !reader.eat(&["to", "about", "that", "of", "for"]) && !forget && !is_named {
        return None;
    }
    let rest = reader.rest();
    let (what, later) = apart(rest);
    let when = match (when, later) {
        // `this evening that the game starts at nine`
        (Some(when), Some(_)) if joins == "that" => {
            return Some(new(Kind::Reminder, label(rest, text), false, Some(when)));
        }
        (Some(when), Some(later)) => match when.clone().and(later) {
            Some(both) => Some(both),
            // The later one belongs to what is to be remembered.
            None => return Some(new(Kind::Reminder, label(rest, text), false, Some(when))),
        },
        (when, later) => when.or(later),
    };
    let never = what.first().is_some_and(|word| matches!(word.form.as_str(), "never" | "always" | "not" | "be"));
    // `remind me of the name of that film`: that is for somebody who knows it.
    if what.is_empty() || (when.is_none() && (joins != "to" || never || bare)) {
        return None;
    }
    Some(new(Kind::Reminder, label(what, text), false, when))
}

/// "in ten minutes tell me to check the oven"
fn tells(reader: &mut Reader<'_>) -> bool {
    let mut ahead = *reader;
    if ahead.eat(&["tell me", "tell us"]) && ahead.word(0) == "to" {
        *reader = ahead;
        return true;
    }
    false
}

/// What is to be remembered, and when: "call mum" and "at five". The time comes last.
fn apart(words: &[Word]) -> (&[Word], Option<When>) {
    let found = (1..words.len()).find_map(|at| {
        let (what, later) = words.split_at_checked(at)?;
        let belongs = what.last().is_some_and(|word| BELONGS.contains(&word.form.as_str()));
        let when = spoken_when::whole(later, false).filter(|when| !belongs || when.after.is_some())?;
        Some((what, Some(when)))
    });
    found.unwrap_or((words, None))
}

// Alarms ----------------------------------------------------------------------------------------------------------------------

/// "wake me every weekday at seven", "set an alarm for 7:30", "set a gym alarm for 6 am"
fn alarm(words: &[Word], text: &str) -> Option<New> {
    let mut reader = Reader::new(words);
    const UP: &[&str] = &[
        "get up", "be up", "be awake", "wake up", "make sure i am awake", "make sure i am up", "make sure i get up", "make sure i wake up",
        "make sure we are up", "make sure we are awake", "have me up", "be woken up", "be woken", "get me out of bed", "get us out of bed",
    ];
    if reader.eat(UP) && !reader.is_over() {
        let (when, rest) = alarm_time(reader)?;
        return rest.is_over().then(|| new(Kind::Alarm, String::new(), true, Some(when)));
    }
    if reader.eat(&["wake me up", "wake me", "wake us up", "wake us", "get me up", "get us up"]) {
        let up = words.iter().any(|word| word.form == "up");
        reader.eat(&["up"]);
        if reader.is_over() {
            return up.then(|| new(Kind::Alarm, String::new(), true, None));
        }
        let (when, rest) = alarm_time(reader)?;
        let label = alarm_label(rest, text)?;
        return Some(new(Kind::Alarm, label, true, Some(when)));
    }
    let made = reader.eat(MAKE);
    let sets = made && Reader::new(words).eat(SET);
    reader.eat(ARTICLES);
    // `a 7 am alarm`, `a daily alarm`, `a gym alarm`
    let at = reader.rest().iter().position(|word| word.form == "alarm")?;
    let (before, after) = reader.rest().split_at_checked(at)?;
    let recurs = before.iter().chain(after).any(|word| matches!(word.form.as_str(), "recurring" | "repeating" | "regular"));
    let mut when = adjective(before).or_else(|| spoken_when::whole(before, true));
    let mut called = String::new();
    if when.is_none() && !before.is_empty() {
        if !made {
            return None;
        }
        called = name(before, text)?;
    }
    let mut rest = Reader::new(after.get(1..)?);
    rest.eat(&["clock"]);
    let mut named = rest;
    if named.eat(&["called", "named", "labelled", "labeled"]) {
        let (taken, found) = (1..=3.min(named.rest().len())).find_map(|taken| {
            let (words, after) = named.rest().split_at_checked(taken)?;
            let fits = after.is_empty() || alarm_time(Reader::new(after)).is_some_and(|(_, rest)| rest.is_over());
            fits.then(|| name(words, text)).flatten().map(|name| (taken, name))
        })?;
        called = found;
        named.skip(taken);
        rest = named;
    }
    if !rest.is_over() {
        let (found, after) = alarm_time(rest)?;
        when = Some(match when {
            Some(when) => when.and(found)?,
            None => found,
        });
        let said = alarm_label(after, text)?;
        if called.is_empty() {
            called = said;
        } else if !said.is_empty() {
            return None;
        }
    }
    let when = when.filter(|when| *when != When::default());
    // `an alarm`, `my alarm`, `alarm`: nothing is asked for.
    (sets || when.is_some()).then(|| New { recurs, ..new(Kind::Alarm, called, false, when) })
}

fn adjective(words: &[Word]) -> Option<When> {
    let [word] = words else { return None };
    Some(match word.form.as_str() {
        "daily" | "everyday" => When::every(Again::week(EVERY_DAY)),
        "weekday" => When::every(Again::week(WEEKDAYS_ONLY)),
        "weekend" => When::every(Again::week(WEEKEND)),
        "weekly" => When::every(Again::Week { days: 0, weeks: 1 }),
        "monthly" => When::every(Again::Month { day: 0 }),
        "recurring" | "repeating" | "regular" | "new" => When::default(),
        _ => return None,
    })
}

fn alarm_time<'a>(mut reader: Reader<'a>) -> Option<(When, Reader<'a>)> {
    let from = reader;
    // `for 20 minutes`; `in two weeks at 8` is read below.
    if (reader.word(2) != "h" || reader.word(0) == "in")
        && reader.eat(&["for", "in", "to go off in"])
        && let Some(duration) = reader.duration()
        && !duration.as_secs().is_multiple_of(86_400)
        && !matches!(reader.word(0), "past" | "after")
    {
        reader.eat_from_now();
        return Some((When::after(duration), reader));
    }
    reader = from;
    let found = spoken_when::read(reader.rest(), true).or_else(|| {
        reader.eat(&["for", "to", "at", "on"]).then_some(())?;
        spoken_when::read(reader.rest(), true)
    });
    let (when, taken) = found?;
    reader.skip(taken);
    Some((when, reader))
}

/// What follows: "to go running", "for the gym".
fn alarm_label(mut rest: Reader, text: &str) -> Option<String> {
    if rest.is_over() {
        return Some(String::new());
    }
    let called = rest.eat(&["called", "named"]);
    if !called && !rest.eat(&["to", "for the", "for my", "for", "so i can", "so that i can"]) {
        return None;
    }
    (!rest.is_over() && rest.rest().len() <= 8).then(|| label(rest.rest(), text))
}

// Timers ----------------------------------------------------------------------------------------------------------------------

/// "set a timer for ten minutes", "a 10-minute timer", "pasta timer 8 minutes", "set a timer called tea for 3 minutes"
fn timer(words: &[Word], text: &str) -> Option<New> {
    let mut reader = Reader::new(words);
    let timed = |duration: Duration| Some(new(Kind::Timer, String::new(), false, Some(When::after(duration))));
    if reader.eat(&["count down from", "count down", "countdown from", "countdown", "time me for", "time me", "time us for", "time"])
        && let Some(duration) = reader.length()
        && reader.is_over()
    {
        return timed(duration);
    }
    reader = Reader::new(words);
    let told = reader.eat(NUDGES);
    let up = reader.eat(&["when"]);
    if told || up {
        let been = Reader::new(reader.rest()).eat(&["it has been", "it is been"]);
        let ends = been
            || Reader::new(reader.rest())
                .rest()
                .last()
                .is_some_and(|word| matches!(word.form.as_str(), "up" | "over" | "passed" | "by" | "gone"));
        if (if told { up || reader.eat(&["once", "after", "in"]) } else { ends })
            && {
                reader.eat(&["it has been", "it is been", "we have had", "i have had"]);
                true
            }
            && let Some(duration) = reader.length()
        {
            reader.eat(&["is up", "are up", "is over", "are over", "have passed", "has passed", "have gone by", "are gone"]);
            reader.eat_from_now();
            return reader.is_over().then(|| timed(duration)).flatten();
        }
        return None;
    }
    let made = reader.eat(MAKE);
    let sets = made && Reader::new(words).eat(SET);
    let articled = reader;
    reader.eat(ARTICLES);
    noun_first(reader, text, made)
        .or_else(|| length_first(reader, text))
        .or_else(|| length_first(articled, text))
        .or_else(|| without_length(reader, text, sets))
}

/// "[pasta] timer for 8 minutes [called …]", "timer for the pasta for 8 minutes"
fn noun_first(reader: Reader, text: &str, made: bool) -> Option<New> {
    let (called, mut reader) = named_noun(reader, text, made)?;
    let from = reader;
    // With the name in between.
    if called.is_empty() && reader.eat(CALLED) {
        let found = (1..=3.min(reader.rest().len())).find_map(|taken| {
            let name = name(reader.rest().get(..taken)?, text)?;
            let mut rest = reader;
            rest.skip(taken);
            rest.eat(&["for", "of", "lasting", "to", "with", "at", "in"]);
            let duration = rest.length()?;
            rest.is_over().then_some((name, duration))
        });
        if let Some((name, duration)) = found {
            return Some(new(Kind::Timer, name, false, Some(When::after(duration))));
        }
    }
    reader = from;
    reader.eat(&[
        "for", "of", "to", "with", "lasting", "that lasts", "at", "in", "on for", "going for", "set for", "that runs for", "for about",
        "from",
    ]);
    reader.eat(spoken_when::ABOUT);
    let Some(duration) = reader.length() else {
        let mut bare = reader;
        if let Some(number) = bare.number().filter(|number| *number > 0.0 && *number < 1000.0)
            && bare.is_over()
        {
            return Some(New { number: Some(number), ..new(Kind::Timer, called, false, None) });
        }
        // `a timer for 5 pm` is an alarm.
        reader = from;
        reader.eat(&["until", "till"]);
        let when = spoken_when::whole(reader.rest(), false).filter(When::has_time)?;
        return Some(new(Kind::Alarm, called, false, Some(when)));
    };
    let _ = reader.eat_from_now() || reader.eat(&["long", "go", "starting"]);
    let label = called_after(reader, text, called)?;
    Some(new(Kind::Timer, label, false, Some(When::after(duration))))
}

/// "10-minute [pasta] timer [for the eggs]"
fn length_first(mut reader: Reader, text: &str) -> Option<New> {
    let duration = reader.length()?;
    // `put 10 minutes on a timer`
    if reader.eat(&["on a", "on the"]) {
        return ((reader.eat(TIMER) || reader.eat(&["clock"])) && reader.is_over())
            .then(|| new(Kind::Timer, String::new(), false, Some(When::after(duration))));
    }
    reader.eat(&["long"]);
    let (called, reader) = named_noun(reader, text, true)?;
    let label = called_after(reader, text, called)?;
    Some(new(Kind::Timer, label, false, Some(When::after(duration))))
}

/// "set a timer [for the pasta]": how long is asked for.
fn without_length(reader: Reader, text: &str, sets: bool) -> Option<New> {
    let (called, reader) = named_noun(reader, text, true)?;
    let label = called_after(reader, text, called)?;
    sets.then(|| new(Kind::Timer, label, false, None))
}

/// "[pasta] timer". Without a verb before it, a name is one or two words.
fn named_noun<'a>(mut reader: Reader<'a>, text: &str, made: bool) -> Option<(String, Reader<'a>)> {
    if reader.eat(TIMER) {
        return Some((String::new(), reader));
    }
    let most = if made { 3 } else { 2 };
    (1..=most).find_map(|taken| {
        let called = reader.rest().get(..taken)?;
        let mut after = reader;
        after.skip(taken);
        after.eat(&["timer", "countdown"]).then_some(())?;
        Some((name(called, text)?, after))
    })
}

/// "[called tea]": the name, where it was not said before.
fn called_after(mut reader: Reader, text: &str, called: String) -> Option<String> {
    if reader.is_over() {
        return Some(called);
    }
    (called.is_empty() && reader.eat(CALLED)).then_some(())?;
    name(reader.rest(), text)
}
