//! What people say, taken apart: words, numbers, durations, times and days. And the way back: figures as one says them.
//!
//! ```
//! use phrase::Said;
//! let said = Said::new("Hey Jane, could you set a timer for ten and a half minutes, please?");
//! let slots = said.matches("(set|start) [a|the] timer for {time:duration}").unwrap();
//! assert_eq!(slots.duration("time").unwrap().as_secs(), 630);
//! ```

pub mod calendar;
mod correction;
mod day;
mod duration;
mod number;
mod plain;
mod said;
mod speak;
mod template;
mod time;
mod words;

pub use correction::{Correction, correction, corrections};
pub use day::Day;
pub use plain::{once, plain};
pub use said::Said;
pub use speak::{say_count, say_duration, say_list, say_number, say_ordinal, say_time};
pub use template::Slots;
pub use time::TimeOfDay;
pub use words::{Word, split};

/// Readers of a beginning: what it means, and how many words it took.
pub mod read {
    pub use crate::day::day;
    pub use crate::duration::duration;
    pub use crate::number::{number, ordinal};
    pub use crate::time::time;
}

/// A whole text as a number: `ten and a half`.
pub fn number(text: &str) -> Option<f64> {
    whole(text, number::number)
}

/// A whole text as a duration: `an hour and a half`.
pub fn duration(text: &str) -> Option<std::time::Duration> {
    whole(text, duration::duration)
}

/// A whole text as a time of day: `half past six`.
pub fn time(text: &str) -> Option<TimeOfDay> {
    whole(text, time::time)
}

/// A whole text as a day: `next Friday`.
pub fn day(text: &str) -> Option<Day> {
    whole(text, day::day)
}

fn whole<T>(text: &str, read: fn(&[Word]) -> Option<(T, usize)>) -> Option<T> {
    let words = words::split(text);
    read(&words).filter(|(_, taken)| *taken == words.len()).map(|(value, _)| value)
}
