//! What comes again: its days, and when it is next.

use phrase::{
    calendar::{Date, MONTHS, WEEKDAYS},
    say_duration, say_list, say_ordinal,
};
use serde::{Deserialize, Serialize};

use crate::wall::DAY_S;

/// Days of the week as bits, Monday the lowest.
pub type Days = u8;

pub const EVERY_DAY: Days = 0b111_1111;
pub const WEEKDAYS_ONLY: Days = 0b001_1111;
pub const WEEKEND: Days = 0b110_0000;

/// The day of the month that is its last one.
pub const LAST: u8 = 99;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Again {
    /// On these days of each week, or of each second one and so on. No days: that is not known yet.
    Week { days: Days, weeks: u8 },
    /// Each second day and so on.
    Days(u8),
    /// On a day of each month. 0: that is not known yet.
    Month { day: u8 },
    /// On the first Monday of each month and the like; `nth` is 1 to 4, or `LAST`. `weekday` is from 0, Monday.
    Nth { nth: u8, weekday: u8 },
    /// On a day of each year. Month 0: that is not known yet.
    Year { month: u8, day: u8 },
    /// Each so many seconds.
    Span(u32),
}

impl Again {
    pub fn week(days: Days) -> Again {
        Again::Week { days, weeks: 1 }
    }

    /// Whether it is known on which days.
    pub fn is_known(self) -> bool {
        !matches!(self, Again::Week { days: 0, .. } | Again::Month { day: 0 } | Again::Year { month: 0, .. })
    }

    /// As cron says it, where it can.
    pub fn cron(self, hour: u8, minute: u8) -> Option<String> {
        match self {
            Again::Week { days: EVERY_DAY, weeks: 1 } => Some(format!("{minute} {hour} * * *")),
            Again::Week { days, weeks: 1 } if days != 0 => {
                let days: Vec<String> = (0..7u8).filter(|day| days >> day & 1 == 1).map(|day| ((day + 1) % 7).to_string()).collect();
                Some(format!("{minute} {hour} * * {}", days.join(",")))
            }
            Again::Month { day: day @ 1..=31 } => Some(format!("{minute} {hour} {day} * *")),
            _ => None,
        }
    }

    /// Days of the week as an older version kept them: as cron says them.
    pub fn of_cron(days: &str) -> Again {
        let bit = |day: u8| 1 << ((day + 6) % 7);
        let days = match days {
            "*" => EVERY_DAY,
            "1-5" => WEEKDAYS_ONLY,
            list => list.split(',').filter_map(|day| day.parse::<u8>().ok()).filter(|day| *day < 8).fold(0, |days, day| days | bit(day)),
        };
        Again::week(days)
    }

    /// Whether it comes on this day; `first` is one on which it came or is to come. Both count from 1970.
    pub fn is_on(self, day: i64, first: i64) -> bool {
        let date = Date::from_days(day);
        let last_of_month = date.plus(1).day == 1;
        let week = |day: i64| (day + 3).div_euclid(7);
        match self {
            Again::Week { days, weeks } => {
                days >> date.weekday() & 1 == 1 && (week(day) - week(first)).rem_euclid(i64::from(weeks.max(1))) == 0
            }
            Again::Days(count) => (day - first).rem_euclid(i64::from(count.max(1))) == 0,
            Again::Month { day: LAST } => last_of_month,
            Again::Month { day } => date.day == day,
            Again::Nth { nth: LAST, weekday } => date.weekday() == weekday && date.plus(7).month != date.month,
            Again::Nth { nth, weekday } => date.weekday() == weekday && date.day.div_ceil(7) == nth,
            Again::Year { month, day } => (date.month, date.day) == (month, day),
            Again::Span(_) => true,
        }
    }

    /// When it is next after `after`, at this time of day: seconds as the clock on the wall shows them. `first` as in `is_on`; where it never
    /// came, it may begin on any day. `None` for none within nine years, which hold a 29 February.
    pub fn next(self, hour: u8, minute: u8, after: i64, first: Option<i64>) -> Option<i64> {
        if let Again::Span(seconds) = self {
            return Some(after + i64::from(seconds));
        }
        let today = after.div_euclid(DAY_S);
        let at = |day: i64| day * DAY_S + i64::from(hour) * 3600 + i64::from(minute) * 60;
        let any = |day: i64| match (self, first) {
            (_, Some(first)) => self.is_on(day, first),
            (Again::Week { days, .. }, None) => Again::week(days).is_on(day, day),
            (again, None) => again.is_on(day, day),
        };
        (today..today + 9 * 366).find(|day| at(*day) > after && any(*day)).map(at)
    }

