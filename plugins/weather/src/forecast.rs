//! What Open-Meteo answers, as far as it is needed, and how it is said.

use jane_skill::Failure;
use phrase::calendar::Date;
use serde::{Deserialize, Serialize};

use crate::asked::{Asked, Day, What};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Units {
    Metric,
    Imperial,
}

#[derive(Serialize, Deserialize)]
pub struct Place {
    pub name: String,
    pub latitude: f64,
    pub longitude: f64,
}

#[derive(Deserialize)]
struct Places {
    #[serde(default)]
    results: Vec<Place>,
}

/// The first place that a search found.
pub fn place(text: &str) -> Result<Option<Place>, Failure> {
    let places: Places = read(text)?;
    Ok(places.results.into_iter().next())
}

#[derive(Deserialize)]
pub struct Forecast {
    current: Current,
    daily: Daily,
}

#[derive(Deserialize)]
struct Current {
    temperature_2m: f64,
    weather_code: u16,
    wind_speed_10m: f64,
    #[serde(default)]
    relative_humidity_2m: Option<f64>,
}

#[derive(Deserialize)]
struct Daily {
    /// Dates, `2026-03-04`.
    time: Vec<String>,
    weather_code: Vec<u16>,
    temperature_2m_max: Vec<f64>,
    temperature_2m_min: Vec<f64>,
    precipitation_probability_max: Vec<Option<f64>>,
    #[serde(default)]
    wind_speed_10m_max: Vec<Option<f64>>,
    /// Local times, `2026-03-04T06:41`.
    #[serde(default)]
    sunrise: Vec<String>,
    #[serde(default)]
    sunset: Vec<String>,
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|_| Failure::unavailable("the weather service answered something else than a forecast"))
}

impl Forecast {
    pub fn read(text: &str) -> Result<Self, Failure> {
        read(text)
    }

    /// The answer to what was asked.
    pub fn say(&self, asked: &Asked, place: &str, units: Units) -> Result<String, Failure> {
        let speed = if units == Units::Metric { "kilometres" } else { "miles" };
        let Current { temperature_2m, weather_code, wind_speed_10m, relative_humidity_2m } = &self.current;
        if asked.day == Day::Now {
            let (degrees, sky) = (degrees(*temperature_2m), sky(*weather_code));
            return Ok(match asked.what {
                What::Temperature => format!("It is {degrees} in {place}."),
                What::Rain => format!("{} in {place}: {sky}.", if is_rain(*weather_code) { "It is raining" } else { "It is not raining" }),
                What::Snow => format!("{} in {place}: {sky}.", if is_snow(*weather_code) { "It is snowing" } else { "It is not snowing" }),
                What::Wind => {
                    format!("In {place} the wind blows at {} {speed} an hour{}.", wind_speed_10m.round(), blows(*wind_speed_10m, units))
                }
                What::Humidity => match relative_humidity_2m {
                    Some(humidity) => format!("In {place} the humidity is {} percent.", humidity.round()),
                    None => return Err(Failure::unavailable("the forecast says nothing of the humidity")),
                },
                What::Weather | What::Sunrise | What::Sunset | What::Daylight | What::Coat | What::Days(_) => {
                    format!("In {place} it is {degrees}, {sky}, with wind of {} {speed} an hour.", wind_speed_10m.round())
                }
            });
        }
        let (index, when) = self.day(asked.day).ok_or_else(|| Failure::unavailable("the forecast does not reach that far"))?;
        if let What::Days(days) = asked.what {
            return self.days(days, place);
        }
        let of = |values: &[f64]| values.get(index).copied();
        let missing = || Failure::unavailable("the forecast has a gap there");
        let code = self.daily.weather_code.get(index).copied().ok_or_else(missing)?;
        let (most, least) =
            (of(&self.daily.temperature_2m_max).ok_or_else(missing)?, of(&self.daily.temperature_2m_min).ok_or_else(missing)?);
        let chance = self.daily.precipitation_probability_max.get(index).copied().flatten();
        let chance = chance.map(|chance| format!(", {} percent", chance.round())).unwrap_or_default();
        let range = format!("{} to {}", degrees(least).trim_end_matches(" degrees").trim_end_matches(" degree"), degrees(most));
        Ok(match asked.what {
            What::Temperature => format!("{when} in {place} it will be {range}."),
            What::Rain if is_rain(code) => format!("{when} in {place} rain is likely{chance}. Take an umbrella."),
            What::Rain => format!("{when} in {place} rain is not expected{chance}."),
            What::Snow if is_snow(code) => format!("{when} in {place} snow is likely{chance}."),
            What::Snow => format!("{when} in {place} no snow is expected."),
            What::Sunrise | What::Sunset => {
                let (times, what) = if asked.what == What::Sunrise { (&self.daily.sunrise, "rises") } else { (&self.daily.sunset, "sets") };
                let at = times
                    .get(index)
                    .and_then(|text| time(text))
                    .ok_or_else(|| Failure::unavailable("the forecast says nothing of the sun"))?;
                format!("{when} in {place} the sun {what} at {at}.")
            }
            What::Daylight => {
                let of = |times: &[String]| times.get(index).and_then(|text| minutes(text));
                let (rise, set) = of(&self.daily.sunrise).zip(of(&self.daily.sunset)).ok_or_else(|| Failure::unavailable("the forecast says nothing of the sun"))?;
                let length = phrase::say_duration(std::time::Duration::from_secs(60 * u64::from(set.saturating_sub(rise))));
                format!("{when} in {place} the sun is up for {length}, from {} to {}.", said(rise), said(set))
            }
            What::Wind => match self.daily.wind_speed_10m_max.get(index).copied().flatten() {
                Some(wind) => format!("{when} in {place} the wind blows at up to {} {speed} an hour{}.", wind.round(), blows(wind, units)),
                None => return Err(Failure::unavailable("the forecast says nothing of the wind of that day")),
            },
            What::Humidity => return Err(Failure::unavailable("the forecast tells the humidity of this moment only")),
            What::Coat => {
                let (cold, cool) = if units == Units::Metric { (8.0, 17.0) } else { (46.0, 63.0) };
                let advice = if most < cold {
                    "Take a warm coat"
                } else if least < cool {
                    "Take a jacket"
                } else {
                    "It is warm enough without a jacket"
                };
                let rain = if is_rain(code) { " Rain is likely, too." } else { "" };
                format!("{advice}: {} in {place} it will be {range}.{rain}", begun_small(&when))
            }
            What::Weather | What::Days(_) => format!("{when} in {place}: {}, {range}.", sky(code)),
        })
    }

