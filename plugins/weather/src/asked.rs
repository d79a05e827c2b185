//! What somebody wants to know of the weather.

use phrase::{Day as SaidDay, Said};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum What {
    Weather,
    Temperature,
    /// Whether it rains.
    Rain,
    Snow,
}

/// Of which day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub what: What,
    pub place: Option<String>,
    pub day: Day,
}

/// Words of which one is in everything that is meant here.
const WORDS: &[&str] = &[
    "weather", "forecast", "rain", "raining", "rainy", "umbrella", "cold", "warm", "hot", "freezing", "temperature", "snow", "snowing", "sunny",
    "cloudy", "windy", "foggy", "nice", "jacket", "coat", "outside",
];

const WEATHER: &[&str] = &[
    "(what|how) is the weather [like|looking] [outside]",
    "[what is|give me|show me|tell me] [the] weather [forecast|report]",
    "[what is|give me|show me|tell me] the forecast",
    "(what|how) (will|is) the weather [going to] (be|look) [like]",
    "(what|how) is it [like] outside",
    "(is it|will it be|is it going to be) (sunny|nice|cloudy|windy|foggy) [outside]",
    "what is (today's|tomorrow's|todays|tomorrows) (weather|forecast) [like]",
];

const TEMPERATURE: &[&str] = &[
    "what is the temperature [outside]",
    "what (will|is) the temperature [going to] be",
    "how (cold|warm|hot) is it [outside]",
    "how (cold|warm|hot) (will|is) it [going to] (be|get)",
    "(is it|will it be|is it going to be) (cold|warm|hot|freezing) [outside]",
    "(do|will) i need a (jacket|coat)",
    "should i (wear|take) a (jacket|coat)",
];

const RAIN: &[&str] = &[
    "(will|is) it [going to] rain",
    "(is it|will it be) (raining|rainy) [outside]",
    "will there be [any] rain",
    "is there [any|going to be] rain",
    "(do|will) i need (an|my) umbrella",
    "should i (take|bring|pack) (an|my) umbrella",
    "what (is|are) the (chance|chances) of rain",
];

const SNOW: &[&str] = &["(will|is) it [going to] snow", "(is it|will it be) snowing [outside]", "will there be [any] snow"];

/// What may stand behind all these. Places come last: they take any words.
const BEHIND: &[&str] = &[
    "",
    "(here|at home|at the moment|currently|at present)",
    "[on|for|from] {when:day} [morning|afternoon|evening|night]",
    "[for] (tonight|later|later today|this morning|this afternoon|this evening)",
    "[for|on|at|over|during] (this|the) weekend",
    "[on|for] {when:day} [morning|afternoon|evening|night] (in|for|at) {place}",
    "[for|on|at|over|during] (this|the) weekend (in|for|at) {place}",
    "(in|for|at) {place} (on|for) {when:day} [morning|afternoon|evening|night]",
    "(in|for|at) {place} {when:day} [morning|afternoon|evening|night]",
    "(in|for|at) {place} (for|on|at|over|during) (this|the) weekend",
    "(in|for|at) {place} this weekend",
    "(in|for|at) {place} (at the moment|currently|at present|tonight|later|this morning|this afternoon|this evening)",
    "(tonight|later|this morning|this afternoon|this evening) (in|for|at) {place}",
    "(in|for|at) {place}",
];

/// Saturday, counted from 0, Monday.
const SATURDAY: u8 = 5;

pub fn understand(text: &str) -> Option<Asked> {
    let said = Said::new(text);
    if !said.has(WORDS) {
        return None;
    }
    [(What::Rain, RAIN), (What::Snow, SNOW), (What::Temperature, TEMPERATURE), (What::Weather, WEATHER)].into_iter().find_map(|(what, templates)| {
        templates.iter().find_map(|template| BEHIND.iter().find_map(|behind| asked(&said, &what, format!("{template} {behind}").trim_end())))
    })
}

fn asked(said: &Said, what: &What, template: &str) -> Option<Asked> {
    let slots = said.matches(template)?;
    let day = match slots.day("when") {
        Some(day) => Day::from_said(day)?,
        None if said.has(&["weekend"]) => Day::Weekday(SATURDAY),
        None if said.has(&["tomorrow's", "tomorrows"]) => Day::Away(1),
        None if said.has(&["will", "forecast", "going", "umbrella", "chance", "chances", "today's", "todays", "this", "tonight", "later", "jacket", "coat"]) => Day::Away(0),
        None => Day::Now,
    };
    let place = match slots.text("place") {
        Some(place) => Some(place.trim_end_matches(['?', '.', '!', ',']).to_owned()).filter(|place| is_place(place)).map(Some)?,
        None => None,
    };
    Some(Asked { what: what.clone(), place, day })
}

/// Whether it may be a town or a country: "how hot is it in the sun" is for the model.
fn is_place(place: &str) -> bool {
    const ELSEWHERE: &[&str] = &[
        "mars", "venus", "mercury", "jupiter", "saturn", "neptune", "uranus", "pluto", "moon", "sun", "space", "winter", "summer", "spring", "autumn",
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december", "general",
        "celsius", "fahrenheit", "kelvin", "it", "that", "there", "me", "us", "english", "week", "month", "year", "days", "hours", "future",
    ];
    const WITH_ARTICLE: &[&str] = &["netherlands", "hague", "bahamas", "maldives", "philippines", "alps", "usa", "us", "uk", "gambia", "algarve", "bronx"];
    let lower = place.to_lowercase();
    let words: Vec<&str> = lower.split(' ').collect();
    let article = matches!(words.first(), Some(&("a" | "an" | "the" | "my" | "your" | "our" | "this" | "that" | "next")));
    let named = words.get(1).is_some_and(|second| words.first() == Some(&"the") && WITH_ARTICLE.contains(second));
    words.len() <= 4 && (!article || named) && !words.iter().any(|word| ELSEWHERE.contains(word))
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
        assert_eq!(understand("What's the weather going to be like in Paris on Friday?"), asked(What::Weather, Some("Paris"), Day::Weekday(4)));
        assert_eq!(understand("How's the weather in the Netherlands right now?"), asked(What::Weather, Some("the Netherlands"), Day::Now));
        assert_eq!(understand("What's tomorrow's weather?"), asked(What::Weather, None, Day::Away(1)));
        assert_eq!(understand("Will it be sunny this weekend?"), asked(What::Weather, None, Day::Weekday(5)));
        assert_eq!(understand("Should I take an umbrella tomorrow morning?"), asked(What::Rain, None, Day::Away(1)));
        assert_eq!(understand("Is it cold outside?"), asked(What::Temperature, None, Day::Now));
        assert_eq!(understand("What's the forecast for London tomorrow?"), asked(What::Weather, Some("London"), Day::Away(1)));
        assert_eq!(understand("Do I need a jacket tonight?"), asked(What::Temperature, None, Day::Away(0)));
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
            "How hot is it in the sun?",
            "What's the weather like on Mars?",
            "What is the weather like in winter?",
            "What was the weather like yesterday?",
            "Is it nice to be a robot?",
            "How cold is it in space?",
            "Write a weather report about dragons.",
        ] {
            assert_eq!(understand(text), None, "{text}");
        }
    }
}
