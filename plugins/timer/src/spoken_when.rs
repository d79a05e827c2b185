//! Reads when something is to ring: "in ten minutes", "tomorrow at seven", "every weekday at half past six", "tonight".

use phrase::{Day, Word, read};

use crate::{
    reader::Reader,
    spoken_every::every,
    wall::DAY_S,
    when::{Part, When},
};

/// What the words begin with says of when, and how many words it took. `bare`: a number alone is a time of day.
pub fn read(words: &[Word], bare: bool) -> Option<(When, usize)> {
    let mut when = When::default();
    let mut reader = Reader::new(words);
    let piece = |reader: &mut Reader, so_far: &When| {
        let readers: [fn(&mut Reader) -> Option<When>; 3] = [after, every, part];
        let from = *reader;
        for read in readers {
            if let Some(found) = read(reader) {
                return Some(found);
            }
            *reader = from;
        }
        if let Some(found) = day(reader, so_far, bare) {
            return Some(found);
        }
        *reader = from;
        time(reader, bare)
    };
    loop {
        let before = reader;
        let Some(found) = piece(&mut reader, &when) else {
            reader = before;
            break;
        };
        if when == When::default() {
            when = found;
        } else if let Some(both) = when.clone().and(found) {
            when = both;
        } else {
            reader = before;
            break;
        }
    }
    let taken = words.len() - reader.rest().len();
    (taken > 0).then_some((when, taken))
}

/// All the words.
pub fn whole(words: &[Word], bare: bool) -> Option<When> {
    read(words, bare).filter(|(_, taken)| *taken == words.len()).map(|(when, _)| when)
}

/// "in ten minutes", "ten minutes from now", "in two weeks at eight"
fn after(reader: &mut Reader) -> Option<When> {
    let said_in = reader.eat(&["in", "after", "within"]);
    if said_in {
        reader.eat(ABOUT);
        reader.eat(&["another"]);
    }
    let from = *reader;
    let Some(duration) = reader.duration() else {
        // `in a month`
        let (day @ Day::Months(_), taken) = said_in.then(|| from.with_in(|words| read::day(words))).flatten()? else { return None };
        *reader = from;
        reader.skip(taken);
        return Some(When::on(day));
    };
    let from_now = reader.eat_from_now() || (!said_in && reader.eat(&["later"]));
    // `in three days at five`
    let days = i64::try_from(duration.as_secs()).ok()? / DAY_S;
    if (said_in || from_now) && duration.as_secs() > 0 && duration.as_secs().is_multiple_of(DAY_S as u64) {
        let mut ahead = *reader;
        if time(&mut ahead, false).is_some() || part(&mut { *reader }).is_some() {
            return Some(When::on(Day::Away(days)));
        }
    }
    (said_in || from_now).then(|| When::after(duration))
}

/// Words before an amount that is not meant to the second.
pub const ABOUT: &[&str] = &["about", "around", "roughly", "approximately", "like", "say", "exactly", "maybe", "just", "almost", "nearly"];

/// "tonight", "this evening", "in the morning"
fn part(reader: &mut Reader) -> Option<When> {
    let today = |part| Some(When { day: Some(Day::Away(0)), part: Some(part), ..When::default() });
    let of = |part| Some(When { part: Some(part), ..When::default() });
    if reader.eat(&["tonight", "this night", "later tonight"]) {
        return today(Part::Night);
    }
    if reader.eat(&["this evening"]) {
        return today(Part::Evening);
    }
    if reader.eat(&["this afternoon"]) {
        return today(Part::Afternoon);
    }
    if reader.eat(&["this morning"]) {
        return today(Part::Morning);
    }
    if reader.eat(&["in the morning", "mornings"]) {
        return of(Part::Morning);
    }
    if reader.eat(&["in the afternoon"]) {
        return of(Part::Afternoon);
    }
    if reader.eat(&["in the evening"]) {
        return of(Part::Evening);
    }
    if reader.eat(&["at night"]) {
        return of(Part::Night);
    }
    None
}

/// "tomorrow", "tomorrow morning", "on Friday", "on the 5th of March"
fn day(reader: &mut Reader, so_far: &When, bare: bool) -> Option<When> {
    // Of a weekly or monthly one the day is said behind.
    if so_far.every.is_some_and(|again| again.is_known()) {
        return None;
    }
    // `at seven for tomorrow`
    if *so_far != When::default() || bare {
        reader.eat(&["for", "on"]);
    }
    let (day, taken) = read::day(reader.rest())?;
    if matches!(day, Day::Away(days) if days < 0) || reader.word(0) == "in" {
        return None;
    }
    reader.skip(taken);
    reader.eat(&["early", "first thing in the", "first thing"]);
    let part = match reader.word(0) {
        "morning" => Some(Part::Morning),
        "afternoon" => Some(Part::Afternoon),
        "evening" => Some(Part::Evening),
        "night" => Some(Part::Night),
        _ => None,
    };
    reader.skip(usize::from(part.is_some()));
    Some(When { day: Some(day), part, ..When::default() })
}