    /// "every weekday", "on the 1st of every month"
    pub fn said(self) -> String {
        match self {
            Again::Week { days, weeks } => {
                let every = match weeks {
                    0 | 1 => "every ".into(),
                    2 => "every other ".into(),
                    weeks => format!("every {weeks} weeks on "),
                };
                let days = match days {
                    EVERY_DAY => "day".into(),
                    WEEKDAYS_ONLY => "weekday".into(),
                    WEEKEND => "weekend day".into(),
                    days if days.count_ones() == 6 => {
                        let missing = WEEKDAYS.iter().enumerate().find(|(day, _)| days >> day & 1 == 0);
                        return format!("{every}day except {}", missing.map_or("", |(_, name)| name));
                    }
                    0 => "week".into(),
                    days => {
                        let named = WEEKDAYS.iter().enumerate().filter(|(day, _)| days >> day & 1 == 1).map(|(_, name)| *name);
                        say_list(&named.collect::<Vec<_>>())
                    }
                };
                every + &days
            }
            Again::Days(0 | 1) => "every day".into(),
            Again::Days(2) => "every other day".into(),
            Again::Days(count) => format!("every {count} days"),
            Again::Month { day: 0 } => "every month".into(),
            Again::Month { day: LAST } => "on the last day of every month".into(),
            Again::Month { day } => format!("on the {} of every month", say_ordinal(u32::from(day))),
            Again::Nth { nth, weekday } => {
                let nth = match nth {
                    1 => "first",
                    2 => "second",
                    3 => "third",
                    4 => "fourth",
                    _ => "last",
                };
                format!("on the {nth} {} of every month", WEEKDAYS.get(usize::from(weekday)).copied().unwrap_or_default())
            }
            Again::Year { month, day } => match MONTHS.get(usize::from(month).wrapping_sub(1)) {
                Some(month) => format!("every year on {month} {day}"),
                None => "every year".into(),
            },
            Again::Span(seconds) => {
                let span = say_duration(std::time::Duration::from_secs(u64::from(seconds)));
                format!("every {}", span.strip_prefix("1 ").filter(|unit| !unit.contains(' ')).unwrap_or(&span))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10:00 on Wednesday, 4 March 2026.
    const NOW: i64 = 1_772_618_400;

    #[test]
    fn what_comes_again_comes_on_its_days() {
        let wednesday = NOW.div_euclid(DAY_S);
        for (again, expected, said) in [
            (Again::week(EVERY_DAY), [5, 6, 7], "every day"),
            (Again::week(WEEKDAYS_ONLY), [5, 6, 9], "every weekday"),
            (Again::week(WEEKEND), [7, 8, 14], "every weekend day"),
            (Again::week(EVERY_DAY & !(1 << 6)), [5, 6, 7], "every day except Sunday"),
            (Again::Week { days: 1 << 4, weeks: 2 }, [6, 20, 34], "every other Friday"),
            (Again::Days(2), [5, 7, 9], "every other day"),
            (Again::Days(3), [5, 8, 11], "every 3 days"),
            (Again::Month { day: 1 }, [32, 62, 93], "on the 1st of every month"),
            (Again::Month { day: LAST }, [31, 61, 92], "on the last day of every month"),
            (Again::Nth { nth: 1, weekday: 0 }, [37, 65, 93], "on the first Monday of every month"),
            (Again::Nth { nth: LAST, weekday: 4 }, [27, 55, 90], "on the last Friday of every month"),
            (Again::Year { month: 3, day: 5 }, [5, 370, 736], "every year on March 5"),
        ] {
            let (mut after, mut first) = (NOW, None);
            for day in expected {
                let next = again.next(9, 0, after, first).unwrap();
                assert_eq!(next.div_euclid(DAY_S) - wednesday + 4, day, "{said}");
                assert_eq!(next.rem_euclid(DAY_S), 9 * 3600);
                (after, first) = (next, Some(next.div_euclid(DAY_S)));
            }
            assert_eq!(again.said(), said);
        }
        assert_eq!(Again::Year { month: 2, day: 30 }.next(9, 0, NOW, None), None);
        assert_eq!(Again::Span(3600).said(), "every hour");
        assert_eq!(Again::Span(1200).said(), "every 20 minutes");
        assert_eq!(Again::of_cron("1,3,0").said(), "every Monday, Wednesday and Sunday");
    }

    #[test]
    fn what_cron_says() {
        assert_eq!(Again::week(EVERY_DAY).cron(7, 30).as_deref(), Some("30 7 * * *"));
        assert_eq!(Again::week(WEEKEND).cron(9, 0).as_deref(), Some("0 9 * * 6,0"));
        assert_eq!(Again::Month { day: 1 }.cron(9, 0).as_deref(), Some("0 9 1 * *"));
        assert_eq!(Again::Month { day: LAST }.cron(9, 0), None);
        assert_eq!(Again::Week { days: 1, weeks: 2 }.cron(9, 0), None);
    }
}
