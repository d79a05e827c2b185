//! What somebody wants to know of the weather.

use phrase::{Day as SaidDay, Said};

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Weather,
    Temperature,
    /// Whether it rains.
    Rain,
    Snow,
}

/// Of which day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Day {
    Now,
    /// Days from today.
    Away(u8),
    /// From 0, Monday: the first one after today.
    Weekday(u8),
}

impl Day {
    /// By its name, as a language model writes it.
    pub fn named(name: &str) -> Option<Self> {
        match name.to_lowercase().as_str() {
            "" | "now" => Some(Self::Now),
            name => Self::from_said(phrase::day(name)?),
        }
    }

    fn from_said(day: SaidDay) -> Option<Self> {
        match day {
            SaidDay::Away(days) => u8::try_from(days).ok().filter(|days| *days < 8).map(Self::Away),
            SaidDay::Weekday(weekday) => Some(Self::Weekday(weekday)),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub what: What,
    pub place: Option<String>,
    pub day: Day,
}

/// Words of which one is in everything that is meant here.
const WORDS: &[&str] = &["weather", "forecast", "rain", "raining", "umbrella", "cold", "warm", "hot", "temperature", "snow", "snowing", "sunny"];

const WEATHER: &[&str] = &[
    "what is the weather [like] [today]",
    "what is the weather forecast",
    "what is the forecast",
    "how is the weather [today]",
    "[the] weather [forecast] [report]",
    "what will the weather be [like]",
    "(is it|will it be) (sunny|nice) [outside]",
];

const TEMPERATURE: &[&str] = &[
    "what is the temperature [outside]",
    "how (cold|warm|hot) is it [outside]",
    "how (cold|warm|hot) will it (be|get)",
    "(is it|will it be) (cold|warm|hot) [outside]",
];

const RAIN: &[&str] = &[
    "(will|is) it [going to] rain",
    "is it raining [outside]",
    "(do|will) i need (an|my) umbrella",
    "should i take (an|my) umbrella",
    "what is the chance of rain",
];

const SNOW: &[&str] = &["(will|is) it [going to] snow", "is it snowing [outside]"];

pub fn understand(text: &str) -> Option<Asked> {
    let said = Said::new(text);
    if !said.has(WORDS) {
        return None;
    }
    // The more special ones come first: what is asked, with a place and a day behind it in either order.
    [(What::Rain, RAIN), (What::Snow, SNOW), (What::Temperature, TEMPERATURE), (What::Weather, WEATHER)].into_iter().find_map(|(what, templates)| {
        templates.iter().find_map(|template| {
            let forms = ["{}", "{} {when:day}", "{} in {place}", "{} in {place} {when:day}", "{} {when:day} in {place}", "{} on {when:day}", "{} on {when:day} in {place}", "{} for {when:day}", "{} for {place}", "{} in {place} on {when:day}"];
            forms.iter().find_map(|form| {
                let template = form.replace("{}", template);
                let slots = said.matches(&template)?;
                let day = match slots.day("when") {
                    Some(day) => Day::from_said(day)?,
                    None if slots.words("when").is_some() => return None,
                    None if said.has(&["will", "forecast", "going", "umbrella", "chance", "today"]) => Day::Away(0),
                    None => Day::Now,
                };
                let place = slots.text("place").map(|place| place.trim_end_matches(['?', '.', '!']).to_owned());
                // A place has few words.
                if place.as_ref().is_some_and(|place| place.split(' ').count() > 4) {
                    return None;
                }
                Some(Asked { what: what.clone(), place, day })
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(what: What, place: Option<&str>, day: Day) -> Option<Asked> {
        Some(Asked { what, place: place.map(str::to_owned), day })
    }

    #[test]
    fn places_and_days_are_found() {
        assert_eq!(understand("What's the weather like?"), asked(What::Weather, None, Day::Now));
        assert_eq!(understand("What is the weather in New York tomorrow?"), asked(What::Weather, Some("New York"), Day::Away(1)));
        assert_eq!(understand("Will it rain tomorrow in Berlin?"), asked(What::Rain, Some("Berlin"), Day::Away(1)));
        assert_eq!(understand("Do I need an umbrella?"), asked(What::Rain, None, Day::Away(0)));
        assert_eq!(understand("How cold is it in Oslo?"), asked(What::Temperature, Some("Oslo"), Day::Now));
        assert_eq!(understand("What's the weather on Friday?"), asked(What::Weather, None, Day::Weekday(4)));
        assert_eq!(understand("Is it going to snow on Sunday?"), asked(What::Snow, None, Day::Weekday(6)));
    }

    #[test]
    fn everything_else_is_left_to_the_model() {
        for text in [
            "The weather was nice yesterday.",
            "What causes rain?",
            "Why is it cold in winter?",
            "How hot is the sun?",
            "Sing in the rain.",
            "What is the temperature of boiling water?",
            "I feel under the weather.",
        ] {
            assert_eq!(understand(text), None, "{text}");
        }
    }
}
