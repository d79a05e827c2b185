//! What is answered about the time of day.

use phrase::{Said, TimeOfDay, say_duration, say_time};
use std::time::Duration;

use crate::{
    now::{self, Now},
    places,
};

/// Said where a place is not known, before its name.
pub const UNKNOWN: &str = "I do not know a place called";

const TIME: &[&str] = &[
    "what time is it [here|there] [exactly]",
    "what is the [current|exact|right|local] time [here|is it|there|at the moment|today]",
    "[what] [the] time [is it]",
    "(current|exact|local) time",
    "how late is it",
    "is it late",
    "what does the clock say",
    "(tell|give|show) me the [current|exact] time",
    "(say|check) the time",
    "[have you] got the time",
    "(do you have|have you) the time [on you]",
    "what time (do you have|do you make it|have you got)",
    "what is the hour",
    "what hour is it",
    "what do you make it",
    "[and|but] (my|the|our) (watch|clock|phone|kitchen clock) (has|is|says|has gone|is running) {wrong:word} [and|so|but] what (do you make it|time do you make it|time is it|is the time|time is it really)",
    "(my|the|our) (watch|clock|phone|kitchen clock) (has|is) (stopped|broken|slow|fast|flat|dead|out of battery) what (do you make it|time do you make it|time is it|is the time)",
    "the (current|exact) time",
];

const ELSEWHERE: &[&str] = &[
    "what time is it [now|right now|currently] (in|at|on|over in|over on|down in|up in|for|out in) {place}",
    "what is the [current|local|exact] time [now|right now|currently] (in|at|on|over in|over on|down in|for|out in) {place}",
    "[what] [is] [the] [current|local] time (in|at|on|over in|over on) {place}",
    "how late is it (in|on|over in|over on) {place}",
    "(tell|give|show) me the [current|local] time (in|at|on|over in|for) {place}",
    "what (time|hour) (do they have|does one have|is it there) (in|on) {place}",
    "what hour is it in {place}",
    "what is the hour (in|over in) {place}",
];

/// The same, only where the place is known: other words may stand there as well.
const ELSEWHERE_IF_KNOWN: &[&str] = &[
    "[what is] [the] [current|local] {place} time [now]",
    "what is {place} time",
    "what time is it {place}",
    "[what] time {place}",
    "what time (does|do) {place} have",
    "[the] time of {place}",
    "(tell|give) me {place} time",
    "what is the time {place}",
];

const DIFFERENCE: &[&str] = &[
    "what is the time difference between {one} and {other}",
    "[what is] [the] time difference (between|from) {one} (and|to) {other}",
    "how many hours (are there|is it) between {one} and {other}",
    "how many hours (ahead|behind) is {other} (of|from|than|compared to) {one}",
    "how many hours is {other} (ahead of|behind|from) {one}",
    "how far (ahead|behind) is {other} (of|from|compared to) {one}",
];

const DIFFERENCE_HERE: &[&str] = &[
    "[what is] [the] time difference (between|from) here (and|to) {other}", "[what is] [the] time difference between {other} and here",
    "how many hours (are there|is it) between here and {other}", "how many hours is {other} (ahead of|behind) us",
    "what is the time difference (to|with|from|in|for) {other}", "[the] time difference (to|with|from) {other}",
    "how many hours (ahead|behind) is {other}", "how many hours (ahead of|behind) us is {other}", "how far (ahead|behind) is {other}",
    "how many hours is {other} (ahead|behind) [of us|us]", "is {other} (ahead of|behind) us",
];

const ZONE: &[&str] = &[
    "what time zone is {other} in",
    "(which|what) time zone (is|has|does) {other} [in|have|use]",
    "what is the time zone (in|of|for) {other}",
    "what time zone (is|does) [it] in {other}",
    "what is {other}'s time zone",
];

