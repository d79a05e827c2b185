//! Timers, alarms and reminders: they speak when they are due, and are kept where Jane keeps what is scheduled, so that a restart loses none.

mod command;

use std::time::Duration;

use command::{Command, Kind, When, Which};
use jane_skill::prelude::*;
use jane_skill::Kind as Argument;
use jane_skill::schedule::Entry;
use phrase::{TimeOfDay, say_count, say_duration, say_list, say_time};
use serde::{Deserialize, Serialize};

/// The longest timer.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// Milliseconds after which something that was due counts as late.
const LATE_MS: u64 = 20_000;

#[derive(Default)]
pub struct Timers;

/// What is kept of something that rings.
#[derive(Serialize, Deserialize)]
struct Ring {
    kind: Kind,
    label: String,
    /// What a timer was set to.
    seconds: u64,
    /// The time of day of what comes again, and on which days.
    every: Option<(u8, u8, String)>,
}

#[derive(Deserialize)]
struct SetTimer {
    seconds: f64,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct CancelTimer {
    #[serde(default)]
    name: String,
}

impl Skill for Timers {
    fn on_transcript(&mut self, transcript: &Transcript) -> Result<TranscriptAction, Failure> {
        let Some(command) = command::understand(&transcript.text) else {
            return Ok(TranscriptAction::Pass);
        };
        let answer = match command {
            Command::Set { kind, when, label } => set(kind, when, label).map(Some),
            Command::List => list().map(Some),
            // Without any, "how long is left" is about something else.
            Command::Left(label) => left(label.as_deref()),
            Command::Cancel { kind, which } => cancel(kind, &which).map(Some),
        };
        match answer {
            Ok(answer) => Ok(TranscriptAction::say_or_pass(answer)),
            // The model would say that it has done it.
            Err(failure) => Ok(TranscriptAction::say(format!("That did not work: {}.", failure.message()))),
        }
    }

    fn tools() -> Vec<Tool> {
        vec![
            Tool::new("set_timer", "Starts a timer that rings.")
                .needs("seconds", Argument::Number, "How long, in seconds.")
                .takes("name", Argument::Text, "What for, such as `pasta`."),
            Tool::new("list_timers", "Lists timers, alarms and reminders."),
            Tool::new("cancel_timer", "Cancels a timer, alarm or reminder.").takes("name", Argument::Text, "Which one."),
        ]
    }

    fn call_tool(&mut self, call: &ToolCall) -> Result<ToolOutput, Failure> {
        let text = match call.name.as_str() {
            "set_timer" => {
                let SetTimer { seconds, name } = call.parse()?;
                let time = Duration::try_from_secs_f64(seconds).map_err(|_| Failure::invalid("seconds must be a positive number"))?;
                set(Kind::Timer, When::In(time), name)?
            }
            "list_timers" => list()?,
            "cancel_timer" => {
                let CancelTimer { name } = call.parse()?;
                let which = if name.trim().is_empty() { Which::Only } else { Which::Named(name) };
                cancel(None, &which)?
            }
            other => return Err(Failure::invalid(format!("there is no tool `{other}`"))),
        };
        Ok(ToolOutput::say(text))
    }

