//! The weather, from Open-Meteo (<https://open-meteo.com>, no key needed): now, today, tomorrow or on a weekday, at home or elsewhere.

mod examples;
mod asked;
mod forecast;
mod phrases;

use asked::{Asked, Day, What};
use forecast::{Forecast, Place, Units};
use jane_skill::{TurnId, prelude::*};
use serde::Deserialize;
use std::time::Duration;

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
    /// Milliseconds within which it answers at once; what takes longer is said when it is there. Less than `hook_ms`.
    patience_ms: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            place: String::new(),
            units: Units::Metric,
            geocoding_url: "https://geocoding-api.open-meteo.com".to_owned(),
            forecast_url: "https://api.open-meteo.com".to_owned(),
            patience_ms: 60,
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

/// What is said where no place is named, and none is set.
const NO_PLACE: &str = "I do not know where you are. Say a place, such as: the weather in Oslo. A place of yours can be set in jane.toml.";

/// What is scheduled where the servers take long.
const LOOK: &str = "look";
/// Nobody waits for the weather longer.
const TOO_LATE_MS: u64 = 60_000;
/// For which time a forecast is said again without being asked for.
const FRESH_MS: u64 = 10 * 60_000;

/// The key of what was asked last, and the turns for which "and tomorrow?" goes on from it.
const RECENT: &str = "recent";
const RECENT_TURNS: TurnId = 2;

/// Why there is no answer.
enum Trouble {
    /// No server answered, or not in time.
    NotReached(Failure),
    /// There is no such place, or none was named: what is said then.
    Place(String),
    Other(Failure),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

impl Skill for Weather {
    fn about(package: Facts) -> Facts {
        let Settings { geocoding_url, forecast_url, .. } = Settings::default();
        Facts { hosts: vec![geocoding_url, forecast_url], wants: vec!["transcripts".into()], ..package }
    }

    fn start(&mut self, config_json: &str) -> Result<(), Failure> {
        self.settings =
            serde_json::from_str(config_json).map_err(|error| Failure::invalid(format!("`[skills.weather.config]`: {error}")))?;
        Ok(())
    }

    fn on_transcript(&mut self, transcript: &Transcript) -> Result<TranscriptAction, Failure> {
        let before = kv::get::<(TurnId, Asked)>(RECENT).unwrap_or_default();
        let recent = before.as_ref().filter(|(turn, _)| *turn < transcript.turn && transcript.turn <= turn + RECENT_TURNS);
        let Some(asked) = asked::understand(&transcript.text).or_else(|| asked::goes_on(&transcript.text, &recent?.1)) else {
            if before.is_some() {
                kv::delete(RECENT)?;
            }
            return Ok(TranscriptAction::Pass);
        };
        kv::set(RECENT, &(transcript.turn, &asked))?;
        let speech =
            asked.each().iter().enumerate().map(|(at, asked)| self.speech(asked, at)).collect::<Result<Vec<String>, Failure>>()?.join(" ");
        Ok(TranscriptAction::say(speech))
    }

    fn on_event(&mut self, event: &Event) -> Result<(), Failure> {
        if event.late_ms > TOO_LATE_MS {
            return Ok(());
        }
        let asked = event.parse()?;
        let speech = self.answer(&asked, None).unwrap_or_else(|trouble| sorry(&trouble, &asked));
        voice::say(&speech)
    }

    fn tools() -> Vec<Tool> {
        examples::with(vec![
            Tool::new("get_weather", "The weather at a place, now or on a day of this week.")
                .takes("place", Kind::Text, "A city; left out for home.")
                .takes("day", Kind::Text, "`now`, `today`, `tomorrow` or a weekday."),
        ])
    }

