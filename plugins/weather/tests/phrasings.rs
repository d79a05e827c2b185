//! The ways people ask for the weather, and what only sounds like it.

#[path = "../../phrasings/table.rs"]
#[expect(clippy::unwrap_used, reason = "a test")]
mod table;

use jane_skill::{Skill, fake, http};
use weather::Weather;

const PLACES: &str = r#"{"results": [{"name": "London", "latitude": 51.5, "longitude": 0.1}]}"#;
const FORECAST: &str = r#"{"current": {"temperature_2m": 8.2, "weather_code": 3, "wind_speed_10m": 11.6, "relative_humidity_2m": 70}, "daily": {
    "time": ["2026-03-04", "2026-03-05", "2026-03-06", "2026-03-07", "2026-03-08", "2026-03-09"], "weather_code": [3, 63, 0, 61, 2, 3],
    "temperature_2m_max": [9, 14.4, 19, 12, 10, 11], "temperature_2m_min": [3, 0.6, 8, 5, 4, 4], "precipitation_probability_max": [5, 80, 0, 70, 10, 10],
    "wind_speed_10m_max": [20, 41, 10, 12, 10, 9], "sunrise": ["2026-03-04T06:41", "2026-03-05T06:39"], "sunset": ["2026-03-04T17:55", "2026-03-05T17:57"]}}"#;

#[test]
#[expect(clippy::unwrap_used, reason = "a test")]
fn phrasings() {
    table::check("weather", || {
        let mut weather = Weather::default();
        weather.start(r#"{"place": "London"}"#).unwrap();
        let mut talk = table::talk(weather);
        // The table that all skills share is said to one that was granted nothing.
        let mut is_granted = false;
        move |text: &str| {
            if text == "(granted)" {
                is_granted = true;
                return Some("granted".into());
            }
            if is_granted {
                fake::set_http(|request| {
                    let body = if request.url.contains("name=Foobarville") {
                        "{}"
                    } else if request.url.contains("/v1/search") {
                        PLACES
                    } else {
                        FORECAST
                    };
                    Ok(http::Response { status: 200, headers: Vec::new(), body: body.into() })
                });
            }
            talk(text)
        }
    });
}
