//! What is said to a question.

use phrase::Said;

use crate::{
    command,
    conversion::{self, Conversion},
    evaluation::{Wrong, evaluate},
    expression::{Expression, Operation},
    parser::spelled,
    units::{self, Amount},
};

/// The answer to what was said, where it is a calculation or a conversion and nothing else.
pub fn answer(text: &str) -> Option<String> {
    // Most of what is said has neither a number nor a unit.
    let spelled = spelled(text);
    let said = Said::new(&spelled);
    if said.words().len() > 40 {
        return None;
    }
    if let Some(conversion) = conversion::understand(&said) {
        return conversion.say();
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
