//! What a calculation comes to.

use crate::{
    expression::{Collection, Expression, Function, Operation},
    speech::{Money, number},
};

/// A result: a number, so many percent, or an amount of money.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    pub amount: f64,
    pub unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unit {
    None,
    Percent,
    Money(Money),
}

/// Why there is no result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wrong {
    DivisionByZero,
    /// A root of a negative number.
    Imaginary(f64),
    Factorial,
    TooLarge,
    /// Two currencies, or money times money.
    Senseless,
}

impl Wrong {
    /// What is said, as a sentence; `None` where it was no question for a calculator.
    pub fn say(self) -> Option<String> {
        Some(match self {
            Wrong::DivisionByZero => "You can't divide by zero.".into(),
            Wrong::Imaginary(of) => format!("There is no real root of {}.", number(of).text),
            Wrong::Factorial => "Only whole numbers from zero on have a factorial.".into(),
            Wrong::TooLarge => "That is too large for me.".into(),
            Wrong::Senseless => return None,
        })
    }
}

impl Value {
    pub fn plain(amount: f64) -> Value {
        Value { amount, unit: Unit::None }
    }

    /// A percentage as a factor, and everything else as it is.
    fn factor(self) -> f64 {
        if self.unit == Unit::Percent { self.amount / 100.0 } else { self.amount }
    }

    fn money(self) -> Option<Money> {
        match self.unit {
            Unit::Money(money) => Some(money),
            _ => None,
        }
    }

    pub fn say(self) -> String {
        match self.unit {
            Unit::None => number(self.amount).say(),
            Unit::Percent => format!("{} percent", number(self.amount).say()),
            Unit::Money(money) => money.say(self.amount),
        }
    }
}

pub fn evaluate(expression: &Expression) -> Result<Value, Wrong> {
    let value = match expression {
        Expression::Number(amount) => Value::plain(*amount),
        Expression::Money(amount, money) => Value { amount: *amount, unit: Unit::Money(*money) },
        Expression::Group(inner) => evaluate(inner)?,
        Expression::Percent(inner) => Value { amount: evaluate(inner)?.amount, unit: Unit::Percent },
        Expression::Negative(inner) => {
            let value = evaluate(inner)?;
            Value { amount: -value.amount, ..value }
        }
        Expression::Unary(function, inner) => unary(*function, evaluate(inner)?)?,
        Expression::Binary(operation, left, right) => binary(*operation, evaluate(left)?, evaluate(right)?)?,
        Expression::Many(collection, items) => {
            let mut values = items.iter().map(evaluate);
            let mut total = values.next().unwrap_or(Ok(Value::plain(0.0)))?;
            for value in values {
                let operation = if *collection == Collection::Product { Operation::Multiply } else { Operation::Add };
                total = binary(operation, total, value?)?;
            }
            match collection {
                Collection::Average => Value { amount: total.amount / items.len().max(1) as f64, ..total },
                _ => total,
            }
        }
    };
    if value.amount.is_finite() { Ok(value) } else { Err(Wrong::TooLarge) }
}

fn unary(function: Function, value: Value) -> Result<Value, Wrong> {
    let amount = value.factor();
    let negative = amount < 0.0;
    let plain = |amount: f64| if value.money().is_some() { Err(Wrong::Senseless) } else { Ok(Value::plain(amount)) };
    match function {
        Function::SquareRoot if negative => Err(Wrong::Imaginary(amount)),
        Function::SquareRoot => plain(amount.sqrt()),
        Function::CubeRoot => plain(amount.cbrt()),
        Function::Square => plain(amount.powi(2)),
        Function::Cube => plain(amount.powi(3)),
        Function::Factorial if negative || amount.fract() != 0.0 => Err(Wrong::Factorial),
        Function::Factorial if amount > 170.0 => Err(Wrong::TooLarge),
        Function::Factorial => plain((1..=amount as u32).map(f64::from).product()),
        Function::Twice => Ok(Value { amount: value.amount * 2.0, ..value }),
        Function::Thrice => Ok(Value { amount: value.amount * 3.0, ..value }),
        Function::Half => Ok(Value { amount: value.amount / 2.0, ..value }),
        Function::Logarithm | Function::NaturalLogarithm if value.amount <= 0.0 => Err(Wrong::Senseless),
        Function::Logarithm => Ok(Value::plain(value.amount.log10())),
        Function::NaturalLogarithm => Ok(Value::plain(value.amount.ln())),
    }
}

fn binary(operation: Operation, left: Value, right: Value) -> Result<Value, Wrong> {
    let one_currency = match (left.money(), right.money()) {
        (Some(one), Some(other)) if one != other => return Err(Wrong::Senseless),
        (one, other) => one.or(other),
    };
    let unit = one_currency.map_or(Unit::None, Unit::Money);
    let both = left.money().is_some() && right.money().is_some();
    let of_zero = |value: Value| value.amount == 0.0;
    let (one, other) = (left.factor(), right.factor());
    Ok(match operation {
        // A percentage that is added or taken off is one of the other.
        Operation::Add | Operation::Subtract => {
            let sign = if operation == Operation::Add { 1.0 } else { -1.0 };
            match (left.unit, right.unit) {
                (Unit::Percent, Unit::Percent) => Value { amount: left.amount + sign * right.amount, unit: Unit::Percent },
                (_, Unit::Percent) => Value { amount: left.amount * (1.0 + sign * other), unit },
                _ => Value { amount: one + sign * other, unit },
            }
        }
        Operation::Multiply | Operation::Of | Operation::Off | Operation::MoreThan | Operation::Power if both => {
            return Err(Wrong::Senseless);
        }
        Operation::Of if right.unit == Unit::Percent => Value { amount: one * right.amount, unit: Unit::Percent },
        Operation::Multiply | Operation::Of => Value { amount: one * other, unit },
        Operation::Off if left.unit == Unit::Percent => Value { amount: other * (1.0 - one), unit },
        Operation::Off => Value { amount: other - one, unit },
        Operation::MoreThan if left.unit == Unit::Percent => Value { amount: other * (1.0 + one), unit },
        Operation::MoreThan => Value { amount: other + one, unit },
        Operation::Divide | Operation::Remainder | Operation::Share if of_zero(right) => return Err(Wrong::DivisionByZero),
        Operation::Whole if of_zero(right) => return Err(Wrong::DivisionByZero),
        Operation::Divide if both => Value::plain(one / other),
        Operation::Divide if right.money().is_some() => return Err(Wrong::Senseless),
        Operation::Divide => Value { amount: one / other, unit },
        Operation::Whole => Value { amount: one / other, unit },
        Operation::Remainder => Value { amount: one.rem_euclid(other), unit },
        Operation::Share => Value { amount: one / other * 100.0, unit: Unit::Percent },
        Operation::Power if left.amount == 0.0 && other < 0.0 => return Err(Wrong::DivisionByZero),
        Operation::Power if one_currency.is_some() => return Err(Wrong::Senseless),
        Operation::Power if one < 0.0 && other.fract() != 0.0 => return Err(Wrong::Imaginary(one)),
        Operation::Power => Value::plain(one.powf(other)),
    })
}
