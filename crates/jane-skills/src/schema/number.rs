//! Numbers of JSON, compared as the numbers that they are: `1` is `1.0`, and whole numbers lose no digit.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// How far a quotient may be from a whole number, in proportion: `0.3` is three times `0.1`.
const NEAR: f64 = 1e-9;

fn whole(number: &Number) -> Option<i128> {
    let signed = number.as_i64().map(i128::from);
    signed.or_else(|| number.as_u64().map(i128::from))
}

fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

/// The order of two numbers; `None` where one of them is none.
pub fn compare(one: &Number, other: &Number) -> Option<Ordering> {
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        _ => float(one).partial_cmp(&float(other)),
    }
}

/// Whether it has no fraction, as `2.0` has none.
pub fn is_whole(number: &Number) -> bool {
    whole(number).is_some() || float(number).fract() == 0.0
}

/// Whether `number` is a multiple of `of`, which is above 0.
pub fn is_multiple(number: &Number, of: &Number) -> bool {
    if let (Some(number), Some(of)) = (whole(number), whole(of)) {
        return number.checked_rem(of) == Some(0);
    }
    let quotient = float(number) / float(of);
    quotient.is_finite() && (quotient - quotient.round()).abs() <= NEAR * quotient.abs().max(1.0)
}

/// Whether two values are equal as JSON Schema has it: `1` equals `1.0`, and the order of names says nothing. Each value that is looked at
/// costs one of `fuel`; `None` where that is used up.
pub fn equal(one: &Value, other: &Value, fuel: &mut u64) -> Option<bool> {
    *fuel = fuel.checked_sub(1)?;
    let equal = match (one, other) {
        (Value::Number(one), Value::Number(other)) => compare(one, other) == Some(Ordering::Equal),
        (Value::String(one), Value::String(other)) => {
            *fuel = fuel.checked_sub(one.len().min(other.len()) as u64 / 64)?;
            one == other
        }
        (Value::Array(one), Value::Array(other)) => {
            if one.len() != other.len() {
                return Some(false);
            }
            for (one, other) in one.iter().zip(other) {
                if !equal(one, other, fuel)? {
                    return Some(false);
                }
            }
            true
        }
        (Value::Object(one), Value::Object(other)) => {
            if one.len() != other.len() {
                return Some(false);
            }
            for (name, one) in one {
                let Some(other) = other.get(name) else {
                    return Some(false);
                };
                if !equal(one, other, fuel)? {
                    return Some(false);
                }
            }
            true
        }
        (one, other) => one == other,
    };
    Some(equal)
}
