//! What is said to a question.

use phrase::Said;

use crate::{
    bill, command,
    conversion::{self, Conversion},
    evaluation::{Wrong, evaluate},
    expression::{Expression, Operation},
    parser::spelled,
    units::{self, Amount},
};

/// Words of the longest calculation.
const MOST_WORDS: usize = 40;

/// The answer to what was said, where it is a calculation or a conversion and nothing else.
pub fn answer(text: &str) -> Option<String> {
    let text = phrase::plain(text);
    let said = one(&text);
    // `what's 5 plus 5 and what's 6 times 7`
    said.or_else(|| {
        let cut = [" and what", " and how", ". what", "? what", ". how", "? how"]
            .iter()
            .find_map(|mark| text.to_ascii_lowercase().find(mark).map(|at| (at, mark)));
        let (at, mark) = cut?;
        let skipped = if mark.starts_with(" and ") { 5 } else { 2 };
        Some(format!("{} {}", one(text.get(..at)?)?, one(text.get(at + skipped..)?)?))
    })
}

/// Money of one country in that of another, whose rate changes daily.
fn is_exchange(said: &Said) -> bool {
    const NAMES: &[&str] = &[
        "dollar", "dollars", "euro", "euros", "yen", "franc", "francs", "rupee", "rupees", "yuan", "peso", "pesos", "krona", "kroner",
        "bitcoin", "bitcoins", "sterling", "usd", "eur", "gbp", "quid", "lira", "zloty", "won", "ruble", "rubles", "cents", "bucks",
    ];
    let names = said.words().iter().filter(|word| NAMES.contains(&word.form.as_str())).count();
    let pounds = said.has(&["pound", "pounds"]) && names > 0;
    let asks = said.is(&[
        "(convert|change|exchange) {sum} (to|into|in|for) {other}",
        "how (many|much) {other} (is|are|do i get for|would i get for|are there in|are in|in|do you get for) {sum}",
        "(what is|how much is|what are|how much are) {sum} (in|into|to) {other}",
        "{sum} (in|to|into) {other}",
        "what is the exchange rate (between|from|of|for) {sum} [(and|to) {other}]",
    ]);
    asks && (names > 1 || pounds) && said.words().len() <= 14
}

fn one(text: &str) -> Option<String> {
    // Most of what is said has neither a number nor a unit.
    let spelled = spelled(text);
    let said = Said::new(&spelled);
    if said.words().len() > MOST_WORDS || said.is_empty() {
        return None;
    }
    if let Some(bill) = bill::answer(&said) {
        return Some(bill);
    }
    if let Some(conversion) = conversion::understand(&said) {
        return conversion.say();
    }
    if is_exchange(&said) {
        return Some("I do not know exchange rates: they change all the time, and I have no source for them.".into());
    }
    let expression = command::understand(text)?;
    match evaluate(&expression) {
        Ok(value) => Some(match &expression {
            Expression::Binary(Operation::Whole, part, percent) => format!("{part} is {percent} of {}.", value.say()),
            _ if expression.is_plain() => sentence(&format!("{expression} is {}.", value.say())),
            _ => format!("That is {}.", value.say()),
        }),
        Err(wrong) => wrong.say(),
    }
}

/// The value of a formula.
///
/// # Errors
/// What is wrong with it, for the language model.
pub fn calculated(formula: &str) -> Result<String, String> {
    let not_understood = || format!("`{formula}` was not understood: write it with numbers, + - * / ^ and brackets");
    // Of so many words, a formula would nest too deep for a skill's small stack.
    if formula.len() > 1000 {
        return Err("the formula is too long".into());
    }
    let expression = command::formula(formula).ok_or_else(not_understood)?;
    evaluate(&expression).map(|value| value.say()).map_err(|wrong| match wrong {
        Wrong::DivisionByZero => "you can't divide by zero".into(),
        wrong => wrong.say().map_or_else(not_understood, |text| text.trim_end_matches('.').into()),
    })
}

/// A conversion, as a sentence.
///
/// # Errors
/// What is wrong with it, for the language model.
pub fn converted(value: f64, from: &str, to: &str) -> Result<String, String> {
    let (from_name, to_name) = (from, to);
    let unknown = |name: &str| format!("`{name}` is not a unit that is known here");
    let from = units::named(from).ok_or_else(|| unknown(from))?;
    let to = units::named(to).ok_or_else(|| unknown(to))?;
    Conversion { from: vec![Amount { value, unit: from }], to }
        .say()
        .map(|text| text.trim_end_matches('.').into())
        .ok_or_else(|| format!("{from_name} cannot be converted to {to_name}"))
}

/// With a capital.
pub fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
