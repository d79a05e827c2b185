//! Calculates and converts units: "what's 15 % of 84", "how many kilometres is 26 miles".

mod examples;
mod answer;
mod bill;
mod command;
mod conversion;
mod evaluation;
mod expression;
mod follow;
mod parser;
mod speech;
mod told;
mod units;

pub use answer::answer;

use jane_skill::prelude::*;
use serde::Deserialize;

#[derive(Default)]
pub struct Calculator;

#[derive(Deserialize)]
struct Calculation {
    expression: String,
}

#[derive(Deserialize)]
struct Conversion {
    value: f64,
    from: String,
    to: String,
}

impl Skill for Calculator {
    fn on_transcript(&mut self, transcript: &Transcript) -> Result<TranscriptAction, Failure> {
        Ok(TranscriptAction::say_or_pass(follow::answer(&transcript.text, transcript.turn)?))
    }

    fn tools() -> Vec<Tool> {
        examples::with(vec![
            Tool::new("calculate", "Calculates exactly. Call it for any arithmetic.").needs(
                "expression",
                Kind::Text,
                "Such as `12 * 7 + 3`, `15% of 84`, `square root of 144`.",
            ),
            Tool::new("convert", "Converts a value from one unit to another.")
                .needs("value", Kind::Number, "")
                .needs("from", Kind::Text, "Such as `miles`.")
                .needs("to", Kind::Text, "Such as `kilometres`."),
        ])
    }

    fn call_tool(&mut self, call: &ToolCall) -> Result<ToolOutput, Failure> {
        let result = match call.name.as_str() {
            "calculate" => {
                let Calculation { expression } = call.parse()?;
                let value = answer::calculated(&expression).map_err(Failure::InvalidInput)?;
                follow::keep(&follow::written(&value), call.turn)?;
                made(value)
            }
            "convert" => {
                let Conversion { value, from, to } = call.parse()?;
                let said = answer::converted(value, &from, &to).map_err(Failure::InvalidInput)?;
                follow::keep(&format!("{value} {from}"), call.turn)?;
                said
            }
            other => return Err(Failure::invalid(format!("there is no tool `{other}`"))),
        };
        // A model that worded it anew would change the figures.
        Ok(ToolOutput::say(result))
    }
}

/// What a calculation came to, as a sentence. A percentage is written as in a formula, which the voice says as one says it.
fn made(value: evaluation::Value) -> String {
    format!("That makes {}.", rounded(value).say().replace(" percent", "%"))
}

/// What a model works out with a factor of many digits is not meant to all of them.
fn rounded(value: evaluation::Value) -> evaluation::Value {
    // A third behind the point makes `about` of it, as of what never ends.
    const NOT_EXACT: f64 = 1e-7;
    let hundredths = (value.amount * 100.0).round() / 100.0;
    let is_long = value.unit == evaluation::Unit::None && value.amount.abs() >= 10.0 && (hundredths - value.amount).abs() > NOT_EXACT;
    if is_long { evaluation::Value { amount: hundredths + NOT_EXACT, ..value } } else { value }
}

jane_skill::export!(Calculator: transcript_hook, tools);

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, arguments: &str) -> String {
        match Calculator.call_tool(&ToolCall { turn: 1, name: name.into(), arguments: arguments.into() }) {
            Ok(ToolOutput::FinalAnswer(text)) => text,
            Err(failure) => format!("failure: {}", failure.message()),
            Ok(other) => format!("{other:?}"),
        }
    }

    #[test]
    fn what_the_model_calculated_goes_on() {
        jane_skill::fake::reset();
        let say = |turn, text: &str| match Calculator.on_transcript(&Transcript { turn, ..Transcript::typed(text) }) {
            Ok(TranscriptAction::Answer(answer)) => answer.speech,
            other => format!("{other:?}"),
        };
        call("calculate", r#"{"expression": "30 + 12"}"#);
        assert_eq!(say(2, "half of that"), "Half of 42 is 21.");
        call("convert", r#"{"value": 42, "from": "km", "to": "miles"}"#);
        assert_eq!(say(2, "and in feet?"), "42 kilometres is about 137,795 feet.");
    }

    #[test]
    fn the_model_calculates_too() {
        assert_eq!(call("calculate", r#"{"expression": "(2 + 3) * 4"}"#), "That makes 20.");
        assert_eq!(call("calculate", r#"{"expression": "12*7-3"}"#), "That makes 81.");
        assert_eq!(call("calculate", r#"{"expression": "100/7"}"#), "That makes about 14.29.");
        assert_eq!(call("calculate", r#"{"expression": "sqrt(144) + 2^10"}"#), "That makes 1036.");
        assert_eq!(call("calculate", r#"{"expression": "0.15 * 84"}"#), "That makes 12.6.");
        assert_eq!(call("calculate", r#"{"expression": "42"}"#), "That makes 42.");
        assert_eq!(call("calculate", r#"{"expression": "65 * 1.60934"}"#), "That makes about 104.61.");
        assert_eq!(call("calculate", r#"{"expression": "12 dollars + 3.50"}"#), "That makes $15.50.");
        assert_eq!(call("calculate", r#"{"expression": "12 as a percentage of 60"}"#), "That makes 20%.");
        assert_eq!(call("calculate", r#"{"expression": "15% of 84"}"#), "That makes 12.6.");
        assert_eq!(call("convert", r#"{"value": 65, "from": "mph", "to": "kilometres"}"#), "65 miles per hour is about 105 kilometres per hour.");
        assert_eq!(call("calculate", r#"{"expression": "1/0"}"#), "failure: you can't divide by zero");
        assert!(call("calculate", r#"{"expression": "the moon"}"#).starts_with("failure: `the moon` was not understood"));
        assert_eq!(call("convert", r#"{"value": 26, "from": "miles", "to": "km"}"#), "26 miles is about 41.8 kilometres.");
        assert_eq!(
            call("convert", r#"{"value": -40, "from": "F", "to": "°C"}"#),
            "Minus 40 degrees Fahrenheit is minus 40 degrees Celsius."
        );
        assert_eq!(call("convert", r#"{"value": 1, "from": "in", "to": "cm"}"#), "1 inch is 2.54 centimetres.");
        assert_eq!(
            call("convert", r#"{"value": 1, "from": "parsnips", "to": "cm"}"#),
            "failure: `parsnips` is not a unit that is known here"
        );
        assert_eq!(call("convert", r#"{"value": 1, "from": "miles", "to": "hours"}"#), "failure: miles cannot be converted to hours");
        assert!(call("convert", r#"{"value": "x"}"#).starts_with("failure"));
        assert!(call("dance", "{}").starts_with("failure"));
    }
}
