//! What single keywords of a schema say, and what follows from several of them beside each other.

use serde_json::{Map, Value};

use super::read::Rules;

/// The largest count that a schema may ask for, and the largest that it may allow.
const MOST_ASKED: u64 = 1_000;
const MOST_ALLOWED: u64 = 1 << 53;

/// The largest number that arguments are compared with; whole numbers beyond it are none in many languages.
const LARGEST_NUMBER: f64 = 1e19;

/// What numbers may be multiples of: whole numbers up to this, also with their point moved to the left by some digits, and powers of ten. An
/// engine that holds a model to a schema has a state for each remainder.
const LARGEST_STEP: f64 = 1_000.0;
const STEP_DIGITS: i32 = 6;

/// Whether a schema asks several things of the same value: several schemas, or one beside keywords of its own.
pub fn joins(entries: &Map<String, Value>) -> bool {
    const SILENT: [&str; 14] = [
        "title",
        "description",
        "default",
        "format",
        "$comment",
        "deprecated",
        "example",
        "examples",
        "readOnly",
        "writeOnly",
        "$schema",
        "$id",
        "$defs",
        "definitions",
    ];
    let schemas = |(keyword, value): (&String, &Value)| match keyword.as_str() {
        "allOf" => value.as_array().map_or(0, Vec::len),
        "anyOf" | "oneOf" | "$ref" => 1,
        _ => 0,
    };
    let joined: usize = entries.iter().map(schemas).sum();
    let is_own = |keyword: &&String| {
        let names_schemas = matches!(
            keyword.as_str(),
            "allOf" | "anyOf" | "oneOf" | "$ref" | "type"
        );
        !names_schemas && !SILENT.contains(&keyword.as_str())
    };
    joined > 1 || (joined == 1 && entries.keys().any(|keyword| is_own(&keyword)))
}

/// What stands beside a reference, and what the reference leads to. Where that is only words about it, they take the place of its own.
pub fn joined(beside: Map<String, Value>, referred: Value) -> Value {
    let words = ["title", "description", "default"];
    let is_words = beside
        .keys()
        .all(|keyword| words.contains(&keyword.as_str()));
    match referred {
        referred if beside.is_empty() => referred,
        Value::Object(mut referred) if is_words => {
            referred.extend(beside);
            Value::Object(referred)
        }
        referred => {
            let mut joined = beside;
            let all = joined
                .entry("allOf")
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(all) = all {
                all.push(referred);
            }
            Value::Object(joined)
        }
    }
}

/// A whole number that may be written with a fraction of nothing.
pub fn count(keyword: &str, value: &Value, rules: &mut Rules) -> Result<Value, String> {
    let number = value.as_u64().or_else(|| {
        let float = value.as_f64()?;
        let is_count = (0.0..=MOST_ALLOWED as f64).contains(&float) && float.fract() == 0.0;
        is_count.then_some(float as u64)
    });
    let number = number.ok_or("this is no count")?;
    let (is_least, most) = match keyword {
        "minLength" | "minItems" | "minProperties" => (true, MOST_ASKED),
        _ => (false, MOST_ALLOWED),
    };
    if number > most {
        return Err(format!("this is more than {most}"));
    }
    let count = match keyword {
        "minLength" | "maxLength" => &mut rules.length,
        "minItems" | "maxItems" => &mut rules.item_count,
        _ => &mut rules.property_count,
    };
    match is_least {
        true => count.least = number,
        false => count.most = Some(number),
    }
    Ok(number.into())
}

pub fn number(keyword: &str, value: &Value, rules: &mut Rules) -> Result<(), String> {
    let Value::Number(number) = value else {
        return Err("this is no number".to_owned());
    };
    let size = number.as_f64().map(f64::abs);
    if !size.is_some_and(|size| size <= LARGEST_NUMBER) {
        return Err(format!("this is beyond {LARGEST_NUMBER:e}"));
    }
    let slot = match keyword {
        "minimum" => &mut rules.least,
        "maximum" => &mut rules.most,
        "exclusiveMinimum" => &mut rules.above,
        "exclusiveMaximum" => &mut rules.below,
        _ => {
            if !number.as_f64().is_some_and(is_step) {
                return Err(format!(
                    "this is neither 1 to {LARGEST_STEP} nor a power of ten, with at most {STEP_DIGITS} digits behind the point"
                ));
            }
            &mut rules.multiple
        }
    };
    *slot = Some(number.clone());
    Ok(())
}

/// Whether numbers may be asked to be multiples of `step`.
fn is_step(step: f64) -> bool {
    let is_whole = |number: f64| (number - number.round()).abs() < 1e-6;
    let is_power = |number: f64| (3..=STEP_DIGITS).any(|digits| number == 10f64.powi(digits));
    (0..=STEP_DIGITS).any(|digits| {
        let moved = step * 10f64.powi(digits);
        is_whole(moved) && (1.0..=LARGEST_STEP).contains(&moved.round())
    }) || is_power(step)
}
