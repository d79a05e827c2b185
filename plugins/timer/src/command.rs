//! What somebody wants of timers, alarms and reminders.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    acts, heard::Heard, never, questions, reasons, ring::Kind, setting, several,
    target::Query,
    unclear,
    when::When,
};

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Set(New),
    /// Something is done with some of them.
    Act(Query, What),
    /// Those that are meant, or how many there are.
    List(Query),
    /// "How long is left?", which may be about something else.
    LeftWhatever,
    /// "How long is left on the pasta?": of a timer, if there is one of that name.
    LeftPerhaps(String),
    /// What rang last is to ring again. `sure`: that was said in so many words.
    Snooze {
        time: Option<Duration>,
        sure: bool,
    },
    /// The same, at a time: "snooze until half past ten", "remind me again tomorrow".
    Later(When),
    /// One more, of the kind that was spoken of last, in these words.
    Another(String),
    /// What rang is to be quiet.
    Hush,
    /// What rang is to be said once more.
    Repeat { sure: bool },
    /// What was done last is taken back.
    Undo { sure: bool },
    /// Nothing is to be done: "don't cancel the timer".
    Leave(Query),
    /// What a reminder is for and when is not known.
    Remind(When),
    /// It is about these, and not understood.
    Unclear(Option<Kind>, Option<Query>),
    /// What is said of when is no length and no time: it is asked for.
    Never(New),
    /// What of it is another's: that is not done.
    Rest,
}

/// Something to be set, as far as it is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct New {
    pub kind: Kind,
    pub label: String,
    /// Whether it ends somebody's sleep.
    pub wakes: bool,
    /// Whether it is to come again and again.
    pub recurs: bool,
    /// A length that was said without its unit.
    pub number: Option<f64>,
    pub when: When,
}

impl New {
    pub fn of(kind: Kind, label: String, wakes: bool, when: When) -> New {
        New { kind, label, wakes, recurs: false, number: None, when }
    }

    pub fn timer(label: String, time: Duration) -> New {
        New::of(Kind::Timer, label, false, When::after(time))
    }

    /// Whether nothing needs to be asked.
    pub fn is_whole(&self) -> bool {
        self.number.is_none() && (self.when.has_time() || (self.kind == Kind::Reminder && !self.when.is_empty()))
    }
}

/// What is to be done with the ones that are meant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum What {
    Cancel,
    /// The same, where it may be one that has just rung.
    Stop,
    Left,
    Pause,
    Resume,
    /// From the beginning.
    Restart,
    /// It is running or goes on: "start the pasta timer".
    Start,
    /// It goes on where it is paused, and else from the beginning: "start the pasta timer again".
    Again,
    Rename(String),
    /// Left out on this day, counted from 1970, or the next time; what comes only once is cancelled.
    Skip(Option<i64>),
    /// By so many milliseconds.
    By(i64),
    /// To a time, a length or a day, in these words.
    To(String),
}

/// Words of which one is in everything that is meant here.
const WORDS: &[&str] = &[
    "timer", "timers", "timer's", "alarm", "alarms", "alarm's", "reminder", "reminders", "reminder's", "remind", "wake", "waking", "get", "left", "longer", "countdown", "countdowns", "count",
    "snooze", "forget", "notify", "alert", "ping", "know", "remaining", "undo", "shout", "nudge", "call", "tell", "up", "another", "poke", "buzz", "prod", "warn", "sleep", "oversleep", "nap", "doze", "nod",
    "asleep", "kip",
];

/// Whether words, and nothing else, may be meant here in a few words only: "stop", "cancel it", "5 more minutes".
const SHORT: usize = 9;

/// The most words of a request.
const MOST_WORDS: usize = 70;

/// What is wanted, where it is for this skill.
pub fn understand(heard: &Heard) -> Option<Vec<Command>> {
    let words = heard.words();
    if words.len() > MOST_WORDS || (words.len() > SHORT && !heard.has(WORDS)) {
        return None;
    }
    let whole = || questions::ask(heard).or_else(|| acts::act(words, heard.corrects()));
    let plain = || setting::set(words, heard.text()).map(Command::Set);
    never::never(heard)
        .map(|new| vec![Command::Never(new)])
        .or_else(|| reasons::sleeps(heard).map(|new| vec![Command::Set(new)]))
        .or_else(|| several::pairs(heard))
        .or_else(|| several::reminders(heard))
        .or_else(|| whole().map(|command| vec![command]))
        .or_else(|| several::times(heard))
        .or_else(|| plain().map(|command| vec![command]))
        .or_else(|| reasons::reasoned(heard))
        .or_else(|| several::elliptic(heard))
        .or_else(|| several::another(heard).map(|command| vec![command]))
        .or_else(|| several::prefaced(heard))
        .or_else(|| several::with_rest(heard))
        .or_else(|| unclear::unclear(heard).map(|command| vec![command]))
}

/// One request, as the words say it.
pub fn one(heard: &Heard) -> Option<Command> {
    questions::ask(heard)
        .or_else(|| acts::act(heard.words(), heard.corrects()))
        .or_else(|| setting::set(heard.words(), heard.text()).map(Command::Set))
}
