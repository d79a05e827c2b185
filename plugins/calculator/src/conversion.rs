//! Conversions: "how many kilometres is 26 miles", "72 fahrenheit in celsius".

use phrase::{Said, Word, read};

use crate::{
    answer::sentence,
    speech::{measure, number},
    units::{self, Amount, Kind, Named},
};

/// So much of some units of one kind, such as 5 feet 10 inches, in another unit.
#[derive(Debug)]
pub struct Conversion {
    pub from: Vec<Amount>,
    pub to: Named,
}

impl Conversion {
    /// What is converted: "5 feet 10 inches".
    pub fn quantity(&self) -> String {
        let parts: Vec<String> = self.from.iter().map(|part| format!("{} {}", part.value, part.unit.name.1)).collect();
        parts.join(" ")
    }

    /// The answer; `None` where the units are of different kinds.
    pub fn say(&self) -> Option<String> {
        let to = self.to.unit;
        let (mut base, mut same_zero) = (0.0, true);
        for Amount { value, unit } in &self.from {
            if unit.unit.kind != to.kind {
                return None;
            }
            base += value * unit.unit.factor + unit.unit.zero;
            same_zero &= unit.unit.zero == to.zero;
        }
        // Between units that begin at one zero, a whole ratio stays a whole one.
        let value = if same_zero { base / to.factor - to.zero / to.factor } else { (base - to.zero) / to.factor };
        if !value.is_finite() {
            return None;
        }
        // What is left of a difference of zeros, as in 32 degrees Fahrenheit in Celsius.
        let value = if (value * to.factor).abs() < 1e-13 * base.abs() { 0.0 } else { value };
        if to.kind == Kind::Temperature && base < -1e-9 {
            return Some("Nothing is as cold as that.".into());
        }
        let result = measure(value);
        let parts: Vec<String> = self.from.iter().map(|part| said(part.value, part.unit)).collect();
        Some(sentence(&format!("{} is {} {}.", parts.join(" "), result.say(), name(&result.text, self.to))))
    }
}

fn said(value: f64, unit: Named) -> String {
    let text = number(value).text;
    format!("{text} {}", name(&text, unit))
}

/// `mile` after 1, `miles` after all else.
fn name(figure: &str, unit: Named) -> &'static str {
    if matches!(figure, "1" | "minus 1") { unit.name.0 } else { unit.name.1 }
}

/// What of a person's words is a conversion.
pub fn understand(said: &Said) -> Option<Conversion> {
    let words = said.words();
    how_many(words).or_else(|| amount_in(words)).and_then(settled)
}

/// Whether the words are an amount of something, and nothing else.
pub fn is_quantity(words: &[Word]) -> bool {
    quantity(words).is_some_and(|(_, rest)| rest.is_empty())
}

/// An amount of degrees without a scale.
const DEGREES: &[&str] = &["degree", "degrees"];

/// An amount, as it was said, before it is known what it is to become.
#[derive(Debug)]
struct Quantity {
    amounts: Vec<Amount>,
    /// Degrees of a scale that was not said.
    degrees: Option<f64>,
}

struct Asked {
    from: Quantity,
    to: Named,
}

fn settled(Asked { from: Quantity { mut amounts, degrees }, mut to }: Asked) -> Option<Conversion> {
    // Of 72 degrees in Celsius, the degrees are Fahrenheit's.
    if let Some(value) = degrees {
        let other = match to.name.0 {
            "degree Celsius" => "degree Fahrenheit",
            "degree Fahrenheit" => "degree Celsius",
            _ => return None,
        };
        amounts.push(Amount { value, unit: units::by_name(other)? });
    }
    // Ounces are fluid ones where the other side is a volume.
    let fluid = units::by_name("fluid ounce")?;
    let is_ounce = |unit: Named| unit.name.0 == "ounce";
    if is_ounce(to) && amounts.iter().all(|amount| amount.unit.unit.kind == Kind::Volume) {
        to = fluid;
    }
    for amount in &mut amounts {
        if is_ounce(amount.unit) && to.unit.kind == Kind::Volume {
            amount.unit = fluid;
        }
    }
    // Of 65 miles an hour in kilometres, these are an hour's.
    if to.unit.kind == Kind::Length && amounts.iter().all(|amount| amount.unit.unit.kind == Kind::Speed) {
        to = speed_in(to)?;
    }
    let fits = !amounts.is_empty()
        && amounts.iter().all(|amount| amount.unit.unit.kind == to.unit.kind)
        && amounts.iter().any(|amount| amount.unit != to);
    fits.then_some(Conversion { from: amounts, to })
}

/// The speed that is meant by a length.
pub fn speed_in(length: Named) -> Option<Named> {
    let name = match length.name.1 {
        "kilometres" => "kilometre per hour",
        "kilometers" => "kilometer per hour",
        "miles" => "mile per hour",
        "metres" => "metre per second",
        "meters" => "meter per second",
        "feet" => "foot per second",
        _ => return None,
    };
    units::by_name(name)
}

fn eat<'w>(words: &'w [Word], phrases: &[&str]) -> Option<&'w [Word]> {
    phrases.iter().find_map(|phrase| {
        let mut rest = words;
        for part in phrase.split(' ') {
            let (first, after) = rest.split_first()?;
            if first.form != part {
                return None;
            }
            rest = after;
        }
        Some(rest)
    })
}

