//! What goes on from the last result: "times 2", "and divided by 4", "half of that", and of a conversion "and in feet".

use jane_skill::{TurnId, prelude::*};

use crate::{
    answer::{converted_from, worked_out},
    evaluation::{Unit, Value},
    speech::Money,
    units,
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
    let itself = worked_out(text).map(|found| (text.to_owned(), found));
    let found = itself.or_else(|| {
        let whole = continued(text, &before?)?;
        worked_out(&whole).map(|found| (whole, found))
    });
    // Of a conversion, what goes on is what was converted.
    let goes_on = found.as_ref().and_then(|(whole, (_, value))| value.as_ref().map(written).or_else(|| converted_from(whole)));
    match goes_on {
        Some(value) => keep(&value, turn)?,
        // Most of what is said is nothing to calculate, and writes nothing.
        None if is_kept => kv::delete(RECENT)?,
        None => {}
    }
    Ok(found.map(|(_, (speech, _))| speech))
}

/// Keeps a result, or what was converted, for what goes on from it.
pub fn keep(value: &str, turn: TurnId) -> Result<(), Failure> {
    kv::set(RECENT, &(turn, value))
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
    // `in feet`, `what about feet`
    let other = ["in ", "what about in ", "what about ", "how about in ", "how about "].iter().find_map(|start| rest.strip_prefix(start));
    if let Some(unit) = other.filter(|unit| units::named(unit).is_some()) {
        return Some(format!("{value} in {unit}"));
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