const REACHED: &[&str] = &[
    "is it [already|still|yet] (past|after) {time:time} [already|yet|now] [in {place}]",
    "is it [already|still|yet] before {time:time} [still] [in {place}]",
    "is it {time:time} [already|yet|now] [in {place}]",
    "is it (already|still) {time:time} [in {place}]",
];

const PART: &[&str] = &[
    "is it [already|still] (the middle of the night|night|night time|nighttime|morning|afternoon|evening|day|daytime|day time|midnight|noon|dark) (in|over in) {place}",
    "is it (morning|afternoon|evening|night|daytime) [yet|already|still] in {place}",
];

/// What depends on the time of day there: "is it too late to ring someone in London". Only where the place is known.
const SUITS: &[&str] = &[
    "is it [still|already|a bit|far|getting|much] (too late|too early|late|early) to (ring|call|phone|text|message|wake|bother|disturb|video call|facetime|skype|catch|reach|get hold of) {who} (in|over in|out in|down in) {place}",
    "is it [still|already] (too late|too early|ok|okay|all right|alright|a good time|a decent time|a reasonable time|a bad time) to (ring|call|phone|text|message|wake|bother|disturb|video call|facetime|skype) [over to|to] {place}",
    "(can|could|should) i [still] (ring|call|phone|text|message) {who} (in|over in|out in|down in) {place} (now|at this hour|at this time|this late|yet)",
    "(would|will|are|might|must) (they|people|everyone|everybody|folks|the others) [still|already|all|not|probably] [still|be] [still|all|already] (asleep|awake|up|in bed|at work|sleeping|working|having lunch|having dinner|having breakfast|at lunch|out of bed|up yet|up and about|getting up|eating) [yet|now|right now] (in|over in|out in|down in) {place} [right now|now|yet|by now|at the moment|at this hour]",
    "(have|will|would) (they|people|everyone|everybody) [already|have] (had|eaten|finished) [their] (lunch|breakfast|dinner|tea|supper|work) [yet|already|by now] (in|over in|out in|down in) {place} [yet|already|by now]",
    "is it [still|already|nearly|almost|about] (bedtime|bed time|lunchtime|lunch time|dinner time|dinnertime|breakfast time|teatime|tea time|office hours|working hours|business hours|a decent hour|a reasonable hour|a civilised hour|a civilized hour|an ungodly hour|the crack of dawn|the small hours|late|early) [yet|already] (in|over in|out in|down in) {place}",
];

const EITHER: &[&str] =
    &["is it (morning|day|daytime|light|night|afternoon) or (evening|night|nighttime|dark|day|afternoon|morning) in {place}"];

const LEFT_TODAY: &[&str] = &[
    "how (many hours|much time|many minutes|long) (are|is) [there] left (today|in the day|of the day|of today)",
    "how (many hours|much) of (today|the day) (is|are) left",
];

const UNTIL: &[&str] = &[
    "how (long|much time|much longer) [is it|is there|is left|do i have|do we have|have we got|to go] (until|till|to|before|til) {time:time} [today|tonight]",
    "how many (hours|minutes) [is it|are there|are left|left|do i have|to go] (until|till|to|before|til) {time:time} [today|tonight]",
    "(time|hours|minutes) (until|till|to|before) {time:time}",
    "how long (to go|left) (until|till) {time:time}",
];

const LATER: &[&str] = &[
    "what time (is it|will it be|will it be here|would it be|is) (in|after) {time:duration}",
    "what time (is it|will it be|would it be) {time:duration} from now",
    "what is the time (in|after) {time:duration}",
    "what time is {time:duration} from now",
];
const EARLIER: &[&str] =
    &["what time was it {time:duration} ago", "what was the time {time:duration} ago", "what time was {time:duration} ago"];

