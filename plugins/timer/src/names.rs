//! What somebody calls a timer, an alarm or a reminder.

use phrase::Word;

/// Words that are in no name of a timer.
const NO_NAMES: &[&str] = &[
    "a",
    "an",
    "the",
    "my",
    "your",
    "his",
    "her",
    "their",
    "our",
    "i",
    "you",
    "he",
    "she",
    "it",
    "we",
    "they",
    "me",
    "is",
    "are",
    "was",
    "were",
    "am",
    "be",
    "do",
    "does",
    "did",
    "has",
    "have",
    "had",
    "how",
    "what",
    "why",
    "when",
    "where",
    "who",
    "which",
    "to",
    "of",
    "in",
    "on",
    "for",
    "with",
    "at",
    "from",
    "by",
    "about",
    "and",
    "or",
    "but",
    "not",
    "no",
    "if",
    "than",
    "that",
    "this",
    "there",
    "can",
    "could",
    "will",
    "would",
    "should",
    "as",
    "every",
    "all",
    "any",
    "some",
    "timer",
    "timers",
    "alarm",
    "alarms",
    "reminder",
    "reminders",
    "set",
    "start",
    "cancel",
    "stop",
    "left",
    "use",
    "buy",
    "minus",
    "negative",
    "minute",
    "minutes",
    "hour",
    "hours",
    "seconds",
    "pause",
    "resume",
    "please",
    "app",
    "until",
];

/// Alarms that are not kept here.
pub const OTHER_ALARMS: &[&str] = &["fire", "smoke", "house", "burglar", "security", "car", "false", "home", "intruder"];

/// Words that only tell one from another.
const NOT_SAID: &[&str] = &["new", "another", "second", "third", "fourth", "other", "quick", "next", "different", "kitchen", "one"];

/// What a timer is called: one to three words; `Some("")` where these only say that it is another one.
pub fn name(words: &[Word], text: &str) -> Option<String> {
    if words.is_empty() || words.len() > 3 || words.iter().any(|word| NO_NAMES.contains(&word.form.as_str())) {
        return None;
    }
    // `ten timer`, `1:30 timer`
    let is_none = |word: &Word| word.form.starts_with(|c: char| c.is_ascii_digit()) || OTHER_ALARMS.contains(&word.form.as_str());
    if phrase::read::number(words).is_some() || words.iter().any(is_none) {
        return None;
    }
    if let [word] = words
        && NOT_SAID.contains(&word.form.as_str())
    {
        return Some(String::new());
    }
    let name = spelled(words, text);
    // What begins a sentence has a capital for that alone.
    let name = match words.first().filter(|word| word.place.start == 0).and_then(|_| name.get(..1)) {
        Some(first) => first.to_lowercase() + name.get(1..).unwrap_or_default(),
        None => name,
    };
    Some(name).filter(|name| name.len() <= 60)
}

/// Words as they were written, from where the listener stands: `my` becomes `your`.
pub fn label(words: &[Word], text: &str) -> String {
    let label = spelled(words, text);
    let turned = label.split_whitespace().map(|word| match word.to_lowercase().as_str() {
        "my" => "your",
        "me" | "i" => "you",
        "i'm" | "i’m" => "you're",
        "i've" | "i’ve" => "you've",
        "am" => "are",
        "mine" => "yours",
        "myself" => "yourself",
        _ => word,
    });
    turned.collect::<Vec<_>>().join(" ").trim_end_matches(['.', '!', '?', ',']).to_owned()
}

fn spelled(words: &[Word], text: &str) -> String {
    let place = words.first().zip(words.last()).map(|(first, last)| first.place.start..last.place.end);
    place.and_then(|place| text.get(place)).unwrap_or_default().to_owned()
}

/// A label that something is looked for by.
pub fn said_label(words: &[Word]) -> Option<String> {
    let strange = |word: &Word| {
        matches!(word.form.as_str(), "timer" | "timers" | "alarm" | "alarms" | "reminder" | "reminders" | "how" | "what" | "why")
            || OTHER_ALARMS.contains(&word.form.as_str())
    };
    if words.is_empty() || words.len() > 8 || words.iter().any(strange) {
        return None;
    }
    let forms = words.iter().map(|word| match word.form.as_str() {
        "my" => "your",
        "me" => "you",
        form => form,
    });
    Some(forms.collect::<Vec<_>>().join(" "))
}
