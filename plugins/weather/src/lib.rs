//! The weather, from Open-Meteo (<https://open-meteo.com>, no key needed): now, today, tomorrow or on a weekday, at home or elsewhere.

mod asked;
mod forecast;

use asked::{Asked, Day, What};
use forecast::{Forecast, Units};
use jane_skill::prelude::*;
use serde::Deserialize;

#[derive(Default)]
pub struct Weather {
    settings: Settings,
}

/// `[skills.weather.config]`.
#[derive(Deserialize)]
#[serde(default)]
struct Settings {
    /// Where home is, such as `Berlin`.
    place: String,
    units: Units,
    geocoding_url: String,
    forecast_url: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            place: String::new(),
            units: Units::Metric,
            geocoding_url: "https://geocoding-api.open-meteo.com".to_owned(),
            forecast_url: "https://api.open-meteo.com".to_owned(),
        }
    }
}

#[derive(Deserialize)]
struct Arguments {
    #[serde(default)]
    place: String,
    #[serde(default)]
    day: String,
}

/// What is said where the owner has not granted requests.
const NOT_GRANTED: &str = "I may not ask for the weather yet. Under skills dot weather in jane.toml, allow_http has to name the two servers of \
    Open-Meteo, and allow has to name transcripts. The command jane skills list shows both lines.";

impl Skill for Weather {
    fn about(package: Facts) -> Facts {
        let Settings { geocoding_url, forecast_url, .. } = Settings::default();
        Facts { hosts: vec![geocoding_url, forecast_url], wants: vec!["transcripts".into()], ..package }
    }

    fn start(&mut self, config_json: &str) -> Result<(), Failure> {
        self.settings = serde_json::from_str(config_json).map_err(|error| Failure::invalid(format!("`[skills.weather.config]`: {error}")))?;
        Ok(())
    }

    fn on_transcript(&mut self, transcript: &Transcript) -> Result<TranscriptAction, Failure> {
        let Some(asked) = asked::understand(&transcript.text) else {
            return Ok(TranscriptAction::Pass);
        };
        Ok(TranscriptAction::say(self.answer(&asked).unwrap_or_else(|failure| sorry(&failure))))
    }

    fn tools() -> Vec<Tool> {
        vec![
            Tool::new("get_weather", "The weather at a place, now or on a day of this week.")
                .takes("place", Kind::Text, "A city; left out for home.")
                .takes("day", Kind::Text, "`now`, `today`, `tomorrow` or a weekday."),
        ]
    }

    fn call_tool(&mut self, call: &ToolCall) -> Result<ToolOutput, Failure> {
        if call.name != "get_weather" {
            return Err(Failure::invalid(format!("there is no tool `{}`", call.name)));
        }
        let Arguments { place, day } = call.parse()?;
        let asked = Asked {
            what: What::Weather,
            place: Some(place).filter(|place| !place.trim().is_empty()),
            day: Day::named(day.trim()).ok_or_else(|| Failure::invalid(format!("`{day}` is not a day of this week")))?,
        };
        self.answer(&asked).map(ToolOutput::text)
    }
}

jane_skill::export!(Weather: lifecycle, transcript_hook, tools);

impl Weather {
    fn answer(&self, asked: &Asked) -> Result<String, Failure> {
        let settings = &self.settings;
        let place = asked.place.as_deref().unwrap_or(settings.place.trim());
        if place.is_empty() {
            return Ok("I do not know where you are. Say a place, or set one under skills dot weather dot config in jane.toml.".to_owned());
        }
        let query = [("name", place), ("count", "1"), ("language", "en"), ("format", "json")];
        let found = http::get(&url(&settings.geocoding_url, "/v1/search", &query))?.ok()?;
        let Some(place) = forecast::place(&found.text())? else {
            return Ok(format!("I do not know a place called {place}."));
        };
        let (latitude, longitude) = (place.latitude.to_string(), place.longitude.to_string());
        let mut query = vec![
            ("latitude", latitude.as_str()),
            ("longitude", longitude.as_str()),
            ("current", "temperature_2m,weather_code,wind_speed_10m"),
            ("daily", "weather_code,temperature_2m_max,temperature_2m_min,precipitation_probability_max"),
            ("timezone", "auto"),
            ("forecast_days", "8"),
        ];
        if settings.units == Units::Imperial {
            query.extend([("temperature_unit", "fahrenheit"), ("wind_speed_unit", "mph")]);
        }
        let told = http::get(&url(&settings.forecast_url, "/v1/forecast", &query))?.ok()?;
        let forecast = Forecast::read(&told.text())?;
        forecast.say(asked, &place.name, settings.units)
    }
}

fn sorry(failure: &Failure) -> String {
    match failure {
        Failure::Denied(_) => NOT_GRANTED.to_owned(),
        failure => format!("I could not get the weather: {}.", failure.message().trim_end_matches('.')),
    }
}

/// An address with a query, its values percent-encoded.
fn url(server: &str, path: &str, query: &[(&str, &str)]) -> String {
    let mut url = format!("{}{path}", server.trim_end_matches('/'));
    for (index, (name, value)) in query.iter().enumerate() {
        url.push(if index == 0 { '?' } else { '&' });
        url.push_str(name);
        url.push('=');
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b',' => url.push(char::from(byte)),
                byte => url.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_place_goes_nowhere_else() {
        assert_eq!(url("https://a.org/", "/v1", &[("name", "São Paulo&x=1#")]), "https://a.org/v1?name=S%C3%A3o%20Paulo%26x%3D1%23");
    }

    #[test]
    fn without_a_grant_it_says_how_to_give_one() {
        let denied = sorry(&Failure::Denied("no".into()));
        assert!(denied.contains("allow_http") && denied.contains("transcripts"));
        assert_eq!(sorry(&Failure::Unavailable("the server took too long".into())), "I could not get the weather: the server took too long.");
    }
}