    fn call_tool(&mut self, call: &ToolCall) -> Result<ToolOutput, Failure> {
        if call.name != "get_weather" {
            return Err(Failure::invalid(format!("there is no tool `{}`", call.name)));
        }
        let Arguments { place, day } = call.parse()?;
        let Some(day) = Day::named(day.trim()) else {
            return Ok(ToolOutput::say("I know the weather of the next seven days only."));
        };
        let asked = Asked { what: What::Weather, place: Some(place).filter(|place| !asked::is_here(place)), day };
        // An error would be read aloud, in words for developers.
        Ok(ToolOutput::say(self.answer(&asked, None).unwrap_or_else(|trouble| sorry(&trouble, &asked))))
    }
}

jane_skill::export!(Weather: lifecycle, transcript_hook, tools, events);

impl Weather {
    /// What is said at once to the question at this place among those of a turn; what takes longer is said later.
    fn speech(&self, asked: &Asked, at: usize) -> Result<String, Failure> {
        Ok(match self.answer(asked, Some(self.settings.patience_ms)) {
            Ok(speech) => speech,
            // A call that takes too long is a fault of the skill's, so it goes on outside the turn.
            Err(Trouble::NotReached(_)) => {
                let id = if at == 0 { LOOK.to_owned() } else { format!("{LOOK} {at}") };
                schedule::after(&id, Duration::ZERO, LOOK, &serde_json::to_string(asked)?)?;
                "One moment.".to_owned()
            }
            Err(trouble) => sorry(&trouble, asked),
        })
    }

    /// Within `patience_ms`, if that is given.
    fn answer(&self, asked: &Asked, patience_ms: Option<u32>) -> Result<String, Trouble> {
        let settings = &self.settings;
        let end_ms = patience_ms.map(|patience_ms| clock::monotonic_ms() + u64::from(patience_ms));
        let wanted = asked.place.as_deref().unwrap_or(settings.place.trim());
        if wanted.is_empty() {
            return Err(Trouble::Place(NO_PLACE.to_owned()));
        }
        let Some(place) = self.place(wanted, end_ms)? else {
            return Err(Trouble::Place(format!("I do not know a place called {wanted}.")));
        };
        let forecast = self.forecast(&place, end_ms)?;
        Ok(forecast.say(asked, &place.name, settings.units)?)
    }

    /// Places stay where they are: each is asked for once.
    fn place(&self, wanted: &str, end_ms: Option<u64>) -> Result<Option<Place>, Trouble> {
        let key = format!("place/{}", wanted.to_lowercase().chars().take(60).collect::<String>());
        if let Ok(Some(place)) = kv::get::<Place>(&key) {
            return Ok(Some(place));
        }
        let query = [("name", wanted), ("count", "1"), ("language", "en"), ("format", "json")];
        let found = forecast::place(&fetch(&url(&self.settings.geocoding_url, "/v1/search", &query), end_ms)?)?;
        if let Some(place) = &found {
            kv::set(&key, place)?;
        }
        Ok(found)
    }

