//! What is said like a length or a time, and is none: "25 o'clock", "minus 5 minutes".

use phrase::Word;

use crate::{command::New, heard::Heard, reader::Reader, ring::Kind, setting, spoken_when, when::When};

/// What was to be set then, without when.
pub fn never(heard: &Heard) -> Option<New> {
    let words = heard.words();
    (1..words.len()).find_map(|at| {
        let (first, rest) = words.split_at_checked(at)?;
        let mut when = Reader::new(rest);
        if !when.eat(&["for", "at", "in", "of"]) {
            return None;
        }
        let is_at = matches!(rest.first()?.form.as_str(), "for" | "at");
        let new = begun(first, heard.text()).filter(|new| !new.when.has_time())?;
        let is_none = is_no_length(when) || (is_at && new.kind != Kind::Timer && is_no_time(when.rest(), new.kind));
        is_none.then_some(new)
    })
}

fn begun(words: &[Word], text: &str) -> Option<New> {
    let mut wakes = Reader::new(words);
    if wakes.eat(&["wake me", "wake us"]) && wakes.is_over() {
        return Some(New::of(Kind::Alarm, String::new(), true, When::default()));
    }
    setting::set(words, text)
}

/// "minus 5 minutes"
fn is_no_length(mut words: Reader) -> bool {
    words.eat(&["minus", "negative", "-"]) && words.length().is_some() && words.is_over()
}

/// "25 o'clock", "25:00", "7:75", and of an alarm "25": a reminder may be to book a table for 25.
fn is_no_time(words: &[Word], kind: Kind) -> bool {
    let mut reader = Reader::new(words);
    let with_minutes = reader.word(0).split_once(':').is_some_and(|(hour, minute)| is_figures(hour) && is_figures(minute));
    if with_minutes {
        reader.skip(1);
    } else if reader.number().is_none_or(|hour| hour < 0.0) {
        return false;
    }
    let of_day = reader.eat(&["o'clock", "oclock", "am", "pm", "in the morning", "in the evening", "at night"]);
    reader.eat(&["today", "tonight", "tomorrow", "tomorrow morning"]);
    (with_minutes || of_day || kind == Kind::Alarm) && reader.is_over() && spoken_when::whole(words, true).is_none()
}

fn is_figures(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}