/// "at seven", "7:30", "5 pm", "quarter past"
fn time(reader: &mut Reader, bare: bool) -> Option<When> {
    let mut said_at = reader.eat(&["at", "for", "by", "around", "at around", "at about", "about", "at exactly", "at like", "at say", "before"]);
    said_at |= reader.eat(&["@"]);
    let Some((time, taken)) = read::time(reader.rest()) else {
        let past = [("quarter past", 15), ("a quarter past", 15), ("half past", 30), ("quarter to", 45), ("a quarter to", 45)];
        let (_, minute) = past.into_iter().find(|(phrase, _)| reader.eat(&[phrase]))?;
        reader.eat(&["the hour", "this hour"]);
        return Some(When { past: Some(minute), ..When::default() });
    };
    let words = reader.rest().get(..taken)?;
    let is_clear = words.iter().any(|word| {
        word.form.contains(':')
            || matches!(
                word.form.as_str(),
                "am" | "pm" | "o'clock" | "oclock" | "clock" | "past" | "noon" | "midday" | "midnight" | "morning" | "evening" | "afternoon" | "hours"
            )
    });
    reader.skip(taken);
    reader.eat(&["sharp", "exactly", "on the dot"]);
    // `for 20 minutes` is no time of day.
    let is_amount = matches!(
        reader.word(0),
        "minutes" | "minute" | "min" | "mins" | "hours" | "hour" | "seconds" | "second" | "days" | "weeks" | "percent" | "people" | "more" | "times"
    );
    ((said_at || bare || is_clear) && !is_amount).then(|| When { time: Some(time), ..When::default() })
}

#[cfg(test)]
mod tests {
    use phrase::calendar::Date;

    use super::*;
    use crate::{ring::Kind, when::Moment};

    /// 10:00 on Wednesday, 4 March 2026.
    const NOW: i64 = 1_772_618_400;

    fn moment(text: &str, kind: Kind, wakes: bool) -> String {
        let said = phrase::Said::new(text);
        let Some(when) = whole(said.words(), true) else { return "?".into() };
        match when.moment(kind, wakes, NOW) {
            Ok(Moment::After(after)) => format!("{} s", after.as_secs()),
            Ok(Moment::At(at)) => {
                let date = Date::from_days(at.div_euclid(DAY_S));
                format!("{}.{}. {}:{:02}", date.day, date.month, at.rem_euclid(DAY_S) / 3600, at.rem_euclid(3600) / 60)
            }
            Ok(Moment::Every { hour, minute, again }) => format!("{} {hour}:{minute:02}", again.said()),
            Err(never) => format!("{never:?}"),
        }
    }