    /// So many days from today on, each in a few words.
    fn days(&self, days: u8, place: &str) -> Result<String, Failure> {
        let daily = &self.daily;
        let mut said = Vec::new();
        for index in 0..usize::from(days).min(daily.time.len()) {
            let (Some(code), Some(most)) = (daily.weather_code.get(index), daily.temperature_2m_max.get(index)) else { break };
            let name = match (index, self.weekday(index)) {
                (0, _) => "today",
                (_, Some(weekday)) => phrase::calendar::WEEKDAYS.get(usize::from(weekday)).copied().unwrap_or_default(),
                _ => break,
            };
            said.push(format!("{name} {} and up to {}", sky(*code), degrees(*most)));
        }
        if said.is_empty() {
            return Err(Failure::unavailable("the forecast has a gap there"));
        }
        Ok(format!("In {place}: {}.", said.join("; ")))
    }

    /// Which of the days, and how it is called.
    fn day(&self, day: Day) -> Option<(usize, String)> {
        let (index, name) = match day {
            Day::Now => (0, "Now".to_owned()),
            Day::Away(0) => (0, "Today".to_owned()),
            Day::Away(1) => (1, "Tomorrow".to_owned()),
            Day::Away(days) => (usize::from(days), format!("In {days} days")),
            Day::Weekday(wanted) => {
                let index = (1..self.daily.time.len()).find(|index| self.weekday(*index) == Some(wanted))?;
                let name = phrase::calendar::WEEKDAYS.get(usize::from(wanted))?;
                (index, format!("On {name}"))
            }
        };
        (index < self.daily.time.len()).then_some((index, name))
    }

    fn weekday(&self, index: usize) -> Option<u8> {
        let mut parts = self.daily.time.get(index)?.splitn(3, '-').map(str::parse::<i32>);
        let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
        Some(Date::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)?.weekday())
    }
}

/// `On Friday` within a sentence.
fn begun_small(when: &str) -> String {
    let mut chars = when.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// Of a local time such as `2026-03-04T06:41`, the hour and minute.
fn time(text: &str) -> Option<String> {
    minutes(text).map(said)
}

/// Minutes since midnight of `2026-03-04T06:41`.
fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once('T')?.1.split_once(':')?;
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.get(..2)?.parse::<u16>().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

fn said(minutes: u16) -> String {
    phrase::say_time((minutes / 60) as u8, (minutes % 60) as u8, 12)
}

/// How strong a wind is, by the scale of Beaufort.
fn blows(speed: f64, units: Units) -> &'static str {
    let km_h = if units == Units::Metric { speed } else { speed * 1.609 };
    match km_h {
        speed if speed < 12.0 => ", which is hardly any",
        speed if speed < 39.0 => "",
        speed if speed < 62.0 => ", which is strong",
        _ => ", which is a gale",
    }
}

fn degrees(value: f64) -> String {
    let value = value.round() as i64;
    match value {
        1 => "1 degree".to_owned(),
        value if value < 0 => format!("minus {} degrees", -value),
        value => format!("{value} degrees"),
    }
}