    fn forecast(&self, place: &Place, end_ms: Option<u64>) -> Result<Forecast, Trouble> {
        let (latitude, longitude) = (place.latitude.to_string(), place.longitude.to_string());
        let mut query = vec![
            ("latitude", latitude.as_str()),
            ("longitude", longitude.as_str()),
            ("current", "temperature_2m,weather_code,wind_speed_10m,relative_humidity_2m"),
            ("daily", "weather_code,temperature_2m_max,temperature_2m_min,precipitation_probability_max,wind_speed_10m_max,sunrise,sunset"),
            ("timezone", "auto"),
            ("forecast_days", "8"),
        ];
        if self.settings.units == Units::Imperial {
            query.extend([("temperature_unit", "fahrenheit"), ("wind_speed_unit", "mph")]);
        }
        let url = url(&self.settings.forecast_url, "/v1/forecast", &query);
        let now_ms = clock::now_ms();
        if let Ok(Some((of, at_ms, told))) = kv::get::<(String, u64, String)>("forecast")
            && of == url
            && (at_ms..at_ms + FRESH_MS).contains(&now_ms)
        {
            return Ok(Forecast::read(&told)?);
        }
        let told = fetch(&url, end_ms)?;
        let forecast = Forecast::read(&told)?;
        kv::set("forecast", &(url, now_ms, told))?;
        Ok(forecast)
    }
}

/// What a server answers, until `end_ms` on the monotonic clock.
fn fetch(url: &str, end_ms: Option<u64>) -> Result<String, Trouble> {
    let mut request = http::Request::new("GET", url);
    if let Some(end_ms) = end_ms {
        let left_ms = end_ms.saturating_sub(clock::monotonic_ms());
        if left_ms == 0 {
            return Err(Trouble::NotReached(Failure::unavailable("the server took too long")));
        }
        request = request.timeout_ms(u32::try_from(left_ms).unwrap_or(u32::MAX));
    }
    match request.send() {
        Ok(response) => Ok(response.ok()?.text()),
        Err(failure @ Failure::Unavailable(_)) => Err(Trouble::NotReached(failure)),
        Err(failure) => Err(Trouble::Other(failure)),
    }
}

/// What is said in place of the weather.
fn sorry(trouble: &Trouble, asked: &Asked) -> String {
    let place = asked.place.as_ref().map(|place| format!(" in {place}")).unwrap_or_default();
    match trouble {
        Trouble::Place(said) => said.clone(),
        Trouble::Other(Failure::Denied(_)) => format!("I may not ask for the weather{place} yet. The command jane skills list shows how to allow it."),
        Trouble::NotReached(failure) | Trouble::Other(failure) => {
            format!("I could not get the weather: {}.", failure.message().trim_end_matches('.'))
        }
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
    use std::{cell::Cell, rc::Rc};

    use jane_skill::fake;

    use super::*;

    #[test]
    fn what_is_said_of_a_place_goes_nowhere_else() {
        assert_eq!(url("https://a.org/", "/v1", &[("name", "São Paulo&x=1#")]), "https://a.org/v1?name=S%C3%A3o%20Paulo%26x%3D1%23");
    }

    #[test]
    fn without_a_grant_it_says_how_to_give_one() {
        let asked = asked::understand("What's the weather in Oslo?").unwrap();
        assert_eq!(
            sorry(&Trouble::Other(Failure::Denied("no".into())), &asked),
            "I may not ask for the weather in Oslo yet. The command jane skills list shows how to allow it."
        );
        assert_eq!(
            sorry(&Trouble::NotReached(Failure::Unavailable("the server took too long".into())), &asked),
            "I could not get the weather: the server took too long."
        );
    }

    fn tool(weather: &mut Weather, arguments: &str) -> String {
        match weather.call_tool(&ToolCall { turn: 1, name: "get_weather".into(), arguments: arguments.into() }) {
            Ok(ToolOutput::FinalAnswer(text)) => text,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_tool_says_what_the_hook_says_where_there_is_no_weather() {
        fake::reset();
        let mut weather = Weather::default();
        let allow = "The command jane skills list shows how to allow it.";
        fake::set_http(|_| Err(Failure::Denied("`https://geocoding-api.open-meteo.com` is not among what `allow_http` names".into())));
        for (arguments, text) in [
            (r#"{"place": "Oslo"}"#, format!("I may not ask for the weather in Oslo yet. {allow}")),
            ("{}", NO_PLACE.to_owned()),
            (r#"{"place": "Oslo", "day": "next year"}"#, "I know the weather of the next seven days only.".to_owned()),
        ] {
            assert_eq!(tool(&mut weather, arguments), text);
        }
        assert_eq!(fake::ask(&mut weather, "What's the weather?").unwrap(), NO_PLACE);
        fake::set_http(|_| Err(Failure::unavailable("it took too long")));
        assert_eq!(tool(&mut weather, r#"{"place": "Oslo"}"#), "I could not get the weather: it took too long.");
    }

    const PLACES: &str = r#"{"results": [{"name": "Berlin", "latitude": 52.5, "longitude": 13.4, "country": "Germany"}]}"#;
    const FORECAST: &str = r#"{"current": {"temperature_2m": 8.2, "weather_code": 3, "wind_speed_10m": 11.6}, "daily": {"time": ["2026-03-04", "2026-03-05"],
        "weather_code": [3, 63], "temperature_2m_max": [9, 4.4], "temperature_2m_min": [3, 0.6], "precipitation_probability_max": [5, 80]}}"#;

    fn respond(request: &http::Request) -> Result<http::Response, Failure> {
        let body = if request.url.contains("/v1/search?name=Nowhere") {
            "{}"
        } else if request.url.contains("/v1/search") {
            PLACES
        } else {
            FORECAST
        };
        Ok(http::Response { status: 200, headers: Vec::new(), body: body.into() })
    }

    #[test]
    fn the_weather_is_told_and_remembered_for_a_while() {
        fake::reset();
        let asked = Rc::new(Cell::new(0));
        let count = asked.clone();
        fake::set_http(move |request| {
            count.set(count.get() + 1);
            respond(request)
        });
        let mut weather = Weather::default();
        weather.start(r#"{"place": "Berlin"}"#).unwrap();
        assert_eq!(fake::ask(&mut weather, "How cold is it?").unwrap(), "It is 8 degrees in Berlin.");
        assert_eq!(
            fake::ask(&mut weather, "Will it rain tomorrow?").unwrap(),
            "Tomorrow in Berlin rain is likely, 80 percent. Take an umbrella."
        );
        assert_eq!(asked.get(), 2);
        fake::set_now_ms(fake::now_ms() + FRESH_MS);
        assert!(fake::ask(&mut weather, "What's the weather in Berlin?").is_some());
        assert_eq!(asked.get(), 3);
        assert_eq!(fake::ask(&mut weather, "What's the weather in Nowhere?").unwrap(), "I do not know a place called Nowhere.");
    }

    #[test]
    fn words_for_here_are_no_place() {
        fake::reset();
        fake::set_http(respond);
        let mut weather = Weather::default();
        for place in ["home", "here", "outside", "my house", "your_neighbour_house", "current location", " "] {
            assert_eq!(tool(&mut weather, &format!(r#"{{"place": "{place}"}}"#)), NO_PLACE, "{place}");
        }
        weather.start(r#"{"place": "Berlin"}"#).unwrap();
        assert_eq!(tool(&mut weather, r#"{"place": "home"}"#), "In Berlin it is 8 degrees, overcast, with wind of 12 kilometres an hour.");
        for place in ["Garden City", "Hometown", "The Hague", "My Tho"] {
            assert!(!asked::is_here(place), "{place}");
        }
    }

    #[test]
    fn a_slow_server_is_waited_for_outside_the_turn() {
        fake::reset();
        let mut weather = Weather::default();
        fake::set_http(|_| Err(Failure::unavailable("it took too long")));
        assert_eq!(fake::ask(&mut weather, "What's the weather in Berlin?").unwrap(), "One moment.");
        fake::set_http(respond);
        fake::advance(&mut weather, Duration::ZERO).unwrap();
        assert_eq!(fake::said(), ["In Berlin it is 8 degrees, overcast, with wind of 12 kilometres an hour."]);
        fake::set_http(|_| Err(Failure::unavailable("it is down")));
        assert_eq!(fake::ask(&mut weather, "What's the weather in Paris?").unwrap(), "One moment.");
        fake::advance(&mut weather, Duration::ZERO).unwrap();
        assert_eq!(fake::said(), ["I could not get the weather: it is down."]);
        // A bad answer is no reason to wait.
        fake::set_http(|_| Ok(http::Response { status: 503, headers: Vec::new(), body: Vec::new() }));
        assert_eq!(
            fake::ask(&mut weather, "What's the weather in Rome?").unwrap(),
            "I could not get the weather: the server answered 503."
        );
    }
}
