//! Days of the Gregorian calendar, without time zones.

pub const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
pub const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    pub year: i32,
    /// From 1.
    pub month: u8,
    /// From 1.
    pub day: u8,
}

impl Date {
    /// Of days since 1970, after <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
    pub fn from_days(days: i64) -> Date {
        let days = days + 719_468;
        let era = days.div_euclid(146_097);
        let in_era = days.rem_euclid(146_097);
        let year_of_era = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
        let in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * in_year + 2) / 153;
        let month = (from_march + 2) % 12 + 1;
        Date {
            year: (year_of_era + era * 400 + i64::from(month <= 2)) as i32,
            month: month as u8,
            day: (in_year - (153 * from_march + 2) / 5 + 1) as u8,
        }
    }

    /// Days since 1970.
    pub fn days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let from_march = (i64::from(self.month) + 9) % 12;
        let in_year = (153 * from_march + 2) / 5 + i64::from(self.day) - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + in_year - 719_468
    }

    /// The day, where there is one.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Date> {
        let date = Date { year, month, day };
        ((1..=12).contains(&month) && day >= 1 && Date::from_days(date.days()) == date).then_some(date)
    }

    /// From 0, Monday.
    pub fn weekday(self) -> u8 {
        (self.days() + 3).rem_euclid(7) as u8
    }

    pub fn weekday_name(self) -> &'static str {
        WEEKDAYS.get(usize::from(self.weekday())).copied().unwrap_or_default()
    }

    pub fn month_name(self) -> &'static str {
        MONTHS.get(usize::from(self.month).wrapping_sub(1)).copied().unwrap_or_default()
    }

    pub fn plus(self, days: i64) -> Date {
        Date::from_days(self.days() + days)
    }

    /// The number of the week that holds most of its days in this year, as ISO 8601 counts.
    pub fn week(self) -> u8 {
        let thursday = self.plus(3 - i64::from(self.weekday()));
        let first = Date { year: thursday.year, month: 1, day: 1 };
        ((thursday.days() - first.days()) / 7 + 1) as u8
    }

    /// Easter Sunday of a year, by the anonymous Gregorian algorithm.
    pub fn easter(year: i32) -> Date {
        let (a, b, c) = (year % 19, year / 100, year % 100);
        let (d, e) = (b / 4, b % 4);
        let g = (8 * b + 13) / 25;
        let h = (19 * a + b - d - g + 15) % 30;
        let (i, k) = (c / 4, c % 4);
        let l = (32 + 2 * e + 2 * i - h - k) % 7;
        let m = (a + 11 * h + 22 * l) / 451;
        let n = h + l - 7 * m + 114;
        Date { year, month: (n / 31) as u8, day: (n % 31 + 1) as u8 }
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    fn date(year: i32, month: u8, day: u8) -> Date {
        Date::new(year, month, day).unwrap()
    }

    #[test]
    fn days_and_back() {
        assert_eq!(date(1970, 1, 1).days(), 0);
        assert_eq!(date(2026, 3, 4).days(), 20_516);
        for days in (-800_000..800_000).step_by(97) {
            assert_eq!(Date::from_days(days).days(), days);
        }
        assert_eq!(Date::new(2026, 2, 29), None);
        assert!(Date::new(2028, 2, 29).is_some());
        assert_eq!(Date::new(2026, 13, 1), None);
    }

    #[test]
    fn names_weeks_and_easter() {
        assert_eq!(date(2026, 3, 4).weekday_name(), "Wednesday");
        assert_eq!(date(2026, 3, 4).month_name(), "March");
        assert_eq!(date(2026, 1, 1).week(), 1);
        assert_eq!(date(2027, 1, 1).week(), 53);
        assert_eq!(Date::easter(2026), date(2026, 4, 5));
        assert_eq!(Date::easter(2024), date(2024, 3, 31));
    }
}
