//! When a cron expression falls due next: numbers, lists, ranges and `*` in five fields.

const MINUTE_MS: i64 = 60_000;

/// The first minute after `now_ms` within a year, in milliseconds since 1970 (UTC).
pub fn next(cron: &str, now_ms: u64, offset_s: i32) -> Option<u64> {
    let [minute, hour, day, month, weekday] = cron.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let local_ms = now_ms as i64 + i64::from(offset_s) * 1000;
    let first = local_ms / MINUTE_MS + 1;
    let found = (first..first + 366 * 24 * 60).find(|&at| {
        let (days, in_day) = (at.div_euclid(24 * 60), at.rem_euclid(24 * 60));
        let (this_month, this_day) = month_and_day(days);
        let this_weekday = (days + 4).rem_euclid(7);
        matches(minute, in_day % 60)
            && matches(hour, in_day / 60)
            && matches(day, this_day)
            && matches(month, this_month)
            && (matches(weekday, this_weekday) || (this_weekday == 0 && matches(weekday, 7)))
    })?;
    u64::try_from(found * MINUTE_MS - i64::from(offset_s) * 1000).ok()
}

fn matches(field: &str, value: i64) -> bool {
    field.split(',').any(|part| match part.split_once('-') {
        Some((from, to)) => from.parse().is_ok_and(|from: i64| from <= value) && to.parse().is_ok_and(|to: i64| value <= to),
        None => part == "*" || part.parse() == Ok(value),
    })
}

/// Of days since 1970, after <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
fn month_and_day(days: i64) -> (i64, i64) {
    let in_era = (days + 719_468).rem_euclid(146_097);
    let year = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * in_year + 2) / 153;
    ((from_march + 2) % 12 + 1, in_year - (153 * from_march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::super::BEGINNING_MS;
    use super::*;

    #[test]
    fn weekdays_days_and_months() {
        let day_ms = 24 * 60 * MINUTE_MS as u64;
        let ten = BEGINNING_MS; // a Wednesday
        assert_eq!(next("0 10 * * *", ten, 0), Some(ten + day_ms));
        assert_eq!(next("30 10 * * 1-5", ten, 0), Some(ten + 30 * 60_000));
        assert_eq!(next("0 10 * * 0,6", ten, 0), Some(ten + 3 * day_ms));
        assert_eq!(next("0 10 1 4 *", ten, 0), Some(ten + 28 * day_ms));
        assert_eq!(next("0 12 * * *", ten, 3600), Some(ten + 3_600_000));
        assert_eq!(next("soon", ten, 0), None);
    }
}