const CONVERTED: &[&str] = &[
    "(if|when) it is {time:time} (in|over in) {one} what time is it (in|over in) {other}",
    "what time is it (in|over in) {other} (if|when) it is {time:time} (in|over in) {one}",
    "what is {time:time} {one} time in {other}",
    "what time is {time:time} (in|at) {one} in {other}",
    "what is {time:time} (in|at) {one} in {other}",
    "(convert|what time is) {time:time} {one} time (to|in) {other} [time]",
    "(convert|what time is) {time:time} from {one} (to|in) {other} [time]",
    "(convert|what time is) {time:time} in {one} (to|in) {other} [time]",
];

/// The answer, where the time of day is asked for.
pub fn answer(said: &Said, hours: u8) -> Option<String> {
    let clock = |now: &Now| say_time(now.hour, now.minute, hours);
    let here = Now::here();
    if said.is(TIME) {
        return Some(format!("It is {}.", clock(&here)));
    }
    if let Some(slots) = said.first(LATER)
        && let Some(time) = slots.duration("time").filter(|time| time.as_secs() < 400 * 86_400)
    {
        return Some(then(&here, &moved(i64::try_from(time.as_secs()).ok()?), "will be", hours));
    }
    if let Some(slots) = said.first(EARLIER)
        && let Some(time) = slots.duration("time").filter(|time| time.as_secs() < 400 * 86_400)
    {
        return Some(then(&here, &moved(-i64::try_from(time.as_secs()).ok()?), "was", hours));
    }
    if let Some(slots) = said.first(UNTIL) {
        let time = slots.time("time")?;
        // `until midnight` is the coming one; of seven o'clock, the next of the two.
        let minutes = i64::from(time.after(u32::try_from(here.minutes()).ok()?)) - here.minutes();
        let at = Now::at((here.all_minutes() + minutes) * 60);
        let minutes = u64::try_from(minutes).ok()?;
        return Some(format!("{} until {}.", begun(&say_duration(Duration::from_secs(minutes * 60))), named(&time, &at, hours)));
    }
    if let Some(slots) = said.first(CONVERTED)
        && let (Some(one), Some(other), Some(time)) = (place(&slots.form("one")?), place(&slots.form("other")?), slots.time("time"))
    {
        let there = Now::at(now::seconds() + now::offset(one.0));
        // Of which half of the day is not said, the one by day.
        let minute = i64::from(if time.certain { time } else { time.after_seven() }.minutes());
        let local = there.date.days() * 1440 + minute;
        let shifted = Now::at(local * 60 - now::offset(one.0) + now::offset(other.0));
        let from = Now::at(local * 60);
        return Some(format!("{} in {} is {}{} in {}.", clock(&from), one.1, clock(&shifted), day_between(&from, &shifted), other.1));
    }
    for templates in [DIFFERENCE_HERE, DIFFERENCE] {
        if let Some(slots) = said.first(templates)
            && let Some(other) = place(&slots.form("other")?)
        {
            let one = match slots.form("one") {
                Some(one) => Some(place(&one)?),
                None => None,
            };
            return Some(difference(one, other));
        }
    }
    if let Some(slots) = said.first(ZONE)
        && let Some((zone, name)) = place(&slots.form("other")?)
    {
        let offset = now::offset(zone);
        return Some(if offset == 0 {
            format!("{} is at universal time, UTC.", begun(&name))
        } else {
            format!("{} is {} UTC.", begun(&name), apart(offset))
        });
    }
    if let Some(slots) = said.first(REACHED) {
        return reached(said, &slots.time("time")?, slots.form("place").as_deref(), hours);
    }
    if said.is(LEFT_TODAY) {
        let left = Duration::from_secs(u64::try_from(1440 - here.minutes()).ok()? * 60);
        return Some(format!("{} until midnight.", begun(&say_duration(left))));
    }
    if let Some((zone, name)) = said.first(EITHER).and_then(|slots| place(&slots.form("place")?)) {
        let there = Now::in_zone(zone);
        return Some(format!("It is {}{} {}.", clock(&there), day_between(&here, &there), places::there(&name)));
    }
    if let Some((zone, name)) = said.first(SUITS).and_then(|slots| place(without_now(&slots.form("place")?))) {
        let there = Now::in_zone(zone);
        return Some(format!("It is {}{} {}.", clock(&there), day_between(&here, &there), places::there(&name)));
    }
    if let Some(slots) = said.first(PART)
        && let Some((zone, name)) = place(&slots.form("place")?)
    {
        return Some(part(said, &Now::in_zone(zone), &name, hours));
    }
    elsewhere(said, &here, hours)
}

