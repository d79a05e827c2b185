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
    Wind,
    Humidity,
    Sunrise,
    Sunset,
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

/// Words of which one is in everything that is meant here.
const WORDS: &[&str] = &[
    "weather",
    "forecast",
    "rain",
    "raining",
    "rainy",
    "umbrella",
    "cold",
    "warm",
    "hot",
    "freezing",
    "temperature",
    "snow",
    "snowing",
    "sunny",
    "cloudy",
    "windy",
    "foggy",
    "nice",
    "jacket",
    "coat",
    "outside",
    "freeze",
    "wind",
    "winds",
    "humid",
    "humidity",
    "sunrise",
    "sunset",
    "sun",
    "raincoat",
    "sweater",
    "jumper",
    "shine",
    "sunglasses",
    "degrees",
    "pour",
    "pouring",
    "storm",
    "stormy",
    "thunderstorm",
    "dry",
    "wet",
    "chilly",
    "cool",
    "dark",
    "light",
    "overcast",
    "cloudless",
    "hail",
    "drizzle",
    "shorts",
    "gloves",
    "scarf",
];

const WEATHER: &[&str] = &[
    "(what|how) is the weather [like|looking] [outside]",
    "[what is|give me|show me|tell me] [the] weather [forecast|report]",
    "[what is|give me|show me|tell me] the forecast",
    "(what|how) (will|is) the weather [going to] (be|look) [like]",
    "(what|how) is it [like] outside",
    "(is it|will it be|is it going to be) (sunny|nice|cloudy|windy|foggy) [outside]",
    "what is (today's|tomorrow's|todays|tomorrows) (weather|forecast) [like]",
    "[what is|give me|show me|tell me] (today's|tomorrow's) (weather|forecast) [forecast]",
    "(what|how) the weather is [like] [outside]",
    "what (weather|forecast) (is it|do we have|will we have|can i expect|should i expect|is there)",
    "(is|will) the weather [going to] [be] (nice|good|bad|fine|sunny|okay)",
    "(is|will) the sun [going to] (shining|shine|out|come out|be out)",
    "(is it|will it be|is it going to be) (stormy|dry|wet|overcast|good weather|nice weather|pleasant|rainy or sunny) [outside]",
    "do i need sunglasses",
    "is there [any|going to be] a (storm|thunderstorm)",
    "will there be (a storm|a thunderstorm|thunderstorms|sunshine|fog)",
];

const WIND: &[&str] = &[
    "how windy it is [outside]",
    "how (windy|strong is the wind|fast is the wind|much wind) [is it|is there|will it be|is it going to be|will there be] [outside]",
    "(what is|how strong is|how is) the wind [speed|like|outside]",
    "what is the wind speed [outside]",
    "(is it|will it be|is it going to be) (windy|breezy|gusty) [outside]",
    "is there [a lot of|much|any] wind [outside]",
];
const HUMIDITY: &[&str] = &[
    "how humid (is it|will it be|is the air) [outside]",
    "what is the [air|relative] humidity [outside|like]",
    "(is it|will it be) humid [outside]",
];
const SUNRISE: &[&str] = &[
    "(when|what time) (is|was|will be) [the] sunrise",
    "(when|what time|at what time) (does|will|did) the sun (rise|come up|get up)",
    "[what is] [the] sunrise [time]",
    "(when|what time) (does|will) it get light [outside]",
    "how (early|late) does the sun (rise|come up)",
    "when is it [getting] light [outside]",
];
const SUNSET: &[&str] = &[
    "(when|what time) (is|was|will be) [the] sunset",
    "(when|what time|at what time) (does|will|did) the sun (set|go down)",
    "[what is] [the] sunset [time]",
    "(when|what time) (does|will) it get dark [outside]",
    "how (early|late) does the sun (set|go down)",
    "when is it [getting] dark [outside]",
];
const COAT: &[&str] = &[
    "(do|will) i need (a|my|to take a|to wear a|to bring a) (jacket|coat|sweater|jumper|scarf)",
    "should i (wear|take|bring|pack|put on) (a|my) (jacket|coat|sweater|jumper|scarf) [with me|along|outside]",
    "do i (have|need) to (wear|take|bring) (a|my) (jacket|coat|sweater|jumper)",
    "is it (jacket|coat|sweater) weather",
    "(do i need|should i wear) (gloves|long sleeves)",
    "can i (wear|go out in) (shorts|a t-shirt)",
];
const DAYS: &[&str] = &[
    "[what is|give me|show me|tell me] [the] {days:number} (day|days) [weather] (forecast|weather|outlook)",
    "[what is|give me|show me|tell me] [the] (weather|forecast|weather forecast) [like] (for|over) [the] next {days:number} days",
    "(what|how) (is|will) the weather [going to] [be|look] [like] (for|over|in) [the] next {days:number} days",
    "[what is|give me|show me|tell me] [the] (weekly forecast|week's forecast|week's weather|weather this week|forecast this week|weather for the week|forecast for the week|weather for this week|forecast for this week|weekly weather)",
    "(what|how) (is|will) the weather [going to] [be|look] [like] this week",
];