/// WMO weather interpretation codes, as <https://open-meteo.com/en/docs> lists them.
fn sky(code: u16) -> &'static str {
    match code {
        0 => "a clear sky",
        1 => "mainly clear",
        2 => "partly cloudy",
        3 => "overcast",
        45 | 48 => "fog",
        51..=57 => "drizzle",
        61 | 80 => "light rain",
        63 | 81 => "rain",
        65 | 82 => "heavy rain",
        66 | 67 => "freezing rain",
        71..=77 | 85 | 86 => "snow",
        95..=99 => "thunderstorms",
        _ => "mixed weather",
    }
}

fn is_rain(code: u16) -> bool {
    matches!(code, 51..=67 | 80..=82 | 95..=99)
}

fn is_snow(code: u16) -> bool {
    matches!(code, 71..=77 | 85 | 86)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"{"current": {"temperature_2m": -1.4, "weather_code": 71, "wind_speed_10m": 11.6}, "daily": {
        "time": ["2026-03-04", "2026-03-05", "2026-03-06"], "weather_code": [71, 63, 0], "temperature_2m_max": [1, 4.4, 9],
        "temperature_2m_min": [-3, 0.6, 2], "precipitation_probability_max": [90, 80, null]}}"#;

    fn say(what: What, day: Day) -> String {
        let asked = Asked { what, place: None, day };
        Forecast::read(ANSWER).unwrap().say(&asked, "Berlin", Units::Metric).unwrap_or_else(|failure| failure.message().to_owned())
    }

    #[test]
    fn each_question_gets_its_answer() {
        assert_eq!(say(What::Weather, Day::Now), "In Berlin it is minus 1 degrees, snow, with wind of 12 kilometres an hour.");
        assert_eq!(say(What::Snow, Day::Now), "It is snowing in Berlin: snow.");
        assert_eq!(say(What::Rain, Day::Away(1)), "Tomorrow in Berlin rain is likely, 80 percent. Take an umbrella.");
        assert_eq!(say(What::Weather, Day::Weekday(4)), "On Friday in Berlin: a clear sky, 2 to 9 degrees.");
        assert_eq!(say(What::Rain, Day::Weekday(4)), "On Friday in Berlin rain is not expected.");
        assert_eq!(say(What::Temperature, Day::Away(7)), "the forecast does not reach that far");
    }

    #[test]
    fn wind_sun_and_several_days() {
        const WHOLE: &str = r#"{"current": {"temperature_2m": 8, "weather_code": 3, "wind_speed_10m": 25, "relative_humidity_2m": 71.4}, "daily": {
            "time": ["2026-03-04", "2026-03-05", "2026-03-06"], "weather_code": [3, 63, 0], "temperature_2m_max": [6, 14.4, 24],
            "temperature_2m_min": [-3, 8, 19], "precipitation_probability_max": [5, 80, null], "wind_speed_10m_max": [30, 45, null],
            "sunrise": ["2026-03-04T06:41", "x"], "sunset": ["2026-03-04T17:55"]}}"#;
        let say = |what: What, day: Day| {
            let asked = Asked { what, place: None, day };
            Forecast::read(WHOLE).unwrap().say(&asked, "Berlin", Units::Metric).unwrap_or_else(|failure| failure.message().to_owned())
        };
        assert_eq!(say(What::Wind, Day::Now), "In Berlin the wind blows at 25 kilometres an hour.");
        assert_eq!(say(What::Wind, Day::Away(1)), "Tomorrow in Berlin the wind blows at up to 45 kilometres an hour, which is strong.");
        assert_eq!(say(What::Wind, Day::Away(2)), "the forecast says nothing of the wind of that day");
        assert_eq!(say(What::Humidity, Day::Now), "In Berlin the humidity is 71 percent.");
        assert_eq!(say(What::Sunrise, Day::Away(0)), "Today in Berlin the sun rises at 6:41 AM.");
        assert_eq!(say(What::Sunset, Day::Away(0)), "Today in Berlin the sun sets at 5:55 PM.");
        assert_eq!(say(What::Daylight, Day::Away(0)), "Today in Berlin the sun is up for 11 hours and 14 minutes, from 6:41 AM to 5:55 PM.");
        assert_eq!(say(What::Sunrise, Day::Away(1)), "the forecast says nothing of the sun");
        assert_eq!(say(What::Coat, Day::Away(0)), "Take a warm coat: today in Berlin it will be minus 3 to 6 degrees.");
        assert_eq!(
            say(What::Coat, Day::Weekday(4)),
            "It is warm enough without a jacket: on Friday in Berlin it will be 19 to 24 degrees."
        );
        assert_eq!(
            say(What::Days(5), Day::Away(0)),
            "In Berlin: today overcast and up to 6 degrees; Thursday rain and up to 14 degrees; Friday a clear sky and up to 24 degrees."
        );
    }

    #[test]
    fn nonsense_from_the_server_is_told() {
        for text in ["", "{}", "<html>", r#"{"current": {}, "daily": {}}"#] {
            assert!(Forecast::read(text).is_err(), "{text}");
        }
        assert!(place(r#"{"generationtime_ms": 1}"#).unwrap().is_none());
    }
}