fn elsewhere(said: &Said, here: &Now, hours: u8) -> Option<String> {
    let (slots, sure) = match said.first(ELSEWHERE) {
        Some(slots) => (slots, true),
        None => (said.first(ELSEWHERE_IF_KNOWN)?, false),
    };
    let text = slots.text("place")?;
    let asked = slots.form("place")?;
    let trimmed = |place: &str| -> String {
        let mut place = place.trim_end_matches(['?', '.', '!', ',', ' ']).to_owned();
        for ending in [" right now", " now", " at the moment", " currently", " today", " please", " time"] {
            if place.to_lowercase().ends_with(ending) {
                place.truncate(place.len() - ending.len());
            }
        }
        place
    };
    // The zones that have a name of their own are no towns.
    let is_zone = !sure || asked.ends_with(" time");
    let found = place(&trimmed(text)).or_else(|| is_zone.then(|| places::zone_named(&trimmed(text))).flatten());
    let Some((zone, name)) = found else {
        // `in Tokyo and London`: each is asked for by itself.
        if asked.split_once(" and ").is_some_and(|(one, other)| place(one).is_some() && place(other).is_some()) {
            return None;
        }
        return (sure && may_be_place(&asked)).then(|| format!("{UNKNOWN} {}.", places::named(&trimmed(text))));
    };
    let there = Now::in_zone(zone);
    let day = day_between(here, &there);
    let at = if is_zone && places::find(&trimmed(text)).is_none() { format!("{name} time") } else { places::there(&name) };
    Some(format!("It is {}{day} {at}.", say_time(there.hour, there.minute, hours)).replace(" in Pacific time", " Pacific time"))
}

/// Whether the words may be the name of a place: `a black hole` is none.
fn may_be_place(words: &str) -> bool {
    const NONE: &[&str] = &[
        "a", "an", "my", "your", "his", "her", "our", "this", "that", "it", "its", "the", "me", "you", "us", "black", "hole", "space",
        "mars", "moon", "sun", "jupiter", "venus", "heaven", "hell", "movie", "film", "book", "story", "song", "morning", "history",
        "general", "life", "english", "spanish", "german", "french", "minutes", "hours", "minute", "hour", "seconds", "days",
    ];
    words.split(' ').count() <= 4 && !words.split(' ').any(|word| NONE.contains(&word) || word.starts_with(|c: char| c.is_ascii_digit()))
}

/// A place without the time that is said behind it, which is now.
fn without_now(words: &str) -> &str {
    const NOW: &[&str] = &[" yet", " already", " right now", " now", " by now", " at the moment", " at this hour", " at this time", " this late"];
    NOW.iter().find_map(|ending| words.strip_suffix(ending)).unwrap_or(words)
}

fn place(words: &str) -> Option<(&'static str, String)> {
    places::find(words.strip_suffix(" time").unwrap_or(words))
}

fn moved(seconds: i64) -> Now {
    Now::at(now::seconds() + now::here_offset() + seconds)
}

fn then(here: &Now, at: &Now, verb: &str, hours: u8) -> String {
    let days = at.date.days() - here.date.days();
    let day = if days.abs() > 1 { format!(" on {}", crate::dates::said(at.date)) } else { day_between(here, at) };
    format!("It {verb} {}{day}.", say_time(at.hour, at.minute, hours))
}

