//! What somebody wants to know of the weather.

use phrase::{Day as SaidDay, Said};
use serde::{Deserialize, Serialize};

use crate::phrases::{BARE, BEHIND, COAT, DAYLIGHT, DAYS, DRY, HUMIDITY, RAIN, SNOW, SUNRISE, SUNSET, TEMPERATURE, WEATHER, WIND, WORDS};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum What {
    Weather,
    Temperature,
    /// Whether it rains.
    Rain,
    Snow,
    Wind,
    Humidity,
    Sunrise,
    Sunset,
    /// How long the sun is up.
    Daylight,
    /// Whether it is warm enough to go out without one.
    Coat,
    /// Of so many days from today on.
    Days(u8),
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

impl Asked {
    /// Of `Paris and London`, each by itself.
    pub fn each(&self) -> Vec<Asked> {
        let places = self.place.as_deref().and_then(|place| place.split_once(" and "));
        match places {
            Some((one, other)) => [one, other].into_iter().map(|place| Asked { place: Some(place.to_owned()), ..self.clone() }).collect(),
            None => vec![self.clone()],
        }
    }
}

/// Saturday, counted from 0, Monday.
const SATURDAY: u8 = 5;

pub fn understand(text: &str) -> Option<Asked> {
    let text = phrase::plain(text);
    one(&text).or_else(|| phrase::corrections(&text).iter().find_map(|meant| one(meant)))
}

fn one(text: &str) -> Option<Asked> {
    let said = Said::new(text);
    if !said.has(WORDS) {
        return None;
    }
    if said.words().len() > MOST_WORDS {
        return None;
    }
    let tables = [
        (What::Days(0), DAYS),
        (What::Coat, COAT),
        (What::Rain, RAIN),
        (What::Rain, DRY),
        (What::Snow, SNOW),
        (What::Wind, WIND),
        (What::Humidity, HUMIDITY),
        (What::Sunrise, SUNRISE),
        (What::Sunset, SUNSET),
        (What::Daylight, DAYLIGHT),
        (What::Temperature, TEMPERATURE),
        (What::Weather, WEATHER),
    ];
    let found = tables.into_iter().find_map(|(what, templates)| {
        templates
            .iter()
            .find_map(|template| BEHIND.iter().find_map(|behind| asked(&said, &what, format!("{template} {behind}").trim_end())))
    });
    found.or_else(|| bare(&said))
}

/// The same question about another place or day: "and tomorrow?", "what about Paris?".
pub fn goes_on(text: &str, before: &Asked) -> Option<Asked> {
    let text = phrase::plain(text);
    let lower = text.to_lowercase();
    let said = Said::new(&text);
    let about = ["what about ", "how about ", "and "].iter().any(|word| lower.starts_with(word));
    let on_day = |when: Option<SaidDay>| when.and_then(Day::from_said);
    const DAY: &[&str] = &[
        "[what about|how about] [on|for] {when:day} [morning|afternoon|evening|night]",
        "[what about|how about] [on|for|at] (this|the) weekend",
    ];
    if let Some(slots) = said.first(DAY).filter(|_| about) {
        let day = match slots.day("when") {
            Some(when) => on_day(Some(when))?,
            None => Day::Weekday(SATURDAY),
        };
        return Some(Asked { day, ..before.clone() });
    }
    const PLACE: &[&str] = &[
        "[what about|how about] [in|for] {place} [on|for] {when:day}",
        "[what about|how about] (in|for|over in) {place}",
        "[what about|how about] {place}",
    ];
    let slots = said.first(PLACE).filter(|_| about)?;
    let place = slots.text("place")?.trim_end_matches(['?', '.', '!', ',']);
    // A name has a capital where it is written, and stands behind `in` where it is not.
    let named = place.starts_with(char::is_uppercase) || lower.contains(" in ") || !text.contains(char::is_uppercase);
    let fits = named && place.split(' ').count() <= 3 && is_place(place);
    let when = slots.day("when");
    fits.then(|| Asked { what: before.what.clone(), place: Some(place.to_owned()), day: on_day(when).unwrap_or(before.day) })
}

/// Words of the longest question.
const MOST_WORDS: usize = 24;

fn bare(said: &Said) -> Option<Asked> {
    BARE.iter().find_map(|template| {
        let what = match said.words().first().map(|word| word.form.as_str()) {
            Some("temperature") => What::Temperature,
            Some("wind") => What::Wind,
            Some("humidity") => What::Humidity,
            Some("sunrise") => What::Sunrise,
            Some("sunset") => What::Sunset,
            _ => What::Weather,
        };
        let asked = asked(said, &what, template)?;
        let Some(place) = &asked.place else { return matches!(what, What::Temperature | What::Humidity).then_some(asked) };
        // Words beside `weather` may be anything: a name has few, and none of these.
        const NONE: &[&str] = &[
            "is",
            "was",
            "are",
            "the",
            "a",
            "an",
            "and",
            "or",
            "under",
            "bad",
            "good",
            "nice",
            "cold",
            "warm",
            "hot",
            "fair",
            "stormy",
            "this",
            "that",
            "what",
            "how",
            "my",
            "your",
            "report",
            "about",
            "like",
            "today",
            "to",
            "of",
            "man",
            "girl",
            "channel",
            "app",
            "station",
            "balloon",
            "god",
            "lovely",
            "space",
            "extreme",
            "wet",
            "dry",
            "terrible",
            "awful",
            "great",
            "beautiful",
            "love",
            "hate",
            "talk",
            "why",
            "summer",
            "winter",
            "changes",
            "permitting",
            "forecast",
            "patterns",
            "vane",
            "sales",
            "revenue",
            "earnings",
            "long",
            "short",
            "term",
            "economic",
            "some",
            "any",
            "better",
            "i",
            "we",
            "you",
            "with",
            "by",
            "as",
            "so",
            "who",
            "when",
            "where",
            "which",
            "tell",
            "read",
            "write",
            "explain",
            "cast",
            "spell",
            "storms",
            "strange",
            "weird",
            "perfect",
            "rough",
            "severe",
            "wild",
            "windy",
            "rainy",
            "sunny",
            "for",
            "in",
            "on",
            "gods",
            "underground",
            "proof",
            "financial",
            "budget",
        ];
        let lower = place.to_lowercase();
        (lower.split(' ').count() <= 3 && !lower.split(' ').any(|word| NONE.contains(&word))).then_some(asked)
    })
}

fn asked(said: &Said, what: &What, template: &str) -> Option<Asked> {
    let slots = said.matches(template)?;
    let day = match slots.day("when") {
        Some(day) => Day::from_said(day)?,
        None if said.has(&["weekend"]) => Day::Weekday(SATURDAY),
        None if said.has(&["tomorrow's", "tomorrows"]) => Day::Away(1),
        None if said.has(&[
            "will", "forecast", "going", "umbrella", "chance", "chances", "today's", "todays", "this", "tonight", "later", "jacket",
            "coat", "raincoat", "freeze", "stay", "likely", "washing", "laundry", "clothes", "sheets",
        ]) =>
        {
            Day::Away(0)
        }
        None => Day::Now,
    };
    let place = match slots.text("place") {
        Some(place) if is_around(place) => None,
        Some(place) => Some(place.trim_end_matches(['?', '.', '!', ',']).to_owned()).filter(|place| is_place(place)).map(Some)?,
        None => None,
    };
    let what = match what {
        // Without a figure, all that the forecast holds of a week.
        What::Days(_) => What::Days(slots.number("days").map_or(7, |days| days.clamp(1.0, 8.0) as u8)),
        what => what.clone(),
    };
    let day = match what {
        What::Sunrise | What::Sunset | What::Daylight | What::Coat | What::Days(_) if day == Day::Now => Day::Away(0),
        _ => day,
    };
    Some(Asked { what, place, day })
}

/// Whether these words are of no place but of where the speaker is: "home", "out there", "my house", as a language model writes them as well.
pub fn is_here(place: &str) -> bool {
    const HERE: &[&str] = &[
        "", "home", "here", "out", "outside", "outdoors", "out there", "out here", "there", "house", "garden", "yard", "local", "locally", "nearby", "current", "default",
        "unknown", "none", "null", "n/a", "anywhere", "somewhere", "user", "me", "work", "around here", "round here", "where i am", "where we are", "where you are",
    ];
    const OF_SOMEBODY: &[&str] = &["my", "our", "the", "this", "current", "user", "user's", "users", "local", "home", "at"];
    const NOUNS: &[&str] = &[
        "home", "house", "place", "garden", "location", "area", "yard", "flat", "apartment", "street", "town", "city", "village", "neighbourhood", "neighborhood",
        "neighbour", "neighbor", "position", "address", "balcony", "terrace", "street", "road", "region",
    ];
    let lower = place.to_lowercase().replace(['_', '-', '’'], " ");
    let words: Vec<&str> = lower.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'' && c != '/')).collect();
    let (first, last) = (words.first().copied().unwrap_or_default(), words.last().copied().unwrap_or_default());
    HERE.contains(&words.join(" ").as_str()) || first == "your" || (words.len() > 1 && OF_SOMEBODY.contains(&first) && NOUNS.contains(&last))
}

