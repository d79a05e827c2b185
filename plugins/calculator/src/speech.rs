//! Results as one says them.

/// A number that was rounded to be spoken.
#[derive(Debug, Clone, PartialEq)]
pub struct Spoken {
    pub text: String,
    /// Whether nothing was rounded away.
    pub exact: bool,
}

impl Spoken {
    /// `87`, `about 3.33`.
    pub fn say(&self) -> String {
        if self.exact { self.text.clone() } else { format!("about {}", self.text) }
    }
}

/// The error that a calculation with floating point leaves, relative to the result: some units in the last place.
const NOISE: f64 = 5e-15;

/// The same for a conversion, which takes zeros of temperature from each other.
const MEASURE_NOISE: f64 = 1e-11;

fn round(value: f64, decimals: i32) -> f64 {
    let factor = 10f64.powi(decimals);
    let rounded = (value * factor).round() / factor;
    if rounded.is_finite() { rounded } else { value }
}

fn same(one: f64, other: f64, noise: f64) -> bool {
    (one - other).abs() <= (noise * one.abs().max(other.abs())).min(1e-3)
}

/// Decimals that leave three digits.
fn three_digits(value: f64) -> i32 {
    if value == 0.0 { 0 } else { 2 - value.abs().log10().floor() as i32 }
}

/// Figures that are said one by one: with more of them, a fraction is rounded away.
const MOST_FIGURES: f64 = 1e10;

/// The same for a measure.
const MOST_FIGURES_OF_A_MEASURE: f64 = 1e4;

fn is_said(value: f64, digits: i32, most: f64) -> bool {
    digits == 0 || value.abs() * 10f64.powi(digits) < most
}

/// Up to four decimals where these are all there are, otherwise hundredths.
pub fn number(value: f64) -> Spoken {
    let decimals = if value.abs() >= 1.0 { 2 } else { three_digits(value) };
    let digits =
        (0..=4.max(decimals.min(12))).find(|digits| is_said(value, *digits, MOST_FIGURES) && same(round(value, *digits), value, NOISE));
    spoken(value, digits, decimals)
}

/// Of a measure: up to two decimals where these are all there are, otherwise about three digits.
pub fn measure(value: f64) -> Spoken {
    let digits =
        (0..=2).find(|digits| is_said(value, *digits, MOST_FIGURES_OF_A_MEASURE) && same(round(value, *digits), value, MEASURE_NOISE));
    spoken(value, digits, three_digits(value).max(0))
}

fn spoken(value: f64, exact: Option<i32>, decimals: i32) -> Spoken {
    if value == 0.0 {
        return Spoken { text: "0".into(), exact: true };
    }
    if value.abs() >= 1e15 || value.abs() < 1e-6 {
        return Spoken { text: phrase::say_number(value), exact: false };
    }
    if exact.is_none() && value.abs() >= 1e6 {
        let (factor, name) = if value.abs() >= 1e12 {
            (1e12, "trillion")
        } else if value.abs() >= 1e9 {
            (1e9, "billion")
        } else {
            (1e6, "million")
        };
        return Spoken { text: format!("{} {name}", written(value / factor, 2)), exact: false };
    }
    Spoken { text: written(value, exact.unwrap_or(decimals)), exact: exact.is_some() }
}

/// With commas at the thousands from five digits on, and `minus` before what is negative.
fn written(value: f64, decimals: i32) -> String {
    let decimals = usize::try_from(decimals).unwrap_or(0);
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let rest = rest.trim_end_matches('0');
    let mut number = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && whole.len() > 4 && (whole.len() - at).is_multiple_of(3) {
            number.push(',');
        }
        number.push(digit);
    }
    let point = if rest.is_empty() { "" } else { "." };
    let sign = if value < 0.0 && (number != "0" || !rest.is_empty()) { "minus " } else { "" };
    format!("{sign}{number}{point}{rest}")
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Money {
    Dollars,
    Euros,
    Pounds,
    Cents,
}

impl Money {
    pub fn named(word: &str) -> Option<Money> {
        Some(match word {
            "dollar" | "dollars" | "bucks" => Money::Dollars,
            "euro" | "euros" => Money::Euros,
            "pound" | "pounds" | "quid" => Money::Pounds,
            "cent" | "cents" => Money::Cents,
            _ => return None,
        })
    }

    /// `$12.60`, `12 dollars`, `60 cents`: written as one writes it, which the voice says as one says it.
    pub fn say(self, amount: f64) -> String {
        let (symbol, one, many, part, parts) = match self {
            Money::Dollars => ("$", "dollar", "dollars", "cent", "cents"),
            Money::Euros => ("€", "euro", "euros", "cent", "cents"),
            Money::Pounds => ("£", "pound", "pounds", "penny", "pence"),
            Money::Cents => {
                let spoken = number(amount);
                return format!("{} {}", spoken.say(), if spoken.text == "1" { "cent" } else { "cents" });
            }
        };
        let cents = (amount.abs() * 100.0).round();
        let about = if same(cents, amount.abs() * 100.0, MEASURE_NOISE) { "" } else { "about " };
        let sign = if amount < 0.0 && cents > 0.0 { "minus " } else { "" };
        let (whole, rest) = ((cents / 100.0).floor(), cents % 100.0);
        let name = |count: f64, one: &'static str, many: &'static str| if count == 1.0 { one } else { many };
        let (whole_name, rest_name) = (name(whole, one, many), name(rest, part, parts));
        match (whole > 0.0, rest > 0.0) {
            (true, true) => format!("{about}{sign}{symbol}{}.{rest:02}", number(whole).text),
            (false, true) => format!("{about}{sign}{rest} {rest_name}"),
            _ => format!("{about}{sign}{} {whole_name}", number(whole).text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_as_one_speaks() {
        for (value, expected) in [
            (0.0, "0"),
            (87.0, "87"),
            (12.6, "12.6"),
            (0.1 + 0.2, "0.3"),
            (10.0 / 3.0, "about 3.33"),
            (2.0 / 3.0, "about 0.667"),
            (0.125, "0.125"),
            (2.125, "2.125"),
            (-4.5, "minus 4.5"),
            (5280.0, "5280"),
            (1_234_567.0, "1,234,567"),
            (10_000.0 / 3.0, "about 3333.33"),
            (100_000.0 / 3.0, "about 33,333.33"),
            (2f64.powi(64), "about 1.84 times 10 to the 19"),
            (1e12 / 7.0, "about 142.86 billion"),
            (-0.000_01, "minus 0.00001"),
        ] {
            assert_eq!(number(value).say(), expected);
        }
        for (value, expected) in [
            (41.842_944, "about 41.8"),
            (2.54, "2.54"),
            (1609.344, "about 1609"),
            (0.453_592_37, "about 0.454"),
            (31_556_952.5, "about 31.56 million"),
            (22.222_222, "about 22.2"),
        ] {
            assert_eq!(measure(value).say(), expected);
        }
    }

    #[test]
    fn money() {
        assert_eq!(Money::Dollars.say(12.6), "$12.60");
        assert_eq!(Money::Dollars.say(1.0), "1 dollar");
        assert_eq!(Money::Euros.say(10.0 / 3.0), "about €3.33");
        assert_eq!(Money::Pounds.say(-0.01), "minus 1 penny");
        assert_eq!(Money::Dollars.say(0.0), "0 dollars");
    }
}