fn skip<'w>(words: &'w [Word], phrases: &[&str]) -> &'w [Word] {
    eat(words, phrases).unwrap_or(words)
}

/// "how many kilometres is 26 miles", "how many feet are there in a mile", "how many ounces does a pound have".
fn how_many(words: &[Word]) -> Option<Asked> {
    let rest = eat(words, &["how many", "how much"])?;
    let (to, taken) = units::read(rest)?;
    let rest = rest.get(taken..)?;
    let rest = eat(
        rest,
        &[
            "do i weigh out for",
            "do i weigh for",
            "do i measure out for",
            "do i need for",
            "do we need for",
            "do you need for",
            "should i weigh out for",
            "would i weigh out for",
            "would i need for",
            "will i need for",
            "do i use for",
            "should i use for",
            "would that be for",
            "is that for",
            "would be",
            "would make",
            "are there in",
            "is there in",
            "are in",
            "is in",
            "are equal to",
            "is equal to",
            "are there to",
            "make up",
            "make",
            "makes",
            "equal",
            "equals",
            "is",
            "are",
            "in",
            "per",
            "to",
            "does",
            "do",
            "would",
            "fit in",
            "fit into",
            "go into",
            "for",
        ],
    )?;
    let (from, rest) = quantity(rest)?;
    let rest = skip(rest, &["have", "has", "make", "equal", "equate to", "contain", "be", "come to", "convert to", "take", "last"]);
    rest.is_empty().then_some(Asked { from, to })
}

/// "72 fahrenheit in celsius", "convert 5 pounds to kilograms", "how far is 26 miles in kilometres".
fn amount_in(words: &[Word]) -> Option<Asked> {
    let asked = eat(
        words,
        &[
            "convert",
            "change",
            "turn",
            "translate",
            "calculate",
            "what is the equivalent of",
            "what is",
            "what are",
            "what would",
            "what does",
            "how much is",
            "how much are",
            "how far is",
            "how far are",
            "how long is",
            "how long are",
            "how heavy is",
            "how heavy are",
            "how big is",
            "how hot is",
            "how cold is",
            "how warm is",
            "how fast is",
            "how tall is",
            "how high is",
            "how deep is",
            "how wide is",
            "how many is",
            "express",
            "give me",
        ],
    );
    let (from, rest) = quantity(asked.unwrap_or(words))?;
    let rest = skip(rest, &["be", "equal", "converted"]);
    let rest = eat(rest, &["in terms of", "in", "into", "to", "as", "is how many", "equals how many", "are how many"])?;
    let rest = skip(rest, &["how many"]);
    let (to, taken) = units::read(rest)?;
    let rest = skip(rest.get(taken..)?, &["be", "equal"]);
    // `ten minutes to the hour` is a time of day.
    (rest.is_empty() && (asked.is_some() || to.unit.kind != Kind::Time)).then_some(Asked { from, to })
}

/// "26 miles", "a mile and a half", "5 foot 10", "72 degrees".
fn quantity(words: &[Word]) -> Option<(Quantity, &[Word])> {
    let (first, mut rest) = amount(words)?;
    let Part::Amount(first) = first else {
        let Part::Degrees(value) = first else { return None };
        return Some((Quantity { amounts: Vec::new(), degrees: Some(value) }, rest));
    };
    let mut amounts = vec![first];
    let mut last = first;
    if let Some(after) = eat(rest, &["and a half", "and half"]) {
        if let Some(amount) = amounts.first_mut() {
            amount.value += 0.5;
        }
        rest = after;
    } else if let Some(after) = eat(rest, &["and a quarter"]) {
        if let Some(amount) = amounts.first_mut() {
            amount.value += 0.25;
        }
        rest = after;
    }
    // `5 feet 10 inches`, `5 foot 10`
    while let Some((smaller, most)) = last.unit.unit.smaller.and_then(|(name, most)| Some((units::by_name(name)?, most))) {
        let after = skip(rest, &["and"]);
        match amount(after) {
            Some((Part::Amount(next), after)) if next.unit == smaller && next.value < most => {
                amounts.push(next);
                (last, rest) = (next, after);
            }
            _ => {
                if let Some((value, taken)) = read::number(after)
                    && value < most
                    && value.fract() == 0.0
                {
                    amounts.push(Amount { value, unit: smaller });
                    rest = after.get(taken..)?;
                }
                break;
            }
        }
    }
    Some((Quantity { amounts, degrees: None }, rest))
}

enum Part {
    Amount(Amount),
    Degrees(f64),
}

/// "26 miles", "half a mile", "a mile", "three quarters of a mile".
fn amount(words: &[Word]) -> Option<(Part, &[Word])> {
    let words = skip(words, &["the"]);
    let (value, rest) = match read::number(words) {
        Some((value, taken)) => (value, words.get(taken..)?),
        None => (1.0, eat(words, &["a", "an", "one"])?),
    };
    let rest = skip(rest, &["of a", "of an", "a", "an"]);
    if let Some((unit, taken)) = units::read(rest) {
        return Some((Part::Amount(Amount { value, unit }), rest.get(taken..)?));
    }
    eat(rest, DEGREES).map(|rest| (Part::Degrees(value), rest))
}