/// Whether these words are of the town or street of the speaker's: "how cold is it in here" and "in my house" are asked of a room.
fn is_around(place: &str) -> bool {
    const AROUND: &[&str] = &["area", "town", "city", "village", "neighbourhood", "neighborhood", "street", "region", "location", "garden", "yard", "place"];
    let lower = place.to_lowercase();
    let (first, last) = lower.trim_end_matches(['?', '.', '!', ',']).split_once(' ').unwrap_or_default();
    matches!(first, "my" | "our" | "this" | "your") && AROUND.contains(&last)
}

/// Whether it may be a town or a country: "how hot is it in the sun" is for the model.
fn is_place(place: &str) -> bool {
    const ELSEWHERE: &[&str] = &[
        "mars",
        "venus",
        "mercury",
        "jupiter",
        "saturn",
        "neptune",
        "uranus",
        "pluto",
        "moon",
        "sun",
        "space",
        "winter",
        "summer",
        "spring",
        "autumn",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "general",
        "celsius",
        "fahrenheit",
        "kelvin",
        "it",
        "that",
        "there",
        "me",
        "us",
        "english",
        "week",
        "month",
        "thrones",
        "hell",
        "heaven",
        "narnia",
        "hogwarts",
        "middle-earth",
        "past",
        "story",
        "movie",
        "book",
        "song",
        "oven",
        "fridge",
        "room",
        "bathroom",
        "kitchen",
        "garage",
        "water",
        "tea",
        "soup",
        "love",
        "theory",
        "desert",
        "jungle",
        "ocean",
        "sea",
        "earth",
        "universe",
        "dream",
        "year",
        "days",
        "hours",
        "future",
        "or",
        "than",
        "versus",
    ];
    const WITH_ARTICLE: &[&str] =
        &["netherlands", "hague", "bahamas", "maldives", "philippines", "alps", "usa", "us", "uk", "gambia", "algarve", "bronx"];
    let lower = place.to_lowercase();
    let words: Vec<&str> = lower.split(' ').collect();
    let article = matches!(words.first(), Some(&("a" | "an" | "the" | "my" | "your" | "our" | "this" | "that" | "next")));
    let named = words.get(1).is_some_and(|second| words.first() == Some(&"the") && WITH_ARTICLE.contains(second));
    let is_day = phrase::day(&lower).is_some()
        || matches!(lower.as_str(), "tonight" | "later" | "weekend" | "now" | "here" | "outside" | "you" | "them" | "him" | "her");
    words.len() <= 4 && !is_day && (!article || named) && !words.iter().any(|word| ELSEWHERE.contains(word))
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
        assert_eq!(
            understand("What's the weather going to be like in Paris on Friday?"),
            asked(What::Weather, Some("Paris"), Day::Weekday(4))
        );
        assert_eq!(understand("How's the weather in the Netherlands right now?"), asked(What::Weather, Some("the Netherlands"), Day::Now));
        assert_eq!(understand("What's tomorrow's weather?"), asked(What::Weather, None, Day::Away(1)));
        assert_eq!(understand("Will it be sunny this weekend?"), asked(What::Weather, None, Day::Weekday(5)));
        assert_eq!(understand("Should I take an umbrella tomorrow morning?"), asked(What::Rain, None, Day::Away(1)));
        assert_eq!(understand("Is it cold outside?"), asked(What::Temperature, None, Day::Now));
        assert_eq!(understand("What's the forecast for London tomorrow?"), asked(What::Weather, Some("London"), Day::Away(1)));
        assert_eq!(understand("Do I need a jacket tonight?"), asked(What::Coat, None, Day::Away(0)));
        assert_eq!(understand("weather london"), asked(What::Weather, Some("london"), Day::Now));
        assert_eq!(understand("5-day forecast"), asked(What::Days(5), None, Day::Away(0)));
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