const TEMPERATURE: &[&str] = &[
    "what is the temperature [outside]",
    "what (will|is) the temperature [going to] be",
    "how (cold|warm|hot) is it [outside]",
    "how (cold|warm|hot) (will|is) it [going to] (be|get)",
    "(is it|will it be|is it going to be) (cold|warm|hot|freezing) [outside]",
    "what temperature (is it|will it be|is it going to be) [outside]",
    "how many degrees (is it|are there|will it be|does it have) [outside]",
    "what is the (high|low|highest temperature|lowest temperature|maximum temperature|minimum temperature)",
    "(is it|will it be|is it going to be|is it getting) (chilly|cool|cold|warm|hot|freezing|warmer|colder) [outside]",
    "how (chilly|cool|cold|warm|hot) (is it outside|it is [outside])",
    "what the temperature is [outside]",
    "(is|will) it [going to] (freeze|get cold|get warm|get hot|be below zero|be freezing)",
];

const RAIN: &[&str] = &[
    "(will|is) it [going to] rain",
    "(is it|will it be) (raining|rainy) [outside]",
    "will there be [any] rain",
    "is there [any|going to be] rain",
    "(do|will) i need (an|my) umbrella",
    "should i (take|bring|pack) (an|my) umbrella",
    "what (is|are) the (chance|chances|odds|probability) of rain",
    "how likely is (rain|it to rain|it that it rains|it that it will rain)",
    "(is it|will it be|is it going to be) (pouring|wet|drizzling|raining) [outside]",
    "(do|will|should) i (need|take|bring|pack|carry|wear) (an|my|the|a) (umbrella|raincoat|rain jacket|rain coat) [with me|along]",
    "do i need to (take|bring|carry|pack) (an|my) umbrella",
    "(is it|will it be) umbrella weather",
    "(does|will) it (rain|drizzle|hail|pour) [outside]",
    "(will|does) it stay dry",
    "is rain (expected|coming|forecast|in the forecast)",
    "when will it [start|stop] (rain|raining)",
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
    "(in|for|at|over in|around) {place}",
];

/// Behind the word alone: `weather london`, `London weather tomorrow`.
const BARE: &[&str] = &[
    "(weather|forecast) [forecast] {place} {when:day}",
    "(weather|forecast) [forecast|in|for] {place}",
    "{place} (weather|forecast) [forecast] [(for|on)] {when:day}",
    "[what is|how is|check|show me|give me] [the] {place} (weather|forecast) [like|report|today]",
    "(temperature|wind|humidity|sunrise|sunset) (in|at|for) {place}",
    "(temperature|humidity) [outside]",
];

/// Saturday, counted from 0, Monday.
const SATURDAY: u8 = 5;

pub fn understand(text: &str) -> Option<Asked> {
    let text = phrase::plain(text);
    let said = Said::new(&text);
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
        (What::Snow, SNOW),
        (What::Wind, WIND),
        (What::Humidity, HUMIDITY),
        (What::Sunrise, SUNRISE),
        (What::Sunset, SUNSET),
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
            "coat", "raincoat", "freeze", "stay", "likely",
        ]) =>
        {
            Day::Away(0)
        }
        None => Day::Now,
    };
    let place = match slots.text("place") {
        Some(place) => Some(place.trim_end_matches(['?', '.', '!', ',']).to_owned()).filter(|place| is_place(place)).map(Some)?,
        None => None,
    };
    let what = match what {
        // Without a figure, all that the forecast holds of a week.
        What::Days(_) => What::Days(slots.number("days").map_or(7, |days| days.clamp(1.0, 8.0) as u8)),
        what => what.clone(),
    };
    let day = match what {
        What::Sunrise | What::Sunset | What::Coat | What::Days(_) if day == Day::Now => Day::Away(0),
        _ => day,
    };
    Some(Asked { what, place, day })
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
    ];
    const WITH_ARTICLE: &[&str] =
        &["netherlands", "hague", "bahamas", "maldives", "philippines", "alps", "usa", "us", "uk", "gambia", "algarve", "bronx"];
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
