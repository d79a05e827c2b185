//! Reads when something is to ring: "in ten minutes", "tomorrow at seven", "every weekday at half past six", "tonight".

use phrase::{Day, Word, calendar::WEEKDAYS, read};

use crate::{
    reader::Reader,
    when::{DAY_S, Part, When},
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
        if let Some(found) = day(reader, so_far) {
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

/// "in ten minutes", "ten minutes from now"
fn after(reader: &mut Reader) -> Option<When> {
    let said_in = reader.eat(&["in", "after", "in about"]);
    let duration = reader.duration()?;
    let from_now = reader.eat_from_now();
    // `in three days at five`
    if said_in && duration.as_secs().is_multiple_of(DAY_S as u64) && time(&mut { *reader }, false).is_some() {
        let days = i64::try_from(duration.as_secs()).ok()? / DAY_S;
        return Some(When { day: Some(Day::Away(days)), ..When::default() });
    }
    (said_in || from_now).then(|| When::after(duration))
}

/// "every weekday", "every Monday and Wednesday", "daily", "on weekends", "Monday to Friday", "every morning"
fn every(reader: &mut Reader) -> Option<When> {
    let every = |days: &str| Some(When::every(days));
    let in_part = |part| Some(When { part: Some(part), ..When::every("*") });
    if reader.eat(&["daily", "everyday", "every day", "each day", "every single day"]) {
        return every("*");
    }
    if reader.eat(&["every morning", "each morning", "mornings"]) {
        return in_part(Part::Morning);
    }
    if reader.eat(&["every afternoon", "each afternoon"]) {
        return in_part(Part::Afternoon);
    }
    if reader.eat(&["every evening", "each evening", "evenings"]) {
        return in_part(Part::Evening);
    }
    if reader.eat(&["every night", "each night", "nightly"]) {
        return in_part(Part::Night);
    }
    let said_every = reader.eat(&["every", "each"]);
    if !said_every {
        reader.eat(&["on", "at", "from", "on every"]);
    }
    let (weekday, weekend) = if said_every {
        (&["weekday", "week day", "working day", "workday", "work day"][..], &["weekend"][..])
    } else {
        (&["weekdays", "week days", "working days", "workdays"][..], &["weekends"][..])
    };
    if reader.eat(weekday) {
        return every("1-5");
    }
    if reader.eat(weekend) {
        return every("6,0");
    }
    let mut days = Vec::new();
    while let Some((day, plural)) = weekday_named(reader.word(0)) {
        if !said_every && !plural && days.is_empty() && !matches!(reader.word(1), "to" | "through" | "till" | "until") {
            return None;
        }
        let pause = reader.rest().first().is_some_and(|word| word.pause);
        reader.skip(1);
        days.push(day);
        if reader.eat(&["to", "through", "till", "until"]) {
            let (last, _) = weekday_named(reader.word(0))?;
            reader.skip(1);
            let range = (0..7).map(|ahead| (day + ahead) % 7).take_while(|next| *next != last);
            days.extend(range.skip(1));
            days.push(last);
            break;
        }
        let comes = |ahead: usize| weekday_named(reader.word(ahead)).is_some();
        if reader.word(0) == "and" && comes(1) {
            reader.skip(1);
        } else if !(pause && comes(0)) {
            break;
        }
    }
    days.sort_unstable();
    days.dedup();
    match days.as_slice() {
        [] => None,
        [1, 2, 3, 4, 5] => every("1-5"),
        days => every(&days.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
    }
}

/// A day of the week as cron counts it, and whether it was said of all of them: `mondays`.
fn weekday_named(word: &str) -> Option<(u8, bool)> {
    let (name, plural) = word.strip_suffix('s').map_or((word, false), |name| (name, true));
    let at = WEEKDAYS.iter().position(|weekday| weekday.eq_ignore_ascii_case(name))?;
    Some(((at as u8 + 1) % 7, plural))
}

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
    if reader.eat(&["in the morning"]) {
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
fn day(reader: &mut Reader, so_far: &When) -> Option<When> {
    if so_far.every.is_some() {
        return None;
    }
    // `at seven for tomorrow`
    if *so_far != When::default() {
        reader.eat(&["for"]);
    }
    let (day, taken) = read::day(reader.rest())?;
    if matches!(day, Day::Away(days) if days < 0) || reader.word(0) == "in" {
        return None;
    }
    reader.skip(taken);
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

/// "at seven", "7:30", "5 pm"
fn time(reader: &mut Reader, bare: bool) -> Option<When> {
    let said_at = reader.eat(&["at", "for", "by", "around", "at around", "at about"]);
    let (time, taken) = read::time(reader.rest())?;
    let words = reader.rest().get(..taken)?;
    let is_clear = words.iter().any(|word| {
        word.form.contains(':')
            || matches!(word.form.as_str(), "am" | "pm" | "o'clock" | "oclock" | "past" | "noon" | "midday" | "midnight" | "morning")
    });
    reader.skip(taken);
    // `for 20 minutes` is no time of day.
    let is_amount =
        matches!(reader.word(0), "minutes" | "minute" | "hours" | "hour" | "seconds" | "second" | "days" | "weeks" | "percent" | "people");
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
            Ok(Moment::Every { hour, minute, days }) => format!("{days} {hour}:{minute:02}"),
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
            ("every day at eight", "* 8:00"),
            ("at eight every day", "* 8:00"),
            ("every evening", "* 19:00"),
            ("every evening at eight", "* 20:00"),
            ("every Monday and Thursday at 7 pm", "1,4 19:00"),
            ("on Mondays at nine", "1 9:00"),
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
            ("every weekday at seven", true, "1-5 7:00"),
            ("at 6:30 on weekdays", true, "1-5 6:30"),
            ("weekdays at 6", true, "1-5 6:00"),
            ("Monday to Friday at 7", true, "1-5 7:00"),
            ("Saturday to Monday at 9", true, "0,1,6 9:00"),
            ("at nine on weekends", true, "6,0 9:00"),
            ("every Monday, Wednesday and Friday at 7", true, "1,3,5 7:00"),
            ("daily at 7", true, "* 7:00"),
            ("in 20 minutes", true, "1200 s"),
        ] {
            assert_eq!(moment(text, Kind::Alarm, wakes), expected, "{text}");
        }
    }
}