    #[test]
    fn reminders() {
        for (text, expected) in [
            ("in an hour", "3600 s"),
            ("ten minutes from now", "600 s"),
            ("in three days", "259200 s"),
            ("in three days at five", "7.3. 17:00"),
            ("at five", "4.3. 17:00"),
            ("at five pm", "4.3. 17:00"),
            ("at nine", "4.3. 21:00"),
            ("at noon", "4.3. 12:00"),
            ("at midnight", "5.3. 0:00"),
            ("tomorrow", "5.3. 9:00"),
            ("tomorrow at five", "5.3. 17:00"),
            ("at five tomorrow", "5.3. 17:00"),
            ("tomorrow morning", "5.3. 9:00"),
            ("tomorrow morning at six", "5.3. 6:00"),
            ("tomorrow evening", "5.3. 19:00"),
            ("tonight", "4.3. 20:00"),
            ("tonight at eight", "4.3. 20:00"),
            ("tonight at one", "5.3. 1:00"),
            ("this afternoon", "4.3. 15:00"),
            ("this morning at eight", "Over"),
            ("in the morning", "5.3. 9:00"),
            ("today at eight", "4.3. 20:00"),
            ("on Friday at 3 pm", "6.3. 15:00"),
            ("at half past two on Friday", "6.3. 14:30"),
            ("on Friday", "6.3. 9:00"),
            ("Friday evening", "6.3. 19:00"),
            ("on the 5th of May at ten", "5.5. 10:00"),
            ("on the 30th of February", "NoDay"),
            ("every day at eight", "every day 8:00"),
            ("at eight every day", "every day 8:00"),
            ("every evening", "every day 19:00"),
            ("every evening at eight", "every day 20:00"),
            ("every Monday and Thursday at 7 pm", "every Monday and Thursday 19:00"),
            ("on Mondays at nine", "every Monday 9:00"),
            ("in two weeks at 8", "18.3. 8:00"),
            ("in two weeks at 8 pm", "18.3. 20:00"),
            ("in a month", "4.4. 9:00"),
            ("in a month at noon", "4.4. 12:00"),
            ("20 April at 9am", "20.4. 9:00"),
            ("on the 20th of April at 9 am", "20.4. 9:00"),
            ("August eleventh", "11.8. 9:00"),
            ("at 3 pm on August eleventh", "11.8. 15:00"),
            ("tonight at midnight", "5.3. 0:00"),
            ("midnight tonight", "5.3. 0:00"),
            ("today at midnight", "5.3. 0:00"),
            ("1845 hours", "4.3. 18:45"),
            ("at eight o clock", "4.3. 20:00"),
            ("quarter past", "4.3. 10:15"),
            ("around noon", "4.3. 12:00"),
            ("on the first of every month", "on the 1st of every month 9:00"),
            ("on the first of every month at 8 am", "on the 1st of every month 8:00"),
            ("every month on the 15th at noon", "on the 15th of every month 12:00"),
            ("every 15th", "on the 15th of every month 9:00"),
            ("on the last day of every month", "on the last day of every month 9:00"),
            ("every first Monday of the month at 9", "on the first Monday of every month 9:00"),
            ("on the last Friday of every month", "on the last Friday of every month 9:00"),
            ("monthly on the first Tuesday", "on the first Tuesday of every month 9:00"),
            ("every other day at 8", "every other day 8:00"),
            ("every second day", "every other day 9:00"),
            ("every three days", "every 3 days 9:00"),
            ("every other Friday at 5 pm", "every other Friday 17:00"),
            ("every two weeks on Monday", "every other Monday 9:00"),
            ("every week on Monday at 8", "every Monday 8:00"),
            ("weekly", "NoDays"),
            ("every day except Sunday at 8", "every day except Sunday 8:00"),
            ("every day at 8 except Sundays", "every day except Sunday 8:00"),
            ("every day but not on weekends", "every weekday 9:00"),
            ("every weekday except Friday", "every Monday, Tuesday, Wednesday and Thursday 9:00"),
            ("every year on May 5th", "every year on May 5 9:00"),
            ("every 5th of May", "every year on May 5 9:00"),
            ("every 20 minutes", "every 20 minutes 0:00"),
            ("every two hours", "every 2 hours 0:00"),
            ("hourly", "every hour 0:00"),
            ("every 10 seconds", "?"),
            ("tomorrow except Sunday", "?"),
            ("tomorrow in ten minutes", "?"),
            ("at five at six", "?"),
        ] {
            assert_eq!(moment(text, Kind::Reminder, false), expected, "{text}");
        }
    }

    #[test]
    fn alarms() {
        for (text, wakes, expected) in [
            ("half past six", true, "5.3. 6:30"),
            ("at 7", true, "5.3. 7:00"),
            ("at 11", true, "4.3. 11:00"),
            ("at two", true, "4.3. 14:00"),
            ("7:30", false, "4.3. 19:30"),
            ("6 am", false, "5.3. 6:00"),
            ("tomorrow at 7", false, "5.3. 7:00"),
            ("7 tomorrow morning", false, "5.3. 7:00"),
            ("tomorrow", false, "NoTime"),
            ("every weekday at seven", true, "every weekday 7:00"),
            ("at 6:30 on weekdays", true, "every weekday 6:30"),
            ("weekdays at 6", true, "every weekday 6:00"),
            ("Monday to Friday at 7", true, "every weekday 7:00"),
            ("Saturday to Monday at 9", true, "every Monday, Saturday and Sunday 9:00"),
            ("at nine on weekends", true, "every weekend day 9:00"),
            ("every Monday, Wednesday and Friday at 7", true, "every Monday, Wednesday and Friday 7:00"),
            ("daily at 7", true, "every day 7:00"),
            ("in 20 minutes", true, "1200 s"),
        ] {
            assert_eq!(moment(text, Kind::Alarm, wakes), expected, "{text}");
        }
    }
}
