//! What is said to a question.

use phrase::Said;

use crate::{
    bill, command,
    conversion::{self, Conversion},
    evaluation::{Value, Wrong, evaluate},
    expression::{Expression, Operation},
    parser::spelled,
    speech::Money,
    told,
    units::{self, Amount},
};

/// Words of the longest calculation.
const MOST_WORDS: usize = 40;

/// What is said, and what it came to, where that is a number.
type Answer = (String, Option<Value>);

/// The answer to what was said, where it is a calculation or a conversion and nothing else.
pub fn answer(text: &str) -> Option<String> {
    worked_out(text).map(|(speech, _)| speech)
}

/// The same, with the value.
pub fn worked_out(text: &str) -> Option<Answer> {
    let text = phrase::plain(text);
    one(&text).or_else(|| phrase::corrections(&text).iter().find_map(|meant| one(meant))).or_else(|| two(&text))
}

/// What is converted in this: "42 kilometres".
pub fn converted_from(text: &str) -> Option<String> {
    let text = phrase::plain(text);
    conversion::understand(&Said::new(&spelled(&text))).map(|conversion| conversion.quantity())
}

/// `what's 5 plus 5 and what's 6 times 7`, `7 times 8 and 9 times 9`
fn two(text: &str) -> Option<Answer> {
    let lower = text.to_ascii_lowercase();
    let mut cuts = [(" and what", 5), (" and how", 5), (". what", 2), ("? what", 2), (". how", 2), ("? how", 2), (" and ", 5)]
        .into_iter()
        .filter_map(|(mark, skipped)| lower.find(mark).map(|at| (at, skipped)));
    cuts.find_map(|(at, skipped)| {
        let (first, before) = one(text.get(..at)?)?;
        let rest = text.get(at + skipped..)?;
        let (second, value) = one(rest).or_else(|| one(&further(rest, &before?)?))?;
        Some((format!("{first} {second}"), value))
    })
}

/// `add 6`, `divide by 2`, of the value before.
fn further(rest: &str, value: &Value) -> Option<String> {
    let lower = rest.to_lowercase();
    let rest = lower.strip_prefix("then ").unwrap_or(&lower);
    let value = crate::follow::written(value);
    let orders = [
        ("add ", " plus "),
        ("subtract ", " minus "),
        ("take away ", " minus "),
        ("multiply by ", " times "),
        ("multiply that by ", " times "),
        ("multiply it by ", " times "),
        ("divide by ", " divided by "),
        ("divide that by ", " divided by "),
        ("divide it by ", " divided by "),
    ];
    orders.iter().find_map(|(order, sign)| rest.strip_prefix(order).map(|number| format!("{value}{sign}{number}")))
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

fn one(text: &str) -> Option<Answer> {
    // Most of what is said has neither a number nor a unit.
    let text = &with_cents(text);
    let spelled = spelled(text);
    let said = Said::new(&spelled);
    if said.words().len() > MOST_WORDS || said.is_empty() {
        return None;
    }
    if let Some(bill) = bill::answer(&said) {
        return Some((bill, None));
    }
    if let Some((speech, value)) = told::answer(&said) {
        return Some((speech, Some(value)));
    }
    if let Some(conversion) = conversion::understand(&said) {
        return conversion.say().map(|speech| (speech, None));
    }
    if let Some(question) = told::question(&said) {
        return conversion::understand(&Said::new(&question))?.say().map(|speech| (speech, None));
    }
    if is_exchange(&said) {
        return Some(("I do not know exchange rates: they change all the time, and I have no source for them.".into(), None));
    }
    let expression = command::understand(text)?;
    match evaluate(&expression) {
        Ok(value) => {
            let speech = match &expression {
                Expression::Binary(Operation::Whole, part, percent) => {
                    format!("{part} is {percent} of {}.", value.say())
                }
                _ if expression.is_plain() => sentence(&format!("{expression} is {}.", value.say())),
                _ => format!("That is {}.", value.say()),
            };
            Some((speech, Some(value)))
        }
        Err(wrong) => wrong.say().map(|speech| (speech, None)),
    }
}

/// `62 dollars 50` as `62.50 dollars`, where a sum ends there.
fn with_cents(text: &str) -> String {
    const BEHIND: &[&str] = &[
        "", "plus", "minus", "times", "divided", "split", "shared", "between", "among", "x", "*", "+", "-", "/", "and", "with", "bill",
        "check", "tab", "by", "at", "is", "multiplied", "less",
    ];
    let words = phrase::split(text);
    let mut spelled = text.to_owned();
    // From behind, so that places stay true.
    for at in (1..words.len()).rev() {
        let [Some(sum), Some(money), Some(cents)] = [at.checked_sub(1).and_then(|at| words.get(at)), words.get(at), words.get(at + 1)]
        else {
            continue;
        };
        let whole =
            sum.form.parse::<u32>().is_ok() && matches!(Money::named(&money.form), Some(Money::Dollars | Money::Euros | Money::Pounds));
        let part = cents.form.len() == 2 && cents.form.parse::<u8>().is_ok();
        let ends = BEHIND.contains(&words.get(at + 2).map_or("", |word| word.form.as_str()));
        // A sign before the figure is money, too: `$3 50` is none.
        if whole && part && ends && sum.place.end <= money.place.start && money.place.end <= cents.place.start {
            spelled.replace_range(sum.place.start..cents.place.end, &format!("{}.{} {}", sum.form, cents.form, money.form));
        }
    }
    spelled
}

/// The value of a formula.
///
/// # Errors
/// What is wrong with it, for the language model.
pub fn calculated(formula: &str) -> Result<Value, String> {
    let not_understood = || format!("`{formula}` was not understood: write it with numbers, + - * / ^ and brackets");
    // Of so many words, a formula would nest too deep for a skill's small stack.
    if formula.len() > 1000 {
        return Err("the formula is too long".into());
    }
    let expression = command::formula(formula).ok_or_else(not_understood)?;
    evaluate(&expression).map_err(|wrong| match wrong {
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
    // Of miles an hour in kilometres, these are an hour's.
    let is_speed = from.unit.kind == units::Kind::Speed && to.unit.kind == units::Kind::Length;
    let to = conversion::speed_in(to).filter(|_| is_speed).unwrap_or(to);
    Conversion { from: vec![Amount { value, unit: from }], to }
        .say()
        .ok_or_else(|| format!("{from_name} cannot be converted to {to_name}"))
}

/// With a capital.
pub fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