    fn on_event(&mut self, event: &Event) -> Result<(), Failure> {
        let ring: Ring = event.parse()?;
        voice::say(&rings(&ring, event.due_ms, event.late_ms))
    }
}



jane_skill::export!(Timers: transcript_hook, tools, events);

fn set(kind: Kind, when: When, label: String) -> Result<String, Failure> {
    let now = clock::now_ms();
    let id = next_id()?;
    let mut ring = Ring {
        kind,
        label,
        seconds: 0,
        every: None,
    };
    match when {
        When::In(time) => {
            if time.is_zero() || time > LONGEST {
                return Err(Failure::invalid("that is not a time that can be waited for"));
            }
            ring.seconds = time.as_secs();
            schedule::after(&id, time, word(kind), &serde_json::to_string(&ring)?)?;
            let takes = say_duration(time);
            Ok(match kind {
                Kind::Timer if ring.label.is_empty() => format!("Timer set for {takes}."),
                Kind::Timer => format!("{} timer set for {takes}.", capital(&ring.label)),
                Kind::Alarm => format!("Alarm set for {takes} from now."),
                Kind::Reminder if ring.label.is_empty() => format!("I will remind you in {takes}."),
                Kind::Reminder => format!("I will remind you in {takes}: {}.", ring.label),
            })
        }
        When::At { time, day } => {
            let local = local_seconds(now);
            let Some(at) = command::comes(time, day, local) else {
                return Err(Failure::invalid("that time is over"));
            };
            schedule::at(&id, utc_ms(at, now), word(kind), &serde_json::to_string(&ring)?)?;
            let said = spoken(at, local);
            Ok(match kind {
                Kind::Reminder => format!("I will remind you {said}: {}.", ring.label),
                _ => format!("Alarm set {said}."),
            })
        }
        When::Every { time, days } => {
            let TimeOfDay { hour, minute, .. } = time;
            ring.every = Some((hour, minute, days.to_owned()));
            let pattern = format!("{minute} {hour} * * {days}");
            schedule::cron(&id, &pattern, word(kind), &serde_json::to_string(&ring)?)?;
            Ok(format!("Alarm set {}.", every(hour, minute, days)))
        }
    }
}

/// A number that no other has.
fn next_id() -> Result<String, Failure> {
    let number = kv::get::<u64>("next")?.unwrap_or(1);
    kv::set("next", &(number + 1))?;
    Ok(format!("{number}"))
}

/// What is to come.
fn rings_to_come() -> Result<Vec<(Entry, Ring)>, Failure> {
    let entries = schedule::pending()?;
    let ring = |entry: Entry| {
        let ring = serde_json::from_str(&entry.payload).ok()?;
        Some((entry, ring))
    };
    Ok(entries.into_iter().filter_map(ring).collect())
}

fn list() -> Result<String, Failure> {
    let now = clock::now_ms();
    let all = rings_to_come()?;
    let said: Vec<String> = all.iter().map(|(entry, ring)| described(entry, ring, now)).collect();
    Ok(match said.as_slice() {
        [] => "You have no timers, alarms or reminders.".to_owned(),
        [one] => format!("You have {one}."),
        several => format!("You have {}: {}.", several.len(), say_list(several)),
    })
}

fn described(entry: &Entry, ring: &Ring, now: u64) -> String {
    let local = local_seconds(now);
    match (ring.kind, &ring.every) {
        (Kind::Timer, _) => {
            let name = if ring.label.is_empty() { String::new() } else { format!("{} ", ring.label) };
            let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            format!("{article} {name}timer with {} left", remaining(entry, now))
        }
        (_, Some((hour, minute, days))) => format!("an alarm {}", every(*hour, *minute, days)),
        (Kind::Alarm, None) => format!("an alarm {}", spoken(local_seconds(entry.due_ms), local)),
        (Kind::Reminder, None) => format!("a reminder {}: {}", spoken(local_seconds(entry.due_ms), local), ring.label),
    }
}

fn left(label: Option<&str>) -> Result<Option<String>, Failure> {
    let now = clock::now_ms();
    let mut timers = rings_to_come()?;
    timers.retain(|(_, ring)| ring.kind == Kind::Timer);
    if timers.is_empty() {
        return Ok(label.map(|_| "There is no timer.".to_owned()));
    }
    let named: Vec<_> = timers.iter().filter(|(entry, ring)| label.is_none_or(|label| is_called(entry, ring, label))).collect();
    let said = |(entry, ring): &&(Entry, Ring)| match ring.label.as_str() {
        "" => format!("{} on the {} timer", remaining(entry, now), length(ring.seconds)),
        label => format!("{} on the {label} timer", remaining(entry, now)),
    };
    Ok(Some(match named.as_slice() {
        [] => format!("There is no {} timer.", label.unwrap_or_default()),
        [(entry, _)] => format!("There are {} left.", remaining(entry, now)),
        several => format!("There are {}.", say_list(&several.iter().map(said).collect::<Vec<_>>())),
    }))
}

fn cancel(kind: Option<Kind>, which: &Which) -> Result<String, Failure> {
    let all = rings_to_come()?;
    let mine: Vec<_> = all.iter().filter(|(_, ring)| kind.is_none_or(|kind| kind == ring.kind)).collect();
    let noun = kind.map_or("timer, alarm or reminder", word);
    if mine.is_empty() {
        return Ok(format!("There is no {noun}."));
    }
    let chosen: Vec<_> = match which {
        Which::All => mine,
        Which::Only if mine.len() == 1 => mine,
        Which::Only => {
            let names: Vec<String> = mine.iter().map(|(_, ring)| name(ring)).collect();
            return Ok(format!("Which one? You have {}.", say_list(&names)));
        }
        Which::Named(label) => mine.into_iter().filter(|(entry, ring)| is_called(entry, ring, label)).collect(),
    };
    for (entry, _) in &chosen {
        schedule::cancel(&entry.id)?;
    }
    Ok(match chosen.as_slice() {
        [] => "There is none of that name.".to_owned(),
        [(_, ring)] => format!("{} cancelled.", capital(&name(ring))),
        several => format!("{} cancelled.", capital(&say_count(several.len() as u64, kind.map_or("ring", word)))),
    })
}

/// Whether somebody who says `label` means this one: by its name, by what it was set to, or by its time.
fn is_called(entry: &Entry, ring: &Ring, label: &str) -> bool {
    let label = label.to_lowercase();
    let name = ring.label.to_lowercase();
    let by_length = phrase::duration(&label).is_some_and(|time| time.as_secs() == ring.seconds && ring.seconds > 0);
    let minute = local_seconds(entry.due_ms).rem_euclid(86_400) / 60;
    let by_time = ring.kind != Kind::Timer
        && phrase::time(&label).is_some_and(|time| {
            let day = if time.certain { 1440 } else { 720 };
            (i64::from(time.hour) * 60 + i64::from(time.minute) - minute) % day == 0
        });
    (!name.is_empty() && (name == label || name.contains(&label))) || by_length || by_time
}

fn name(ring: &Ring) -> String {
    match (ring.kind, ring.label.as_str()) {
        (Kind::Timer, "") => format!("{} timer", length(ring.seconds)),
        (Kind::Reminder, label) if !label.is_empty() => format!("reminder: {label}"),
        (kind, "") => word(kind).to_owned(),
        (kind, label) => format!("{label} {}", word(kind)),
    }
}

/// A timer's length before its noun: `10 minute and 30 second`.
fn length(seconds: u64) -> String {
    let said = say_duration(Duration::from_secs(seconds));
    said.split(' ').map(|word| word.strip_suffix('s').unwrap_or(word)).collect::<Vec<_>>().join(" ")
}

/// What is said when it is due.
fn rings(ring: &Ring, due_ms: u64, late_ms: u64) -> String {
    let late = (late_ms >= LATE_MS).then(|| say_duration(Duration::from_secs(late_ms / 1000)));
    let local = local_seconds(due_ms);
    let time = time_at(local);
    match (ring.kind, late) {
        (Kind::Timer, None) => format!("Your {} is done.", name(ring)),
        (Kind::Timer, Some(late)) => format!("Your {} rang {late} ago.", name(ring)),
        (Kind::Alarm, None) => format!("It is {time}. This is your alarm."),
        (Kind::Alarm, Some(late)) => format!("Your alarm for {time} rang {late} ago."),
        (Kind::Reminder, None) if ring.label.is_empty() => "You wanted to be reminded now.".to_owned(),
        (Kind::Reminder, None) => format!("A reminder: {}.", ring.label),
        (Kind::Reminder, Some(late)) => format!("A reminder from {late} ago: {}.", ring.label),
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Timer => "timer",
        Kind::Alarm => "alarm",
        Kind::Reminder => "reminder",
    }
}

fn remaining(entry: &Entry, now: u64) -> String {
    say_duration(Duration::from_secs(entry.due_ms.saturating_sub(now).div_ceil(1000)))
}

/// Seconds since 1970 as the clock on the wall shows them.
fn local_seconds(ms: u64) -> i64 {
    i64::try_from(ms / 1000).unwrap_or(0) + i64::from(clock::local_offset_s(ms))
}

/// The time, in milliseconds since 1970 (UTC), at which the clock on the wall shows `local`.
fn utc_ms(local: i64, now: u64) -> u64 {
    let guess = u64::try_from(local - i64::from(clock::local_offset_s(now))).unwrap_or(0) * 1000;
    // Another offset may be in force by then.
    u64::try_from(local - i64::from(clock::local_offset_s(guess))).unwrap_or(0) * 1000
}

fn time_at(local: i64) -> String {
    let minutes = local.rem_euclid(86_400) / 60;
    say_time(u8::try_from(minutes / 60).unwrap_or(0), u8::try_from(minutes % 60).unwrap_or(0), 12)
}

/// When something comes: `for 7:30 AM tomorrow`.
fn spoken(at: i64, now: i64) -> String {
    let days = at.div_euclid(86_400) - now.div_euclid(86_400);
    let date = phrase::calendar::Date::from_days(at.div_euclid(86_400));
    let day = match days {
        0 => String::new(),
        1 => " tomorrow".to_owned(),
        2..7 => format!(" on {}", date.weekday_name()),
        _ => format!(" on {} {}", date.month_name(), date.day),
    };
    format!("at {}{day}", time_at(at))
}

fn every(hour: u8, minute: u8, days: &str) -> String {
    let day = match days {
        "1-5" => "every weekday",
        "6,0" => "every weekend",
        "*" => "every day",
        "1" => "every Monday",
        "2" => "every Tuesday",
        "3" => "every Wednesday",
        "4" => "every Thursday",
        "5" => "every Friday",
        "6" => "every Saturday",
        _ => "every Sunday",
    };
    format!("{day} at {}", say_time(hour, minute, 12))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use jane_skill::fake;

    use super::*;

    fn ask(timers: &mut Timers, text: &str) -> String {
        fake::ask(timers, text).unwrap_or_else(|| "(pass)".to_owned())
    }

    #[test]
    fn several_timers_are_told_apart_and_ring() {
        let mut timers = Timers;
        assert_eq!(ask(&mut timers, "Set a timer for ten and a half minutes."), "Timer set for 10 minutes and 30 seconds.");
        assert_eq!(ask(&mut timers, "Set a pasta timer for 8 minutes."), "Pasta timer set for 8 minutes.");
        assert_eq!(ask(&mut timers, "How long is left on the pasta timer?"), "There are 8 minutes left.");
        assert_eq!(
            ask(&mut timers, "What timers do I have?"),
            "You have 2: a pasta timer with 8 minutes left and a timer with 10 minutes and 30 seconds left."
        );
        assert!(ask(&mut timers, "Cancel the timer.").starts_with("Which one?"));
        fake::advance(&mut timers, Duration::from_secs(480)).unwrap();
        assert_eq!(fake::said(), ["Your pasta timer is done."]);
        assert_eq!(ask(&mut timers, "Cancel the timer."), "10 minute and 30 second timer cancelled.");
        assert_eq!(ask(&mut timers, "Do I have any timers?"), "You have no timers, alarms or reminders.");
        assert_eq!(ask(&mut timers, "How long is left?"), "(pass)");
    }

    #[test]
    fn reminders_and_alarms_come_at_their_time() {
        let mut timers = Timers;
        // It is 10:00 on a Wednesday.
        assert_eq!(ask(&mut timers, "Remind me in an hour to call my mother."), "I will remind you in 1 hour: call your mother.");
        assert_eq!(ask(&mut timers, "Wake me at half past six."), "Alarm set at 6:30 AM tomorrow.");
        assert_eq!(ask(&mut timers, "Wake me up every weekday at seven."), "Alarm set every weekday at 7 AM.");
        assert_eq!(ask(&mut timers, "Wake me up at 8 tomorrow morning."), "Alarm set at 8 AM tomorrow.");
        assert_eq!(ask(&mut timers, "Cancel the alarm for 8 AM."), "Alarm cancelled.");
        assert_eq!(ask(&mut timers, "Set an alarm for 11:15."), "Alarm set at 11:15 AM.");
        assert!(ask(&mut timers, "What alarms do I have?").starts_with("You have 4: "));
        fake::advance(&mut timers, Duration::from_secs(3_600)).unwrap();
        assert_eq!(fake::said().last().unwrap(), "A reminder: call your mother.");
        fake::advance(&mut timers, Duration::from_secs(900)).unwrap();
        assert_eq!(fake::said().last().unwrap(), "It is 11:15 AM. This is your alarm.");
        assert_eq!(ask(&mut timers, "Cancel all alarms."), "2 alarms cancelled.");
    }

    #[test]
    fn what_is_late_says_so() {
        let ring = Ring {
            kind: Kind::Timer,
            label: "pasta".into(),
            seconds: 60,
            every: None,
        };
        let payload = serde_json::to_string(&ring).unwrap();
        let event = Event { id: "1".into(), name: "timer".into(), payload, due_ms: fake::BEGINNING_MS, late_ms: 180_000 };
        Timers.on_event(&event).unwrap();
        assert_eq!(fake::said(), ["Your pasta timer rang 3 minutes ago."]);
    }

    #[test]
    fn the_model_sets_timers_too() {
        let mut timers = Timers;
        let mut call = |name: &str, arguments: &str| match timers.call_tool(&ToolCall { turn: 1, name: name.into(), arguments: arguments.into() }) {
            Ok(ToolOutput::FinalAnswer(text)) => text,
            other => format!("{other:?}"),
        };
        assert_eq!(call("set_timer", r#"{"seconds": 90, "name": "egg"}"#), "Egg timer set for 1 minute and 30 seconds.");
        assert_eq!(call("list_timers", "{}"), "You have an egg timer with 1 minute and 30 seconds left.");
        assert_eq!(call("cancel_timer", r#"{"name": "egg"}"#), "Egg timer cancelled.");
        assert!(call("set_timer", r#"{"seconds": -1}"#).contains("InvalidInput"));
    }
}
