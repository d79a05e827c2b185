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
}

#[derive(Deserialize)]
struct Daily {
    /// Dates, `2026-03-04`.
    time: Vec<String>,
    weather_code: Vec<u16>,
    temperature_2m_max: Vec<f64>,
    temperature_2m_min: Vec<f64>,
    precipitation_probability_max: Vec<Option<f64>>,
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
        let Current { temperature_2m, weather_code, wind_speed_10m } = &self.current;
        if asked.day == Day::Now {
            let (degrees, sky) = (degrees(*temperature_2m), sky(*weather_code));
            return Ok(match asked.what {
                What::Temperature => format!("It is {degrees} in {place}."),
                What::Rain => format!("{} in {place}: {sky}.", if is_rain(*weather_code) { "It is raining" } else { "It is not raining" }),
                What::Snow => format!("{} in {place}: {sky}.", if is_snow(*weather_code) { "It is snowing" } else { "It is not snowing" }),
                What::Weather => format!("In {place} it is {degrees}, {sky}, with wind of {} {speed} an hour.", wind_speed_10m.round()),
            });
        }
        let (index, when) = self.day(asked.day).ok_or_else(|| Failure::unavailable("the forecast does not reach that far"))?;
        let of = |values: &[f64]| values.get(index).copied();
        let missing = || Failure::unavailable("the forecast has a gap there");
        let code = self.daily.weather_code.get(index).copied().ok_or_else(missing)?;
        let (most, least) = (of(&self.daily.temperature_2m_max).ok_or_else(missing)?, of(&self.daily.temperature_2m_min).ok_or_else(missing)?);
        let chance = self.daily.precipitation_probability_max.get(index).copied().flatten();
        let chance = chance.map(|chance| format!(", {} percent", chance.round())).unwrap_or_default();
        let range = format!("{} to {}", degrees(least).trim_end_matches(" degrees").trim_end_matches(" degree"), degrees(most));
        Ok(match asked.what {
            What::Temperature => format!("{when} in {place} it will be {range}."),
            What::Rain if is_rain(code) => format!("{when} in {place} rain is likely{chance}. Take an umbrella."),
            What::Rain => format!("{when} in {place} rain is not expected{chance}."),
            What::Snow if is_snow(code) => format!("{when} in {place} snow is likely{chance}."),
            What::Snow => format!("{when} in {place} no snow is expected."),
            What::Weather => format!("{when} in {place}: {}, {range}.", sky(code)),
        })
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
    fn nonsense_from_the_server_is_told() {
        for text in ["", "{}", "<html>", r#"{"current": {}, "daily": {}}"#] {
            assert!(Forecast::read(text).is_err(), "{text}");
        }
        assert!(place(r#"{"generationtime_ms": 1}"#).unwrap().is_none());
    }
}