/// ` tomorrow`, where it is the next day there already.
fn day_between(here: &Now, there: &Now) -> String {
    match there.date.days() - here.date.days() {
        0 => String::new(),
        days if days > 0 => " tomorrow".to_owned(),
        _ => " yesterday".to_owned(),
    }
}

fn difference(one: Option<(&str, String)>, (zone, name): (&str, String)) -> String {
    let (from, from_name) = match &one {
        Some((zone, name)) => (now::offset(zone), name.clone()),
        None => (now::here_offset(), "here".to_owned()),
    };
    let seconds = now::offset(zone) - from;
    match (seconds, one.is_some()) {
        (0, true) => format!("There is no difference: it is the same time in {name} and in {from_name}."),
        (0, false) => format!("There is no difference: it is the same time in {name} as here."),
        (_, true) => format!("{} is {} {from_name}.", begun(&name), apart(seconds)),
        (_, false) => format!("{} is {} us.", begun(&name), apart(seconds)),
    }
}

/// `5 hours behind`, `3 hours and 30 minutes ahead of`.
fn apart(seconds: i64) -> String {
    let time = say_duration(Duration::from_secs(seconds.unsigned_abs()));
    if seconds > 0 { format!("{time} ahead of") } else { format!("{time} behind") }
}

fn reached(said: &Said, time: &TimeOfDay, in_place: Option<&str>, hours: u8) -> Option<String> {
    let (now, at) = match in_place {
        None => (Now::here(), String::new()),
        Some(words) => match place(words) {
            Some((zone, name)) => (Now::in_zone(zone), format!(" {}", places::there(&name))),
            None => {
                return may_be_place(words).then(|| format!("{UNKNOWN} {}.", places::named(words)));
            }
        },
    };
    // Of which half of the day is not said, the one that it is now.
    let time = if time.certain {
        *time
    } else if now.hour < 12 {
        time.morning()
    } else {
        time.evening()
    };
    let (is, wanted) = (now.minutes(), i64::from(time.minutes()));
    let yes = if said.has(&["before"]) {
        is < wanted
    } else if said.has(&["past", "after"]) {
        is >= wanted && !(wanted == 0 && said.has(&["midnight"]) && now.hour >= 12)
    } else {
        is == wanted || (said.has(&["already"]) && is >= wanted)
    };
    Some(format!("{}, it is {}{at}.", if yes { "Yes" } else { "No" }, say_time(now.hour, now.minute, hours)))
}

fn part(said: &Said, there: &Now, name: &str, hours: u8) -> String {
    let hour = there.hour;
    let yes = if said.has(&["night", "nighttime", "dark"]) {
        !(6..21).contains(&hour)
    } else if said.has(&["morning"]) {
        (5..12).contains(&hour)
    } else if said.has(&["afternoon"]) {
        (12..17).contains(&hour)
    } else if said.has(&["evening"]) {
        (17..22).contains(&hour)
    } else if said.has(&["midnight"]) {
        hour == 0
    } else if said.has(&["noon"]) {
        hour == 12
    } else {
        (6..20).contains(&hour)
    };
    format!("{}, it is {} in {name}.", if yes { "Yes" } else { "No" }, say_time(there.hour, there.minute, hours))
}

/// The time that was asked for, as a name or as a figure.
fn named(time: &TimeOfDay, at: &Now, hours: u8) -> String {
    match (time.certain, at.hour, at.minute) {
        (true, 12, 0) => "noon".into(),
        (true, 0, 0) => "midnight".into(),
        _ => say_time(at.hour, at.minute, hours),
    }
}

fn begun(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

trait Minutes {
    fn minutes(&self) -> u32;
    fn after_seven(self) -> Self;
}

impl Minutes for TimeOfDay {
    /// Since midnight.
    fn minutes(&self) -> u32 {
        u32::from(self.hour % 24) * 60 + u32::from(self.minute)
    }

    /// The half of the day that is within waking hours.
    fn after_seven(self) -> Self {
        if self.hour % 12 >= 7 { self.morning() } else { self.evening() }
    }
}
