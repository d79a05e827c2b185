//! What goes on from the last result: "times 2", "and divided by 4", "half of that".

use jane_skill::{TurnId, prelude::*};

use crate::{
    answer::worked_out,
    evaluation::{Unit, Value},
    speech::Money,
};

/// The key that the last result is kept by.
const RECENT: &str = "recent";

/// Turns for which it is the one that is meant.
const TURNS: TurnId = 2;

/// What begins with an operation goes on from the result.
const OPERATIONS: &[&str] = &[
    "times ", "plus ", "minus ", "divided by ", "multiplied by ", "to the power of ", "squared", "cubed", "modulo ", "mod ", "over ", "x ",
    "* ", "+ ", "/ ", "take away ", "less ",
];

/// What is answered in this turn, by itself or from the result before.
pub fn answer(text: &str, turn: TurnId) -> Result<Option<String>, Failure> {
    let kept = kv::get::<(TurnId, String)>(RECENT).unwrap_or_default();
    let is_kept = kept.is_some();
    let before = kept.filter(|(at, _)| *at < turn && turn <= at + TURNS).map(|(_, value)| value);
    let found = worked_out(text).or_else(|| continued(text, &before?).and_then(|text| worked_out(&text)));
    match found.as_ref().and_then(|(_, value)| value.as_ref()) {
        Some(value) => kv::set(RECENT, &(turn, written(value)))?,
        // Most of what is said is nothing to calculate, and writes nothing.
        None if is_kept => kv::delete(RECENT)?,
        None => {}
    }
    Ok(found.map(|(speech, _)| speech))
}

/// The whole of it, with the result in its place.
fn continued(text: &str, value: &str) -> Option<String> {
    let text = phrase::plain(text).to_lowercase();
    let text = text.trim_end_matches(['.', '?', '!']);
    let start = ["okay ", "ok ", "and then ", "and ", "then ", "now ", "okay, ", "what is that ", "what's that ", "that "].iter();
    let rest = start.fold(text, |text, word| text.strip_prefix(word).unwrap_or(text));
    if OPERATIONS.iter().any(|operation| rest.starts_with(operation)) {
        return Some(format!("{value} {rest}"));
    }
    // `10 percent of that`, `double that`, `add 5 to it`
    let words: Vec<&str> = rest.split(' ').collect();
    let is_that = |word: &&str| matches!(*word, "that" | "it" | "this");
    let fits = words.len() <= 8 && words.iter().filter(|word| is_that(word)).count() == 1 && words.len() > 1;
    fits.then(|| words.iter().map(|word| if is_that(word) { value } else { word }).collect::<Vec<_>>().join(" "))
}

pub fn written(value: &Value) -> String {
    let unit = match value.unit {
        Unit::None => "",
        Unit::Percent => " percent",
        Unit::Money(Money::Dollars) => " dollars",
        Unit::Money(Money::Euros) => " euros",
        Unit::Money(Money::Pounds) => " pounds",
        Unit::Money(Money::Cents) => " cents",
    };
    format!("{}{unit}", value.amount)
}
